/* SPDX-License-Identifier: MIT
 *
 * Sources of configuration in their order: an argument goes before the environment, that before the
 * file, that before the default.
 */
#include "config_program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "library.h"
#include "log_options.h"

static void help_print(const struct program *program)
{
    struct text out = {0};
    text_printf(&out, "usage: %s [OPTION]...\n\n%s\n\n", program->name, program->what);
    options_append(&out, program->own, program->n_own);
    for (size_t i = 0; i < CONFIG_OPTIONS; i++) {
        const enum config_group group = config_rows[i].group;
        if ((config_rows[i].programs & program->bit) == 0) {
            continue;
        }
        if (i == 0 || config_rows[i - 1].group != group) {
            text_printf(&out, "\n%s:\n", config_group_title(group));
        }
        options_append(&out, &config_specs[i], 1);
    }
    (void)fputs(out.s != NULL ? out.s : "", stdout);
    text_fini(&out);
}

/* Reads the arguments: into own, and into values in the order of the table. */
static gaia_status arguments_read(const struct program *program, int argc, char *const *argv,
                                  struct option_value *own, struct option_value *values,
                                  gaia_error *err)
{
    struct option_spec specs[OWN_MAX + CONFIG_OPTIONS];
    struct option_value read[OWN_MAX + CONFIG_OPTIONS];
    size_t n = program->n_own;
    size_t n_positional = 0;
    memcpy(specs, program->own, n * sizeof *specs);
    for (size_t i = 0; i < CONFIG_OPTIONS; i++) {
        if ((config_rows[i].programs & program->bit) != 0) {
            specs[n++] = config_specs[i];
        }
    }
    const gaia_status status =
        options_parse(specs, n, argc, argv, read, NULL, 0, &n_positional, err);
    if (status != GAIA_OK) {
        return status;
    }
    memcpy(own, read, program->n_own * sizeof *own);
    n = program->n_own;
    for (size_t i = 0; i < CONFIG_OPTIONS; i++) {
        values[i] =
            (config_rows[i].programs & program->bit) != 0 ? read[n++] : (struct option_value){0};
    }
    return GAIA_OK;
}

gaia_status config_take_all(struct config *config, const char *file,
                            const struct option_value *values, gaia_error *err)
{
    const char *named = file != NULL ? file : getenv("GAIA_CONFIG");
    config_init(config);
    if (named != NULL && named[0] != '\0') {
        config_take_file(config, named);
    }
    config_take_environment(config, environ);
    config_take_arguments(config, values);
    return config_settle(config, err);
}

/* Into own and config, unless there is only something to print. */
static gaia_status program_configure(const struct program *program, int argc, char *const *argv,
                                     struct option_value *own, struct config *config, bool *is_over,
                                     gaia_error *err)
{
    struct option_value values[CONFIG_OPTIONS];
    const gaia_status status = arguments_read(program, argc, argv, own, values, err);
    if (status != GAIA_OK) {
        return status;
    }
    *is_over = own[OWN_HELP].is_set || own[OWN_VERSION].is_set;
    if (own[OWN_HELP].is_set) {
        help_print(program);
    } else if (own[OWN_VERSION].is_set) {
        version_print(program->name);
    }
    return *is_over ? GAIA_OK : config_take_all(config, own[OWN_CONFIG].text, values, err);
}

int program_main(const struct program *program, int argc, char *const *argv)
{
    struct option_value own[OWN_MAX];
    struct config config = {0};
    struct logger *logger = NULL;
    bool is_over = false;
    gaia_error err = {0};
    gaia_status status = program_configure(program, argc, argv, own, &config, &is_over, &err);
    if (status == GAIA_OK && !is_over) {
        status = program->run(&config, own, &logger, &err);
    }
    const int code = log_end(logger, program->name, status, &err);
    config_fini(&config);
    return code;
}

void program_log_ignored(const struct config *config, const struct log *log)
{
    for (const char *at = config->ignored.s; at != NULL && *at != '\0';) {
        char name[CONFIG_NAME];
        const size_t length = strcspn(at, "\n");
        (void)snprintf(name, sizeof name, "%.*s", (int)length, at);
        log_event(log, LOG_APPLICATION, LOG_WARNING, "variable_ignored",
                  "a variable of the environment is no option", log_text("variable", name));
        at += length + 1;
    }
}
