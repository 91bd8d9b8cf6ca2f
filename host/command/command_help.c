/* SPDX-License-Identifier: MIT
 *
 * `gaia help`: what there is, and what one command does.
 *
 * Invariant: nothing is said here that the table of commands does not say.
 */
#include "command_table.h"

#include <string.h>

#include <jansson.h>

#include "error.h"
#include "man_page.h"

static const struct option_spec options[] = {
    OPTION_HELP,
    OPTION_JSON,
    {"man", OPTION_FLAG, NULL, 0, 0, "print a man page: of gaia, or of the command"},
    {"man-folder", OPTION_TEXT, "DIR", 0, 0, "write the man pages of all commands there"},
};
enum { HELP, JSON, MAN, MAN_FOLDER, N_OPTIONS };

const struct command_spec command_help_spec = {
    .usage = "help [COMMAND] [--man | --man-folder DIR | --json]",
    .summary = "Lists the commands, or says what one of them does and takes.",
    .options = options,
    .n_options = N_OPTIONS,
    .n_optional = 1,
};

void command_list_append(struct text *out)
{
    text_append(out, "usage: gaia COMMAND [OPTION]...\n\n");
    for (size_t i = 0; i < commands_count; i++) {
        text_printf(out, "  %-11s %s\n", commands[i].name, commands[i].summary);
    }
    text_append(out,
                "\nA scheduler of another machine is said before the command: `gaia --scheduler "
                "https://HOST:PORT\n--token-file FILE [--ca FILE] COMMAND`, or by GAIA_SCHEDULER, "
                "GAIA_TOKEN_FILE and GAIA_CA_FILE.\nSeveral of one database, here and in --state, "
                "are separated by commas: the one that leads is found.\n");
    text_append(out,
                "\n`gaia COMMAND --help` tells more, `gaia --version` the version. Every command "
                "knows\n--json.\n\nExit statuses: ");
    exit_statuses_append(out);
    text_append(out, ".\n");
}

/* The text about a command, or about all where name is NULL. */
static gaia_status help_append(struct text *out, const char *name, bool as_page, gaia_error *err)
{
    const struct command *command = name != NULL ? command_find(name, strlen(name)) : NULL;
    if (name != NULL && command == NULL) {
        return error_set(err, GAIA_USAGE, "unknown command '%s'; see gaia --help", name);
    }
    if (as_page) {
        man_page_append(out, command);
    } else if (command != NULL) {
        command_help_append(out, command, NULL);
    } else {
        command_list_append(out);
    }
    return GAIA_OK;
}

static json_t *form_json(const struct command_spec *form)
{
    json_t *list = json_array();
    for (size_t i = 0; i < form->n_options; i++) {
        const struct option_spec *option = &form->options[i];
        (void)json_array_append_new(list,
                                    json_pack("{s:s, s:s?, s:s}", "name", option->name, "value",
                                              option->value_name, "help", option->help));
    }
    return json_pack("{s:s, s:s, s:o}", "usage", form->usage, "summary", form->summary, "options",
                     list);
}

/* The table of commands, or the one of this name; NULL when out of memory. */
static json_t *commands_json(const char *name)
{
    json_t *list = json_array();
    for (size_t i = 0; i < commands_count; i++) {
        const struct command *command = &commands[i];
        if (name != NULL && strcmp(name, command->name) != 0) {
            continue;
        }
        json_t *forms = json_array();
        for (size_t k = 0; k < COMMAND_FORMS_MAX && command->forms[k] != NULL; k++) {
            (void)json_array_append_new(forms, form_json(command->forms[k]));
        }
        (void)json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:o}", "name", command->name,
                                                    "summary", command->summary, "examples",
                                                    command->examples, "forms", forms));
    }
    return json_pack("{s:o}", "commands", list);
}

int command_help(int argc, char **argv)
{
    struct option_value values[N_OPTIONS];
    const char *name = NULL;
    struct text out = {0};
    gaia_error err = {0};
    bool helped = false;
    gaia_status status =
        command_arguments(&command_help_spec, argc, argv, values, &name, &helped, &err);
    if (status != GAIA_OK || helped) {
        goto done;
    }
    if (values[MAN_FOLDER].is_set) {
        status = name == NULL && !values[MAN].is_set
                     ? man_pages_write(values[MAN_FOLDER].text, &err)
                     : error_set(&err, GAIA_USAGE, "--man-folder is for all pages");
        goto done;
    }
    status = help_append(&out, name, values[MAN].is_set, &err);
    if (status == GAIA_OK && values[JSON].is_set) {
        status = command_write_json(commands_json(name), &err);
    } else if (status == GAIA_OK) {
        status = command_write(NULL, &out, &err);
    }
done:
    text_fini(&out);
    return command_end(status, &err);
}
