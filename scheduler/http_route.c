/* SPDX-License-Identifier: MIT
 *
 * The routes of the HTTP API, and who may use each: the one table that says so.
 *
 * Invariants: a route that does not say who may use it is the admin's alone. An id from a path has
 * no slash, is not empty and fits its place; nothing else is
 * believed of it, and none becomes part of a file's name.
 */
#include "http_route.h"

#include <stdio.h>
#include <string.h>

/* openapi/v1.json describes each, with who may use it. `*` stands for one part of the path, the id.
 */
static const struct {
    const char *method;
    const char *pattern;
    enum api_verb verb;
    enum route_access access;
} routes[] = {
    {"GET", "/", API_OVERVIEW, ROUTE_OPEN},
    {"GET", "/livez", API_LIVE, ROUTE_OPEN},
    {"GET", "/readyz", API_READY, ROUTE_OPEN},
    {"GET", "/metrics", API_METRICS, ROUTE_READ_ALL},
    {"GET", "/v1/openapi.json", API_OPENAPI, ROUTE_READ},
    {"GET", "/v1/profiles", API_PROFILES, ROUTE_READ},
    {"GET", "/v1/profiles/*", API_PROFILE, ROUTE_READ},
    {"GET", "/v1/jobs", API_JOBS, ROUTE_READ},
    {"POST", "/v1/jobs", API_SUBMIT, ROUTE_SUBMIT},
    {"GET", "/v1/jobs/*", API_JOB, ROUTE_READ},
    {"DELETE", "/v1/jobs/*", API_CANCEL, ROUTE_SUBMIT},
    {"GET", "/v1/jobs/*/events", API_WATCH, ROUTE_READ},
    {"GET", "/v1/jobs/*/scores", API_SCORES, ROUTE_READ},
    {"GET", "/v1/jobs/*/moments", API_MOMENTS, ROUTE_READ},
    {"GET", "/v1/jobs/*/maps", API_MAPS, ROUTE_READ},
    {"GET", "/v1/jobs/*/composite", API_COMPOSITE, ROUTE_READ},
    {"GET", "/v1/jobs/*/report", API_REPORT, ROUTE_READ},
    {"GET", "/v1/jobs/*/result", API_RESULT, ROUTE_READ},
    {"GET", "/v1/jobs/*/attempts", API_ATTEMPTS, ROUTE_READ},
    {"POST", "/v1/jobs/*/replay", API_REPLAY, ROUTE_SUBMIT},
    {"GET", "/v1/leaderboard", API_LEADERBOARD, ROUTE_READ},
    {"GET", "/v1/batches", API_BATCHES, ROUTE_READ_ALL},
    {"GET", "/v1/executors", API_EXECUTORS, ROUTE_READ_ALL},
    {"POST", "/v1/executors/*/drain", API_DRAIN, ROUTE_ADMIN},
    {"POST", "/v1/executors/*/resume", API_UNDRAIN, ROUTE_ADMIN},
    {"GET", "/v1/schedules", API_SCHEDULES, ROUTE_READ_ALL},
    {"POST", "/v1/schedules", API_SCHEDULE, ROUTE_ADMIN},
    {"DELETE", "/v1/schedules/*", API_UNSCHEDULE, ROUTE_ADMIN},
    {"POST", "/v1/schedules/*/pause", API_PAUSE, ROUTE_ADMIN},
    {"POST", "/v1/schedules/*/resume", API_RESUME, ROUTE_ADMIN},
    {"GET", "/v1/backup", API_BACKUP, ROUTE_ADMIN},
    {"GET", "/v1/tokens", API_TOKENS, ROUTE_ADMIN},
    {"POST", "/v1/tokens", API_TOKEN_ADD, ROUTE_ADMIN},
    {"DELETE", "/v1/tokens/*", API_TOKEN_DROP, ROUTE_ADMIN},
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

/* How requests are told apart in metrics: by what they cost and whom they concern. */
static enum metric_route verb_counts_as(enum api_verb verb)
{
    switch (verb) {
    case API_LIVE:
    case API_READY:
        return METRIC_ROUTE_HEALTH;
    case API_METRICS:
        return METRIC_ROUTE_METRICS;
    case API_SUBMIT:
        return METRIC_ROUTE_SUBMIT;
    case API_JOBS:
    case API_JOB:
    case API_CANCEL:
    case API_REPLAY:
    case API_ATTEMPTS:
        return METRIC_ROUTE_JOBS;
    case API_SCORES:
    case API_SUMS:
    case API_MOMENTS:
    case API_MAPS:
    case API_COMPOSITE:
    case API_RESULT:
    case API_REPORT:
    case API_LEADERBOARD:
        return METRIC_ROUTE_RESULTS;
    case API_WATCH:
        return METRIC_ROUTE_EVENTS;
    case API_OVERVIEW:
    case API_OPENAPI:
    case API_PROFILES:
    case API_PROFILE:
        return METRIC_ROUTE_REFERENCE;
    case API_BACKUP:
    case API_BATCHES:
    case API_DRAIN:
    case API_UNDRAIN:
    case API_SCHEDULE:
    case API_SCHEDULES:
    case API_UNSCHEDULE:
    case API_PAUSE:
    case API_RESUME:
    case API_EXECUTORS:
    case API_TOKENS:
    case API_TOKEN_ADD:
    case API_TOKEN_DROP:
        break;
    }
    return METRIC_ROUTE_ADMIN;
}

bool route_allows(enum route_access access, const struct caller *caller)
{
    switch (access) {
    case ROUTE_OPEN:
        return true;
    case ROUTE_READ:
        return token_scope_covers(caller->scope, TOKEN_READ);
    case ROUTE_READ_ALL:
        return token_scope_covers(caller->scope, TOKEN_READ) && caller->tenant[0] == '\0';
    case ROUTE_SUBMIT:
        return token_scope_covers(caller->scope, TOKEN_SUBMIT);
    case ROUTE_ADMIN:
        break;
    }
    return token_scope_covers(caller->scope, TOKEN_ADMIN) && caller->tenant[0] == '\0';
}

const char *route_access_name(enum route_access access)
{
    static const char *const names[] = {[ROUTE_ADMIN] = "admin",
                                        [ROUTE_SUBMIT] = "submit",
                                        [ROUTE_READ] = "read",
                                        [ROUTE_READ_ALL] = "read, of a token without a tenant",
                                        [ROUTE_OPEN] = "none"};
    return names[access];
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
            route->access = routes[i].access;
            route->counts_as = verb_counts_as(routes[i].verb);
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
    return verb == API_SUBMIT || verb == API_SCHEDULE || verb == API_TOKEN_ADD;
}
