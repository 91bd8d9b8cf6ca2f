/* SPDX-License-Identifier: MIT
 *
 * Options and files become the JSON of a job, so that there is one way to say what to score.
 */
#include "score_options.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "command.h"
#include "composite_report.h"
#include "error.h"
#include "export.h"
#include "file.h"
#include "option_list.h"
#include "region_option.h"
#include "report_file.h"
#include "source_options.h"

enum { JOB_BYTES_MAX = 64 << 20 };

const struct option_spec score_options[OPT_COUNT] = {
    [OPT_HELP] = OPTION_HELP,
    [OPT_JOB] = {"job", OPTION_TEXT, "FILE", 0, 0, "the job as JSON (gaia.job/1)"},
    [OPT_FORECAST] = {"forecast", OPTION_TEXT, "FILE", 0, 0, "the forecast"},
    [OPT_TRUTH] = {"truth", OPTION_TEXT, "FILE", 0, 0, "the analysis that it is held against"},
    [OPT_CLIMATOLOGY] = {"climatology", OPTION_TEXT, "FILE", 0, 0, "for anomaly correlations"},
    [OPT_REFERENCE] = {"reference", OPTION_TEXT, "FILE", 0, 0, "a baseline forecast, for skill"},
    [OPT_INIT] = {"init", OPTION_TEXT, "TIME", 0, 0,
                  "the forecast's init time, where its file has valid times only"},
    [OPT_VARIABLES] = {"variables", OPTION_TEXT, "z,t", 0, 0,
                       "[all that forecast and truth share]"},
    [OPT_LEVELS] = {"levels", OPTION_TEXT, "500,850", 0, 0, "in hPa [all that they share]"},
    [OPT_LEADS] = {"leads", OPTION_TEXT, "24,48", 0, 0, "lead times in hours [all]"},
    [OPT_REGIONS] = {"regions", OPTION_TEXT, "LIST", 0, 0,
                     "[global,n.hem,tropics,s.hem] names, zonal, NAME=S:N:W:E, NAME=GEOJSON"},
    [OPT_LAND] = {"land", OPTION_TEXT, "FILE", 0, 0,
                  "share of land, 0 to 1: for regions such as europe_land, europe_sea"},
    [OPT_WEIGHTS] = {"weights", OPTION_TEXT, "LIST", 0, 0, "[cos] also area_wb2,area_wbx,none"},
    [OPT_METRICS] = {"metrics", OPTION_TEXT, "LIST", 0, 0,
                     "[n_valid,rmse,mae,bias,acc_centred,msess_ref] or all"},
    [OPT_MAPS] = {"maps", OPTION_TEXT, "2t,z500", 0, 0,
                  "make error maps of these fields, or all: for --report and --maps-out"},
    [OPT_PROFILE] = {"profile", OPTION_TEXT, "NAME|FILE", 0, 0,
                     "a scoring recipe; `gaia profile list` names them"},
    [OPT_DAY1] = {"day1", OPTION_TEXT, "FILE", 0, 0,
                  "composites of day 1: who passed counts in the overall score"},
    [OPT_MISSING] = {"missing", OPTION_TEXT, "RULE", 0, 0, "[pairwise] or propagate"},
    [OPT_DEVICE] = {"device", OPTION_TEXT, "NAME", 0, 0, "[auto] cpu or cuda"},
    [OPT_THREADS] = {"threads", OPTION_NUMBER, "N", 1, 256, "compute threads [one per core]"},
    [OPT_MEMORY] = {"memory", OPTION_BYTES, "SIZE", 1 << 20, UINT64_MAX, "for data [2GiB]"},
    [OPT_GPU] = {"gpu", OPTION_NUMBER, "N", 0, 1023, "which GPU, where there are several [0]"},
    [OPT_GPU_MEMORY] = {"gpu-memory", OPTION_BYTES, "SIZE", 1 << 20, UINT64_MAX,
                        "of the GPU, for data [most of what is free]"},
    [OPT_FORMAT] = {"format", OPTION_TEXT, "FORMAT", 0, 0,
                    "[table] csv, json, stat (MET's lines) or netcdf"},
    [OPT_OUT] = {"out", OPTION_OUTPUT, "FILE", 0, 0, "where the report goes [standard output]"},
    [OPT_MOMENTS_OUT] = {"moments-out", OPTION_OUTPUT, "FILE", 0, 0,
                         "keep the sums, from which `gaia scores FILE` derives scores later"},
    [OPT_MAPS_OUT] = {"maps-out", OPTION_OUTPUT, "FILE", 0, 0,
                      "keep the error maps, for `gaia maps FILE`"},
    [OPT_COMPOSITE_OUT] = {"composite-out", OPTION_OUTPUT, "FILE", 0, 0,
                           "where the profile's composites go, with every part, as JSON"},
    [OPT_REPORT] = OPTION_REPORT,
};

static gaia_status list_read(const struct option_value *value, const char *name, bool numbers,
                             json_t **list, gaia_error *err)
{
    *list = option_list(value->text, numbers);
    return *list != NULL
               ? GAIA_OK
               : error_set(err, GAIA_USAGE, "--%s '%s': %s", name, value->text,
                           numbers ? "numbers with commas are wanted" : "text in UTF-8 is wanted");
}

