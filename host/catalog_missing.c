/* SPDX-License-Identifier: MIT
 *
 * Reasons why a source has no field of a variable, once all of its files have been listed.
 *
 * Invariant: a file that has the variable is never said not to have it.
 */
#include "catalog_missing.h"

#include <stdbool.h>
#include <string.h>

#include "error.h"
#include "source_access.h"

struct name_search {
    const char *name;
    bool found;
};

static gaia_status name_compare(void *context, const char *name, gaia_error *err)
{
    struct name_search *search = context;
    (void)err;
    search->found = search->found || strcmp(search->name, name) == 0;
    return GAIA_OK;
}

/* Whether the file has the variable, but no field of it; *err then says why. */
static bool is_empty(const struct reader_ops *ops, struct reader *reader, const char *in_file,
                     gaia_error *err)
{
    struct name_search search = {.name = in_file};
    gaia_error none = {0};
    return ops->list(reader, name_compare, &search, &none) == GAIA_OK && search.found &&
           ops->scan(reader, in_file, NULL, NULL, err) == GAIA_VARIABLE_MISSING;
}

/* Files are opened anew: in the table one is closed that has nothing of what was asked. */
static gaia_status variable_missing(const struct catalog *catalog, const struct file_table *files,
                                    size_t first_file, const char *in_file, gaia_error *err)
{
    for (size_t i = first_file; i < files->n_files; i++) {
        const struct file_entry *file = &files->files[i];
        struct reader *reader = NULL;
        gaia_error none = {0};
        if (source_open(file->ops, file->path, file->access, &reader, &none) == GAIA_OK) {
            const bool empty = is_empty(file->ops, reader, in_file, err);
            file->ops->close(reader);
            if (empty) {
                return GAIA_VARIABLE_MISSING;
            }
        }
    }
    return error_set(err, GAIA_VARIABLE_MISSING, "%s%s: no variable '%s'",
                     catalog->source->files[0], catalog->source->n_files > 1 ? ", ..." : "",
                     in_file);
}

gaia_status catalog_missing_check(const struct catalog *catalog, struct file_table *files,
                                  size_t first_file, gaia_error *err)
{
    for (size_t i = 0; i < catalog->n_variables; i++) {
        if (catalog->variables[i].units == NULL) {
            return variable_missing(catalog, files, first_file, catalog->variables[i].in_file, err);
        }
    }
    if (catalog->n_variables > 0) {
        return GAIA_OK;
    }
    for (size_t i = 0; i < catalog->n_others; i++) {
        const struct catalog_other *other = &catalog->others[i];
        struct reader *reader = NULL;
        const gaia_status status = file_table_get(files, other->file, &reader, err);
        if (status != GAIA_OK ||
            is_empty(files->files[other->file].ops, reader, other->in_file, err)) {
            return status != GAIA_OK ? status : GAIA_VARIABLE_MISSING;
        }
    }
    if (catalog->untimed != NULL) {
        return error_set(err, GAIA_TIME_MISSING, "%s: variable '%s' has no time coordinate",
                         catalog->untimed_path, catalog->untimed);
    }
    if (catalog->nameless != NULL) {
        return error_set(err, GAIA_VARIABLE_MISSING, "%s", catalog->nameless);
    }
    return error_set(err, GAIA_VARIABLE_MISSING,
                     "%s: no gridded variable; \"variables\" with a name tells why that one is "
                     "none",
                     catalog->source->files[0]);
}
