/* SPDX-License-Identifier: MIT
 *
 * What is told to those who watch jobs: the loop posts how far each watched job is, whoever watches
 * looks. Between server_watch.c and http_events.c.
 *
 * Invariant: of a job only the latest news are kept, so that neither side ever waits for the other
 * and memory is bounded; what is posted was committed.
 */
#ifndef BOARD_H
#define BOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gaia/status.h>

#include "record.h"

enum { BOARD_JOBS_MAX = 64 };

/* How far a job is. */
struct job_news {
    char id[RECORD_ID];
    enum job_state state;
    uint64_t units_total;
    uint64_t units_done; /* with what leases report as done */
    uint32_t batches_total;
    uint32_t batches_done;
    uint32_t attempts_failed; /* of batches, so far */
    int64_t remaining_ms;     /* an estimate; -1: none */
    double rate;              /* fields a second since its first lease; 0: not known */
    gaia_error error;         /* of a job that failed or was cancelled */
};

struct board;

/* NULL when out of memory. */
struct board *board_open(void);
void board_free(struct board *board);

/* One who watches a job. */
struct board_view {
    size_t place;
    uint64_t version; /* of the news that were read; 0: none */
    uint64_t n_breaks;
};

/* Begins to watch a job, there or not. False: as many jobs as may be are watched. Several may watch
 * one job. Thread-safe, as everything here is. */
bool board_watch(struct board *board, const char *id, struct board_view *view);
void board_leave(struct board *board, const struct board_view *view);

/* BROKEN: what is posted from now on may not follow what was read. */
enum board_look { BOARD_NOTHING, BOARD_NEWS, BOARD_BROKEN };

/* The news, if they are newer than those that were read last; with is_peek they stay unread, and
 * news may be NULL. */
enum board_look board_read(struct board *board, struct board_view *view, bool is_peek,
                           struct job_news *news);

/* The jobs that are watched and were not over when they were last posted: ids[BOARD_JOBS_MAX]. */
size_t board_wanted(struct board *board, char (*ids)[RECORD_ID]);

/* Posts news of a job; those that say nothing new, or of a job that nobody watches, are passed
 * over. */
void board_post(struct board *board, const struct job_news *news);

/* The loop has lost the thread: another scheduler may lead. All who watch now are told. */
void board_break(struct board *board);

#endif
