/* SPDX-License-Identifier: MIT
 *
 * One field's message is put together in memory (of edition 2 only the sections that are the
 * field's), checked, and decoded.
 */
#include "grib_values.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <eccodes.h>

#include "error.h"
#include "grib_guard.h"
#include "grib_packing.h"

enum {
    HEAD_BYTES = 16, /* section 0 of edition 2 */
    END_BYTES = 4,
    SLACK_BYTES = 65536,    /* zeros behind the message, for decoders that read a word ahead */
    GUARD_BYTES = 64 << 20, /* what ecCodes may take besides arrays of values */
    GUARD_ARRAYS = 6,       /* of n_points float64 or long */
    GROUP_BITS_MAX = 32,    /* of a value in a second-order group */
};

/* What the guarded call gets and gives. */
struct decoding {
    const unsigned char *message;
    size_t bytes;
    const struct grib_packing *packing;
    size_t n_points;
    double *values;
    bool done;
    int code;              /* ecCodes' error */
    const char *complaint; /* ours; NULL: none */
};

/* Second-order groups wider than a packed value would lead far beyond the message. The widths are
 * put where the values will be. */
static bool groups_good(const struct decoding *decoding, codes_handle *handle)
{
    long *widths = (long *)(void *)decoding->values;
    size_t n = 0;
    if (codes_get_size(handle, "groupWidths", &n) != CODES_SUCCESS) {
        return true; /* one width for all: a packed value's */
    }
    if (sizeof *widths > sizeof *decoding->values || n > decoding->n_points ||
        codes_get_long_array(handle, "groupWidths", widths, &n) != CODES_SUCCESS) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if (widths[i] < 0 || widths[i] > GROUP_BITS_MAX) {
            return false;
        }
    }
    return true;
}

/* How many values ecCodes would write, before it does. Without a bitmap it may know the stored ones
 * only as the values. */
static bool counts_good(const struct decoding *decoding, codes_handle *handle)
{
    size_t n_coded = 0;
    size_t n = 0;
    if (!decoding->packing->counted) {
        return true;
    }
    if (codes_get_size(handle, "codedValues", &n_coded) == CODES_SUCCESS &&
        n_coded != decoding->packing->n_coded) {
        return false;
    }
    return codes_get_size(handle, "values", &n) == CODES_SUCCESS && n == decoding->n_points;
}

static void values_get(void *context)
{
    struct decoding *decoding = context;
    size_t n = decoding->n_points;
    codes_handle *handle = codes_handle_new_from_message(NULL, decoding->message, decoding->bytes);
    if (handle == NULL) {
        decoding->complaint = "ecCodes cannot read it";
        return;
    }
    if (decoding->packing->has_groups && !groups_good(decoding, handle)) {
        decoding->complaint = "its groups of values are described wrongly";
    } else if (!counts_good(decoding, handle)) {
        decoding->complaint = "its data does not hold as many values as the grid has points";
    } else {
        decoding->code = codes_set_double(handle, "missingValue", GRIB_MISSING);
        if (decoding->code == CODES_SUCCESS) {
            decoding->code = codes_get_double_array(handle, "values", decoding->values, &n);
        }
        decoding->done = decoding->code == CODES_SUCCESS && n == decoding->n_points;
    }
    (void)codes_handle_delete(handle);
}

/* Puts the message into the buffer and finds its data sections there. */
static gaia_status message_read(int fd, const struct grib_place *place, struct grib_buffer *buffer,
                                size_t bytes, struct grib_data *data, gaia_error *err)
{
    const bool whole = place->edition == 1;
    const unsigned char *section[GRIB_SECTIONS] = {NULL};
    size_t used = whole ? bytes : HEAD_BYTES;
    gaia_status status = grib_bytes_read(fd, place->at, used, buffer->bytes, err);
    for (int i = 1; i < GRIB_SECTIONS; i++) {
        section[i] = buffer->bytes + (whole ? place->from[i] - place->at : used);
        if (!whole && place->size[i] > 0 && status == GAIA_OK) {
            status = grib_bytes_read(fd, place->from[i], place->size[i], buffer->bytes + used, err);
            used += place->size[i];
        }
    }
    if (status == GAIA_OK && !whole) {
        memcpy(buffer->bytes + used, "7777", END_BYTES);
        for (size_t i = 0; i < 8; i++) {
            buffer->bytes[HEAD_BYTES - 1 - i] = (unsigned char)((uint64_t)bytes >> 8 * i & 0xff);
        }
    }
    *data = (struct grib_data){
        .edition = place->edition,
        .bitmap = section[whole ? 3 : 6],
        .bitmap_bytes = place->size[whole ? 3 : 6],
        .representation = section[5],
        .representation_bytes = whole ? 0 : place->size[5],
        .data = section[whole ? 4 : 7],
        .data_bytes = place->size[whole ? 4 : 7],
    };
    return status;
}

static gaia_status message_decode(struct decoding *decoding, gaia_error *err)
{
    struct grib_guard guard = {.bytes_max = GUARD_BYTES + decoding->bytes +
                                            GUARD_ARRAYS * decoding->n_points * sizeof(double)};
    const bool whole = grib_guard_run(&guard, values_get, decoding);
    if (whole && decoding->done) {
        return GAIA_OK;
    }
    if (guard.refused) {
        return error_set(err, GAIA_LIMIT, "decoding it would take more than %zu bytes",
                         guard.bytes_max);
    }
    const char *complaint = decoding->complaint != NULL ? decoding->complaint
                            : whole && decoding->code != CODES_SUCCESS
                                ? codes_get_error_message(decoding->code)
                                : "its values cannot be decoded";
    return error_set(err, GAIA_FILE_DAMAGED, "%s%s%s", complaint, guard.text[0] != '\0' ? ": " : "",
                     guard.text);
}

gaia_status grib_values_read(int fd, const struct grib_place *place, struct grib_buffer *buffer,
                             size_t bytes_max, double *values, size_t n_points, gaia_error *err)
{
    struct grib_data data;
    struct grib_packing packing;
    uint64_t bytes = HEAD_BYTES + END_BYTES;
    for (int i = 1; i < GRIB_SECTIONS; i++) {
        bytes += place->size[i];
    }
    bytes = place->edition == 1 ? place->bytes : bytes;
    if (bytes > bytes_max || n_points > bytes_max / sizeof *values) {
        return error_set(err, GAIA_LIMIT,
                         "the message takes %llu bytes and its values %llu, too many for --memory",
                         (unsigned long long)bytes, (unsigned long long)n_points * sizeof *values);
    }
    const size_t slack = SLACK_BYTES + n_points * (GROUP_BITS_MAX / 8);
    gaia_status status = grib_buffer_reserve(buffer, (size_t)bytes + slack, err);
    if (status == GAIA_OK) {
        status = message_read(fd, place, buffer, (size_t)bytes, &data, err);
    }
    if (status == GAIA_OK) {
        status = grib_packing_check(&data, n_points, &packing, err);
    }
    if (status != GAIA_OK) {
        return status;
    }
    memset(buffer->bytes + bytes, 0, packing.has_groups ? slack : SLACK_BYTES);
    struct decoding decoding = {.message = buffer->bytes,
                                .bytes = (size_t)bytes,
                                .packing = &packing,
                                .n_points = n_points,
                                .values = values};
    return message_decode(&decoding, err);
}
