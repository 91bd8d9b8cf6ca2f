/* SPDX-License-Identifier: MIT
 *
 * The one way into the scheduler's loop: any thread puts messages in, the loop takes them out.
 * Between transport and HTTP threads on one side and server.c on the other.
 *
 * Invariant: a message that was accepted is taken out exactly once; after inbox_close none is
 * accepted.
 */
#ifndef INBOX_H
#define INBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include <gaia/status.h>

#include "core.h"

struct api_request;
struct listener;
struct transport_request;

enum message_kind { MESSAGE_WIRE, MESSAGE_PIPE_GONE, MESSAGE_API };

struct message {
    TAILQ_ENTRY(message) in_list;
    enum message_kind kind;
    int64_t put_us;                    /* when, of the monotonic clock */
    enum core_channel channel;         /* of WIRE and PIPE_GONE */
    const struct listener *listener;   /* of WIRE */
    uint32_t pipe;                     /* of WIRE and PIPE_GONE */
    struct transport_request *request; /* of WIRE */
    unsigned char *bytes;              /* of WIRE, owned */
    size_t length;
    struct api_request *api; /* of API; holds this message */
};

TAILQ_HEAD(message_list, message);

struct inbox;

/* GAIA_OUT_OF_MEMORY, GAIA_LIMIT (no descriptor left). */
GAIA_MUST_USE gaia_status inbox_open(struct inbox **inbox, gaia_error *err);
void inbox_free(struct inbox *inbox);

/* Adds the message and wakes the loop; false if the inbox is closed. Thread-safe. */
bool inbox_put(struct inbox *inbox, struct message *message);

/* Moves all messages to list, which must be empty. The loop's thread only. */
void inbox_take(struct inbox *inbox, struct message_list *list);

/* No message is accepted from now on; those that are in it can still be taken. Thread-safe. */
void inbox_close(struct inbox *inbox);

/* Becomes readable when there are messages. */
int inbox_fd(const struct inbox *inbox);

#endif
