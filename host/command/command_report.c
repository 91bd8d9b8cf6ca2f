/* SPDX-License-Identifier: MIT
 *
 * `gaia report`: a scorecard page of stored sums, as one HTML file that opens offline.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "against.h"
#include "command.h"
#include "derive_options.h"
#include "error.h"
#include "file.h"
#include "moments_source.h"
#include "outputs.h"
#include "report_file.h"

enum {
    HELP,
    STATE,
    OUT,
    JSON,
    AGAINST,
    COMPOSITES,
    VERDICTS,
    MAPS,
    TITLE,
    DERIVE,
    N_OPTIONS = DERIVE + DERIVE_OPTIONS
};

enum { VERDICTS_BYTES_MAX = 64 << 20 };

static const size_t COMPOSITES_BYTES_MAX = (size_t)1 << 30;

static const struct option_spec options[N_OPTIONS] = {
    OPTION_HELP,
    OPTION_STATE,
    {"out", OPTION_OUTPUT, "FILE", 0, 0, "where the page goes [standard output]"},
    {"json", OPTION_FLAG, NULL, 0, 0, "what the page is made of, gaia.report/1, and no page"},
    {"against", OPTION_TEXT, "BASELINE", 0, 0,
     "colour by the difference to: a forecast of ID, or ID or FILE with :FORECAST"},
    {"composites", OPTION_TEXT, "FILE", 0, 0,
     "of --composite-out, for the leaderboard [those of the job]"},
    {"verdicts", OPTION_TEXT, "FILE", 0, 0,
     "of `gaia verify --json`, or an array of such: what was found in the forecasts"},
    {"maps", OPTION_TEXT, "FILE", 0, 0, "of --maps-out, for error maps [those of the job]"},
    {"title", OPTION_TEXT, "TEXT", 0, 0, "of the page [made of the forecasts]"},
    DERIVE_OPTION_SPECS,
};

const struct command_spec command_report_spec = {
    "report ID|FILE [--against BASELINE] [--out FILE] [OPTION]...",
    "Makes a page of the sums of a job, or of those that `gaia score --moments-out FILE` kept: a\n"
    "scorecard, scores against lead time with intervals, error maps, a leaderboard, and where it\n"
    "all comes from. It is one file, which opens without a network.",
    options,
    N_OPTIONS,
    1,
    0};

/* Composites from a file, or from the scheduler where name is a job. */
static gaia_status composites_get(const struct option_value *values, const char *name,
                                  struct gaia_client *client, char **bytes, struct text *list,
                                  struct report_request *request, gaia_error *err)
{
    gaia_status status = GAIA_OK;
    if (values[COMPOSITES].is_set) {
        size_t length = 0;
        status = file_read(values[COMPOSITES].text, COMPOSITES_BYTES_MAX, bytes, &length, err);
        request->composites = *bytes;
        request->composites_length = length;
    } else if (!moments_name_is_file(name)) {
        status = report_composites_fetch(client, name, list, err);
        request->composites = list->s;
        request->composites_length = list->length;
    }
    return status;
}

/* Maps from a file, or from the scheduler where name is a job. */
static gaia_status maps_get(const struct option_value *values, const char *name,
                            struct gaia_client **client, struct report_maps **maps, gaia_error *err)
{
    const char *from = values[MAPS].is_set ? values[MAPS].text : name;
    struct map_file *file = NULL;
    if (!values[MAPS].is_set && moments_name_is_file(name)) {
        return GAIA_OK;
    }
    gaia_status status = map_source_open(from, values[STATE].text, client, &file, err);
    if (status == GAIA_OK) {
        status = report_maps_take(file, maps, err);
    }
    map_file_close(file);
    return status;
}

