/* SPDX-License-Identifier: MIT
 *
 * Joining names of one meaning across files. It follows the listing of a source (catalog.c), where
 * no names were asked for: those that are find the name of each file themselves (file_table.c).
 *
 * Invariant: what comes of it does not depend on the order of the source's files.
 */
#include "catalog_join.h"

#include <stdlib.h>
#include <string.h>

#include "catalog_entry.h"
#include "error.h"
#include "variable_name.h"

/* How the files of two variables lie. */
enum overlap { OVERLAP_UNKNOWN, OVERLAP_NONE, OVERLAP_ALL, OVERLAP_SOME };

struct member {
    const char *meaning;  /* NULL: of no other variable */
    size_t first;         /* the first variable that means the same; itself if there is none */
    enum overlap overlap; /* of the first's: what all that mean it have */
    size_t index;         /* once the others are gone */
};

/* Files in which variables a and b are. Parts of one file lie side by side. */
static enum overlap overlap_find(const struct catalog *catalog, size_t a, size_t b)
{
    size_t n_both = 0;
    size_t n_one = 0;
    for (size_t i = 0; i < catalog->n_parts;) {
        const char *path = catalog->parts[i].path;
        bool has_a = false;
        bool has_b = false;
        for (; i < catalog->n_parts && catalog->parts[i].path == path; i++) {
            has_a = has_a || catalog->parts[i].variable == a;
            has_b = has_b || catalog->parts[i].variable == b;
        }
        n_both += has_a && has_b;
        n_one += has_a != has_b;
    }
    return n_both == 0 ? OVERLAP_NONE : n_one == 0 ? OVERLAP_ALL : OVERLAP_SOME;
}

static const char *path_of(const struct catalog *catalog, size_t variable)
{
    size_t i = 0;
    while (catalog->parts[i].variable != variable) {
        i++;
    }
    return catalog->parts[i].path;
}

static gaia_status names_mixed(const struct catalog *catalog, size_t a, size_t b, gaia_error *err)
{
    return error_set(
        err, GAIA_JOB_INVALID,
        "variables '%s' (%s) and '%s' (%s) mean the same, and some files of the source "
        "have one of them, others both; \"variables\" says which one is meant",
        catalog->variables[a].in_file, path_of(catalog, a), catalog->variables[b].in_file,
        path_of(catalog, b));
}

static bool name_is_given(const struct gaia_source *source, const char *name)
{
    for (size_t i = 0; i < source->n_names; i++) {
        if (strcmp(source->names[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* Finds which variables mean the same; *n_joined counts those that another one takes. */
static gaia_status members_find(const struct catalog *catalog, struct member *members,
                                size_t *n_joined, gaia_error *err)
{
    for (size_t i = 0; i < catalog->n_variables; i++) {
        const char *name = catalog->variables[i].name;
        struct member *mine = &members[i];
        *mine = (struct member){.first = i};
        mine->meaning = name_is_given(catalog->source, name) ? NULL : variable_canonical(name);
        for (size_t k = 0; mine->meaning != NULL && k < i; k++) {
            if (members[k].meaning != mine->meaning) {
                continue;
            }
            struct member *first = &members[members[k].first];
            const enum overlap overlap = overlap_find(catalog, k, i);
            if (overlap == OVERLAP_SOME ||
                (first->overlap != OVERLAP_UNKNOWN && first->overlap != overlap)) {
                return names_mixed(catalog, k, i, err);
            }
            first->overlap = overlap;
            mine->first = members[k].first;
        }
        *n_joined += mine->first != i && members[mine->first].overlap == OVERLAP_NONE;
    }
    return GAIA_OK;
}

/* Keeps the first variable of each meaning, and brings everything to it. */
static void members_join(struct catalog *catalog, struct member *members)
{
    size_t n = 0;
    for (size_t i = 0; i < catalog->n_variables; i++) {
        const struct catalog_variable *mine = &catalog->variables[i];
        const size_t first = members[i].first;
        if (first == i || members[first].overlap != OVERLAP_NONE) {
            members[i].index = n;
            catalog->variables[n++] = *mine;
            continue;
        }
        struct catalog_variable *kept = &catalog->variables[members[first].index];
        members[i].index = members[first].index;
        kept->name = strcmp(mine->name, kept->name) < 0 ? mine->name : kept->name;
        kept->damage = kept->damage != NULL ? kept->damage : mine->damage;
    }
    catalog->n_variables = n;
    for (size_t i = 0; i < catalog->n_parts; i++) {
        catalog->parts[i].variable = members[catalog->parts[i].variable].index;
    }
    for (size_t i = 0; i < catalog->n_entries; i++) {
        catalog->entries[i].variable = members[catalog->entries[i].variable].index;
    }
}

gaia_status catalog_join(struct catalog *catalog, const struct file_table *files, gaia_error *err)
{
    size_t n_joined = 0;
    if (catalog->named || catalog->source->n_files < 2) {
        return GAIA_OK;
    }
    struct member *members = calloc(catalog->n_variables, sizeof *members);
    if (members == NULL) {
        return error_memory(err, catalog->n_variables * sizeof *members);
    }
    gaia_status status = members_find(catalog, members, &n_joined, err);
    if (status == GAIA_OK && n_joined > 0) {
        members_join(catalog, members);
        status = catalog_entries_sort(catalog, files, err);
    }
    free(members);
    return status;
}
