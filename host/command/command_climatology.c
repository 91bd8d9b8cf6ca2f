/* SPDX-License-Identifier: MIT
 *
 * `gaia climatology`: a climatology made of years of analyses, as one NetCDF-4 file.
 *
 * Options become an order for host/climatology_make.h. Invariant: the file says with which
 * arguments it was made, and nothing else of the machine.
 */
#include "command.h"

#include <malloc.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "arena.h"
#include "climatology_make.h"
#include "error.h"
#include "outputs.h"
#include "progress.h"
#include "text.h"

enum {
    ARENA_BYTES_MAX = 64 << 20,
    KEPT_BYTES = 8 << 20,
    WINDOW_DAYS_MAX = 2 * WINDOW_HALF_MAX + 1
};

enum {
    OPT_HELP,
    OPT_OUT,
    OPT_KIND,
    OPT_WINDOW,
    OPT_WINDOW_WEIGHTS,
    OPT_YEARS,
    OPT_HOURS,
    OPT_VARIABLES,
    OPT_LEVELS,
    OPT_MIN_COUNT,
    OPT_DOUBLE,
    OPT_MEMORY,
    OPT_FORMAT,
    OPT_JSON,
    OPT_COUNT
};

static const struct option_spec options[OPT_COUNT] = {
    [OPT_HELP] = OPTION_HELP,
    [OPT_OUT] = {"out", OPTION_OUTPUT, "FILE", 0, 0, "the file to make (NetCDF-4)"},
    [OPT_KIND] = {"kind", OPTION_TEXT, "KIND", 0, 0,
                  "[dayofyear-hour] dayofyear, month, month-hour, hour or constant"},
    [OPT_WINDOW] = {"window", OPTION_NUMBER, "DAYS", 1, WINDOW_DAYS_MAX,
                    "running mean over days of the year, an odd number [1]"},
    [OPT_WINDOW_WEIGHTS] = {"window-weights", OPTION_TEXT, "RULE", 0, 0,
                            "[uniform] triangular (0 at both ends) or gaussian (spread DAYS/6)"},
    [OPT_YEARS] = {"years", OPTION_TEXT, "A-B", 0, 0, "of the valid times, both included [all]"},
    [OPT_HOURS] = {"hours", OPTION_TEXT, "0,6,12,18", 0, 0, "of the valid times [all]"},
    [OPT_VARIABLES] = {"variables", OPTION_TEXT, "z,t", 0, 0, "[all]"},
    [OPT_LEVELS] = {"levels", OPTION_TEXT, "500,850", 0, 0, "in hPa [all]"},
    [OPT_MIN_COUNT] = {"min-count", OPTION_NUMBER, "N", 1, 1000000000,
                       "a mean of fewer values is missing [1]"},
    [OPT_DOUBLE] = {"double", OPTION_FLAG, NULL, 0, 0, "write float64, not float32"},
    [OPT_MEMORY] = {"memory", OPTION_BYTES, "SIZE", 1 << 20, UINT64_MAX, "for data [2GiB]"},
    [OPT_FORMAT] = {"format", OPTION_TEXT, "FORMAT", 0, 0, "of the files: [netcdf] grib or zarr"},
    [OPT_JSON] = OPTION_JSON,
};

static const uint64_t MEMORY_DEFAULT = UINT64_C(2) << 30;

const struct command_spec command_climatology_spec = {
    .usage = "climatology FILE... --out FILE [OPTION]...",
    .summary = "Makes a climatology of years of analyses, for `gaia score`.",
    .options = options,
    .n_options = OPT_COUNT,
    .n_positional = 1,
};

/* ---- From options to an order ---- */

/* Splits "a,b,c" into texts of the arena. */
static gaia_status texts_split(struct arena *arena, const char *text, const char *const **texts,
                               size_t *n, gaia_error *err)
{
    char *copy = arena_strdup(arena, text);
    const char **list = arena_alloc(arena, strlen(text) + 1, sizeof *list);
    if (copy == NULL || list == NULL) {
        return error_memory(err, strlen(text));
    }
    for (char *at = copy; at != NULL;) {
        list[(*n)++] = at;
        at = strchr(at, ',');
        if (at != NULL) {
            *at++ = '\0';
        }
    }
    *texts = list;
    return GAIA_OK;
}

