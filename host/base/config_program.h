/* SPDX-License-Identifier: MIT
 *
 * What the mains of gaia-scheduler, gaia-node and gaia-executor share: arguments, environment and
 * file into one configuration, or help and version; and what is told at the end.
 */
#ifndef BASE_CONFIG_PROGRAM_H
#define BASE_CONFIG_PROGRAM_H

#include "config.h"
#include "log.h"

/* The first of a program's own options, which no file sets. */
#define PROGRAM_OWN_SPECS                                                                           \
    {"help", OPTION_FLAG, NULL, 0, 0, "show this text and end"},                                    \
        {"version", OPTION_FLAG, NULL, 0, 0, "print the version, and those of libraries, and end"}, \
        CONFIG_FILE_SPEC
#define CONFIG_FILE_SPEC                                                                           \
    {                                                                                              \
        "config", OPTION_PATH, "FILE", 0, 0,                                                       \
            "take options from this file, too (gaia config show) [$GAIA_CONFIG]"                   \
    }
enum { OWN_HELP, OWN_VERSION, OWN_CONFIG, OWN_FIRST, OWN_MAX = 8 };

struct program {
    const char *name;
    enum config_program bit; /* which rows of the table it takes */
    const char *what;        /* "Leases batches ...", behind the usage */
    const struct option_spec *own;
    size_t n_own; /* up to OWN_MAX */
    /* What it does. It opens the logger, which is closed behind it, with the error logged. own:
     * [n_own]. */
    gaia_status (*run)(struct config *config, const struct option_value *own,
                       struct logger **logger, gaia_error *err);
};

/* The whole of a main: reads the arguments and, with the environment and the file, makes them into
 * a configuration that the program runs with; with --help or --version these are printed instead.
 * Returns the exit status. */
int program_main(const struct program *program, int argc, char *const *argv);

/* Says which variables GAIA_... mean nothing. */
void program_log_ignored(const struct config *config, const struct log *log);

/* Makes the configuration of all sources: the file that `file` names, NULL if no argument does, or
 * $GAIA_CONFIG; this process's environment; and arguments as config_take_arguments has them. config
 * is the caller's whatever is returned, as of config_settle. */
GAIA_MUST_USE gaia_status config_take_all(struct config *config, const char *file,
                                          const struct option_value *values, gaia_error *err);

#endif
