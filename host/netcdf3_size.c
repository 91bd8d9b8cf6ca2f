/* SPDX-License-Identifier: MIT
 *
 * A reader of the NetCDF classic header (NetCDF User's Guide, "File Format Specification"), for its
 * sizes alone. Hostile headers are expected: every count is checked against what is left of the
 * file.
 */
#include "netcdf3_size.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "error.h"

enum {
    BUFFER_BYTES = 65536,
    TAG_DIMENSION = 10,
    TAG_VARIABLE = 11,
    TAG_ATTRIBUTE = 12,
    RANK_MAX = 1024,
    DIMENSIONS_MAX = 1 << 16 /* netcdf-c keeps each of them; in a sparse file they cost nothing */
};

/* The header as a stream of bytes; failed sticks. */
struct header {
    int fd;
    uint64_t file_bytes;
    uint64_t at; /* of the next byte in the file */
    unsigned char buffer[BUFFER_BYTES];
    size_t used;
    size_t filled;
    bool wide; /* CDF-5: counts and sizes of 64 bits */
    bool wide_offset;
    bool failed;
    uint64_t n_records;
    uint64_t n_dimensions;
    uint64_t *dimensions; /* lengths; 0: the record dimension */
};

static unsigned char byte_next(struct header *h)
{
    if (h->used == h->filled && !h->failed) {
        const ssize_t n = pread(h->fd, h->buffer, sizeof h->buffer, (off_t)h->at);
        h->filled = n > 0 ? (size_t)n : 0;
        h->used = 0;
        h->failed = n <= 0;
    }
    if (h->failed) {
        return 0;
    }
    h->at++;
    return h->buffer[h->used++];
}

static uint64_t number_next(struct header *h, int bytes)
{
    uint64_t value = 0;
    for (int i = 0; i < bytes; i++) {
        value = value << 8 | byte_next(h);
    }
    return value;
}

static uint64_t count_next(struct header *h)
{
    const uint64_t count = number_next(h, h->wide ? 8 : 4);
    if (count > h->file_bytes) { /* each thing counted takes a byte at least */
        h->failed = true;
    }
    return h->failed ? 0 : count;
}

static void skip(struct header *h, uint64_t bytes)
{
    const uint64_t padded = (bytes + 3) / 4 * 4;
    if (padded > h->file_bytes - (h->at < h->file_bytes ? h->at : h->file_bytes)) {
        h->failed = true;
        return;
    }
    const size_t buffered = h->filled - h->used;
    if (padded <= buffered) {
        h->used += (size_t)padded;
    } else {
        h->used = h->filled = 0;
    }
    h->at += padded;
}

static uint64_t type_bytes(uint64_t type)
{
    static const uint64_t bytes[] = {0, 1, 1, 2, 4, 4, 8, 1, 2, 4, 8, 8};
    return type < sizeof bytes / sizeof *bytes ? bytes[type] : 0;
}

/* The number of entries of a list with this tag; an absent list has tag and count 0. */
static uint64_t list_next(struct header *h, uint64_t tag)
{
    const uint64_t found = number_next(h, 4);
    const uint64_t count = count_next(h);
    if (found != tag && (found != 0 || count != 0)) {
        h->failed = true;
    }
    return h->failed ? 0 : count;
}

static void attributes_skip(struct header *h)
{
    const uint64_t count = list_next(h, TAG_ATTRIBUTE);
    for (uint64_t i = 0; i < count && !h->failed; i++) {
        skip(h, count_next(h));
        const uint64_t type = number_next(h, 4);
        const uint64_t n = count_next(h);
        const uint64_t each = type_bytes(type);
        h->failed = h->failed || each == 0 || n > h->file_bytes / each;
        skip(h, h->failed ? 0 : n * each);
    }
}

static void dimensions_read(struct header *h)
{
    const uint64_t count = list_next(h, TAG_DIMENSION);
    h->failed = h->failed || count > DIMENSIONS_MAX;
    h->dimensions = h->failed ? NULL : calloc(count + 1, sizeof *h->dimensions);
    h->failed = h->failed || h->dimensions == NULL;
    for (uint64_t i = 0; i < count && !h->failed; i++) {
        skip(h, count_next(h));
        h->dimensions[i] = number_next(h, h->wide ? 8 : 4);
    }
    h->n_dimensions = h->failed ? 0 : count;
}

