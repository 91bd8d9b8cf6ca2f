/* SPDX-License-Identifier: MIT
 *
 * The body of GET /v1/backup: a copy of the embedded store as it is at one moment. It is made on a
 * thread of http_work.h and never reaches the loop, which goes on writing.
 *
 * Invariant: a body that has its tail is whole; after a failure the connection ends without one.
 */
#ifndef HTTP_BACKUP_H
#define HTTP_BACKUP_H

#include <pthread.h>
#include <stdatomic.h>

#include <microhttpd.h>

#include "http_work.h"

struct http_backup {
    const char *database; /* NULL: the queue is not in an embedded store */
    pthread_mutex_t one;  /* is made at a time */
    atomic_bool is_stopped;
};

void http_backup_init(struct http_backup *backup, const char *database);

/* Ends what is being made, and whatever is asked for later at once. */
void http_backup_stop(struct http_backup *backup);

enum MHD_Result http_backup_answer(struct http_backup *backup, struct http_work *work,
                                   struct MHD_Connection *connection);

void http_backup_fini(struct http_backup *backup);

#endif
