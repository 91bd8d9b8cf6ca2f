/* SPDX-License-Identifier: MIT
 *
 * Files are compared by device and inode; one that is not there yet by those of its folder, and by
 * its name.
 */
#include "outputs.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "error.h"

enum { PATH_BYTES = 4096 };

/* Looks at what is at the path, or at where it would be. */
static void file_look(const char *path, struct output_file *file)
{
    char folder[PATH_BYTES];
    struct stat info;
    file->path = path;
    if (stat(path, &info) == 0) {
        file->is_folder = S_ISDIR(info.st_mode);
        file->is_known = S_ISREG(info.st_mode) || file->is_folder;
    } else {
        const char *slash = strrchr(path, '/');
        const int n = slash != NULL ? (int)(slash + 1 - path) : 0;
        file->name = path + n;
        (void)snprintf(folder, sizeof folder, "%.*s", n, path);
        file->is_known = n < PATH_BYTES && stat(n > 0 ? folder : ".", &info) == 0;
    }
    if (file->is_known) {
        file->device = info.st_dev;
        file->inode = info.st_ino;
    }
}

static bool is_same(const struct output_file *a, const struct output_file *b)
{
    const bool names_same =
        a->name != NULL && b->name != NULL ? strcmp(a->name, b->name) == 0 : a->name == b->name;
    return a->is_known && b->is_known && a->device == b->device && a->inode == b->inode &&
           names_same;
}

static gaia_status clash(const struct output_file *output, const char *what, const char *path,
                         gaia_error *err)
{
    return error_set(err, GAIA_USAGE, "--%s '%s' would overwrite %s '%s'", output->option,
                     output->path, what, path);
}

static gaia_status output_add(struct outputs *outputs, const char *option, const char *path,
                              gaia_error *err)
{
    char what[PATH_BYTES];
    assert(outputs->n < OUTPUTS_MAX);
    struct output_file *file = &outputs->files[outputs->n];
    *file = (struct output_file){.option = option};
    file_look(path, file);
    for (size_t i = 0; i < outputs->n; i++) {
        if (is_same(file, &outputs->files[i])) {
            (void)snprintf(what, sizeof what, "what goes to --%s", outputs->files[i].option);
            return clash(file, what, outputs->files[i].path, err);
        }
    }
    outputs->n++;
    return GAIA_OK;
}

gaia_status outputs_take(const struct option_spec *specs, size_t n_specs,
                         const struct option_value *values, struct outputs *outputs,
                         gaia_error *err)
{
    gaia_status status = GAIA_OK;
    outputs->n = 0;
    for (size_t i = 0; status == GAIA_OK && i < n_specs; i++) {
        if (specs[i].kind == OPTION_OUTPUT && values[i].is_set) {
            status = output_add(outputs, specs[i].name, values[i].text, err);
        }
    }
    return status;
}

/* Whether the output is somewhere below this folder, and there already. */
static bool is_below(const struct output_file *output, const char *folder)
{
    char above[PATH_BYTES];
    const char *slash = strrchr(output->path, '/');
    const int n = slash != NULL ? (int)(slash + 1 - output->path) : 0;
    (void)snprintf(above, sizeof above, "%.*s", n, output->path);
    char *outer = realpath(folder, NULL);
    const bool is_there = output->is_known && output->name == NULL && n < PATH_BYTES;
    char *inner = is_there ? realpath(n > 0 ? above : ".", NULL) : NULL;
    const size_t length = outer != NULL ? strlen(outer) : 0;
    const bool is_in = outer != NULL && inner != NULL && strncmp(inner, outer, length) == 0 &&
                       (inner[length] == '/' || inner[length] == '\0');
    free(outer);
    free(inner);
    return is_in;
}

gaia_status outputs_spare(const struct outputs *outputs, const char *what, const char *path,
                          gaia_error *err)
{
    struct output_file read = {.name = NULL};
    if (path == NULL || outputs->n == 0) {
        return GAIA_OK;
    }
    file_look(path, &read);
    for (size_t i = 0; read.name == NULL && i < outputs->n; i++) {
        if (is_same(&outputs->files[i], &read) ||
            (read.is_folder && is_below(&outputs->files[i], path))) {
            return clash(&outputs->files[i], what, path, err);
        }
    }
    return GAIA_OK;
}
