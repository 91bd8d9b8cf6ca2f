/* SPDX-License-Identifier: MIT
 *
 * The scheduler's event loop: takes messages out of the inbox, turns them into events for the core,
 * carries out what the core decides against store and transport.
 *
 * Invariant: core and store are touched by the thread that runs server_run only. A turn of the loop
 * is one transaction; replies leave after its commit.
 */
#ifndef SERVER_H
#define SERVER_H

#include <stdint.h>

#include <gaia/status.h>

#include "api.h"
#include "board.h"
#include "core.h"
#include "log.h"
#include "metrics.h"
#include "store.h"
#include "token_table.h"
#include "transport.h"

struct server;

/* Path, urls and tls are borrowed for server_open, secret, name and log for the server's life. */
struct server_config {
    struct core_config core;
    const struct store_ops *store;
    const char *store_path;
    int64_t stall_ms;         /* as store_ops.open takes it */
    const char *results_path; /* folder of error maps (results.h); NULL: there is none */
    const char *control_url;  /* "tcp://127.0.0.1:0" */
    const char *work_url;
    const char *remote_control_url; /* for executors of other machines; NULL: there are none */
    const char *remote_work_url;
    const struct transport_tls *tls; /* of the remote urls, where they are tls+tcp:// */
    unsigned connections_max;        /* at each address; 0: without limit */
    const char *secret;
    struct token_table *tokens; /* kept up to date; borrowed */
    const char *name;           /* how a scheduler that stands by calls this one; NULL: none */
    int64_t lead_ms;            /* how long a lead lasts that is not renewed; 0: 8 s */
    int64_t retain_days;        /* days after which a job that is over is forgotten; 0: never */
    uint64_t seed;              /* of attempts and jitter */
    int64_t
        retry_ms; /* after the store failed, until it is tried again; doubled up to 8 times it */
    const struct log *log;
};

/* Opens the store, restores what was under way if it leads, and listens. GAIA_STORE,
 * GAIA_UNREACHABLE (a port is taken), GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status server_open(const struct server_config *config, struct server **server,
                                      gaia_error *err);

/* Where executors dial, with the real ports; the remote ones are "" if there are none. */
const char *server_control_url(const struct server *server);
const char *server_work_url(const struct server *server);
const char *server_remote_control_url(const struct server *server);
const char *server_remote_work_url(const struct server *server);

/* Where those look who watch jobs; the server's. */
struct board *server_board(struct server *server);

/* What the server counts; others may count there too. The server's. */
struct metrics *server_metrics(struct server *server);

/* Runs until stop_fd becomes readable. Every request that is asked later is answered at once: 503.
 */
void server_run(struct server *server, int stop_fd);

/* After server_run, when nobody asks any more. NULL is allowed. */
void server_close(struct server *server);

/* Hands the question to the loop and waits for the answer. From any other thread. */
void server_ask(void *server, struct api_request *request);

#endif
