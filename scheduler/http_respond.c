/* SPDX-License-Identifier: MIT
 *
 * Responses of the HTTP API. The one place where a problem is written.
 *
 * Invariant: what stands in a problem is UTF-8 on one line, whatever the request held.
 */
#include "http_respond.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "text.h"

enum MHD_Result http_respond(struct MHD_Connection *connection, unsigned http, const char *type,
                             struct MHD_Response *response)
{
    if (response == NULL) {
        return MHD_NO;
    }
    (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    if (http == HTTP_UNAUTHORIZED) {
        (void)MHD_add_response_header(response, MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer");
    }
    if ((http == HTTP_TOO_MANY || http == HTTP_UNAVAILABLE) && /* jobs leave the queue singly */
        MHD_get_response_header(response, MHD_HTTP_HEADER_RETRY_AFTER) == NULL) {
        (void)MHD_add_response_header(response, MHD_HTTP_HEADER_RETRY_AFTER, "1");
    }
    const enum MHD_Result result = MHD_queue_response(connection, http, response);
    MHD_destroy_response(response);
    return result;
}

/* Appends the key that a missing or unknown one is named by at the end of a detail. */
static void key_append(struct text *path, const char *at)
{
    static const char missing[] = "key '";
    static const char unknown[] = "unknown key '";
    const char *key = NULL;
    const char *end = NULL;
    if (strncmp(at, missing, sizeof missing - 1) == 0) {
        key = at + sizeof missing - 1;
        end = strstr(key, "' is missing");
    } else if (strncmp(at, unknown, sizeof unknown - 1) == 0) {
        key = at + sizeof unknown - 1;
        end = strrchr(key, '\'');
    }
    if (end != NULL) {
        text_append(path, ".");
        text_append_n(path, key, (size_t)(end - key));
    }
}

/* Appends the path that a detail begins with, as the readers of jobs and schedules write it. A
 * document within another begins anew: "schedule.job: job.name: ..." is one path,
 * schedule.job.name.
 */
static void path_append(struct text *path, const char *detail)
{
    const char *last = NULL; /* the last member so far, without its index */
    size_t last_length = 0;
    for (size_t n = strcspn(detail, ": '"); detail[n] == ':' && detail[n + 1] == ' ';
         n = strcspn(detail, ": '")) {
        const char *next = detail;
        if (last != NULL) {
            if (n < last_length || strncmp(detail, last, last_length) != 0 ||
                (detail[last_length] != '.' && detail[last_length] != ':')) {
                break;
            }
            next += last_length;
        }
        text_append_n(path, next, n - (size_t)(next - detail));
        const char *dot = memrchr(detail, '.', n);
        last = dot != NULL ? dot + 1 : detail;
        last_length = n - (size_t)(last - detail);
        detail += n + 2;
    }
    key_append(path, detail);
}

/* The member of the body that a detail is about; NULL if it names none. Borrowed from path. */
static const char *field_find(struct text *path, const char *detail)
{
    path_append(path, detail);
    const char *dot = path->length > 0 ? strchr(path->s, '.') : NULL;
    const bool is_ours =
        dot != NULL && (strncmp(path->s, "job.", 4) == 0 || strncmp(path->s, "schedule.", 9) == 0 ||
                        strncmp(path->s, "token.", 6) == 0);
    return is_ours ? dot + 1 : NULL;
}

/* Code and title of a problem: of its status, unless HTTP tells cases apart that share one. */
static const char *problem_code(unsigned http, const gaia_error *error)
{
    return http == HTTP_METHOD_NOT_ALLOWED ? "method_not_allowed"
           : http == HTTP_FORBIDDEN        ? "forbidden"
                                           : gaia_status_name(error->status);
}

static const char *problem_title(unsigned http, const gaia_error *error)
{
    return http == HTTP_METHOD_NOT_ALLOWED ? "the path has other methods"
           : http == HTTP_FORBIDDEN        ? "the token does not allow it"
                                           : gaia_status_text(error->status);
}

/* NULL when out of memory. */
static struct MHD_Response *problem_make(unsigned http, const char *field, const gaia_error *error)
{
    const char *code = problem_code(http, error);
    struct text path = {0};
    if (field == NULL && http == HTTP_BAD_REQUEST) {
        field = field_find(&path, error->detail);
    }
    json_t *type = json_sprintf("/problems/%s", code);
    json_t *problem = json_pack("{s:o, s:s, s:i, s:s, s:s, s:s*}", "type", type, "title",
                                problem_title(http, error), "status", (int)http, "detail",
                                error->detail, "code", code, "field", field);
    char *body = problem != NULL ? json_dumps(problem, JSON_COMPACT) : NULL;
    json_decref(problem);
    text_fini(&path);
    return body != NULL ? MHD_create_response_from_buffer(strlen(body), body, MHD_RESPMEM_MUST_FREE)
                        : NULL;
}

enum MHD_Result http_refuse(struct MHD_Connection *connection, unsigned http, const char *field,
                            const gaia_error *error)
{
    return http_respond(connection, http, "application/problem+json",
                        problem_make(http, field, error));
}

enum MHD_Result http_refuse_for(struct MHD_Connection *connection, int64_t wait_s, bool is_last,
                                const gaia_error *error)
{
    char seconds[TEXT_NUMBER];
    struct MHD_Response *response = problem_make(HTTP_TOO_MANY, NULL, error);
    (void)snprintf(seconds, sizeof seconds, "%" PRId64, wait_s);
    if (response != NULL) {
        (void)MHD_add_response_header(response, MHD_HTTP_HEADER_RETRY_AFTER, seconds);
    }
    if (response != NULL && is_last) {
        (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
    }
    return http_respond(connection, HTTP_TOO_MANY, "application/problem+json", response);
}

enum MHD_Result http_refuse_last(struct MHD_Connection *connection, unsigned http,
                                 const gaia_error *error)
{
    struct MHD_Response *response = problem_make(http, NULL, error);
    if (response != NULL) {
        (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
    }
    return http_respond(connection, http, "application/problem+json", response);
}

enum MHD_Result http_refuse_method(struct MHD_Connection *connection, const char *allow,
                                   const gaia_error *error)
{
    struct MHD_Response *response = problem_make(HTTP_METHOD_NOT_ALLOWED, NULL, error);
    if (response != NULL) {
        (void)MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, allow);
    }
    return http_respond(connection, HTTP_METHOD_NOT_ALLOWED, "application/problem+json", response);
}

enum MHD_Result http_respond_answer(struct MHD_Connection *connection, struct api_request *request)
{
    if (request->error.status != GAIA_OK) {
        text_fini(&request->answer);
        return http_refuse(connection, (unsigned)request->http, NULL, &request->error);
    }
    return http_respond(connection, (unsigned)request->http, "application/json",
                        MHD_create_response_from_buffer(request->answer.length, request->answer.s,
                                                        MHD_RESPMEM_MUST_FREE));
}
