/* SPDX-License-Identifier: MIT
 *
 * A backup on its way out: the nameless copy piece by piece, then the tail that seals it.
 */
#include "http_backup.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "api.h"
#include "error.h"
#include "http_respond.h"
#include "http_stream.h"
#include "moments_file.h"
#include "store_sqlite_backup.h"

enum { PIECE_BYTES = 256 << 10 };

struct backup_body {
    int fd;
    struct moments_seal *seal;
    char piece[PIECE_BYTES];
};

static void backup_free(void *context)
{
    struct backup_body *body = context;
    if (body->fd >= 0) {
        (void)close(body->fd);
    }
    moments_seal_close(body->seal);
    free(body);
}

static bool backup_next(void *context, struct text *piece, bool *more)
{
    struct backup_body *body = context;
    ssize_t n = 0;
    do {
        n = read(body->fd, body->piece, sizeof body->piece);
    } while (n < 0 && errno == EINTR);
    if (n < 0) {
        return false;
    }
    *more = n > 0;
    if (n > 0) {
        moments_seal_add(body->seal, body->piece, (size_t)n);
        text_append_n(piece, body->piece, (size_t)n);
    } else {
        unsigned char tail[MOMENTS_TAIL_BYTES];
        (void)close(body->fd); /* whose space is of use to others from here on */
        body->fd = -1;
        moments_seal_end(body->seal, tail);
        text_append_n(piece, (const char *)tail, sizeof tail);
    }
    return true;
}

/* The body of the open copy, which is taken over; NULL when out of memory. */
static struct MHD_Response *body_make(int fd, struct http_work *work,
                                      struct MHD_Connection *connection)
{
    struct backup_body *body = calloc(1, sizeof *body);
    struct text first = {0};
    gaia_error error = {0};
    if (body == NULL || moments_seal_open(&body->seal, &error) != GAIA_OK) {
        (void)close(fd);
        free(body);
        return NULL;
    }
    body->fd = fd;
    const struct http_stream_source source = {
        .context = body, .next = backup_next, .free = backup_free};
    return http_stream_make(work, connection, &source, &first, true);
}

void http_backup_init(struct http_backup *backup, const char *database)
{
    backup->database = database;
    (void)pthread_mutex_init(&backup->one, NULL);
    atomic_init(&backup->is_stopped, false);
}

static bool is_stopped(void *context)
{
    const struct http_backup *backup = context;
    return atomic_load(&backup->is_stopped);
}

void http_backup_stop(struct http_backup *backup)
{
    atomic_store(&backup->is_stopped, true);
}

void http_backup_fini(struct http_backup *backup)
{
    (void)pthread_mutex_destroy(&backup->one);
}

enum MHD_Result http_backup_answer(struct http_backup *backup, struct http_work *work,
                                   struct MHD_Connection *connection)
{
    gaia_error error = {0};
    int fd = -1;
    if (backup->database == NULL) {
        (void)error_set(&error, GAIA_NOT_FOUND,
                        "the queue is in PostgreSQL: pg_dump makes its backups");
        return http_refuse(connection, HTTP_NOT_FOUND, NULL, &error);
    }
    (void)pthread_mutex_lock(&backup->one);
    const gaia_status status = sqlite_backup(backup->database, is_stopped, backup, &fd, &error);
    (void)pthread_mutex_unlock(&backup->one);
    return status == GAIA_OK ? http_respond(connection, HTTP_OK, "application/vnd.sqlite3",
                                            body_make(fd, work, connection))
                             : http_refuse(connection, HTTP_UNAVAILABLE, NULL, &error);
}