static gaia_status lists_add(json_t *job, const struct option_value *values, gaia_error *err)
{
    static const struct {
        int option;
        bool numbers;
    } lists[] = {{OPT_VARIABLES, false}, {OPT_LEVELS, true},   {OPT_LEADS, true},
                 {OPT_REGIONS, false},   {OPT_WEIGHTS, false}, {OPT_METRICS, false},
                 {OPT_MAPS, false}};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        const struct option_value *value = &values[lists[i].option];
        const char *name = score_options[lists[i].option].name;
        if (value->is_set) {
            json_t *list = NULL;
            const gaia_status status = lists[i].option == OPT_REGIONS
                                           ? regions_of_option(value->text, &list, err)
                                           : list_read(value, name, lists[i].numbers, &list, err);
            if (status != GAIA_OK) {
                return status;
            }
            (void)json_object_set_new(job, name, list);
        }
    }
    if (values[OPT_LAND].is_set) {
        (void)json_object_set_new(job, "masks",
                                  json_pack("{s:{s:[s]}}", "land", "files", values[OPT_LAND].text));
    }
    if (values[OPT_MISSING].is_set) {
        (void)json_object_set_new(job, "missing", json_string(values[OPT_MISSING].text));
    }
    return GAIA_OK;
}

/* The profile, and what is known of day 1. */
static gaia_status profile_add(json_t *job, const struct option_value *values, gaia_error *err)
{
    json_t *value = NULL;
    gaia_status status = GAIA_OK;
    if (values[OPT_PROFILE].is_set) {
        status = profile_option_read(values[OPT_PROFILE].text, &value, err);
        if (status == GAIA_OK) {
            (void)json_object_set_new(job, "profile", value);
        }
    }
    if (status == GAIA_OK && values[OPT_DAY1].is_set) {
        status = day1_option_read(values[OPT_DAY1].text, &value, err);
        if (status == GAIA_OK) {
            (void)json_object_set_new(job, "day1_passed", value);
        }
    }
    return status;
}

/* The source files: options first, then positional arguments in their order. */
static gaia_status job_of_options(const struct option_value *values, const char *const *positional,
                                  char **json, gaia_error *err)
{
    static const int sources[] = {OPT_FORECAST, OPT_TRUTH, OPT_CLIMATOLOGY, OPT_REFERENCE};
    const char *path[4] = {NULL, NULL, NULL, NULL};
    char id[SOURCE_ID_BYTES];
    for (size_t i = 0; i < 4; i++) {
        const struct option_value *value = &values[sources[i]];
        const char *given = i < 3 ? positional[i] : NULL;
        if (value->is_set && given != NULL) {
            return error_set(err, GAIA_USAGE, "'%s' and --%s '%s': one of them", given,
                             score_options[sources[i]].name, value->text);
        }
        path[i] = value->is_set ? value->text : given;
        if (path[i] != NULL && path[i][0] == '\0') {
            return error_set(err, GAIA_USAGE, "the name of the %s's file is empty",
                             score_options[sources[i]].name);
        }
    }
    if (path[0] == NULL || path[1] == NULL) {
        return error_set(err, GAIA_USAGE, "usage: gaia %s", command_score_spec.usage);
    }
    source_id_make(path[0], id);
    json_t *job = json_pack("{s:s, s:[{s:s, s:[s]}], s:{s:[s]}}", "schema", "gaia.job/1",
                            "forecasts", "id", id, "files", path[0], "truth", "files", path[1]);
    for (size_t i = 2; i < 4; i++) {
        if (job != NULL && path[i] != NULL) {
            (void)json_object_set_new(job, score_options[sources[i]].name,
                                      json_pack("{s:[s]}", "files", path[i]));
        }
    }
    if (job == NULL) {
        return error_set(err, GAIA_USAGE, "a file name is not valid UTF-8");
    }
    if (values[OPT_INIT].is_set) {
        json_t *forecast = json_array_get(json_object_get(job, "forecasts"), 0);
        (void)json_object_set_new(forecast, "init", json_string(values[OPT_INIT].text));
    }
    gaia_status status = lists_add(job, values, err);
    if (status == GAIA_OK) {
        status = profile_add(job, values, err);
    }
    if (status == GAIA_OK) {
        *json = json_dumps(job, JSON_COMPACT);
    }
    json_decref(job);
    return status == GAIA_OK && *json == NULL ? error_memory(err, 1) : status;
}

gaia_status score_job_text(const struct option_value *values, const char *const *positional,
                           char **json, size_t *length, gaia_error *err)
{
    if (!values[OPT_JOB].is_set) {
        const gaia_status status = job_of_options(values, positional, json, err);
        *length = status == GAIA_OK ? strlen(*json) : 0;
        return status;
    }
    for (int i = OPT_FORECAST; i <= OPT_MISSING; i++) {
        if (values[i].is_set) {
            return error_set(err, GAIA_USAGE, "--job and --%s: the job file says it all",
                             score_options[i].name);
        }
    }
    return positional[0] != NULL
               ? error_set(err, GAIA_USAGE, "--job and '%s': one of them", positional[0])
               : file_read(values[OPT_JOB].text, JOB_BYTES_MAX, json, length, err);
}