/* Whom the page is held against first. */
static gaia_status baseline_get(const struct option_value *values, struct gaia_client **client,
                                struct arena *arena, struct against *against,
                                struct report_request *request, gaia_error *err)
{
    if (!values[AGAINST].is_set) {
        return GAIA_OK;
    }
    const gaia_status status = against_open(values[AGAINST].text, request->file, values[STATE].text,
                                            client, arena, against, err);
    request->against_file = against->opened;
    request->against = against->forecast;
    request->against_label = against->label;
    return status;
}

/* Nothing that the page is made of may be written over; the baseline is open. */
static gaia_status inputs_spare(const struct option_value *values, const char *name,
                                const struct against *against, gaia_error *err)
{
    struct outputs outputs;
    const struct {
        const char *what;
        const char *path;
    } inputs[] = {{"the sums", name},
                  {"the sums", against->opened != NULL ? moments_file_name(against->opened) : NULL},
                  {"the composites", values[COMPOSITES].text},
                  {"the verdicts", values[VERDICTS].text},
                  {"the maps", values[MAPS].text}};
    gaia_status status = outputs_take(options, N_OPTIONS, values, &outputs, err);
    for (size_t i = 0; status == GAIA_OK && i < sizeof inputs / sizeof *inputs; i++) {
        status = outputs_spare(&outputs, inputs[i].what, inputs[i].path, err);
    }
    return status;
}

static gaia_status report_run(const struct option_value *values, const char *name,
                              const char *command, gaia_error *err)
{
    struct report_request request = {.title = values[TITLE].text, .command = command};
    struct against against = {.opened = NULL};
    struct gaia_client *client = NULL;
    struct moments_file *file = NULL;
    struct report_maps *maps = NULL;
    struct text list = {0};
    struct arena arena;
    char *bytes = NULL;
    char *verdicts = NULL;
    bool any = false;
    arena_init(&arena, SIZE_MAX);
    gaia_status status = derive_options_read(&values[DERIVE], &arena, &request.filter, &any, err);
    if (status == GAIA_OK && !values[OUT].is_set && !values[JSON].is_set &&
        isatty(STDOUT_FILENO) == 1) {
        status = error_set(err, GAIA_USAGE, "a page is nothing for a terminal: --out FILE");
    }
    if (status == GAIA_OK) {
        status = moments_source_open(name, values[STATE].text, &client, &file, err);
        request.file = file;
    }
    if (status == GAIA_OK) {
        status = baseline_get(values, &client, &arena, &against, &request, err);
    }
    if (status == GAIA_OK) {
        status = inputs_spare(values, name, &against, err);
    }
    if (status == GAIA_OK) {
        status = composites_get(values, name, client, &bytes, &list, &request, err);
    }
    if (status == GAIA_OK && values[VERDICTS].is_set) {
        status = file_read(values[VERDICTS].text, VERDICTS_BYTES_MAX, &verdicts,
                           &request.verdicts_length, err);
        request.verdicts = verdicts;
    }
    if (status == GAIA_OK) {
        status = maps_get(values, name, &client, &maps, err);
        request.maps = maps;
    }
    if (status == GAIA_OK) {
        status = values[JSON].is_set ? report_json_write(&request, values[OUT].text, err)
                                     : report_file_write(&request, values[OUT].text, err);
    }
    free(verdicts);
    free(bytes);
    text_fini(&list);
    report_maps_close(maps);
    moments_file_close(against.opened);
    moments_file_close(file);
    gaia_client_close(client);
    arena_fini(&arena);
    return status;
}

int command_report(int argc, char **argv)
{
    struct option_value values[N_OPTIONS];
    const char *name = NULL;
    struct text command = {0};
    gaia_error err = {0};
    bool helped = false;
    gaia_status status =
        command_arguments(&command_report_spec, argc, argv, values, &name, &helped, &err);
    if (status == GAIA_OK && !helped) {
        command_line_append(&command, argc, argv);
        status = report_run(values, name, command.s, &err);
    }
    text_fini(&command);
    return command_end(status, &err);
}
