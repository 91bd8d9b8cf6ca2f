/* SPDX-License-Identifier: MIT
 *
 * Maps are written to a temporary file as the file will have them, and copied in the end.
 */
#include "maps_out.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "error.h"
#include "file.h"

enum { BLOCK_BYTES = 1 << 18 };

/* Where a map lies in the temporary file. */
struct kept_map {
    uint32_t forecast;
    off_t at;
    off_t end;
};

struct maps_out {
    FILE *kept; /* has no name */
    size_t n_maps;
    struct kept_map *maps;
    struct file_stream file;
};

static void maps_out_free(struct maps_out *out)
{
    if (out->kept != NULL) {
        (void)fclose(out->kept);
    }
    free(out->maps);
    free(out);
}

static gaia_status kept_failed(gaia_error *err)
{
    return error_set(err, GAIA_DISK, "temporary file of maps: %s", strerror(errno));
}

gaia_status maps_out_open(const char *path, struct maps_out **out, gaia_error *err)
{
    struct maps_out *opened = calloc(1, sizeof *opened);
    int fd = -1;
    if (opened == NULL) {
        return error_memory(err, sizeof *opened);
    }
    gaia_status status = file_temporary(&fd, err);
    if (status == GAIA_OK && (opened->kept = fdopen(fd, "w+")) == NULL) {
        status = kept_failed(err);
        (void)close(fd);
    }
    if (status == GAIA_OK) {
        status = file_stream_open(path, 0644, &opened->file, err);
    }
    if (status != GAIA_OK) {
        maps_out_free(opened);
        return status;
    }
    *out = opened;
    return GAIA_OK;
}

gaia_status maps_out_add(struct maps_out *out, const struct map_sums *sums, const struct plan *plan,
                         gaia_error *err)
{
    struct kept_map *grown =
        realloc(out->maps, (out->n_maps + sums->n_series + 1) * sizeof *out->maps);
    gaia_status status =
        grown != NULL ? GAIA_OK : error_memory(err, sums->n_series * sizeof *grown);
    out->maps = grown != NULL ? grown : out->maps;
    for (size_t i = 0; status == GAIA_OK && i < sums->n_series; i++) {
        const struct map_head head = map_series_head(sums, plan, &sums->series[i]);
        struct kept_map *map = &out->maps[out->n_maps];
        *map =
            (struct kept_map){.forecast = sums->series[i].first.forecast, .at = ftello(out->kept)};
        status = map_write(out->kept, &head, sums->series[i].planes, err);
        map->end = ftello(out->kept);
        out->n_maps += status == GAIA_OK;
    }
    return status;
}

/* Copies one map to the file. */
static gaia_status map_copy(const struct maps_out *out, const struct kept_map *map, char *block,
                            gaia_error *err)
{
    if (fseeko(out->kept, map->at, SEEK_SET) != 0) {
        return kept_failed(err);
    }
    for (off_t left = map->end - map->at; left > 0;) {
        const size_t n = left < BLOCK_BYTES ? (size_t)left : BLOCK_BYTES;
        if (fread(block, 1, n, out->kept) != n) {
            return kept_failed(err);
        }
        (void)fwrite(block, 1, n, out->file.stream); /* what went wrong, the close tells */
        left -= (off_t)n;
    }
    return GAIA_OK;
}

gaia_status maps_out_close(struct maps_out *out, const struct plan *plan, gaia_status status,
                           gaia_error *err)
{
    gaia_error error = {0};
    if (out == NULL) {
        return status;
    }
    char *block = malloc(BLOCK_BYTES);
    gaia_status copied = block != NULL ? status : error_memory(&error, BLOCK_BYTES);
    for (size_t i = 0; copied == GAIA_OK && i < out->n_maps; i++) {
        if (plan->forecasts[out->maps[i].forecast].status == GAIA_OK) {
            copied = map_copy(out, &out->maps[i], block, &error);
        }
    }
    free(block);
    const gaia_status closed =
        file_stream_close(&out->file, copied == GAIA_OK, copied == GAIA_OK ? &error : NULL);
    maps_out_free(out);
    copied = copied == GAIA_OK ? closed : copied;
    return status == GAIA_OK && copied != GAIA_OK ? error_set(err, copied, "%s", error.detail)
                                                  : status;
}