/* What a variable occupies: all of it, or one record of it. */
struct extent {
    uint64_t begin;
    uint64_t bytes;
    bool is_record;
};

static void variable_read(struct header *h, struct extent *extent)
{
    uint64_t points = 1;
    *extent = (struct extent){0};
    skip(h, count_next(h));
    const uint64_t rank = count_next(h);
    h->failed = h->failed || rank > RANK_MAX;
    for (uint64_t k = 0; k < rank && !h->failed; k++) {
        const uint64_t dimension = count_next(h);
        if (h->failed || dimension >= h->n_dimensions) {
            h->failed = true;
            return;
        }
        const uint64_t length = h->dimensions[dimension];
        if (k == 0 && length == 0) {
            extent->is_record = true;
        } else if (__builtin_mul_overflow(points, length, &points)) {
            h->failed = true;
        }
    }
    attributes_skip(h);
    const uint64_t bytes = type_bytes(number_next(h, 4));
    (void)number_next(h, h->wide ? 8 : 4); /* vsize, which large variables overflow */
    extent->begin = number_next(h, h->wide_offset ? 8 : 4);
    h->failed = h->failed || bytes == 0 || __builtin_mul_overflow(points, bytes, &extent->bytes);
}

static bool end_after(uint64_t begin, uint64_t bytes, uint64_t *size)
{
    uint64_t end = 0;
    if (__builtin_add_overflow(begin, bytes, &end)) {
        return false;
    }
    *size = end > *size ? end : *size;
    return true;
}

/* Reads the variables. Record variables take turns, each padded to 4 bytes unless it is the only
 * one. */
static bool variables_read(struct header *h, uint64_t *size)
{
    const uint64_t count = list_next(h, TAG_VARIABLE);
    uint64_t record_bytes = 0;
    uint64_t n_record_variables = 0;
    uint64_t last_begin = 0;
    uint64_t last_bytes = 0;
    uint64_t stride = 0;
    for (uint64_t i = 0; i < count && !h->failed; i++) {
        struct extent extent;
        variable_read(h, &extent);
        if (h->failed) {
            break;
        }
        if (!extent.is_record) {
            h->failed = !end_after(extent.begin, extent.bytes, size);
            continue;
        }
        const uint64_t padded = (extent.bytes + 3) / 4 * 4;
        n_record_variables++;
        record_bytes = extent.bytes;
        h->failed = padded < extent.bytes || __builtin_add_overflow(stride, padded, &stride);
        if (extent.begin >= last_begin) {
            last_begin = extent.begin;
            last_bytes = extent.bytes;
        }
    }
    stride = n_record_variables == 1 ? record_bytes : stride;
    uint64_t before_last = 0;
    if (h->failed || n_record_variables == 0 || h->n_records == 0) {
        return !h->failed;
    }
    return !__builtin_mul_overflow(stride, h->n_records - 1, &before_last) &&
           !__builtin_add_overflow(before_last, last_bytes, &before_last) &&
           end_after(last_begin, before_last, size);
}

gaia_status netcdf3_size(int fd, uint64_t file_bytes, uint64_t *size_bytes, gaia_error *err)
{
    struct header *h = calloc(1, sizeof *h);
    if (h == NULL) {
        return error_memory(err, sizeof *h);
    }
    h->fd = fd;
    h->file_bytes = file_bytes;
    const uint64_t magic = number_next(h, 3);
    const uint64_t version = number_next(h, 1);
    h->wide = version == 5;
    h->wide_offset = version == 2 || version == 5;
    h->failed = h->failed || magic != 0x434446 || (version != 1 && version != 2 && version != 5);
    const uint64_t streaming = h->wide ? UINT64_MAX : UINT32_MAX;
    h->n_records = number_next(h, h->wide ? 8 : 4);
    if (h->n_records == streaming) { /* "as many as there are": nothing can be missing */
        h->n_records = 0;
    }
    uint64_t size = 0;
    dimensions_read(h);
    attributes_skip(h);
    const bool good = !h->failed && variables_read(h, &size) && !h->failed;
    size = h->at > size ? h->at : size;
    free(h->dimensions);
    free(h);
    if (!good) {
        return error_set(err, GAIA_FILE_DAMAGED,
                         "the NetCDF classic header is damaged or cut short");
    }
    *size_bytes = size;
    return GAIA_OK;
}
