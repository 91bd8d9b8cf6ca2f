/* SPDX-License-Identifier: MIT
 *
 * The table as data, and the names that follow from it.
 */
#include "config.h"

#include <ctype.h>
#include <stdio.h>

/* As the rows name them. */
enum { SCHEDULER = PROGRAM_SCHEDULER, NODE = PROGRAM_NODE, EXECUTOR = PROGRAM_EXECUTOR };
enum { DERIVED, FIXED };

/* clang-format off */
const struct config_row config_rows[CONFIG_OPTIONS] = {
#define X(group, programs, id, name, kind, value, min, max, preset, text, help)                    \
    [CONFIG_##id] = {GROUP_##group, programs, preset == FIXED, text, help},
    CONFIG_TABLE(X)
#undef X
};

const struct option_spec config_specs[CONFIG_OPTIONS] = {CONFIG_TABLE(CONFIG_SPEC)};
/* clang-format on */

const char *config_group_title(enum config_group group)
{
    static const char *const titles[] = {[GROUP_STATE] = "Where everything is",
                                         [GROUP_STORE] = "The scheduler's store",
                                         [GROUP_QUEUE] = "The queue",
                                         [GROUP_LEASES] = "Leases and beats",
                                         [GROUP_LISTEN] = "Where executors dial",
                                         [GROUP_API] = "The HTTP API",
                                         [GROUP_EXECUTOR] = "Executors",
                                         [GROUP_NODE] = "The node, which replaces executors",
                                         [GROUP_LOG] = "Logs"};
    return titles[group];
}

void config_environment_name(enum config_option option, char *out)
{
    int n = snprintf(out, CONFIG_NAME, "GAIA_");
    for (const char *at = config_specs[option].name; *at != '\0' && n < CONFIG_NAME - 1; at++) {
        out[n++] = (char)(*at == '-' ? '_' : toupper((unsigned char)*at));
    }
    out[n] = '\0';
}

const char *config_source_name(enum config_source source)
{
    static const char *const names[] = {[CONFIG_FROM_DEFAULT] = "default",
                                        [CONFIG_FROM_FILE] = "file",
                                        [CONFIG_FROM_ENVIRONMENT] = "environment",
                                        [CONFIG_FROM_ARGUMENT] = "argument"};
    return names[source];
}
