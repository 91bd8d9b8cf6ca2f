/* SPDX-License-Identifier: MIT
 *
 * Reading a file of moments: a stranger's file until its last byte has been checked.
 *
 * Invariant: nothing is allocated by a number that the file names before that number was held
 * against the file's size or a limit.
 */
#include "moments_file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <xxhash.h>

#include "error.h"
#include "file.h"
#include "json.h"
#include "moments_layout.h"
#include "text.h"

enum {
    PLAN_BYTES_MAX = 64 << 20,
    BLOCK_BYTES = 1 << 18,
};

/* As for plans that come as JSON: sums of two times stay within int64. */
static const int64_t TIME_LIMIT_S = INT64_C(1000000000000);

struct moments_file {
    int fd;
    char *name;
    uint64_t bytes;
    uint64_t records_at;
    size_t record_bytes;
    size_t n_records;
    char program[sizeof((struct moments_header *)NULL)->program + 1];
    uint64_t hash;
    uint64_t plan_hash;
    struct plan *plan;
};

const struct plan *moments_file_plan(const struct moments_file *file)
{
    return file->plan;
}

const char *moments_file_name(const struct moments_file *file)
{
    return file->name;
}

void moments_file_origin(const struct moments_file *file, struct moments_origin *origin)
{
    *origin = (struct moments_origin){.program = file->program,
                                      .hash = file->hash,
                                      .plan_hash = file->plan_hash,
                                      .bytes = file->bytes};
}

void moments_file_close(struct moments_file *file)
{
    if (file != NULL) {
        if (file->fd >= 0) {
            (void)close(file->fd);
        }
        plan_free(file->plan);
        free(file->name);
        free(file);
    }
}

static gaia_status bytes_read(const struct moments_file *file, uint64_t at, void *to, size_t length,
                              gaia_error *err)
{
    return file_read_at(file->fd, file->name, at, to, length, err);
}

static gaia_status damaged(const struct moments_file *file, gaia_error *err, const char *why)
{
    return error_set(err, GAIA_FILE_DAMAGED, "%s: %s", file->name, why);
}

/* Reads the header and finds where everything lies. */
static gaia_status header_read(struct moments_file *file, struct moments_header *header,
                               gaia_error *err)
{
    if (file->bytes < sizeof *header + MOMENTS_TAIL_BYTES) {
        return damaged(file, err, "not a file of moments, or cut short");
    }
    const gaia_status status = bytes_read(file, 0, header, sizeof *header, err);
    if (status != GAIA_OK) {
        return status;
    }
    if (memcmp(header->magic, MOMENTS_MAGIC, sizeof header->magic) != 0) {
        return damaged(file, err, "not a file of moments");
    }
    if (header->version != MOMENTS_FORMAT || header->moments_version != GAIA_MOMENTS_VERSION ||
        header->n_sums != GAIA_MOMENT_COUNT) {
        return error_set(err, GAIA_FORMAT_UNSUPPORTED,
                         "%s: format %u with %u sums by rule %u; this program reads format %u with "
                         "%u sums by rule %u",
                         file->name, header->version, header->n_sums, header->moments_version,
                         (unsigned)MOMENTS_FORMAT, (unsigned)GAIA_MOMENT_COUNT,
                         (unsigned)GAIA_MOMENTS_VERSION);
    }
    if (header->n_rows == 0 || header->n_rows > MOMENTS_ROWS_MAX ||
        header->plan_bytes > PLAN_BYTES_MAX) {
        return error_set(err, GAIA_LIMIT,
                         "%s: %u rows a field and a plan of %llu bytes; 1 to %d rows and %d bytes "
                         "at most are read",
                         file->name, header->n_rows, (unsigned long long)header->plan_bytes,
                         MOMENTS_ROWS_MAX, PLAN_BYTES_MAX);
    }
    memcpy(file->program, header->program, sizeof header->program);
    file->record_bytes = moments_record_bytes(header->n_rows);
    file->records_at = sizeof *header + header->plan_bytes;
    if (header->plan_bytes % 8 != 0 || file->bytes < file->records_at + MOMENTS_TAIL_BYTES ||
        (file->bytes - file->records_at - MOMENTS_TAIL_BYTES) % file->record_bytes != 0) {
        return damaged(file, err, "cut short");
    }
    file->n_records =
        (size_t)((file->bytes - file->records_at - MOMENTS_TAIL_BYTES) / file->record_bytes);
    return GAIA_OK;
}

/* Hashes the file and holds it against its tail. */
static gaia_status hash_check(struct moments_file *file, gaia_error *err)
{
    const uint64_t end = file->bytes - MOMENTS_TAIL_BYTES;
    unsigned char tail[MOMENTS_TAIL_BYTES];
    unsigned char wanted[MOMENTS_TAIL_BYTES];
    struct moments_seal *seal = NULL;
    char *block = malloc(BLOCK_BYTES);
    gaia_status status =
        block != NULL ? moments_seal_open(&seal, err) : error_memory(err, BLOCK_BYTES);
    for (uint64_t at = 0; status == GAIA_OK && at < end;) {
        const size_t n = end - at < BLOCK_BYTES ? (size_t)(end - at) : BLOCK_BYTES;
        status = bytes_read(file, at, block, n, err);
        if (status == GAIA_OK) {
            moments_seal_add(seal, block, n);
        }
        at += n;
    }
    if (status == GAIA_OK) {
        status = bytes_read(file, end, tail, sizeof tail, err);
    }
    if (status == GAIA_OK) {
        moments_seal_end(seal, wanted);
        if (memcmp(tail, wanted, sizeof tail) != 0) {
            status = damaged(file, err, "its hash is another: cut short or changed");
        }
        memcpy(&file->hash, tail + sizeof tail - sizeof file->hash, sizeof file->hash);
    }
    moments_seal_close(seal);
    free(block);
    return status;
}

