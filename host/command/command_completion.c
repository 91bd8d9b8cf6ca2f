/* SPDX-License-Identifier: MIT
 *
 * `gaia completion`: what makes a shell complete gaia's commands and options.
 */
#include "command.h"

#include <string.h>

#include "completion.h"
#include "error.h"

static const struct option_spec options[] = {OPTION_HELP, OPTION_JSON};
enum { HELP, JSON, N_OPTIONS };

const struct command_spec command_completion_spec = {
    .usage = "completion bash|zsh [--json]",
    .summary = "Prints the script that completes commands and options: for bash to be sourced, for "
               "zsh\nto be put as _gaia on its fpath. Installed packages have them in place.",
    .options = options,
    .n_options = N_OPTIONS,
    .n_positional = 1,
};

int command_completion(int argc, char **argv)
{
    struct option_value values[N_OPTIONS];
    const char *shell = NULL;
    struct text out = {0};
    gaia_error err = {0};
    bool helped = false;
    gaia_status status =
        command_arguments(&command_completion_spec, argc, argv, values, &shell, &helped, &err);
    if (status != GAIA_OK || helped) {
        goto done;
    }
    if (strcmp(shell, "bash") == 0) {
        completion_bash_append(&out);
    } else if (strcmp(shell, "zsh") == 0) {
        completion_zsh_append(&out);
    } else {
        status = error_set(&err, GAIA_USAGE, "no completion for '%s'; there are: bash, zsh", shell);
    }
    if (status == GAIA_OK) {
        status = command_write_lines(values[JSON].is_set, "script", &out, &err);
    }
done:
    text_fini(&out);
    return command_end(status, &err);
}
