/* SPDX-License-Identifier: MIT
 *
 * Exports, unit by unit in the plan's order.
 *
 * Invariant: one unit's rows are in memory, and a bounded piece of what they became.
 */
#include "export.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "error.h"
#include "file.h"
#include "met_stat.h"
#include "scores_netcdf.h"
#include "text.h"

enum { FLUSH_BYTES = 1 << 16 };

enum export_format export_format_find(const char *name)
{
    return name == NULL                  ? EXPORT_NONE
           : strcmp(name, "stat") == 0   ? EXPORT_STAT
           : strcmp(name, "netcdf") == 0 ? EXPORT_NETCDF
                                         : EXPORT_NONE;
}

gaia_status export_check(enum export_format format, const char *path, gaia_error *err)
{
    return format == EXPORT_NETCDF && path == NULL
               ? error_set(err, GAIA_USAGE, "--format 'netcdf': --out FILE is wanted")
               : GAIA_OK;
}

/* ---- MET's .stat ---- */

static void text_flush(struct text *text, struct file_stream *file)
{
    if (text->length > 0) {
        /* What went wrong, the close tells. */
        (void)fwrite(text->s, 1, text->length, file->stream);
        text->length = 0;
    }
}

static gaia_status stat_lines(const struct moments_file *file, const struct derive *derive,
                              struct file_stream *out, gaia_error *err)
{
    const struct plan *plan = &derive->plan;
    struct text text = {0};
    struct gaia_moments *scratch =
        calloc(plan_rows_per_unit(moments_file_plan(file)), sizeof *scratch);
    struct gaia_moments *rows = calloc(plan_rows_per_unit(plan), sizeof *rows);
    gaia_status status =
        scratch != NULL && rows != NULL ? GAIA_OK : error_memory(err, sizeof *rows);
    met_stat_header(&text);
    for (size_t i = 0; status == GAIA_OK && i < plan->n_units; i++) {
        status = derive_rows(file, derive, i, scratch, rows, err);
        if (status == GAIA_OK) {
            met_stat_unit(plan, &plan->units[i], rows, &text);
        }
        if (text.length >= FLUSH_BYTES) {
            text_flush(&text, out);
        }
    }
    if (status == GAIA_OK) {
        text_flush(&text, out);
    }
    if (status == GAIA_OK && text.failed) {
        status = error_set(err, GAIA_OUT_OF_MEMORY, "not enough memory for the lines");
    }
    text_fini(&text);
    free(rows);
    free(scratch);
    return status;
}

static gaia_status stat_write(const struct moments_file *file, const struct derive *derive,
                              const char *path, gaia_error *err)
{
    struct file_stream out = {.stream = NULL};
    gaia_status status = met_stat_check(&derive->plan, err);
    if (status == GAIA_OK) {
        status = file_stream_open(path, 0644, &out, err);
    }
    if (status == GAIA_OK) {
        status = stat_lines(file, derive, &out, err);
        gaia_error error = {0};
        const gaia_status closed = file_stream_close(&out, status == GAIA_OK, &error);
        if (status == GAIA_OK && closed != GAIA_OK) {
            status = error_set(err, closed, "%s", error.detail);
        }
    }
    return status;
}

/* ---- Any ---- */

gaia_status export_write(enum export_format format, const struct moments_file *file,
                         const struct derive_filter *filter, const char *path, gaia_error *err)
{
    struct derive *derive = NULL;
    gaia_status status = derive_open(file, filter, &derive, err);
    if (status == GAIA_OK) {
        switch (format) {
        case EXPORT_STAT:
            status = stat_write(file, derive, path, err);
            break;
        case EXPORT_NETCDF:
            status = scores_netcdf_write(file, derive, path, err);
            break;
        case EXPORT_NONE:
            status = error_set(err, GAIA_INTERNAL, "no format to export to");
            break;
        }
    }
    derive_close(derive);
    return status;
}

gaia_status export_file(enum export_format format, const char *sums_path, const char *path,
                        gaia_error *err)
{
    const struct derive_filter all = {0};
    struct moments_file *file = NULL;
    gaia_status status = moments_file_open(sums_path, &file, err);
    if (status == GAIA_OK) {
        status = export_write(format, file, &all, path, err);
    }
    moments_file_close(file);
    return status;
}

gaia_status export_sums_open(struct export_sums *sums, gaia_error *err)
{
    const char *directory = getenv("TMPDIR");
    const int n = snprintf(sums->folder, sizeof sums->folder, "%s/gaia-sums-XXXXXX",
                           directory != NULL && directory[0] == '/' ? directory : "/tmp");
    if (n < 0 || (size_t)n >= sizeof sums->folder || mkdtemp(sums->folder) == NULL) {
        const gaia_status status =
            error_set(err, GAIA_DISK, "%s: %s", sums->folder, strerror(errno));
        sums->folder[0] = '\0';
        return status;
    }
    (void)snprintf(sums->path, sizeof sums->path, "%s/sums.gm", sums->folder);
    (void)snprintf(sums->maps_path, sizeof sums->maps_path, "%s/errors.gmap", sums->folder);
    return GAIA_OK;
}

void export_sums_close(struct export_sums *sums)
{
    if (sums->folder[0] != '\0') {
        (void)unlink(sums->path);
        (void)unlink(sums->maps_path);
        (void)rmdir(sums->folder);
        sums->folder[0] = '\0';
    }
}
