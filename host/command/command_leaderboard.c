/* SPDX-License-Identifier: MIT
 *
 * `gaia leaderboard`: the forecasts of the scheduler's jobs by their composites.
 *
 * Invariant: with --json the scheduler's own answer is printed as it came; in the table nothing of
 * a name can steer a terminal.
 */
#include "command.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include <gaia/client.h>
#include <gaia/time.h>

#include "error.h"
#include "leaderboard.h"

enum { HELP, STATE, PROFILE, TENANT, NAME, FORECAST, LIMIT, JSON, N_OPTIONS };
enum { RANKS_MAX = 1000, CELL_BYTES = 32, MS_PER_S = 1000 };

static const struct option_spec options[N_OPTIONS] = {
    OPTION_HELP,
    OPTION_STATE,
    {"profile", OPTION_TEXT, "PROFILE", 0, 0, "only of this profile, by name or hash [any]"},
    {"tenant", OPTION_TEXT, "TENANT", 0, 0, "only of this tenant's jobs [any]"},
    {"name", OPTION_TEXT, "NAME", 0, 0, "only of jobs of this name [any]"},
    {"forecast", OPTION_TEXT, "ID", 0, 0, "only this forecast [any]"},
    {"limit", OPTION_NUMBER, "N", 1, RANKS_MAX, "so many at most [100]"},
    {"json", OPTION_FLAG, NULL, 0, 0, "print JSON"},
};

static int text_take(void *context, const char *bytes, size_t length)
{
    struct text *text = context;
    text_append_n(text, bytes, length);
    return text->failed;
}

/* Appends a name as it may be shown. */
static void name_append(struct text *out, const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    text_append(out, "  ");
    text_append_clean(out, text != NULL && text[0] != '\0' ? text : "-");
}

static void number_append(struct text *out, const json_t *object, const char *key)
{
    char cell[CELL_BYTES] = "-";
    const double value = composite_number(object, key);
    if (!isnan(value)) {
        (void)snprintf(cell, sizeof cell, "%.6g", value);
    }
    text_printf(out, "  %9s", cell);
}

static void line_append(struct text *out, const json_t *standing)
{
    const json_t *composite = json_object_get(standing, "composite");
    const json_t *parts = json_object_get(composite, "parts");
    const json_t *passed = json_object_get(composite, "passed");
    const json_int_t finished_ms = json_integer_value(json_object_get(standing, "finished_ms"));
    char when[GAIA_TIME_TEXT] = "-";
    if (finished_ms > 0) {
        gaia_time_format(finished_ms / MS_PER_S, when);
    }
    text_printf(out, "%4" JSON_INTEGER_FORMAT,
                json_integer_value(json_object_get(standing, "rank")));
    number_append(out, composite, "score");
    number_append(out, composite, "overall");
    text_printf(out, "  %-4s", passed == NULL ? "-" : json_is_true(passed) ? "yes" : "no");
    number_append(out, parts, "skill");
    number_append(out, parts, "acc");
    number_append(out, parts, "penalty");
    text_printf(out, "  %-19s", when);
    name_append(out, standing, "job");
    name_append(out, json_object_get(composite, "profile"), "name");
    name_append(out, composite, "forecast");
    text_append(out, "\n");
}

static gaia_status table_append(const struct text *answer, struct text *out, gaia_error *err)
{
    json_t *root = json_loadb(answer->s != NULL ? answer->s : "", answer->length, 0, NULL);
    const json_t *list = json_object_get(root, "leaderboard");
    gaia_status status = GAIA_OK;
    if (!json_is_array(list)) {
        status = error_set(err, GAIA_PROTOCOL, "the scheduler's answer is not the API's");
    } else {
        text_printf(out, "%4s  %9s  %9s  %-4s  %9s  %9s  %9s  %-19s  job  profile  forecast\n",
                    "rank", "composite", "overall", "pass", "skill", "acc", "penalty", "finished");
    }
    for (size_t i = 0; status == GAIA_OK && i < json_array_size(list); i++) {
        line_append(out, json_array_get(list, i));
    }
    json_decref(root);
    return status;
}

static gaia_status leaderboard_print(const struct option_value *values, gaia_error *err)
{
    const struct gaia_client_ranking ranking = {
        .profile = values[PROFILE].text,
        .tenant = values[TENANT].text,
        .name = values[NAME].text,
        .forecast = values[FORECAST].text,
        .limit = values[LIMIT].is_set ? (unsigned)values[LIMIT].number : 0,
    };
    struct gaia_client *client = NULL;
    struct text answer = {0};
    struct text out = {0};
    gaia_status status = gaia_client_open(values[STATE].text, &client, err);
    if (status == GAIA_OK) {
        status = gaia_client_leaderboard(client, &ranking, text_take, &answer, err);
        if (answer.failed) {
            status = error_set(err, GAIA_OUT_OF_MEMORY, "not enough memory for the leaderboard");
        }
    }
    if (status == GAIA_OK && !values[JSON].is_set) {
        status = table_append(&answer, &out, err);
    }
    if (status == GAIA_OK) {
        status = command_write(NULL, values[JSON].is_set ? &answer : &out, err);
    }
    text_fini(&out);
    text_fini(&answer);
    gaia_client_close(client);
    return status;
}

const struct command_spec command_leaderboard_spec = {
    "leaderboard [OPTION]...",
    "Ranks the forecasts of jobs that have succeeded by their composites, best first. Scores of\n"
    "unlike profiles say nothing of each other: name one with --profile.",
    options,
    N_OPTIONS,
    0,
    0};

int command_leaderboard(int argc, char **argv)
{
    struct option_value values[N_OPTIONS];
    gaia_error err = {0};
    bool helped = false;
    gaia_status status =
        command_arguments(&command_leaderboard_spec, argc, argv, values, NULL, &helped, &err);
    if (status == GAIA_OK && !helped) {
        status = leaderboard_print(values, &err);
    }
    return command_end(status, &err);
}
