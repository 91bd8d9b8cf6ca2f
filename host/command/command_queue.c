/* SPDX-License-Identifier: MIT
 *
 * `gaia dead`, `replay`, `schedule` and `executors`: what an operator asks of the queue.
 *
 * Invariant: with --json the scheduler's own answer is printed as it came.
 */
#include "command.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include <gaia/client.h>
#include <gaia/time.h>

#include "error.h"
#include "job_paths.h"
#include "listing.h"

enum { HELP, STATE, JSON, N_LIST_OPTIONS };
enum { MEBIBYTE = 1 << 20 };

static const struct option_spec list_options[N_LIST_OPTIONS] = {OPTION_HELP, OPTION_STATE,
                                                                OPTION_JSON};

static int text_take(void *context, const char *bytes, size_t length)
{
    struct text *text = context;
    text_append_n(text, bytes, length);
    return text->failed;
}

/* Fetches a list; *root (the caller's) is NULL where it was printed as it came. */
static gaia_status list_fetch(struct gaia_client *client, enum gaia_client_list_of what,
                              const char *id, bool as_json, json_t **root, gaia_error *err)
{
    struct text text = {0};
    *root = NULL;
    gaia_status status = gaia_client_list_json(client, what, id, text_take, &text, err);
    if (status == GAIA_OK && as_json) {
        status = command_write(NULL, &text, err);
    } else if (status == GAIA_OK) {
        *root = json_loadb(text.s != NULL ? text.s : "", text.length, 0, NULL);
        status = *root != NULL
                     ? GAIA_OK
                     : error_set(err, GAIA_PROTOCOL, "the scheduler's answer is not the API's");
    }
    text_fini(&text);
    return status;
}

static const char *member_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