/* Splits a list of numbers; false stands for one that is none. */
static gaia_status numbers_split(struct arena *arena, const struct option_value *value,
                                 const char *name, double **numbers, size_t *n, gaia_error *err)
{
    const char *const *texts = NULL;
    gaia_status status = texts_split(arena, value->text, &texts, n, err);
    *numbers = status == GAIA_OK ? arena_alloc(arena, *n, sizeof **numbers) : NULL;
    if (status == GAIA_OK && *numbers == NULL) {
        status = error_memory(err, *n * sizeof **numbers);
    }
    for (size_t i = 0; status == GAIA_OK && i < *n; i++) {
        if (!number_parse(texts[i], &(*numbers)[i])) {
            status = error_set(err, GAIA_USAGE, "--%s '%s': numbers with commas are wanted", name,
                               value->text);
        }
    }
    return status;
}

static gaia_status hours_read(struct arena *arena, const struct option_value *value,
                              uint32_t *hours, gaia_error *err)
{
    double *numbers = NULL;
    size_t n = 0;
    gaia_status status = numbers_split(arena, value, "hours", &numbers, &n, err);
    for (size_t i = 0; status == GAIA_OK && i < n; i++) {
        if (numbers[i] < 0.0 || numbers[i] > 23.0 || numbers[i] != floor(numbers[i])) {
            status = error_set(err, GAIA_USAGE, "--hours '%s': whole hours of 0 .. 23 are wanted",
                               value->text);
        } else {
            *hours |= UINT32_C(1) << (int)numbers[i];
        }
    }
    return status;
}

/* "1990-2019", or one year. */
static gaia_status years_read(const char *text, struct climatology_choice *choice, gaia_error *err)
{
    int first = 0;
    int last = 0;
    char rest = '\0';
    const int n = sscanf(text, "%4d-%4d%c", &first, &last, &rest);
    const bool one = n == 1 && strspn(text, "0123456789") == strlen(text);
    if (!(one || n == 2) || first < 1 || (!one && last < first)) {
        return error_set(err, GAIA_USAGE, "--years '%s': years such as 1990-2019 are wanted", text);
    }
    choice->has_years = true;
    choice->first_year = first;
    choice->last_year = one ? first : last;
    return GAIA_OK;
}

static gaia_status window_read(const struct option_value *values, struct climatology_order *order,
                               gaia_error *err)
{
    static const char *const rules[] = {"uniform", "triangular", "gaussian"};
    struct climatology_choice *choice = &order->choice;
    order->weights = values[OPT_WINDOW_WEIGHTS].is_set ? values[OPT_WINDOW_WEIGHTS].text : rules[0];
    choice->window_days = values[OPT_WINDOW].is_set ? (int)values[OPT_WINDOW].number : 1;
    int rule = 0;
    while (rule < 3 && strcmp(order->weights, rules[rule]) != 0) {
        rule++;
    }
    if (rule == 3) {
        return error_set(err, GAIA_USAGE,
                         "--window-weights '%s': uniform, triangular or gaussian is wanted",
                         order->weights);
    }
    choice->weights = (enum climatology_weights)rule;
    if (choice->window_days % 2 == 0) {
        return error_set(err, GAIA_USAGE, "--window %d: an odd number of days is wanted",
                         choice->window_days);
    }
    if (choice->window_days > 1 && !climatology_has_day(choice->kind)) {
        return error_set(err, GAIA_USAGE, "--window %d: only days of the year have one, not %s",
                         choice->window_days, order->kind);
    }
    return GAIA_OK;
}

