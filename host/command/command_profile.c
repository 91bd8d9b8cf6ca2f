/* SPDX-License-Identifier: MIT
 *
 * `gaia profile list|show NAME|check FILE`: the recipes that ship, and whether one of the user's
 * own is right.
 *
 * Invariant: what `show` prints is the file that ships, byte for byte, and passes `check`.
 */
#include "command.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "error.h"
#include "file.h"
#include "profile.h"

enum { PROFILE_BYTES_MAX = 16 << 20 };

/* What is told of a profile; NULL when out of memory. */
static json_t *profile_json(const struct gaia_profile *profile)
{
    return json_pack("{s:s, s:s, s:s, s:I, s:I}", "name", profile->name, "description",
                     profile->description, "hash", profile->hash, "variables",
                     (json_int_t)profile->n_variables, "leads", (json_int_t)profile->n_leads);
}

/* list: where the profiles go as JSON; NULL: as lines to out. */
static gaia_status list_print(struct text *out, json_t *list, gaia_error *err)
{
    gaia_status status = GAIA_OK;
    for (size_t i = 0; status == GAIA_OK && profile_shipped_name(i) != NULL; i++) {
        struct gaia_profile *profile = NULL;
        status = profile_find(profile_shipped_name(i), &profile, err);
        if (status == GAIA_OK && list == NULL) {
            text_printf(out, "%-14s  %s\n", profile->name, profile->description);
        } else if (status == GAIA_OK && json_array_append_new(list, profile_json(profile)) != 0) {
            status = error_memory(err, sizeof(json_t));
        }
        profile_free(profile);
    }
    return status;
}

static gaia_status show_print(const char *name, struct text *out, gaia_error *err)
{
    struct gaia_profile *profile = NULL;
    const gaia_status status = profile_find(name, &profile, err);
    for (size_t i = 0; status == GAIA_OK && profile_shipped_name(i) != NULL; i++) {
        if (strcmp(profile_shipped_name(i), name) == 0) {
            text_append(out, profile_shipped_text(i));
        }
    }
    profile_free(profile);
    return status == GAIA_JOB_INVALID ? error_restate(err, GAIA_USAGE) : status;
}

static gaia_status check_print(const char *path, bool as_json, struct text *out, gaia_error *err)
{
    struct gaia_profile *profile = NULL;
    char *bytes = NULL;
    size_t length = 0;
    gaia_status status = file_read(path, PROFILE_BYTES_MAX, &bytes, &length, err);
    if (status == GAIA_OK) {
        status = profile_parse(path, bytes, length, &profile, err);
        if (status != GAIA_OK && strncmp(err->detail, path, strlen(path)) != 0) {
            status = error_prefix(err, status, "%s", path);
        }
    }
    if (status == GAIA_OK && as_json) {
        status = command_write_json(profile_json(profile), err);
    } else if (status == GAIA_OK) {
        text_printf(out, "%s: profile '%s' is right: %zu variables, %zu leads, %s\n%s\n", path,
                    profile->name, profile->n_variables, profile->n_leads,
                    profile->composite.kind == COMPOSITE_NONE   ? "no composite"
                    : profile->composite.kind == COMPOSITE_DAY1 ? "composite day1"
                                                                : "composite lead_mean",
                    profile->hash);
    }
    profile_free(profile);
    free(bytes);
    return status;
}

static const struct option_spec options[] = {OPTION_HELP, OPTION_JSON};
enum { HELP, JSON, N_OPTIONS };

const struct command_spec command_profile_spec = {
    "profile list | show NAME | check FILE [--json]",
    "Lists the scoring recipes that ship, prints one, or checks a file of your own.",
    options,
    N_OPTIONS,
    1,
    1};

int command_profile(int argc, char **argv)
{
    struct option_value values[N_OPTIONS];
    json_t *list = NULL;
    const char *arguments[2] = {NULL, NULL};
    struct text out = {0};
    gaia_error err = {0};
    bool helped = false;
    gaia_status status =
        command_arguments(&command_profile_spec, argc, argv, values, arguments, &helped, &err);
    if (status != GAIA_OK || helped) {
        goto done;
    }
    if (strcmp(arguments[0], "list") == 0 && arguments[1] == NULL) {
        list = values[JSON].is_set ? json_array() : NULL;
        status = list_print(&out, list, &err);
        if (status == GAIA_OK && values[JSON].is_set) {
            status = command_write_json(json_pack("{s:O}", "profiles", list), &err);
        }
    } else if (strcmp(arguments[0], "show") == 0 && arguments[1] != NULL) {
        status = show_print(arguments[1], &out, &err);
    } else if (strcmp(arguments[0], "check") == 0 && arguments[1] != NULL) {
        status = check_print(arguments[1], values[JSON].is_set, &out, &err);
    } else {
        status = error_set(&err, GAIA_USAGE, "usage: gaia %s", command_profile_spec.usage);
    }
    if (status == GAIA_OK) {
        status = command_write(NULL, &out, &err);
    }
done:
    json_decref(list);
    text_fini(&out);
    return command_end(status, &err);
}
