/* SPDX-License-Identifier: MIT
 *
 * From a job's sums, page by page into a file without a name, to its page of scores.
 *
 * Invariant: sums are read as a stranger's file is; nothing is left of the file.
 */
#include "http_report.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "error.h"
#include "file.h"
#include "http_maps.h"
#include "http_respond.h"
#include "moments_file.h"
#include "record.h"
#include "report_data.h"
#include "report_page.h"

/* So many may ask for pages at once, of whom all but one wait: the other connections are for
 * others.
 */
enum { SECOND_MS = 1000, ASKING_MAX = 4 };

struct http_report {
    pthread_mutex_t lock; /* of n_asking */
    unsigned n_asking;
    pthread_mutex_t one_at_a_time;
};

gaia_status http_report_open(struct http_report **report, gaia_error *err)
{
    struct http_report *opened = calloc(1, sizeof *opened);
    if (opened == NULL) {
        return error_memory(err, sizeof *opened);
    }
    (void)pthread_mutex_init(&opened->lock, NULL); /* neither fails on Linux */
    (void)pthread_mutex_init(&opened->one_at_a_time, NULL);
    *report = opened;
    return GAIA_OK;
}

void http_report_close(struct http_report *report)
{
    if (report != NULL) {
        (void)pthread_mutex_destroy(&report->one_at_a_time);
        (void)pthread_mutex_destroy(&report->lock);
        free(report);
    }
}

static gaia_status bytes_write(int fd, const void *bytes, size_t length, gaia_error *err)
{
    for (size_t done = 0; done < length;) {
        const ssize_t n = write(fd, (const char *)bytes + done, length - done);
        if (n < 0 && errno != EINTR) {
            return error_set(err, GAIA_DISK, "a temporary file of sums: %s", strerror(errno));
        }
        done += n > 0 ? (size_t)n : 0;
    }
    return GAIA_OK;
}

static bool is_refused(const struct api_request *request)
{
    return request->http != HTTP_OK || request->error.status != GAIA_OK;
}

/* Writes all of the job's sums. A question that the loop refuses is left in *request, with its
 * answer; the status is then GAIA_OK. */
static gaia_status sums_write(const struct http_api_config *config, const struct caller *caller,
                              const char *id, int fd, struct api_request *request, gaia_error *err)
{
    unsigned char tail[MOMENTS_TAIL_BYTES];
    struct moments_seal *seal = NULL;
    uint64_t n_bytes = 0;
    int64_t after = -1;
    bool more = true;
    gaia_status status = moments_seal_open(&seal, err);
    while (status == GAIA_OK && more) {
        *request =
            (struct api_request){.verb = API_MOMENTS, .caller = caller, .id = id, .after = after};
        config->ask(config->context, request);
        if (is_refused(request)) {
            moments_seal_close(seal);
            return GAIA_OK;
        }
        n_bytes += request->answer.length;
        if (n_bytes > config->page_bytes_max) {
            status = error_set(err, GAIA_LIMIT,
                               "job %s has more than %llu bytes of sums: `gaia report` makes pages "
                               "of parts of them",
                               id, (unsigned long long)config->page_bytes_max);
        } else {
            moments_seal_add(seal, request->answer.s, request->answer.length);
            status = bytes_write(fd, request->answer.s, request->answer.length, err);
        }
        after = request->last;
        more = request->more;
        text_fini(&request->answer);
    }
    if (status == GAIA_OK) {
        moments_seal_end(seal, tail);
        status = bytes_write(fd, tail, sizeof tail, err);
    }
    moments_seal_close(seal);
    return status;
}

static gaia_status page_write(const char *id, struct moments_file *file, const struct text *list,
                              const struct report_maps *maps, struct text *page, gaia_error *err)
{
    struct text json = {0};
    char command[RECORD_ID + 64];
    (void)snprintf(command, sizeof command, "gaia report %s --out scorecard.html", id);
    const struct report_request request = {.file = file,
                                           .composites = list->s,
                                           .composites_length = list->length,
                                           .maps = maps,
                                           .command = command,
                                           .made_s = clock_realtime_ms() / SECOND_MS};
    gaia_status status = report_data_write(&request, &json, err);
    if (status == GAIA_OK) {
        status = report_page_write(&json, page, err);
    }
    text_fini(&json);
    return status;
}

/* Makes the page; *request is as after sums_write. */
static gaia_status page_make(const struct http_api_config *config, const struct caller *caller,
                             const char *id, struct api_request *request, struct text *page,
                             gaia_error *err)
{
    struct moments_file *file = NULL;
    struct report_maps *maps = NULL;
    char name[RECORD_ID + 8];
    int fd = -1;
    gaia_status status = report_page_check(err);
    *request = (struct api_request){.http = HTTP_OK};
    if (status == GAIA_OK) {
        status = file_temporary(&fd, err);
    }
    if (status == GAIA_OK) {
        status = sums_write(config, caller, id, fd, request, err);
    }
    if (status != GAIA_OK || is_refused(request)) {
        if (fd >= 0) {
            (void)close(fd);
        }
        return status;
    }
    (void)snprintf(name, sizeof name, "job %s", id);
    status = moments_file_open_fd(fd, name, &file, err);
    if (status == GAIA_OK) {
        status = http_maps_take(config, caller, id, request, &maps, err);
    }
    if (status == GAIA_OK && !is_refused(request)) {
        *request = (struct api_request){.verb = API_COMPOSITE, .caller = caller, .id = id};
        config->ask(config->context, request);
        if (!is_refused(request)) {
            status = page_write(id, file, &request->answer, maps, page, err);
            text_fini(&request->answer);
        }
    }
    report_maps_close(maps);
    moments_file_close(file);
    return status;
}

/* Counts one more who asks, unless there are too many. */
static bool asking_begin(struct http_report *report)
{
    (void)pthread_mutex_lock(&report->lock);
    const bool may = report->n_asking < ASKING_MAX;
    report->n_asking += may ? 1 : 0;
    (void)pthread_mutex_unlock(&report->lock);
    return may;
}

static void asking_end(struct http_report *report)
{
    (void)pthread_mutex_lock(&report->lock);
    report->n_asking--;
    (void)pthread_mutex_unlock(&report->lock);
}

enum MHD_Result http_report_answer(struct http_report *report, const struct http_api_config *config,
                                   const struct caller *caller, const char *id,
                                   struct MHD_Connection *connection)
{
    struct api_request request;
    struct text page = {0};
    gaia_error error = {0};
    if (!asking_begin(report)) {
        (void)error_set(&error, GAIA_LIMIT, "%d other pages are being made: try again", ASKING_MAX);
        return http_refuse(connection, HTTP_UNAVAILABLE, NULL, &error);
    }
    (void)pthread_mutex_lock(&report->one_at_a_time);
    const gaia_status status = page_make(config, caller, id, &request, &page, &error);
    (void)pthread_mutex_unlock(&report->one_at_a_time);
    asking_end(report);
    if (status != GAIA_OK) {
        text_fini(&page);
        return http_refuse(connection,
                           gaia_status_class(status) == GAIA_CLASS_INVALID || status == GAIA_LIMIT
                               ? HTTP_CONFLICT
                               : HTTP_UNAVAILABLE,
                           NULL, &error);
    }
    if (is_refused(&request)) {
        return http_respond_answer(connection, &request);
    }
    struct MHD_Response *response =
        MHD_create_response_from_buffer(page.length, page.s, MHD_RESPMEM_MUST_FREE);
    if (response == NULL) {
        text_fini(&page);
    }
    return http_respond(connection, HTTP_OK, "text/html; charset=utf-8", response);
}
