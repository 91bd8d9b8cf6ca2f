/* SPDX-License-Identifier: MIT
 *
 * The options of the benchmark: one table, and the reading of those that are lists.
 *
 * Invariant: what is read here is in range, so that nothing behind it checks again.
 */
#include "bench.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "error.h"

enum option {
    HELP,
    DEVICE,
    INSTRUCTION_SET,
    THREADS,
    GRID,
    FIELDS,
    FORECASTS,
    DTYPE,
    REGIONS,
    CASES,
    MISSING,
    WEIGHTS,
    ROUNDS,
    SECONDS,
    JSON,
    VS,
    GPU_MEMORY,
    GPU,
    N_OPTIONS
};

const struct option_spec bench_specs[BENCH_OPTIONS] = {
    [HELP] = {"help", OPTION_FLAG, NULL, 0, 0, "show this text and end"},
    [DEVICE] = {"device", OPTION_TEXT, "NAME", 0, 0, "cpu, cuda or auto [auto]"},
    [INSTRUCTION_SET] = {"instruction-set", OPTION_TEXT, "NAME", 0, 0,
                         "of the CPU: portable, v3 or v4 [the best there is]"},
    [THREADS] = {"threads", OPTION_NUMBER, "N", 1, BENCH_THREADS_MAX, "[one a core]"},
    [GRID] = {"grid", OPTION_TEXT, "LATxLON", 0, 0, "rows and columns [721x1440]"},
    [FIELDS] = {"fields", OPTION_NUMBER, "N", 1, 1 << 20,
                "forecast fields [so many that no cache holds them]"},
    [FORECASTS] = {"forecasts", OPTION_TEXT, "LIST", 0, 0,
                   "forecasts against one truth, each 1 to 256 [1,16]"},
    [DTYPE] = {"dtype", OPTION_TEXT, "LIST", 0, 0, "float32, int16, float64 [float32,int16]"},
    [REGIONS] = {"regions", OPTION_TEXT, "LIST", 0, 0,
                 "1, 4 (bands), 5 or 13 regions; a case takes the first [5]"},
    [CASES] = {"cases", OPTION_TEXT, "LIST", 0, 0,
               "limits (all of: single, missing, global, bands, regions13, many, dtypes, "
               "reference, plane, error, host), or matrix [limits]"},
    [MISSING] = {"missing", OPTION_TEXT, "SHARE", 0, 0,
                 "of the rows, those that have missing values [0.01]"},
    [WEIGHTS] = {"weights", OPTION_NUMBER, "N", 0, BENCH_WEIGHTS_MAX, "weightings [4]"},
    [ROUNDS] = {"rounds", OPTION_NUMBER, "N", 1, BENCH_ROUNDS_MAX, "[7]"},
    [SECONDS] = {"seconds", OPTION_NUMBER, "N", 1, 86400,
                 "no round begins after so long [60]; a round is as long as that allows"},
    [JSON] = {"json", OPTION_FLAG, NULL, 0, 0, "one JSON object instead of the table"},
    [VS] = {"vs", OPTION_FLAG, NULL, 0, 0,
            "also the same work by a plain C loop, numpy, torch and cupy"},
    [GPU_MEMORY] = {"gpu-memory", OPTION_BYTES, "SIZE", 1 << 20, UINT64_MAX,
                    "of device memory at most [most of what is free]"},
    [GPU] = {"gpu", OPTION_NUMBER, "N", 0, 255, "which GPU [0]"},
};

const char bench_usage[] = "[OPTION]...";
const char bench_summary[] =
    "Times the sums on synthetic fields against what the device delivers in the same run.";

_Static_assert((int)N_OPTIONS == (int)BENCH_OPTIONS, "callers have room for the values");

/* Takes the next of a list's comma-separated items into item; false at its end or where one does
 * not fit. */
static bool item_next(const char **list, char *item, size_t item_bytes)
{
    const size_t length = strcspn(*list, ",");
    if (length == 0 || length >= item_bytes) {
        return false;
    }
    memcpy(item, *list, length);
    item[length] = '\0';
    *list += length;
    if (**list == ',' && (*list)[1] != '\0') {
        (*list)++;
    }
    return true;
}

static bool number_read(const char *text, size_t max, size_t *number)
{
    char *end = NULL;
    errno = 0;
    const unsigned long long value = strtoull(text, &end, 10);
    *number = (size_t)value;
    return errno == 0 && text[0] >= '0' && text[0] <= '9' && *end == '\0' && value >= 1 &&
           value <= max;
}

/* Reads one item of a list into place i of what it fills; false if it is none. */
typedef bool item_read(const char *item, size_t i, struct bench_options *options);

static bool forecasts_item(const char *item, size_t i, struct bench_options *options)
{
    options->n_forecasts_list = i + 1;
    return number_read(item, BENCH_FORECASTS_MAX, &options->forecasts[i]);
}

static bool dtype_item(const char *item, size_t i, struct bench_options *options)
{
    static const struct {
        const char *name;
        enum gaia_dtype dtype;
    } names[] = {{"float32", GAIA_FLOAT32}, {"int16", GAIA_INT16}, {"float64", GAIA_FLOAT64}};
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        if (strcmp(item, names[k].name) == 0) {
            options->dtypes[i] = names[k].dtype;
            options->n_dtypes = i + 1;
            return true;
        }
    }
    return false;
}

static bool regions_item(const char *item, size_t i, struct bench_options *options)
{
    static const struct {
        const char *name;
        enum region_choice choice;
    } names[] = {
        {"1", REGIONS_GLOBAL}, {"4", REGIONS_BANDS}, {"5", REGIONS_FIVE}, {"13", REGIONS_THIRTEEN}};
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        if (strcmp(item, names[k].name) == 0) {
            options->regions[i] = names[k].choice;
            options->n_regions_list = i + 1;
            return true;
        }
    }
    return false;
}

