/* SPDX-License-Identifier: MIT
 *
 * The executor's control connection, on a thread of its own: finds the scheduler, says HELLO,
 * beats, and passes on what the beats' answers ask for. The main thread waits here for a session
 * and tells what it works on.
 *
 * Every function may be called from any thread while the control is open.
 */
#ifndef EXECUTOR_CONTROL_H
#define EXECUTOR_CONTROL_H

#include <stdbool.h>
#include <stdint.h>

#include <gaia/status.h>

#include "address.h"
#include "beat.h"
#include "cost.h"
#include "engine.h"
#include "log.h"
#include "transport.h"

enum { CONTROL_TOKEN = 128 }; /* sessions, attempts */

struct control;

struct control_options {
    struct address_options address;
    const char *device;
    uint64_t memory_bytes;
    const struct beat *heard;           /* marked whenever the scheduler answers */
    const char *replaces;               /* why the process before this one went; NULL: not said */
    const struct device_gauges *gauges; /* what beats tell of the device */
    const struct log *log;
};

/* A session as it was last established. A later one has a greater generation. */
struct control_session {
    uint64_t generation;
    char token[CONTROL_TOKEN];
    char work[ADDRESS_URL];
    size_t i_place; /* address_pick: of which scheduler */
    int64_t park_ms;
};

/* Starts the thread; options and what they point to are borrowed until control_close.
 * GAIA_OUT_OF_MEMORY, GAIA_LIMIT. */
GAIA_MUST_USE gaia_status control_open(const struct control_options *options,
                                       struct control **control, gaia_error *err);
void control_close(struct control *control);

/* Waits for a session later than generation `after`. False if there will be none: the executor is
 * to stop, and holds no lease, or its result could not be delivered in the time left. */
bool control_wait(struct control *control, uint64_t after, struct control_session *session);

/* Tells that the session of this generation is not known to the scheduler, or that the scheduler
 * cannot be reached: a later one is sought. */
void control_lost(struct control *control, uint64_t generation);

/* Names the lease that is worked on in every beat from now on; run is cancelled when the scheduler
 * says so, and borrowed until control_lease_end. False if the token is too long. */
bool control_lease_begin(struct control *control, const char *attempt, struct engine_control *run);
void control_lease_end(struct control *control);

/* Asks the executor to finish its lease and leave: a call on the connection that waits for work is
 * interrupted. */
void control_stop(struct control *control);

/* Tells that `client` is about to wait for work (NULL: no longer). False if the executor is to
 * stop. */
bool control_fetching(struct control *control, struct transport_client *client);

/* Why the scheduler refused this executor; GAIA_OK if it did not. */
gaia_status control_refusal(struct control *control, gaia_error *err);

#endif
