/* SPDX-License-Identifier: MIT
 *
 * Answers that need neither the loop nor the store.
 *
 * Invariant: none of them waits for anything: they are the same while the database is away.
 */
#include "http_static.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "clock.h"
#include "error.h"
#include "http_respond.h"
#include "profile.h"
#include "report_page.h"

static enum MHD_Result send_as(struct MHD_Connection *connection, const char *type,
                               const char *text)
{
    /* libmicrohttpd only reads what is persistent. */
    return http_respond(connection, HTTP_OK, type,
                        MHD_create_response_from_buffer(strlen(text), (void *)(uintptr_t)text,
                                                        MHD_RESPMEM_PERSISTENT));
}

static enum MHD_Result send_text(struct MHD_Connection *connection, const char *text)
{
    return send_as(connection, "application/json", text);
}

/* The overview asks for no token: it shows nothing until the reader has given one. */
static enum MHD_Result send_overview(struct MHD_Connection *connection)
{
    static const char none[] = "<!DOCTYPE html>\n<title>Gaia Score</title>\n<p>This scheduler was "
                               "built without its pages: install libjs-vega and build with "
                               "-DGAIA_REPORT=ON.</p>\n";
    const char *page = report_live_page();
    return send_as(connection, "text/html; charset=utf-8", page != NULL ? page : none);
}

/* {"profiles": [{"name", "description"}]} */
static enum MHD_Result send_profiles(struct MHD_Connection *connection)
{
    json_t *list = json_array();
    bool failed = list == NULL;
    for (size_t i = 0; !failed && profile_shipped_name(i) != NULL; i++) {
        json_t *document = json_loads(profile_shipped_text(i), 0, NULL);
        json_t *item = json_pack("{s:s, s:O}", "name", profile_shipped_name(i), "description",
                                 json_object_get(document, "description"));
        failed = json_array_append_new(list, item) != 0;
        json_decref(document);
    }
    json_t *root = json_pack("{s:o}", "profiles", list);
    char *body = failed || root == NULL ? NULL : json_dumps(root, JSON_COMPACT);
    json_decref(root);
    return body != NULL ? http_respond(connection, HTTP_OK, "application/json",
                                       MHD_create_response_from_buffer(strlen(body), body,
                                                                       MHD_RESPMEM_MUST_FREE))
                        : MHD_NO;
}

static enum MHD_Result send_metrics(struct metrics *metrics, struct MHD_Connection *connection)
{
    struct text text = {0};
    metrics_write(metrics, clock_monotonic_us(), &text);
    if (text.failed) {
        return MHD_NO;
    }
    return http_respond(
        connection, HTTP_OK, "text/plain; version=0.0.4; charset=utf-8",
        MHD_create_response_from_buffer(text.length, text.s, MHD_RESPMEM_MUST_FREE));
}

static enum MHD_Result send_profile(struct MHD_Connection *connection, const char *name)
{
    gaia_error error = {0};
    for (size_t i = 0; profile_shipped_name(i) != NULL; i++) {
        if (strcmp(profile_shipped_name(i), name) == 0) {
            return send_text(connection, profile_shipped_text(i));
        }
    }
    (void)error_set(&error, GAIA_NOT_FOUND, "there is no profile '%.64s'", name);
    return http_refuse(connection, HTTP_NOT_FOUND, NULL, &error);
}

bool http_static_answer(const struct route *route, struct metrics *metrics,
                        struct MHD_Connection *connection, enum MHD_Result *result)
{
    if (route->verb == API_LIVE) {
        *result = send_text(connection, "{\"alive\":true}\n");
    } else if (route->verb == API_METRICS) {
        *result = send_metrics(metrics, connection);
    } else if (route->verb == API_OVERVIEW) {
        *result = send_overview(connection);
    } else if (route->verb == API_PROFILES) {
        *result = send_profiles(connection);
    } else if (route->verb == API_PROFILE) {
        *result = send_profile(connection, route->id);
    } else if (route->verb == API_OPENAPI) {
        *result = send_text(connection, embedded_openapi[0].text);
    } else {
        return false;
    }
    return true;
}