static bool case_item(const char *item, size_t i, struct bench_options *options)
{
    static const struct {
        const char *name;
        unsigned choice;
    } names[] = {
        {"limits", CASE_LIMITS}, {"single", CASE_SINGLE}, {"missing", CASE_MISSING},
        {"global", CASE_GLOBAL}, {"bands", CASE_BANDS},   {"regions13", CASE_THIRTEEN},
        {"many", CASE_MANY},     {"dtypes", CASE_DTYPES}, {"reference", CASE_REFERENCE},
        {"plane", CASE_PLANE},   {"error", CASE_ERROR},   {"host", CASE_HOST},
        {"matrix", CASE_MATRIX},
    };
    options->cases = i == 0 ? 0 : options->cases;
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        if (strcmp(item, names[k].name) == 0) {
            options->cases |= names[k].choice;
            return true;
        }
    }
    return false;
}

/* Reads a list, or keeps what is there where the option is not given. */
static gaia_status list_read(enum option option, const struct option_value *value, item_read *read,
                             const char *wanted, struct bench_options *options, gaia_error *err)
{
    char item[32];
    size_t n = 0;
    if (!value->is_set) {
        return GAIA_OK;
    }
    const char *list = value->text;
    bool good = true;
    do {
        good = n < BENCH_LIST_MAX && item_next(&list, item, sizeof item) && read(item, n, options);
        n++;
    } while (good && *list != '\0');
    return good ? GAIA_OK
                : error_set(err, GAIA_USAGE,
                            "--%s '%s': %s, up to %d with commas between, is wanted",
                            bench_specs[option].name, value->text, wanted, BENCH_LIST_MAX);
}

static gaia_status grid_read(const struct option_value *value, struct bench_options *options,
                             gaia_error *err)
{
    enum { SIDE_MAX = 1 << 20, POINTS_MAX = 1 << 28 };
    char rows[16] = "";
    size_t n_lat = 721;
    size_t n_lon = 1440;
    if (value->is_set) {
        const char *x = strchr(value->text, 'x');
        const size_t length = x != NULL ? (size_t)(x - value->text) : sizeof rows;
        if (length < sizeof rows) {
            memcpy(rows, value->text, length);
            rows[length] = '\0';
        }
        if (length >= sizeof rows || !number_read(rows, SIDE_MAX, &n_lat) ||
            !number_read(x + 1, SIDE_MAX, &n_lon) || n_lat * n_lon > POINTS_MAX) {
            return error_set(
                err, GAIA_USAGE,
                "--grid '%s': rows x columns such as 721x1440, of 1 to 2^28 points, is "
                "wanted",
                value->text);
        }
    }
    options->n_lat = (uint32_t)n_lat;
    options->n_lon = (uint32_t)n_lon;
    return GAIA_OK;
}

static gaia_status missing_read(const struct option_value *value, struct bench_options *options,
                                gaia_error *err)
{
    if (value->is_set && (!number_parse(value->text, &options->missing) || options->missing < 0.0 ||
                          options->missing > 1.0)) {
        return error_set(err, GAIA_USAGE, "--missing '%s': a share from 0 to 1 is wanted",
                         value->text);
    }
    return GAIA_OK;
}

static size_t number_or(const struct option_value *value, size_t otherwise)
{
    return value->is_set ? (size_t)value->number : otherwise;
}

static unsigned cores(void)
{
    const long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n < 1 ? 1 : n > BENCH_THREADS_MAX ? BENCH_THREADS_MAX : (unsigned)n;
}

gaia_status bench_options_read(const struct option_value *values, struct bench_options *options,
                               gaia_error *err)
{
    *options = (struct bench_options){
        .device = values[DEVICE].is_set ? values[DEVICE].text : "auto",
        .instruction_set = values[INSTRUCTION_SET].text,
        .n_threads = (unsigned)number_or(&values[THREADS], cores()),
        .n_fields = number_or(&values[FIELDS], 0),
        .n_forecasts_list = 2,
        .forecasts = {1, 16},
        .n_dtypes = 2,
        .dtypes = {GAIA_FLOAT32, GAIA_INT16},
        .n_regions_list = 1,
        .regions = {REGIONS_FIVE},
        .regions_set = values[REGIONS].is_set,
        .cases = CASE_LIMITS,
        .missing = 0.01,
        .n_weights = (unsigned)number_or(&values[WEIGHTS], BENCH_WEIGHTS_MAX),
        .n_rounds = number_or(&values[ROUNDS], 7),
        .seconds = (double)number_or(&values[SECONDS], 60),
        .json = values[JSON].is_set,
        .vs = values[VS].is_set,
        .memory_bytes = values[GPU_MEMORY].number,
        .i_device = (unsigned)values[GPU].number,
    };
    gaia_status status = grid_read(&values[GRID], options, err);
    if (status == GAIA_OK) {
        status = missing_read(&values[MISSING], options, err);
    }
    if (status == GAIA_OK) {
        status = list_read(FORECASTS, &values[FORECASTS], forecasts_item, "a number from 1 to 256",
                           options, err);
    }
    if (status == GAIA_OK) {
        status =
            list_read(DTYPE, &values[DTYPE], dtype_item, "float32, int16 or float64", options, err);
    }
    if (status == GAIA_OK) {
        status = list_read(REGIONS, &values[REGIONS], regions_item, "1, 4, 5 or 13", options, err);
    }
    if (status == GAIA_OK) {
        status = list_read(CASES, &values[CASES], case_item, "a case as --help lists them", options,
                           err);
    }
    return status;
}
