/* SPDX-License-Identifier: MIT
 *
 * The loop says where a job's maps are; they are read here, on threads of http_work.h.
 *
 * Invariant: one file is open at a time, and of it one piece in memory, unless it is for a page.
 */
#include "http_maps.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "error.h"
#include "http_respond.h"
#include "http_stream.h"
#include "map_file.h"
#include "results.h"

enum { PIECE_BYTES = 1 << 18 };

/* What the loop answered: names with a NUL behind each. */
struct names {
    struct text text;
    size_t at;
};

static const char *name_next(struct names *names)
{
    const char *name = names->at < names->text.length ? names->text.s + names->at : NULL;
    names->at += name != NULL ? strlen(name) + 1 : 0;
    return name;
}

/* Asks where they are; false: the loop refuses, as *request says. */
static bool names_ask(const struct http_api_config *config, const struct caller *caller,
                      const char *id, struct api_request *request, struct names *names)
{
    *request = (struct api_request){.verb = API_MAPS, .caller = caller, .id = id};
    config->ask(config->context, request);
    if (request->http != HTTP_OK || request->error.status != GAIA_OK) {
        return false;
    }
    *names = (struct names){.text = request->answer};
    request->answer = (struct text){0};
    return true;
}

/* ---- As bytes ---- */

struct maps_body {
    struct names names;
    int fd; /* of the file at hand; -1: the next is to be opened */
};

static void maps_free(void *context)
{
    struct maps_body *body = context;
    if (body->fd >= 0) {
        (void)close(body->fd);
    }
    text_fini(&body->names.text);
    free(body);
}

/* Appends a piece of the file at hand; at its end it is closed. */
static bool piece_read(struct maps_body *body, struct text *piece)
{
    char *bytes = malloc(PIECE_BYTES);
    const ssize_t n = bytes != NULL ? read(body->fd, bytes, PIECE_BYTES) : -1;
    if (n > 0) {
        text_append_n(piece, bytes, (size_t)n);
    } else {
        (void)close(body->fd);
        body->fd = -1;
    }
    free(bytes);
    return n >= 0 && !piece->failed;
}

static bool maps_next(void *context, struct text *piece, bool *more)
{
    struct maps_body *body = context;
    bool good = true;
    while (good && piece->length == 0) {
        gaia_error error = {0};
        const char *name = body->fd < 0 ? name_next(&body->names) : NULL;
        if (name != NULL) {
            good = results_file_open(name, &body->fd, &error) == GAIA_OK;
        }
        if (body->fd < 0) {
            break;
        }
        good = piece_read(body, piece);
    }
    *more = body->fd >= 0 || body->names.at < body->names.text.length;
    return good;
}

/* Whether all of them can be opened. */
static gaia_status names_check(struct names names, gaia_error *err)
{
    gaia_status status = GAIA_OK;
    const char *name = NULL;
    while (status == GAIA_OK && (name = name_next(&names)) != NULL) {
        int fd = -1;
        status = results_file_open(name, &fd, err);
        if (status == GAIA_OK) {
            (void)close(fd);
        }
    }
    return status;
}

enum MHD_Result http_maps_answer(const struct http_api_config *config, struct http_work *work,
                                 const struct caller *caller, struct MHD_Connection *connection,
                                 const char *id)
{
    struct api_request request;
    struct text first = {0};
    struct names names;
    gaia_error error = {0};
    bool more = false;
    if (!names_ask(config, caller, id, &request, &names)) {
        return http_respond_answer(connection, &request);
    }
    if (names_check(names, &error) != GAIA_OK) {
        text_fini(&names.text);
        return http_refuse(connection, HTTP_CONFLICT, NULL, &error);
    }
    struct maps_body *body = calloc(1, sizeof *body);
    if (body == NULL) {
        text_fini(&names.text);
        return MHD_NO;
    }
    *body = (struct maps_body){.names = names, .fd = -1};
    const struct http_stream_source source = {
        .context = body, .next = maps_next, .free = maps_free};
    if (!maps_next(body, &first, &more)) {
        text_fini(&first);
        maps_free(body);
        (void)error_set(&error, GAIA_FILE_UNREADABLE, "an error map cannot be read");
        return http_refuse(connection, HTTP_CONFLICT, NULL, &error);
    }
    return http_respond(connection, HTTP_OK, "application/octet-stream",
                        http_stream_make(work, connection, &source, &first, more));
}

/* ---- For a page ---- */

static gaia_status map_take(struct report_maps *maps, const char *name, gaia_error *err)
{
    struct map_file *file = NULL;
    int fd = -1;
    gaia_status status = results_file_open(name, &fd, err);
    if (status == GAIA_OK) {
        status = map_file_open_fd(fd, name, &file, err);
    }
    if (status == GAIA_OK) {
        status = report_maps_add(maps, file, err);
    }
    map_file_close(file);
    return status;
}

gaia_status http_maps_take(const struct http_api_config *config, const struct caller *caller,
                           const char *id, struct api_request *request, struct report_maps **maps,
                           gaia_error *err)
{
    struct report_maps *taken = NULL;
    struct names names;
    size_t n = 0;
    *maps = NULL;
    if (!names_ask(config, caller, id, request, &names)) {
        return GAIA_OK;
    }
    while (name_next(&names) != NULL) {
        n++;
    }
    names.at = 0;
    gaia_status status = n > 0 ? report_maps_open(n, &taken, err) : GAIA_OK;
    for (const char *name = NULL; status == GAIA_OK && (name = name_next(&names)) != NULL;) {
        gaia_error why = {0};
        const gaia_status one = map_take(taken, name, &why);
        if (one == GAIA_OUT_OF_MEMORY) {
            status = error_set(err, one, "%s", why.detail);
        } else if (one != GAIA_OK) {
            log_event(config->log, LOG_APPLICATION | LOG_OFTEN, LOG_WARNING, "map_lacking",
                      "an error map of a job cannot be read", log_text("job", id),
                      log_text("error", why.detail));
            report_maps_lack(taken);
        }
    }
    text_fini(&names.text);
    if (status != GAIA_OK) {
        report_maps_close(taken);
        return status;
    }
    *maps = taken;
    return GAIA_OK;
}
