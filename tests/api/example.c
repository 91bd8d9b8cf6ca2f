/* SPDX-License-Identifier: MIT
 *
 * Scores of a forecast against an analysis: example FORECAST TRUTH CLIMATOLOGY
 */
#include <stdio.h>
#include <string.h>

#include <gaia/engine.h>

/* Gets every score; prints the root mean square error and the anomaly correlation of each time. */
static void score_print(void *context, const struct gaia_score *score)
{
    char valid[GAIA_TIME_TEXT];
    int *n_scores = context;
    if (score->all_times ||
        (strcmp(score->metric, "rmse") != 0 && strcmp(score->metric, "acc_centred") != 0)) {
        return;
    }
    gaia_calendar_format(score->calendar, score->valid_time_s, valid);
    (void)printf("%s,%g,%g,%s,%s,%s,%.17g\n", score->variable, score->level,
                 (double)score->lead_time_s / 3600, valid, score->region, score->metric,
                 score->value);
    (*n_scores)++;
}

/* Gets each forecast that cannot be scored; the others go on. */
static void failure_print(void *context, const char *forecast, const gaia_error *why)
{
    (void)context;
    (void)fprintf(stderr, "%s: %s: %s\n", forecast, gaia_status_text(why->status), why->detail);
}

int main(int argc, char **argv)
{
    char json[4096];
    struct gaia_job *job = NULL;
    gaia_error error = {GAIA_OK, ""};
    int n_scores = 0;
    if (argc != 4) {
        (void)fprintf(stderr, "usage: example FORECAST TRUTH CLIMATOLOGY\n");
        return 2;
    }
    /* What to score: the job that `gaia submit` takes. */
    (void)snprintf(
        json, sizeof json,
        "{\"schema\": \"gaia.job/1\", \"forecasts\": [{\"id\": \"mine\", \"files\": [\"%s\"]}],"
        " \"truth\": {\"files\": [\"%s\"]}, \"climatology\": {\"files\": [\"%s\"]},"
        " \"regions\": [\"global\", \"tropics\"]}",
        argv[1], argv[2], argv[3]);
    gaia_status status = gaia_job_parse(json, strlen(json), &job, &error);
    if (status == GAIA_OK) {
        const struct gaia_engine_options options = {.device = "auto"};
        const struct gaia_observer observer = {
            .context = &n_scores, .score = score_print, .failed = failure_print};
        status = gaia_score_job(job, &options, &observer, &error);
    }
    gaia_job_free(job);
    if (status != GAIA_OK) {
        (void)fprintf(stderr, "%s: %s\n", gaia_status_text(status), error.detail);
        return gaia_status_exit(status);
    }
    (void)fprintf(stderr, "libgaia %s: %d scores\n", gaia_version(), n_scores);
    return 0;
}
