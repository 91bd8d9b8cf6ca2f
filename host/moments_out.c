/* SPDX-License-Identifier: MIT
 *
 * A file of moments written through a stream that is renamed into place.
 *
 * Invariant: every byte that goes to the stream has been added to the seal.
 */
#include "moments_out.h"

#include <stdio.h>
#include <stdlib.h>

#include "error.h"
#include "file.h"
#include "moments_file.h"
#include "text.h"

enum { FLUSH_BYTES = 1 << 20 };

struct moments_out {
    size_t n_rows;
    struct file_stream file;
    struct moments_seal *seal;
    struct text text;
};

static void text_flush(struct moments_out *out)
{
    if (out->text.length > 0) {
        moments_seal_add(out->seal, out->text.s, out->text.length);
        /* What went wrong, the close tells. */
        (void)fwrite(out->text.s, 1, out->text.length, out->file.stream);
        out->text.length = 0;
    }
}

gaia_status moments_out_open(const char *path, const struct plan *plan, struct moments_out **out,
                             gaia_error *err)
{
    struct moments_out *opened = calloc(1, sizeof *opened);
    if (opened == NULL) {
        return error_memory(err, sizeof *opened);
    }
    opened->n_rows = plan_rows_per_unit(plan);
    gaia_status status = moments_seal_open(&opened->seal, err);
    if (status == GAIA_OK) {
        status = moments_head_write(plan, &opened->text, err);
    }
    if (status == GAIA_OK) {
        status = file_stream_open(path, 0644, &opened->file, err);
    }
    if (status != GAIA_OK) {
        moments_seal_close(opened->seal);
        text_fini(&opened->text);
        free(opened);
        return status;
    }
    *out = opened;
    return GAIA_OK;
}

void moments_out_unit(struct moments_out *out, const struct gaia_unit *unit,
                      const struct gaia_moments *rows)
{
    if (out != NULL) {
        moments_record_write(unit, rows, out->n_rows, &out->text);
        if (out->text.length >= FLUSH_BYTES) {
            text_flush(out);
        }
    }
}

gaia_status moments_out_close(struct moments_out *out, gaia_status status, gaia_error *err)
{
    unsigned char tail[MOMENTS_TAIL_BYTES];
    gaia_error error = {0};
    const bool whole = status == GAIA_OK && !out->text.failed;
    if (whole) {
        text_flush(out);
        moments_seal_end(out->seal, tail);
        (void)fwrite(tail, 1, sizeof tail, out->file.stream);
    }
    if (status == GAIA_OK && !whole) {
        status = error_memory(err, FLUSH_BYTES);
    }
    const gaia_status closed = file_stream_close(&out->file, whole, &error);
    if (status == GAIA_OK && closed != GAIA_OK) {
        status = error_set(err, closed, "%s", error.detail);
    }
    moments_seal_close(out->seal);
    text_fini(&out->text);
    free(out);
    return status;
}