/* Names are printed; a stranger's must not steer a terminal. */
static bool names_printable(const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!text_is_clean(names[i])) {
            return false;
        }
    }
    return true;
}

static gaia_status plan_check(const struct moments_file *file, const struct moments_header *header,
                              gaia_error *err)
{
    const struct plan *plan = file->plan;
    bool good = plan->n_units == 0 && plan_rows_per_unit(plan) == header->n_rows &&
                names_printable((const char *const[]){file->program}, 1) &&
                names_printable(plan->variables, plan->n_variables) &&
                names_printable(plan->regions, plan->n_regions) &&
                names_printable(plan->weights, plan->n_weights);
    for (size_t i = 0; good && i < plan->n_forecasts; i++) {
        good = text_is_clean(plan->forecasts[i].id);
    }
    return good ? GAIA_OK : damaged(file, err, "its plan does not fit its records");
}

static gaia_status plan_read(struct moments_file *file, const struct moments_header *header,
                             gaia_error *err)
{
    const size_t length = (size_t)header->plan_bytes;
    json_t *json = NULL;
    char *bytes = malloc(length + 1);
    gaia_status status = bytes != NULL ? bytes_read(file, sizeof *header, bytes, length, err)
                                       : error_memory(err, length + 1);
    if (status == GAIA_OK) {
        file->plan_hash = XXH3_64bits(bytes, length);
        status = json_parse("plan", bytes, length, &json, err);
    }
    if (status == GAIA_OK) {
        status = plan_from_json(json, &file->plan, err);
    }
    if (status == GAIA_JOB_INVALID || status == GAIA_PROTOCOL) {
        status = error_prefix(err, GAIA_FILE_DAMAGED, "%s", file->name);
    }
    json_decref(json);
    free(bytes);
    return status == GAIA_OK ? plan_check(file, header, err) : status;
}

static bool unit_fits(const struct plan *plan, const struct gaia_unit *unit)
{
    return unit->forecast < plan->n_forecasts && unit->variable < plan->n_variables &&
           !isinf(unit->level) && unit->lead_time_s > -TIME_LIMIT_S &&
           unit->lead_time_s < TIME_LIMIT_S && unit->init_time_s > -TIME_LIMIT_S &&
           unit->init_time_s < TIME_LIMIT_S;
}

static gaia_status units_read(struct moments_file *file, gaia_error *err)
{
    struct plan *plan = file->plan;
    plan->units = arena_alloc(&plan->arena, file->n_records, sizeof *plan->units);
    if (plan->units == NULL && file->n_records > 0) {
        return error_memory(err, file->n_records * sizeof *plan->units);
    }
    for (size_t i = 0; i < file->n_records; i++) {
        struct moments_unit stored;
        const gaia_status status = bytes_read(file, file->records_at + i * file->record_bytes,
                                              &stored, sizeof stored, err);
        if (status != GAIA_OK) {
            return status;
        }
        plan->units[i] = (struct gaia_unit){.forecast = stored.forecast,
                                            .variable = stored.variable,
                                            .level = stored.level,
                                            .lead_time_s = stored.lead_time_s,
                                            .init_time_s = stored.init_time_s};
        if (!unit_fits(plan, &plan->units[i]) ||
            (i > 0 && plan_unit_compare(&plan->units[i - 1], &plan->units[i]) >= 0)) {
            return error_set(err, GAIA_FILE_DAMAGED, "%s: record %zu: not a field of its plan",
                             file->name, i);
        }
    }
    plan->n_units = file->n_records;
    return GAIA_OK;
}

static gaia_status file_check(struct moments_file *file, gaia_error *err)
{
    struct moments_header header;
    struct stat info;
    if (fstat(file->fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        return error_set(err, GAIA_FILE_UNREADABLE, "%s: not a regular file", file->name);
    }
    file->bytes = (uint64_t)info.st_size;
    gaia_status status = header_read(file, &header, err);
    if (status == GAIA_OK) {
        status = hash_check(file, err);
    }
    if (status == GAIA_OK) {
        status = plan_read(file, &header, err);
    }
    return status == GAIA_OK ? units_read(file, err) : status;
}

gaia_status moments_file_open_fd(int fd, const char *name, struct moments_file **file,
                                 gaia_error *err)
{
    struct moments_file *opened = calloc(1, sizeof *opened);
    if (opened == NULL) {
        (void)close(fd);
        return error_memory(err, sizeof *opened);
    }
    opened->fd = fd;
    opened->name = strdup(name);
    const gaia_status status =
        opened->name != NULL ? file_check(opened, err) : error_memory(err, strlen(name) + 1);
    if (status != GAIA_OK) {
        moments_file_close(opened);
        return status;
    }
    *file = opened;
    return GAIA_OK;
}

gaia_status moments_file_open(const char *path, struct moments_file **file, gaia_error *err)
{
    int fd = -1;
    const gaia_status status = file_open_regular(path, &fd, err);
    return status == GAIA_OK ? moments_file_open_fd(fd, path, file, err) : status;
}

gaia_status moments_file_read(const struct moments_file *file, size_t i_unit,
                              struct gaia_moments *rows, gaia_error *err)
{
    const uint64_t at =
        file->records_at + i_unit * file->record_bytes + sizeof(struct moments_unit);
    return bytes_read(file, at, rows, file->record_bytes - sizeof(struct moments_unit), err);
}
