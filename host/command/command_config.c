/* SPDX-License-Identifier: MIT
 *
 * `gaia config`: what the scheduler, the node and executors would run with, whether that is right,
 * and the pages that say what there is to configure.
 *
 * Invariant: all of it is made of the table of options; nothing is known here of any one of them.
 */
#include "command.h"

#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "config_page.h"
#include "config_program.h"
#include "error.h"
#include "listing.h"
#include "secret.h"

/* clang-format off */
static const struct option_spec options[] = {
    OPTION_HELP,
    OPTION_JSON,
    CONFIG_FILE_SPEC,
    CONFIG_TABLE(CONFIG_SPEC)
};
/* clang-format on */
enum { HELP, JSON, CONFIG_FILE, FIRST, N_OPTIONS = FIRST + CONFIG_OPTIONS };

const struct command_spec command_config_spec = {
    .usage = "config show | check [FILE] | reference | template [--json] [OPTION]...",
    .summary = "Shows every option of the scheduler, the node and executors with the value it has "
               "by these\narguments, this environment and this file, and where that is from; or "
               "checks all of them and\nprints every fault; or prints the page of all options, or "
               "an environment file with them.",
    .options = options,
    .n_options = N_OPTIONS,
    .n_positional = 1,
    .n_optional = 1};

/* The value as people may see it; one that is derived in parentheses. */
static void value_append(struct text *out, const struct config *config, enum config_option option)
{
    const char *text = config_text(config, option);
    if (text != NULL) {
        secret_append_masked(out, text);
    } else {
        text_printf(out, "(%s)", config_rows[option].preset);
    }
}

/* Where the value is from: "gaia.conf:12", "GAIA_API_RATE", "--api-rate" or "default". */
static void origin_append(struct text *out, const struct config *config, enum config_option option)
{
    char name[CONFIG_NAME];
    switch (config->values[option].source) {
    case CONFIG_FROM_FILE:
        text_printf(out, "%s:%u", config->file, config->values[option].line);
        break;
    case CONFIG_FROM_ENVIRONMENT:
        config_environment_name(option, name);
        text_append(out, name);
        break;
    case CONFIG_FROM_ARGUMENT:
        text_printf(out, "--%s", config_specs[option].name);
        break;
    case CONFIG_FROM_DEFAULT:
        text_append(out, config_source_name(CONFIG_FROM_DEFAULT));
        break;
    }
}

static gaia_status show_table(const struct config *config, gaia_error *err)
{
    static const struct listing_column columns[] = {
        {.heading = "option"}, {.heading = "from"}, {.heading = "value"}};
    struct listing listing = {.columns = columns, .n_columns = sizeof columns / sizeof *columns};
    for (enum config_option option = 0; option < CONFIG_OPTIONS; option++) {
        struct text value = {0};
        struct text origin = {0};
        value_append(&value, config, option);
        origin_append(&origin, config, option);
        listing_add(&listing, "%s", config_specs[option].name);
        listing_add(&listing, "%s", origin.s != NULL ? origin.s : "");
        listing_add(&listing, "%s", value.s != NULL ? value.s : "");
        text_fini(&value);
        text_fini(&origin);
    }
    const gaia_status status = listing_print(&listing, err);
    listing_fini(&listing);
    return status;
}

/* The text as JSON may hold it; NULL for none. */
static const char *json_text(struct text *text)
{
    if (text->s != NULL) {
        (void)text_clean(text->s);
    }
    return text->s;
}

static json_t *row_json(const struct config *config, enum config_option option)
{
    const struct config_value *value = &config->values[option];
    struct text shown = {0};
    struct text origin = {0};
    struct text allowed = {0};
    if (value->text != NULL) {
        secret_append_masked(&shown, value->text);
    }
    origin_append(&origin, config, option);
    option_append_allowed(&allowed, &config_specs[option]);
    json_t *row =
        json_pack("{s:s, s:s?, s:s, s:s?, s:s, s:s?, s:s}", "name", config_specs[option].name,
                  "value", json_text(&shown), "source", config_source_name(value->source), "from",
                  json_text(&origin), "default", config_rows[option].preset, "allowed",
                  json_text(&allowed), "help", config_rows[option].help);
    text_fini(&shown);
    text_fini(&origin);
    text_fini(&allowed);
    return row;
}

static gaia_status show_json(const struct config *config, gaia_error *err)
{
    json_t *rows = json_array();
    for (enum config_option option = 0; option < CONFIG_OPTIONS; option++) {
        if (json_array_append_new(rows, row_json(config, option)) != 0) {
            json_decref(rows);
            return error_memory(err, sizeof *config);
        }
    }
    return command_write_json(json_pack("{s:o}", "options", rows), err);
}

/* Tells the faults, and what is no option: of a configuration that is right that it is. */
static gaia_status faults_tell(const struct config *config, bool as_json, gaia_error *err)
{
    struct text out = {0};
    if (as_json) {
        return command_write_lines(true, "faults", &config->faults, err);
    }
    if (config->ignored.length > 0) {
        (void)fprintf(stderr, "no options, and ignored:\n%s", config->ignored.s);
    }
    text_append(&out, config->n_faults == 0 ? "the configuration is right\n" : config->faults.s);
    const gaia_status status = command_write(NULL, &out, err);
    text_fini(&out);
    return status;
}

static gaia_status check(const struct config *config, gaia_status found, bool as_json,
                         gaia_error *err)
{
    if (found == GAIA_OUT_OF_MEMORY) {
        return found;
    }
    const gaia_status told = faults_tell(config, as_json, err);
    return told != GAIA_OK || found == GAIA_OK
               ? told
               : error_set(err, found, "%zu %s in the configuration", config->n_faults,
                           config->n_faults == 1 ? "fault" : "faults");
}

static gaia_status page(void (*append)(struct text *out), bool as_json, gaia_error *err)
{
    struct text out = {0};
    append(&out);
    const gaia_status status = command_write_lines(as_json, "lines", &out, err);
    text_fini(&out);
    return status;
}

static gaia_status run(const struct option_value *values, const char *const *arguments,
                       gaia_error *err)
{
    const char *verb = arguments[0];
    const bool as_json = values[JSON].is_set;
    const bool checks = strcmp(verb, "check") == 0;
    struct config config;
    if (strcmp(verb, "reference") == 0 && arguments[1] == NULL) {
        return page(config_reference_append, as_json, err);
    }
    if (strcmp(verb, "template") == 0 && arguments[1] == NULL) {
        return page(config_template_append, as_json, err);
    }
    if (!checks && (strcmp(verb, "show") != 0 || arguments[1] != NULL)) {
        return error_set(err, GAIA_USAGE, "usage: gaia %s", command_config_spec.usage);
    }
    gaia_status status =
        config_take_all(&config, arguments[1] != NULL ? arguments[1] : values[CONFIG_FILE].text,
                        values + FIRST, err);
    if (checks) {
        status = check(&config, status, as_json, err);
    } else if (status == GAIA_OK) {
        status = as_json ? show_json(&config, err) : show_table(&config, err);
    }
    config_fini(&config);
    return status;
}

int command_config(int argc, char **argv)
{
    struct option_value values[N_OPTIONS];
    const char *arguments[2] = {NULL, NULL};
    gaia_error err = {0};
    bool helped = false;
    gaia_status status =
        command_arguments(&command_config_spec, argc, argv, values, arguments, &helped, &err);
    if (status == GAIA_OK && !helped) {
        status = run(values, arguments, &err);
    }
    return command_end(status, &err);
}
