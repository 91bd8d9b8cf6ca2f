/* SPDX-License-Identifier: MIT
 *
 * Writing completions: the names of commands, then of the command's forms and options; everything
 * else is a file to the shell.
 */
#include "completion.h"

#include <string.h>

#include "command_table.h"

/* The words that may follow a command's name, each with a blank before it: its forms, or, behind
 * help, the commands. */
static void words_append(struct text *out, const struct command *command)
{
    if (command->run == command_help) {
        for (size_t i = 0; i < commands_count; i++) {
            text_printf(out, " %s", commands[i].name);
        }
    } else if (command->run == command_completion) {
        text_append(out, " bash zsh");
    } else if (command->forms[1] != NULL) {
        for (size_t i = 0; i < COMMAND_FORMS_MAX && command->forms[i] != NULL; i++) {
            const char *usage = command->forms[i]->usage;
            const size_t first = strlen(command->name);
            text_append_n(out, usage + first, form_words(command->forms[i]) - first);
        }
    }
}

/* Whether an earlier form of the command has this option too. */
static bool option_is_known(const struct command *command, size_t i_form, const char *name)
{
    for (size_t i = 0; i < i_form; i++) {
        for (size_t k = 0; k < command->forms[i]->n_options; k++) {
            if (strcmp(command->forms[i]->options[k].name, name) == 0) {
                return true;
            }
        }
    }
    return false;
}

/* ---- bash ---- */

/* The options of all forms, each with a blank before it; with_value: only those that take one. */
static void options_bash(struct text *out, const struct command *command, bool with_value)
{
    for (size_t i = 0; i < COMMAND_FORMS_MAX && command->forms[i] != NULL; i++) {
        for (size_t k = 0; k < command->forms[i]->n_options; k++) {
            const struct option_spec *option = &command->forms[i]->options[k];
            if ((!with_value || option_takes_value(option)) &&
                !option_is_known(command, i, option->name)) {
                text_printf(out, " --%s", option->name);
            }
        }
    }
}

void completion_bash_append(struct text *out)
{
    text_append(out, "# Completion of gaia for bash: source <(gaia completion bash)\n"
                     "_gaia()\n{\n"
                     "    local word=${COMP_WORDS[COMP_CWORD]}\n"
                     "    local before=${COMP_WORDS[COMP_CWORD - 1]}\n"
                     "    local words= options= values=\n"
                     "    COMPREPLY=()\n"
                     "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
                     "        COMPREPLY=($(compgen -W '--help --version");
    for (size_t i = 0; i < commands_count; i++) {
        text_printf(out, " %s", commands[i].name);
    }
    text_append(out, "' -- \"$word\"))\n        return\n    fi\n"
                     "    case ${COMP_WORDS[1]} in\n");
    for (size_t i = 0; i < commands_count; i++) {
        text_printf(out, "    %s)\n        words='", commands[i].name);
        words_append(out, &commands[i]);
        text_append(out, "'\n        options='");
        options_bash(out, &commands[i], false);
        text_append(out, "'\n        values='");
        options_bash(out, &commands[i], true);
        text_append(out, " '\n        ;;\n");
    }
    /* Without an answer bash takes files: of a value, of an argument. */
    text_append(out, "    esac\n"
                     "    case $values in *\" $before \"*) return ;; esac\n"
                     "    case $word in\n"
                     "    -*) COMPREPLY=($(compgen -W \"$options\" -- \"$word\")) ;;\n"
                     "    *) [ \"$COMP_CWORD\" -eq 2 ] && "
                     "COMPREPLY=($(compgen -W \"$words\" -- \"$word\")) ;;\n"
                     "    esac\n"
                     "    return 0\n"
                     "}\n"
                     "complete -o default -F _gaia gaia\n");
}

/* ---- zsh ---- */

/* Appends text within single quotes, with a backslash before what special names. */
static void quoted_append(struct text *out, const char *text, const char *special)
{
    for (; *text != '\0'; text++) {
        if (*text == '\'') {
            text_append(out, "'\\''");
            continue;
        }
        text_append(out, *text == '\\' || strchr(special, *text) != NULL ? "\\" : "");
        text_append_n(out, *text == '\n' ? " " : text, 1);
    }
}

static void options_zsh(struct text *out, const struct command *command)
{
    for (size_t i = 0; i < COMMAND_FORMS_MAX && command->forms[i] != NULL; i++) {
        for (size_t k = 0; k < command->forms[i]->n_options; k++) {
            const struct option_spec *option = &command->forms[i]->options[k];
            if (option_is_known(command, i, option->name)) {
                continue;
            }
            text_printf(out, " \\\n            '--%s[", option->name);
            quoted_append(out, option->help, "[]:");
            text_append(out, "]");
            if (option->value_name != NULL) {
                text_append(out, ":");
                quoted_append(out, option->value_name, "[]:");
                text_append(out, ":_files");
            }
            text_append(out, "'");
        }
    }
}

void completion_zsh_append(struct text *out)
{
    text_append(out, "#compdef gaia\n"
                     "# Completion of gaia for zsh: a file _gaia on the fpath\n"
                     "_gaia()\n{\n"
                     "    local -a commands\n"
                     "    commands=(\n");
    for (size_t i = 0; i < commands_count; i++) {
        text_printf(out, "        '%s:", commands[i].name);
        quoted_append(out, commands[i].summary, ":");
        text_append(out, "'\n");
    }
    text_append(out, "    )\n"
                     "    if (( CURRENT == 2 )); then\n"
                     "        _describe command commands\n"
                     "        return\n"
                     "    fi\n"
                     "    shift words\n"
                     "    (( CURRENT-- ))\n"
                     "    case $words[1] in\n");
    for (size_t i = 0; i < commands_count; i++) {
        struct text words = {0};
        words_append(&words, &commands[i]);
        text_printf(out, "    %s)\n        _arguments", commands[i].name);
        options_zsh(out, &commands[i]);
        if (words.length > 0) {
            text_printf(out, " \\\n            '1:word:(%s)'", words.s + 1);
        }
        text_append(out, " \\\n            '*:file:_files'\n        ;;\n");
        out->failed = out->failed || words.failed;
        text_fini(&words);
    }
    text_append(out, "    esac\n"
                     "}\n"
                     "_gaia \"$@\"\n");
}
