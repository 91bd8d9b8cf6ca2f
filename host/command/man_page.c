/* SPDX-License-Identifier: MIT
 *
 * Writing man pages. A page is a function of the table alone, so it has no date: two builds of one
 * version give the same bytes.
 *
 * Invariant: what is not a macro of this file goes through roff_append.
 */
#include "man_page.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "error.h"
#include "file.h"

/* Appends text so that it is shown as it is: characters that roff or its devices would change are
 * named, and a line that begins with a control character begins with nothing before it. */
static void roff_append(struct text *out, const char *text, size_t length)
{
    static const struct {
        char character;
        const char *name;
    } named[] = {{'\\', "\\e"},  {'-', "\\-"},   {'\'', "\\(aq"},
                 {'`', "\\(ga"}, {'~', "\\(ti"}, {'^', "\\(ha"}};
    bool at_start = true;
    for (size_t i = 0; i < length; i++) {
        const char *name = NULL;
        for (size_t k = 0; k < sizeof named / sizeof *named; k++) {
            name = named[k].character == text[i] ? named[k].name : name;
        }
        if (at_start && (text[i] == '.' || text[i] == '\'')) {
            text_append(out, "\\&");
        }
        if (name != NULL) {
            text_append(out, name);
        } else {
            text_append_n(out, text + i, 1);
        }
        at_start = text[i] == '\n';
    }
}

static void text_roff(struct text *out, const char *text)
{
    roff_append(out, text, strlen(text));
}

/* The title, and what the page is about in a line, as whatis(1) reads it. */
static void head_append(struct text *out, const char *name, const char *about)
{
    text_printf(out, ".TH \"gaia%s%s\" 1 \"\" \"Gaia Score %s\" \"Gaia Score\"\n.SH NAME\ngaia",
                name != NULL ? "-" : "", name != NULL ? name : "", gaia_version());
    if (name != NULL) {
        text_append(out, "\\-");
        text_roff(out, name);
    }
    text_append(out, " \\- ");
    text_roff(out, about);
    text_append(out, "\n");
}

static void foot_append(struct text *out, const char *examples, const char *also)
{
    struct text statuses = {0};
    exit_statuses_append(&statuses);
    text_append(out, ".SH EXIT STATUS\n");
    text_roff(out, statuses.s != NULL ? statuses.s : "");
    text_append(out, ".\n");
    out->failed = out->failed || statuses.failed;
    text_fini(&statuses);
    if (examples != NULL) {
        text_append(out, ".SH EXAMPLES\n.nf\n");
        text_roff(out, examples);
        text_append(out, "\n.fi\n");
    }
    text_printf(out, ".SH SEE ALSO\n%s\n", also);
}

static void options_roff(struct text *out, const struct command_spec *form)
{
    for (size_t i = 0; i < form->n_options; i++) {
        const struct option_spec *option = &form->options[i];
        text_append(out, ".TP\n\\fB\\-\\-");
        text_roff(out, option->name);
        text_append(out, "\\fR");
        if (option->value_name != NULL) {
            text_append(out, " \\fI");
            text_roff(out, option->value_name);
            text_append(out, "\\fR");
        }
        text_append(out, "\n");
        text_roff(out, option->help);
        text_append(out, "\n");
    }
}

static void command_append(struct text *out, const struct command *command)
{
    const bool several = command->forms[1] != NULL;
    head_append(out, command->name, command->summary);
    text_append(out, ".SH SYNOPSIS\n.nf\n");
    for (size_t i = 0; i < COMMAND_FORMS_MAX && command->forms[i] != NULL; i++) {
        text_append(out, "gaia ");
        text_roff(out, command->forms[i]->usage);
        text_append(out, "\n");
    }
    text_append(out, ".fi\n.SH DESCRIPTION\n");
    for (size_t i = 0; i < COMMAND_FORMS_MAX && command->forms[i] != NULL; i++) {
        text_append(out, i > 0 ? ".PP\n" : "");
        text_roff(out, command->forms[i]->summary);
        text_append(out, "\n");
    }
    text_append(out, ".SH OPTIONS\n");
    for (size_t i = 0; i < COMMAND_FORMS_MAX && command->forms[i] != NULL; i++) {
        const struct command_spec *form = command->forms[i];
        if (several) {
            text_append(out, ".SS gaia ");
            roff_append(out, form->usage, form_words(form));
            text_append(out, "\n");
        }
        options_roff(out, form);
    }
    foot_append(out, command->examples, ".BR gaia (1)");
}

void man_page_append(struct text *out, const struct command *command)
{
    if (command != NULL) {
        command_append(out, command);
        return;
    }
    head_append(out, NULL, "score gridded weather forecasts");
    text_append(out,
                ".SH SYNOPSIS\n.B gaia\n.I COMMAND\n[\\fIOPTION\\fR]...\n.SH DESCRIPTION\n"
                "Scores forecasts against an analysis, in this process or through a scheduler "
                "with executors.\nEach command has a page of its own and a\n.B \\-\\-help\n"
                "option.\n.SH OPTIONS\nA scheduler of another machine is said before the "
                "command.\n.TP\n\\fB\\-\\-scheduler\\fR \\fIURL\\fR\nhttps://HOST:PORT, or "
                "GAIA_SCHEDULER in the environment. Several of one database are separated by "
                "commas, as are directories of\n.BR \\-\\-state :\nthe one that leads is "
                "found.\n.TP\n\\fB\\-\\-token\\-file\\fR "
                "\\fIFILE\\fR\none line, a token, mode 0600; or GAIA_TOKEN_FILE\n.TP\n"
                "\\fB\\-\\-ca\\fR \\fIFILE\\fR\nauthorities, in PEM, that are trusted in place "
                "of the system's; or GAIA_CA_FILE\n.SH COMMANDS\n");
    for (size_t i = 0; i < commands_count; i++) {
        text_append(out, ".TP\n.BR gaia\\-");
        text_roff(out, commands[i].name);
        text_append(out, " (1)\n");
        text_roff(out, commands[i].summary);
        text_append(out, "\n");
    }
    foot_append(out, NULL, ".BR gaia\\-help (1)");
}

static gaia_status page_write(const char *folder, const struct command *command, gaia_error *err)
{
    char path[PATH_MAX];
    struct text page = {0};
    const int n = snprintf(path, sizeof path, "%s/gaia%s%s.1", folder, command != NULL ? "-" : "",
                           command != NULL ? command->name : "");
    if (n < 0 || (size_t)n >= sizeof path) {
        return error_set(err, GAIA_USAGE, "%s: path too long", folder);
    }
    man_page_append(&page, command);
    const gaia_status status = command_write(path, &page, err);
    text_fini(&page);
    return status;
}

gaia_status man_pages_write(const char *folder, gaia_error *err)
{
    gaia_status status = directory_make(folder, err);
    if (status == GAIA_OK) {
        status = page_write(folder, NULL, err);
    }
    for (size_t i = 0; status == GAIA_OK && i < commands_count; i++) {
        status = page_write(folder, &commands[i], err);
    }
    return status;
}