static json_int_t member_number(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

static void dead_list(struct listing *listing, const json_t *batch)
{
    listing_add(listing, "%s", member_text(batch, "job"));
    listing_add(listing, "%" JSON_INTEGER_FORMAT, member_number(batch, "batch"));
    listing_add(listing, "%s", member_text(batch, "kind"));
    listing_add(listing, "%" JSON_INTEGER_FORMAT, member_number(batch, "tries"));
    listing_add(listing, "%" JSON_INTEGER_FORMAT, member_number(batch, "losses"));
    listing_add(listing, "%" JSON_INTEGER_FORMAT, member_number(batch, "kills"));
    listing_add(listing, "%s", member_text(batch, "name"));
}

static void attempt_list(struct listing *listing, const json_t *attempt)
{
    listing_add_time(listing, member_number(attempt, "at_ms"));
    listing_add(listing, "%" JSON_INTEGER_FORMAT, member_number(attempt, "batch"));
    listing_add(listing, "%s", member_text(attempt, "executor"));
    listing_add(listing, "%s: %s", member_text(attempt, "code"), member_text(attempt, "detail"));
}

static void schedule_list(struct listing *listing, const json_t *schedule)
{
    const char *zone = member_text(schedule, "zone");
    listing_add(listing, "%s", member_text(schedule, "id"));
    listing_add_time(listing, member_number(schedule, "due_ms"));
    listing_add(listing, "%s", member_text(schedule, "cron"));
    listing_add(listing, "%s", zone[0] != '\0' ? zone : "UTC");
    listing_add(listing, "%s%s", member_text(schedule, "name"),
                json_is_true(json_object_get(schedule, "paused")) ? "  (paused)" : "");
}

static void executor_list(struct listing *listing, const json_t *executor)
{
    listing_add(listing, "%s", member_text(executor, "id"));
    listing_add(listing, "%s", member_text(executor, "state"));
    listing_add(listing, "%" JSON_INTEGER_FORMAT, member_number(executor, "leases"));
    listing_add(listing, "%" JSON_INTEGER_FORMAT, member_number(executor, "rss_bytes") / MEBIBYTE);
    listing_add(listing, "%" JSON_INTEGER_FORMAT, member_number(executor, "pid"));
    listing_add(listing, "%s", member_text(executor, "device"));
}

static const struct listing_column dead_columns[] = {
    {"job", false, false},   {"batch", true, false}, {"kind", false, true},
    {"errors", true, false}, {"lost", true, true},   {"fresh lost", true, true},
    {"name", false, false}};
static const struct listing_column attempt_columns[] = {{"at", false, true},
                                                        {"batch", true, false},
                                                        {"executor", false, true},
                                                        {"error", false, false}};
static const struct listing_column schedule_columns[] = {{"id", false, false},
                                                         {"due", false, false},
                                                         {"cron", false, false},
                                                         {"zone", false, true},
                                                         {"name", false, false}};
static const struct listing_column executor_columns[] = {
    {"id", false, false}, {"state", false, false}, {"leases", true, false},
    {"MiB", true, false}, {"pid", true, true},     {"device", false, false}};

#define COLUMNS(columns) (columns), sizeof(columns) / sizeof *(columns)

/* Prints each member of the list, a line each. */
static gaia_status list_print(const struct option_value *values, enum gaia_client_list_of what,
                              const char *id, gaia_error *err)
{
    static const struct {
        const char *key;
        void (*list)(struct listing *listing, const json_t *item);
        const struct listing_column *columns;
        size_t n_columns;
    } lists[] = {[GAIA_CLIENT_DEAD] = {"batches", dead_list, COLUMNS(dead_columns)},
                 [GAIA_CLIENT_ATTEMPTS] = {"attempts", attempt_list, COLUMNS(attempt_columns)},
                 [GAIA_CLIENT_SCHEDULES] = {"schedules", schedule_list, COLUMNS(schedule_columns)},
                 [GAIA_CLIENT_EXECUTORS] = {"executors", executor_list, COLUMNS(executor_columns)}};
    struct listing listing = {.columns = lists[what].columns, .n_columns = lists[what].n_columns};
    struct gaia_client *client = NULL;
    json_t *root = NULL;
    gaia_status status = gaia_client_open(values[STATE].text, &client, err);
    if (status == GAIA_OK) {
        status = list_fetch(client, what, id, values[JSON].is_set, &root, err);
    }
    const json_t *array = json_object_get(root, lists[what].key);
    for (size_t i = 0; i < json_array_size(array); i++) {
        lists[what].list(&listing, json_array_get(array, i));
    }
    if (status == GAIA_OK && array != NULL) {
        status = listing_print(&listing, err);
    }
    listing_fini(&listing);
    json_decref(root);
    gaia_client_close(client);
    return status;
}

const struct command_spec command_dead_spec = {
    "dead [JOB] [--json]",
    "Lists the batches that were tried too often; with a job, how each of its attempts went\n"
    "wrong. `gaia replay JOB` takes the job up again.",
    list_options,
    N_LIST_OPTIONS,
    0,
    1};

int command_dead(int argc, char **argv)
{
    struct option_value values[N_LIST_OPTIONS];
    const char *id = NULL;
    gaia_error err = {0};
    bool helped = false;
    gaia_status status =
        command_arguments(&command_dead_spec, argc, argv, values, &id, &helped, &err);
    if (status == GAIA_OK && !helped) {
        status = list_print(values, id != NULL ? GAIA_CLIENT_ATTEMPTS : GAIA_CLIENT_DEAD, id, &err);
    }
    return command_end(status, &err);
}

const struct command_spec command_replay_spec = {
    "replay JOB [--json]",
    "Takes a failed job up again: what was done stays done, the rest is tried anew.",
    list_options,
    N_LIST_OPTIONS,
    1,
    0};

int command_replay(int argc, char **argv)
{
    struct option_value values[N_LIST_OPTIONS];
    const char *id = NULL;
    struct gaia_client *client = NULL;
    gaia_error err = {0};
    bool helped = false;
    gaia_status status =
        command_arguments(&command_replay_spec, argc, argv, values, &id, &helped, &err);
    if (status == GAIA_OK && !helped) {
        status = gaia_client_open(values[STATE].text, &client, &err);
        if (status == GAIA_OK) {
            status = gaia_client_replay(client, id, &err);
        }
        if (status == GAIA_OK) {
            status = command_done(values[JSON].is_set, id, "replay", &err);
        }
    }
    gaia_client_close(client);
    return command_end(status, &err);
}

const struct command_spec command_executors_spec = {
    "executors [drain EXECUTOR | resume EXECUTOR] [--json]",
    "Lists the executors, or drains one: it finishes what it holds and leaves, and whatever\n"
    "process comes in its place, such as the next one of gaia-node, is drained, too. It gets no\n"
    "work, also after a restart of the scheduler, until it is resumed.",
    list_options,
    N_LIST_OPTIONS,
    0,
    2};

int command_executors(int argc, char **argv)
{
    struct option_value values[N_LIST_OPTIONS];
    const char *words[2] = {NULL, NULL};
    struct gaia_client *client = NULL;
    gaia_error err = {0};
    bool helped = false;
    gaia_status status =
        command_arguments(&command_executors_spec, argc, argv, values, words, &helped, &err);
    if (status != GAIA_OK || helped) {
        return command_end(status, &err);
    }
    if (words[0] == NULL) {
        return command_end(list_print(values, GAIA_CLIENT_EXECUTORS, NULL, &err), &err);
    }
    const bool drains = strcmp(words[0], "drain") == 0;
    if ((!drains && strcmp(words[0], "resume") != 0) || words[1] == NULL) {
        status =
            error_set(&err, GAIA_USAGE, "usage: gaia executors [drain EXECUTOR | resume EXECUTOR]");
        return command_end(status, &err);
    }
    status = gaia_client_open(values[STATE].text, &client, &err);
    if (status == GAIA_OK) {
        status = drains ? gaia_client_drain(client, words[1], &err)
                        : gaia_client_resume(client, words[1], &err);
    }
    if (status == GAIA_OK) {
        status = command_done(values[JSON].is_set, words[1], words[0], &err);
    }
    gaia_client_close(client);
    return command_end(status, &err);
}

enum { CRON = N_LIST_OPTIONS, ZONE, NAME, N_SCHEDULE_OPTIONS };

/* Sends the job of the file as a schedule and prints the schedule's id. */
static gaia_status schedule_add(struct gaia_client *client, const struct option_value *values,
                                const char *path, gaia_error *err)
{
    char directory[PATH_MAX];
    char id[GAIA_CLIENT_ID];
    char *spec = NULL;
    size_t length = 0;
    if (path == NULL || !values[CRON].is_set) {
        return error_set(err, GAIA_USAGE, "gaia schedule add: a job file and --cron are wanted");
    }
    if (getcwd(directory, sizeof directory) == NULL) {
        return error_set(err, GAIA_FILE_MISSING, "the current directory is gone");
    }
    gaia_status status = job_file_read(path, directory, &spec, &length, err);
    if (status != GAIA_OK) {
        return status;
    }
    json_t *job = json_loadb(spec, length, 0, NULL);
    json_t *body = json_pack("{s:s, s:s, s:s, s:o*}", "cron", values[CRON].text, "zone",
                             values[ZONE].is_set ? values[ZONE].text : "", "name",
                             values[NAME].is_set ? values[NAME].text : "", "job", job);
    char *text = body != NULL ? json_dumps(body, JSON_COMPACT) : NULL;
    status = text != NULL ? gaia_client_schedule(client, text, strlen(text), id, err)
                          : error_set(err, GAIA_USAGE, "--cron, --zone or --name is not UTF-8");
    if (status == GAIA_OK) {
        status = command_id(values[JSON].is_set, id, err);
    }
    free(text);
    json_decref(body);
    free(spec);
    return status;
}

static gaia_status schedule_do(struct gaia_client *client, const struct option_value *values,
                               const char *const *words, gaia_error *err)
{
    static const char *const changes[] = {[GAIA_SCHEDULE_REMOVE] = "remove",
                                          [GAIA_SCHEDULE_PAUSE] = "pause",
                                          [GAIA_SCHEDULE_RESUME] = "resume"};
    if (strcmp(words[0], "add") == 0) {
        return schedule_add(client, values, words[1], err);
    }
    for (size_t i = 0; words[1] != NULL && i < sizeof changes / sizeof *changes; i++) {
        if (strcmp(words[0], changes[i]) == 0) {
            const gaia_status status =
                gaia_client_schedule_change(client, words[1], (enum gaia_schedule_change)i, err);
            return status == GAIA_OK ? command_done(values[JSON].is_set, words[1], changes[i], err)
                                     : status;
        }
    }
    return error_set(err, GAIA_USAGE,
                     "usage: gaia schedule add JOB.json --cron EXPRESSION | list | "
                     "remove|pause|resume ID");
}

static const struct option_spec schedule_options[N_SCHEDULE_OPTIONS] = {
    OPTION_HELP,
    OPTION_STATE,
    OPTION_JSON,
    {"cron", OPTION_TEXT, "EXPRESSION", 0, 0, "when: \"30 6,18 * * *\", as in crontab(5)"},
    {"zone", OPTION_TEXT, "ZONE", 0, 0, "whose clocks: \"Europe/Berlin\" [UTC]"},
    {"name", OPTION_TEXT, "NAME", 0, 0, "for people"},
};

const struct command_spec command_schedule_spec = {
    "schedule add JOB.json --cron EXPRESSION | list | remove|pause|resume ID [OPTION]...",
    "Submits a job again and again. No run begins while another is under way; one that was\n"
    "missed is made up for once.",
    schedule_options,
    N_SCHEDULE_OPTIONS,
    1,
    1};

int command_schedule(int argc, char **argv)
{
    struct option_value values[N_SCHEDULE_OPTIONS];
    const char *words[2] = {NULL, NULL};
    struct gaia_client *client = NULL;
    gaia_error err = {0};
    bool helped = false;
    gaia_status status =
        command_arguments(&command_schedule_spec, argc, argv, values, words, &helped, &err);
    if (status != GAIA_OK || helped) {
        return command_end(status, &err);
    }
    if (strcmp(words[0], "list") == 0 && words[1] == NULL) {
        return command_end(list_print(values, GAIA_CLIENT_SCHEDULES, NULL, &err), &err);
    }
    status = gaia_client_open(values[STATE].text, &client, &err);
    if (status == GAIA_OK) {
        status = schedule_do(client, values, words, &err);
    }
    gaia_client_close(client);
    return command_end(status, &err);
}