static gaia_status order_read(struct arena *arena, const struct option_value *values,
                              struct climatology_order *order, gaia_error *err)
{
    struct climatology_choice *choice = &order->choice;
    double *levels = NULL;
    gaia_status status = GAIA_OK;
    order->kind = values[OPT_KIND].is_set ? values[OPT_KIND].text : "dayofyear-hour";
    order->min_count = values[OPT_MIN_COUNT].is_set ? values[OPT_MIN_COUNT].number : 1;
    order->as_double = values[OPT_DOUBLE].is_set;
    order->memory_bytes = values[OPT_MEMORY].is_set ? values[OPT_MEMORY].number : MEMORY_DEFAULT;
    order->out = values[OPT_OUT].text;
    order->source.format = values[OPT_FORMAT].is_set ? values[OPT_FORMAT].text : "netcdf";
    if (!values[OPT_OUT].is_set) {
        return error_set(err, GAIA_USAGE, "usage: gaia %s", command_climatology_spec.usage);
    }
    if (!climatology_kind_parse(order->kind, &choice->kind)) {
        return error_set(err, GAIA_USAGE,
                         "--kind '%s': dayofyear-hour, dayofyear, month, month-hour, hour or "
                         "constant is wanted",
                         order->kind);
    }
    status = window_read(values, order, err);
    if (status == GAIA_OK && values[OPT_YEARS].is_set) {
        status = years_read(values[OPT_YEARS].text, choice, err);
    }
    if (status == GAIA_OK && values[OPT_HOURS].is_set) {
        status = hours_read(arena, &values[OPT_HOURS], &choice->hours, err);
    }
    if (status == GAIA_OK && values[OPT_LEVELS].is_set) {
        status =
            numbers_split(arena, &values[OPT_LEVELS], "levels", &levels, &choice->n_levels, err);
        choice->levels = levels;
    }
    if (status == GAIA_OK && values[OPT_VARIABLES].is_set) {
        status = texts_split(arena, values[OPT_VARIABLES].text, &order->variables,
                             &order->n_variables, err);
    }
    return status;
}

/* The command as it was given. */
static void history_make(int argc, char **argv, struct text *history)
{
    text_printf(history, "gaia %s:", gaia_version());
    for (int i = 0; i < argc; i++) {
        text_printf(history, " %s", argv[i]);
    }
}

/* ---- The run ---- */

static void on_progress(void *context, uint64_t done, uint64_t total)
{
    progress_show(context, "reading", done, total);
}

static gaia_status climatology_run(struct climatology_order *order, bool as_json, gaia_error *err)
{
    struct progress progress;
    struct climatology_outcome outcome;
    progress_init(&progress);
    order->progress = on_progress;
    order->context = &progress;
    const gaia_status status = climatology_make(order, &outcome, err);
    progress_end(&progress);
    if (status == GAIA_OK && outcome.n_missing > 0) {
        command_tell("warning: %llu of %llu fields of %s have no value",
                     (unsigned long long)outcome.n_missing, (unsigned long long)outcome.n_means,
                     order->out);
    }
    return status == GAIA_OK && as_json
               ? command_write_json(json_pack("{s:s, s:I, s:I}", "out", order->out, "fields",
                                              (json_int_t)outcome.n_means, "missing",
                                              (json_int_t)outcome.n_missing),
                                    err)
               : status;
}

static gaia_status inputs_spare(const struct option_value *values, const struct gaia_source *source,
                                gaia_error *err)
{
    struct outputs outputs;
    gaia_status status = outputs_take(options, OPT_COUNT, values, &outputs, err);
    for (size_t i = 0; status == GAIA_OK && i < source->n_files; i++) {
        status = outputs_spare(&outputs, "the analysis", source->files[i], err);
    }
    return status;
}

/* Reads the arguments, of which any number may be files, and makes what they ask for. */
static gaia_status arguments_run(int argc, char **argv, const char **files, gaia_error *err)
{
    struct option_value values[OPT_COUNT];
    struct command_spec all = command_climatology_spec;
    struct climatology_order order = {.out = NULL};
    struct text history = {0};
    struct arena arena;
    bool helped = false;
    all.n_optional = (size_t)argc;
    arena_init(&arena, ARENA_BYTES_MAX);
    gaia_status status = command_arguments(&all, argc, argv, values, files, &helped, err);
    if (status == GAIA_OK && !helped) {
        history_make(argc, argv, &history);
        order.history = history.s;
        order.source.files = files;
        while (files[order.source.n_files] != NULL) {
            order.source.n_files++;
        }
        status = history.failed ? error_memory(err, 1) : order_read(&arena, values, &order, err);
        if (status == GAIA_OK) {
            status = inputs_spare(values, &order.source, err);
        }
        if (status == GAIA_OK) {
            status = climatology_run(&order, values[OPT_JSON].is_set, err);
        }
    }
    text_fini(&history);
    arena_fini(&arena);
    return status;
}

int command_climatology(int argc, char **argv)
{
    gaia_error err = {0};
    /* Compressing a chunk takes and frees more than malloc keeps by default: its pages would go
     * back to the system and come again for each chunk, which takes longer than all the rest. */
    (void)mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
    const char **files = calloc((size_t)argc + 2, sizeof *files);
    const gaia_status status =
        files != NULL ? arguments_run(argc, argv, files, &err) : error_memory(&err, 1);
    free(files);
    return command_end(status, &err);
}
