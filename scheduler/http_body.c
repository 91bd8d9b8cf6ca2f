/* SPDX-License-Identifier: MIT
 *
 * Bodies, read on threads of http_work.h: what is malformed never reaches the loop.
 *
 * Invariant: a token that is bound to a tenant submits as that tenant or not at all.
 */
#include "http_body.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include <gaia/job.h>

#include "clock.h"
#include "error.h"
#include "http_respond.h"
#include "http_token.h"
#include "json.h"

/* Makes the submission the caller's tenant's; false if it says another. */
static bool tenant_settle(const struct caller *caller, struct job_terms *terms, gaia_error *error)
{
    if (caller->tenant[0] == '\0' || strcmp(caller->tenant, terms->tenant) == 0) {
        return true;
    }
    if (terms->tenant[0] != '\0') {
        (void)error_set(error, GAIA_DENIED, "job.queue.tenant: this token is tenant '%s's",
                        caller->tenant);
        return false;
    }
    record_tenant_copy(terms->tenant, caller->tenant);
    return true;
}

static enum MHD_Result submit(const struct http_whole *whole)
{
    struct gaia_job *job = NULL;
    struct submission submission;
    gaia_error error = {0};
    enum MHD_Result result = MHD_NO;
    const char *key =
        MHD_lookup_connection_value(whole->connection, MHD_HEADER_KIND, "Idempotency-Key");
    gaia_status status = gaia_job_parse(whole->body, whole->length, &job, &error);
    if (status == GAIA_OK) {
        status = submission_make(job, key, clock_realtime_ms(), &submission, &error);
    }
    if (status != GAIA_OK) {
        result = http_body_refuse(whole->connection, &error);
    } else if (!tenant_settle(whole->caller, &submission.terms, &error)) {
        result = http_refuse(whole->connection, HTTP_FORBIDDEN, "queue.tenant", &error);
    } else if (http_limits_tenant(whole->limits, submission.terms.tenant, whole->connection,
                                  &result)) {
        struct api_request request = {
            .verb = API_SUBMIT, .caller = whole->caller, .submission = &submission};
        whole->config->ask(whole->config->context, &request);
        result = http_respond_answer(whole->connection, &request);
    }
    gaia_job_free(job);
    return result;
}

/* Reads {"name", "cron", "zone", "job"}; *spec is the job as text, the caller's, once it parses. */
static gaia_status schedule_read(const json_t *root, struct api_request *request, char **spec,
                                 gaia_error *err)
{
    static const char *const keys[] = {"name", "cron", "zone", "job"};
    struct gaia_job *job = NULL;
    gaia_status status = json_check_keys(root, "schedule", keys, 4, err);
    if (status == GAIA_OK) {
        status = json_get_string(root, "schedule", "name", false, &request->name, err);
    }
    if (status == GAIA_OK) {
        status = json_get_string(root, "schedule", "cron", true, &request->cron, err);
    }
    if (status == GAIA_OK) {
        status = json_get_string(root, "schedule", "zone", false, &request->zone, err);
    }
    if (status != GAIA_OK) {
        return status;
    }
    *spec = json_dumps(json_object_get(root, "job"), JSON_COMPACT | JSON_ENCODE_ANY);
    if (*spec == NULL) {
        return error_set(err, GAIA_JOB_INVALID, "schedule.job: a job is wanted");
    }
    status = gaia_job_parse(*spec, strlen(*spec), &job, err);
    gaia_job_free(job);
    return status == GAIA_OK ? GAIA_OK : error_prefix(err, status, "schedule.job");
}

static enum MHD_Result schedule(const struct http_whole *whole)
{
    struct api_request request = {
        .verb = API_SCHEDULE, .caller = whole->caller, .name = "", .zone = ""};
    json_t *root = NULL;
    char *spec = NULL;
    gaia_error error = {0};
    enum MHD_Result result = MHD_NO;
    gaia_status status = json_parse("schedule", whole->body, whole->length, &root, &error);
    if (status == GAIA_OK) {
        status = schedule_read(root, &request, &spec, &error);
    }
    if (status == GAIA_OK) {
        request.body = spec;
        whole->config->ask(whole->config->context, &request);
        result = http_respond_answer(whole->connection, &request);
    } else {
        result = http_body_refuse(whole->connection, &error);
    }
    free(spec);
    json_decref(root);
    return result;
}

enum MHD_Result http_body_refuse(struct MHD_Connection *connection, const gaia_error *error)
{
    const bool invalid = gaia_status_class(error->status) == GAIA_CLASS_INVALID;
    return http_refuse(connection, invalid ? HTTP_BAD_REQUEST : HTTP_UNAVAILABLE, NULL, error);
}

enum MHD_Result http_body_answer(const struct http_whole *whole, enum api_verb verb)
{
    return verb == API_SUBMIT     ? submit(whole)
           : verb == API_SCHEDULE ? schedule(whole)
                                  : http_token_make(whole);
}
