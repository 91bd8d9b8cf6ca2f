/* SPDX-License-Identifier: MIT
 *
 * The configuration of a program: each option of config_table.h from the arguments, else from the
 * environment, else from a file, else its default, and where its value came from.
 *
 * A file has a line `name = value` an option; blanks around both do not count, a line that begins
 * with # is a comment, and paths are relative to the file's folder. In the environment api-rate is
 * GAIA_API_RATE; an empty variable is none.
 *
 * Invariant: every value passed its option's check. What did not is a fault, and all of them are
 * kept, so that one look shows them all.
 */
#ifndef BASE_CONFIG_H
#define BASE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gaia/status.h>

#include "config_table.h"
#include "options.h"

/* clang-format off */
enum config_option {
#define X(group, programs, id, name, kind, value, min, max, preset, text, help) CONFIG_##id,
    CONFIG_TABLE(X)
#undef X
    CONFIG_OPTIONS
};

/* The rows as command line options, for a static table of a command. */
#define CONFIG_SPEC(group, programs, id, name, kind, value, min, max, preset, text, help)          \
    {name, kind, value, min, max, help " [" text "]"},
/* clang-format on */

/* Who takes an option, as bits. */
enum config_program { PROGRAM_SCHEDULER = 1, PROGRAM_NODE = 2, PROGRAM_EXECUTOR = 4 };

enum config_group {
    GROUP_STATE,
    GROUP_STORE,
    GROUP_QUEUE,
    GROUP_LEASES,
    GROUP_LISTEN,
    GROUP_API,
    GROUP_EXECUTOR,
    GROUP_NODE,
    GROUP_LOG
};

struct config_row {
    enum config_group group;
    unsigned programs;
    bool is_fixed;      /* preset is a value, and not what holds in its place */
    const char *preset; /* never NULL */
    const char *help;   /* without it */
};

/* Both in the order of the ids; config_specs[i].help ends with the preset in brackets. */
extern const struct config_row config_rows[CONFIG_OPTIONS];
extern const struct option_spec config_specs[CONFIG_OPTIONS];

/* "The HTTP API". Static. */
const char *config_group_title(enum config_group group);

enum { CONFIG_NAME = 64 };

/* Writes "GAIA_API_RATE" into out [CONFIG_NAME]. */
void config_environment_name(enum config_option option, char *out);

enum config_source {
    CONFIG_FROM_DEFAULT,
    CONFIG_FROM_FILE,
    CONFIG_FROM_ENVIRONMENT,
    CONFIG_FROM_ARGUMENT
};

/* "default", "file", "environment", "argument". Static. */
const char *config_source_name(enum config_source source);

struct config_value {
    char *text;      /* paths are absolute; NULL: not given, and the default is none or derived */
    uint64_t number; /* as of struct option_value */
    enum config_source source;
    unsigned line; /* of the file that it was read from last */
};

/* Zeroed, it is empty. */
struct config {
    struct config_value values[CONFIG_OPTIONS];
    char *file; /* its name as it was given; NULL: none */
    struct text faults;
    size_t n_faults;
    struct text ignored; /* variables GAIA_... that are no options, a line each */
    bool failed;         /* out of memory */
};

void config_init(struct config *config);
void config_fini(struct config *config);

/* Each takes values over those that are there, in order of precedence: a file's bytes, known as
 * name, in this folder; the file itself; the environment; arguments as options_parse left them, in
 * the order of the ids and with those not taken unset. */
void config_take_text(struct config *config, const char *name, const char *folder,
                      const char *bytes, size_t length);
void config_take_file(struct config *config, const char *path);
void config_take_environment(struct config *config, char *const *environment);
void config_take_arguments(struct config *config, const struct option_value *values);

/* Gives an option a value that a program has chosen, as if it had been an argument. The value must
 * be one that the option takes. */
void config_choose(struct config *config, enum config_option option, const char *text);

/* Looks for values that do not go together, and tells the faults, of which err has the first.
 * GAIA_USAGE, GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status config_settle(struct config *config, gaia_error *err);

/* Whether the option has another value than its default. */
bool config_is_given(const struct config *config, enum config_option option);

const char *config_text(const struct config *config, enum config_option option);
uint64_t config_number(const struct config *config, enum config_option option);
int64_t config_ms(const struct config *config, enum config_option option);

/* The arguments "--name=value" that give a program its part of what is given here. */
struct config_arguments {
    char *each[CONFIG_OPTIONS + 1]; /* NULL at their end */
};

GAIA_MUST_USE gaia_status config_arguments_make(const struct config *config,
                                                enum config_program program,
                                                struct config_arguments *arguments,
                                                gaia_error *err);
void config_arguments_free(struct config_arguments *arguments);

/* Takes what configures out of this process's environment, so that a child is configured by its
 * arguments alone; and, unless ignored is NULL, what was ignored, so that no child tells it again.
 */
void config_environment_clear(const struct config *ignored);

#endif
