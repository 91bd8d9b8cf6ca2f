/* SPDX-License-Identifier: MIT
 *
 * Writing a file of moments, piece by piece, for a file and for the HTTP API alike.
 *
 * Invariant: the tail's hash is of exactly the bytes that were added to the seal.
 */
#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

#include "error.h"
#include "moments_file.h"
#include "moments_layout.h"

struct moments_seal {
    XXH3_state_t *hash;
};

gaia_status moments_head_write(const struct plan *plan, struct text *out, gaia_error *err)
{
    struct moments_header header = {.magic = MOMENTS_MAGIC,
                                    .version = MOMENTS_FORMAT,
                                    .moments_version = GAIA_MOMENTS_VERSION,
                                    .n_sums = GAIA_MOMENT_COUNT,
                                    .n_rows = (uint32_t)plan_rows_per_unit(plan)};
    if (plan_rows_per_unit(plan) > MOMENTS_ROWS_MAX) {
        return error_set(err, GAIA_LIMIT, "%zu rows a field: a file of moments holds %d",
                         plan_rows_per_unit(plan), MOMENTS_ROWS_MAX);
    }
    json_t *json = plan_head_to_json(plan);
    char *dumped = json != NULL ? json_dumps(json, JSON_COMPACT) : NULL;
    json_decref(json);
    if (dumped == NULL) {
        return error_memory(err, sizeof header);
    }
    const size_t length = strlen(dumped);
    const size_t filling = 8 - length % 8;
    header.plan_bytes = length + filling;
    memcpy(header.program, GAIA_VERSION, sizeof GAIA_VERSION);
    text_append_n(out, (const char *)&header, sizeof header);
    text_append_n(out, dumped, length);
    text_append_n(out, "        ", filling);
    free(dumped);
    return out->failed ? error_memory(err, length) : GAIA_OK;
}

void moments_record_write(const struct gaia_unit *unit, const struct gaia_moments *rows,
                          size_t n_rows, struct text *out)
{
    const struct moments_unit stored = {.forecast = unit->forecast,
                                        .variable = unit->variable,
                                        .level = unit->level,
                                        .lead_time_s = unit->lead_time_s,
                                        .init_time_s = unit->init_time_s};
    text_append_n(out, (const char *)&stored, sizeof stored);
    text_append_n(out, (const char *)rows, n_rows * sizeof *rows);
}

gaia_status moments_seal_open(struct moments_seal **seal, gaia_error *err)
{
    struct moments_seal *opened = calloc(1, sizeof *opened);
    if (opened != NULL) {
        opened->hash = XXH3_createState();
    }
    if (opened == NULL || opened->hash == NULL || XXH3_64bits_reset(opened->hash) != XXH_OK) {
        moments_seal_close(opened);
        return error_memory(err, sizeof *opened);
    }
    *seal = opened;
    return GAIA_OK;
}

void moments_seal_add(struct moments_seal *seal, const void *bytes, size_t length)
{
    (void)XXH3_64bits_update(seal->hash, bytes, length);
}

void moments_seal_end(const struct moments_seal *seal, unsigned char *tail)
{
    const uint64_t hash = XXH3_64bits_digest(seal->hash);
    memcpy(tail, MOMENTS_END, 8);
    memcpy(tail + 8, &hash, sizeof hash);
}

void moments_seal_close(struct moments_seal *seal)
{
    if (seal != NULL) {
        (void)XXH3_freeState(seal->hash);
        free(seal);
    }
}
