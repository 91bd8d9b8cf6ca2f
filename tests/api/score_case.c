/* SPDX-License-Identifier: MIT
 *
 * A program in C as a user of the shared library writes it: a job from JSON, its scores through a
 * callback. Checks one score of a real case against the expected one, and that a bad job is
 * refused.
 *
 * usage: api_shared DATA
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gaia/engine.h>
#include <gaia/grid.h>
#include <gaia/job.h>
#include <gaia/metric.h>
#include <gaia/status.h>
#include <gaia/time.h>

struct wanted {
    double value; /* of rmse, z at 500 hPa, 12 h, valid 2017-01-01T12, global, cos */
    int n_found;
    int n_scores;
    int n_wrong;
};

static void score_seen(void *context, const struct gaia_score *score)
{
    struct wanted *wanted = context;
    char valid_time[GAIA_TIME_TEXT];
    wanted->n_scores++;
    if (score->all_times || strcmp(score->metric, "rmse") != 0 ||
        strcmp(score->variable, "z") != 0 || strcmp(score->region, "global") != 0 ||
        score->level != 500.0 || score->lead_time_s != 12 * 3600) {
        return;
    }
    gaia_time_format(score->valid_time_s, valid_time);
    if (strcmp(valid_time, "2017-01-01T12") != 0) {
        return;
    }
    wanted->n_found++;
    if (strcmp(score->forecast, "persistence") != 0 || strcmp(score->weighting, "cos") != 0 ||
        !(fabs(score->value - wanted->value) <= 1e-9 * wanted->value)) {
        wanted->n_wrong++;
        (void)printf("%s, %s: rmse is %.17g, expected %.17g\n", score->forecast, score->weighting,
                     score->value, wanted->value);
    }
}

static void failure_seen(void *context, const char *forecast, const gaia_error *why)
{
    struct wanted *wanted = context;
    wanted->n_wrong++;
    (void)printf("%s: %s: %s\n", forecast, gaia_status_name(why->status), why->detail);
}

/* Reads the value of the row that begins with `start` from the table of expected scores. */
static int expected_find(const char *data, const char *start, double *value)
{
    char path[4096];
    char line[512];
    (void)snprintf(path, sizeof path, "%s/expected.csv", data);
    FILE *table = fopen(path, "r");
    int found = 0;
    while (table != NULL && !found && fgets(line, sizeof line, table) != NULL) {
        if (strncmp(line, start, strlen(start)) == 0) {
            *value = strtod(line + strlen(start), NULL);
            found = 1;
        }
    }
    if (table != NULL) {
        (void)fclose(table);
    }
    return found;
}

static int refusal_check(void)
{
    static const char text[] = "{\"schema\": \"gaia.job/1\",\n \"forecast\": []}";
    struct gaia_job *job = NULL;
    gaia_error err = {GAIA_OK, ""};
    const gaia_status status = gaia_job_parse(text, strlen(text), &job, &err);
    gaia_job_free(job);
    return status == GAIA_JOB_INVALID && err.status == status &&
           strstr(err.detail, "'forecast'") != NULL;
}

int main(int argc, char **argv)
{
    static const char row[] = "era5_2017_persistence,z,500,12,2017-01-01T12,global,cos,rmse,";
    char text[16384];
    struct wanted wanted = {0.0, 0, 0, 0};
    struct gaia_job *job = NULL;
    gaia_error err = {GAIA_OK, ""};
    if (argc != 2 || !expected_find(argv[1], row, &wanted.value)) {
        (void)printf("usage: api_shared DATA, a folder with expected.csv\n");
        return 2;
    }
    (void)snprintf(
        text, sizeof text,
        "{\"schema\": \"gaia.job/1\", \"forecasts\": [{\"id\": \"persistence\", \"files\": "
        "[\"%s/era5_2017_persistence/forecast.nc\"]}], \"truth\": {\"files\": "
        "[\"%s/era5_2017_persistence/truth.nc\"]}}",
        argv[1], argv[1]);
    gaia_status status = gaia_job_parse(text, strlen(text), &job, &err);
    if (status == GAIA_OK) {
        const struct gaia_engine_options options = {.device = "cpu", .n_threads = 1};
        const struct gaia_observer observer = {
            .context = &wanted, .score = score_seen, .failed = failure_seen};
        status = gaia_score_job(job, &options, &observer, &err);
    }
    gaia_job_free(job);
    if (status != GAIA_OK) {
        (void)printf("%s: %s\n", gaia_status_text(status), err.detail);
        return gaia_status_exit(status);
    }
    (void)printf("gaia %s: %d scores, %d wanted\n", gaia_version(), wanted.n_scores,
                 wanted.n_found);
    return wanted.n_found == 1 && wanted.n_wrong == 0 && refusal_check() ? 0 : 1;
}
