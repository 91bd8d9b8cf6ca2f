/* SPDX-License-Identifier: MIT
 *
 * The reference page and the environment's template. Both are committed, and a test holds them to
 * this.
 */
#include "config_page.h"

#include <string.h>

#include "config.h"

static const char page_head[] =
    "# What can be configured\n"
    "\n"
    "Made by `gaia config reference`; `tests/command/config_test.py --write` renews it.\n"
    "\n"
    "Each option of `gaia-scheduler`, `gaia-node` and `gaia-executor` has one name: `api-rate` is\n"
    "`--api-rate N` as an argument, `GAIA_API_RATE` in the environment and `api-rate = N` in a "
    "file.\n"
    "An argument goes before the environment, that before the file, that before the default. "
    "`gaia up`\n"
    "takes what `gaia-node` does. A node passes its options on to its scheduler and executors as\n"
    "arguments: they see neither its environment nor its file.\n"
    "\n"
    "The file is the one that `--config FILE` or `GAIA_CONFIG` names. It has a line `name = value` "
    "an\n"
    "option, once; a line that begins with `#` is a comment; values have no quotes; a path is "
    "relative\n"
    "to the file's folder. Options of another program may stand in it. An empty variable counts "
    "as\n"
    "none. What is misspelt, twice there, or out of its range is an error that says where it is "
    "and\n"
    "what may be given; a variable `GAIA_...` that is nearly an option's is one too, any other is\n"
    "named in the log.\n"
    "\n"
    "Sizes are bytes, or numbers with KiB, MiB, GiB, TiB, KB, MB or GB; times are seconds, or "
    "numbers "
    "with\n"
    "ms, s, min, h or d. No option holds a secret: those of keys, tokens and databases are the "
    "names\n"
    "of files.\n"
    "\n"
    "```\n"
    "$ gaia config show --config gaia.conf        # every option, its value, and where that is "
    "from\n"
    "$ gaia config check gaia.conf                # every fault at once; exit status 2 if there is "
    "one\n"
    "```\n"
    "\n"
    "The commands of `gaia` that talk to a stack take its place from `GAIA_STATE`, too. "
    "`GAIA_SCHEDULER`,\n"
    "`GAIA_TOKEN_FILE` and `GAIA_CA_FILE` are not of these: they tell the client library where a\n"
    "scheduler is. Kubernetes makes variables of services, such as `GAIA_API_PORT` of one called\n"
    "`gaia-api`: `enableServiceLinks: false` turns that off.\n";

static void programs_append(struct text *out, unsigned programs)
{
    static const struct {
        enum config_program program;
        const char *name;
    } all[] = {
        {PROGRAM_SCHEDULER, "scheduler"}, {PROGRAM_NODE, "node"}, {PROGRAM_EXECUTOR, "executor"}};
    const char *before = "";
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if ((programs & all[i].program) != 0) {
            text_printf(out, "%s%s", before, all[i].name);
            before = ", ";
        }
    }
}

/* Appends what may be given so that a cell of a table can hold it. */
static void allowed_append(struct text *out, const struct option_spec *spec)
{
    struct text allowed = {0};
    option_append_allowed(&allowed, spec);
    for (const char *at = allowed.s; at != NULL && *at != '\0'; at++) {
        text_append(out, *at == '|' ? "\\" : "");
        text_append_n(out, at, 1);
    }
    text_fini(&allowed);
}

static bool begins_group(enum config_option option)
{
    return option == 0 || config_rows[option].group != config_rows[option - 1].group;
}

void config_reference_append(struct text *out)
{
    text_append(out, page_head);
    for (enum config_option option = 0; option < CONFIG_OPTIONS; option++) {
        const struct config_row *row = &config_rows[option];
        if (begins_group(option)) {
            text_printf(out,
                        "\n## %s\n\n| option | what it is | default | allowed | of |\n"
                        "|---|---|---|---|---|\n",
                        config_group_title(row->group));
        }
        text_printf(out, "| `%s` | %s | %s%s%s | ", config_specs[option].name, row->help,
                    row->is_fixed ? "`" : "", row->preset, row->is_fixed ? "`" : "");
        allowed_append(out, &config_specs[option]);
        text_append(out, " | ");
        programs_append(out, row->programs);
        text_append(out, " |\n");
    }
}

void config_template_append(struct text *out)
{
    text_append(out, "# SPDX-License-Identifier: MIT\n"
                     "# Every option as a variable, made by `gaia config template`: copy to .env "
                     "and change.\n"
                     "# What is commented out has no fixed default; host/CONFIG.md says what holds "
                     "then.\n");
    for (enum config_option option = 0; option < CONFIG_OPTIONS; option++) {
        const struct config_row *row = &config_rows[option];
        char name[CONFIG_NAME];
        config_environment_name(option, name);
        if (begins_group(option)) {
            text_printf(out, "\n# ---- %s ----\n", config_group_title(row->group));
        }
        text_printf(out, "\n# %s\n# ", row->help);
        option_append_allowed(out, &config_specs[option]);
        if (row->is_fixed) {
            text_printf(out, "\n%s=%s\n", name, row->preset);
        } else {
            text_printf(out, "; otherwise %s\n#%s=\n", row->preset, name);
        }
    }
}
