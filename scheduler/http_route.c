/* SPDX-License-Identifier: MIT
 *
 * The routes of the HTTP API.
 *
 * Invariant: an id from a path has no slash, is not empty and fits its place; nothing else is
 * believed of it, and none becomes part of a file's name.
 */
#include "http_route.h"

#include <stdio.h>
#include <string.h>

/* openapi/v1.json describes each. `*` stands for one part of the path, the id. */
static const struct {
    const char *method;
    const char *pattern;
    enum api_verb verb;
} routes[] = {
    {"GET", "/", API_OVERVIEW},
    {"GET", "/livez", API_LIVE},
    {"GET", "/readyz", API_READY},
    {"GET", "/v1/openapi.json", API_OPENAPI},
    {"GET", "/v1/profiles", API_PROFILES},
    {"GET", "/v1/profiles/*", API_PROFILE},
    {"GET", "/v1/jobs", API_JOBS},
    {"POST", "/v1/jobs", API_SUBMIT},
    {"GET", "/v1/jobs/*", API_JOB},
    {"DELETE", "/v1/jobs/*", API_CANCEL},
    {"GET", "/v1/jobs/*/scores", API_SCORES},
    {"GET", "/v1/jobs/*/moments", API_MOMENTS},
    {"GET", "/v1/jobs/*/composite", API_COMPOSITE},
    {"GET", "/v1/jobs/*/report", API_REPORT},
    {"GET", "/v1/jobs/*/result", API_RESULT},
    {"GET", "/v1/jobs/*/attempts", API_ATTEMPTS},
    {"POST", "/v1/jobs/*/replay", API_REPLAY},
    {"GET", "/v1/batches", API_BATCHES},
    {"GET", "/v1/executors", API_EXECUTORS},
    {"POST", "/v1/executors/*/drain", API_DRAIN},
    {"GET", "/v1/schedules", API_SCHEDULES},
    {"POST", "/v1/schedules", API_SCHEDULE},
    {"DELETE", "/v1/schedules/*", API_UNSCHEDULE},
    {"POST", "/v1/schedules/*/pause", API_PAUSE},
    {"POST", "/v1/schedules/*/resume", API_RESUME},
};

/* Whether the path is of this pattern; what stands for `*` goes into id, RECORD_NAME bytes. */
static bool pattern_fits(const char *pattern, const char *path, char *id)
{
    const char *star = strchr(pattern, '*');
    id[0] = '\0';
    if (star == NULL) {
        return strcmp(pattern, path) == 0;
    }
    const size_t before = (size_t)(star - pattern);
    if (strncmp(pattern, path, before) != 0) {
        return false;
    }
    const size_t length = strcspn(path + before, "/");
    if (length == 0 || length >= RECORD_NAME || strcmp(star + 1, path + before + length) != 0) {
        return false;
    }
    memcpy(id, path + before, length);
    id[length] = '\0';
    return true;
}

unsigned route_find(const char *path, const char *method, struct route *route)
{
    unsigned problem = HTTP_NOT_FOUND;
    size_t used = 0;
    method = strcmp(method, "HEAD") == 0 ? "GET" : method; /* libmicrohttpd leaves the body out */
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        if (!pattern_fits(routes[i].pattern, path, route->id)) {
            continue;
        }
        if (strcmp(routes[i].method, method) == 0) {
            route->verb = routes[i].verb;
            return 0;
        }
        problem = HTTP_METHOD_NOT_ALLOWED;
        used += (size_t)snprintf(route->allow + used, sizeof route->allow - used, "%s%s",
                                 used > 0 ? ", " : "", routes[i].method);
    }
    return problem;
}

bool route_has_body(enum api_verb verb)
{
    return verb == API_SUBMIT || verb == API_SCHEDULE;
}

const char *route_query(enum api_verb verb)
{
    return verb == API_BATCHES ? "state" : NULL;
}
