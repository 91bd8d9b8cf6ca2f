/* SPDX-License-Identifier: MIT
 *
 * The loop says where a job's maps are; they are read here, on threads of http_work.h.
 *
 * Invariants: one file is open at a time, and of it one piece in memory, unless it is for a page. A
 * page shows a map as what the plan says of it, or not at all: whoever wrote the file may lie.
 */
#include "http_maps.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "error.h"
#include "http_respond.h"
#include "http_stream.h"
#include "level.h"
#include "map_file.h"
#include "results.h"

enum { PIECE_BYTES = 1 << 18 };

/* What the loop answered (API_MAPS). */
struct places {
    struct text text;
    size_t at;
};

/* Where a map is and what it must be of. */
struct place {
    const char *path;
    const char *forecast;
    const char *variable;
    double level;
    int64_t lead_time_s;
};

static const char *member_next(struct places *places)
{
    const char *member = places->at < places->text.length ? places->text.s + places->at : "";
    places->at += strlen(member) + 1;
    return member;
}

/* False: there is none left. */
static bool place_next(struct places *places, struct place *place)
{
    if (places->at >= places->text.length) {
        return false;
    }
    place->path = member_next(places);
    place->forecast = member_next(places);
    place->variable = member_next(places);
    place->level = strtod(member_next(places), NULL);
    place->lead_time_s = strtoll(member_next(places), NULL, 10);
    return true;
}

/* Asks where they are; false: the loop refuses, as *request says. */
static bool places_find(const struct http_api_config *config, const struct caller *caller,
                        const char *id, struct api_request *request, struct places *places)
{
    *request = (struct api_request){.verb = API_MAPS, .caller = caller, .id = id};
    config->ask(config->context, request);
    if (request->http != HTTP_OK || request->error.status != GAIA_OK) {
        return false;
    }
    *places = (struct places){.text = request->answer};
    request->answer = (struct text){0};
    return true;
}

/* ---- As bytes ---- */

struct maps_body {
    struct places places;
    int fd; /* of the file at hand; -1: the next is to be opened */
};

static void maps_free(void *context)
{
    struct maps_body *body = context;
    if (body->fd >= 0) {
        (void)close(body->fd);
    }
    text_fini(&body->places.text);
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
        struct place place;
        if (body->fd < 0 && place_next(&body->places, &place)) {
            good = results_file_open(place.path, &body->fd, &error) == GAIA_OK;
        }
        if (body->fd < 0) {
            break;
        }
        good = piece_read(body, piece);
    }
    *more = body->fd >= 0 || body->places.at < body->places.text.length;
    return good;
}

/* Whether all of them can be opened. */
static gaia_status places_check(struct places places, gaia_error *err)
{
    gaia_status status = GAIA_OK;
    struct place place;
    while (status == GAIA_OK && place_next(&places, &place)) {
        int fd = -1;
        status = results_file_open(place.path, &fd, err);
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
    struct places places;
    gaia_error error = {0};
    bool more = false;
    if (!places_find(config, caller, id, &request, &places)) {
        return http_respond_answer(connection, &request);
    }
    if (places_check(places, &error) != GAIA_OK) {
        text_fini(&places.text);
        return http_refuse(connection, HTTP_CONFLICT, NULL, &error);
    }
    struct maps_body *body = calloc(1, sizeof *body);
    if (body == NULL) {
        text_fini(&places.text);
        return MHD_NO;
    }
    *body = (struct maps_body){.places = places, .fd = -1};
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

/* Whether the file has the one map that is its place's, or none: of a forecast that lacks them. */
static gaia_status map_check(const struct map_file *file, const struct place *place,
                             gaia_error *err)
{
    const size_t n = map_file_count(file);
    const struct map_head *head = n > 0 ? map_file_head(file, 0) : NULL;
    const bool is_its_own = n == 0 || (n == 1 && strcmp(head->forecast, place->forecast) == 0 &&
                                       strcmp(head->variable, place->variable) == 0 &&
                                       head->lead_time_s == place->lead_time_s &&
                                       level_same(head->level, place->level));
    return is_its_own
               ? GAIA_OK
               : error_set(err, GAIA_FILE_DAMAGED, "%s: a map of something else", place->path);
}

static gaia_status map_take(struct report_maps *maps, const struct place *place, gaia_error *err)
{
    struct map_file *file = NULL;
    int fd = -1;
    gaia_status status = results_file_open(place->path, &fd, err);
    if (status == GAIA_OK) {
        status = map_file_open_fd(fd, place->path, &file, err);
    }
    if (status == GAIA_OK) {
        status = map_check(file, place, err);
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
    struct places places;
    struct place place;
    size_t n = 0;
    *maps = NULL;
    if (!places_find(config, caller, id, request, &places)) {
        return GAIA_OK;
    }
    while (place_next(&places, &place)) {
        n++;
    }
    places.at = 0;
    gaia_status status = n > 0 ? report_maps_open(n, &taken, err) : GAIA_OK;
    while (status == GAIA_OK && place_next(&places, &place)) {
        gaia_error why = {0};
        const gaia_status one = map_take(taken, &place, &why);
        if (one == GAIA_OUT_OF_MEMORY) {
            status = error_set(err, one, "%s", why.detail);
        } else if (one != GAIA_OK) {
            log_event(config->log, LOG_APPLICATION | LOG_OFTEN, LOG_WARNING, "map_lacking",
                      "an error map of a job cannot be read", log_text("job", id),
                      log_text("error", why.detail));
            report_maps_lack(taken);
        }
    }
    text_fini(&places.text);
    if (status != GAIA_OK) {
        report_maps_close(taken);
        return status;
    }
    *maps = taken;
    return GAIA_OK;
}
