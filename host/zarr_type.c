/* SPDX-License-Identifier: MIT
 *
 * Types by name, elements as numbers and back.
 */
#include "zarr_type.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "zarr_json.h"

/* Units of numpy's times that are of one length. */
static const struct {
    const char *numpy;
    const char *units;
} time_units[] = {
    {"ns", "nanoseconds"}, {"us", "microseconds"}, {"ms", "milliseconds"}, {"s", "seconds"},
    {"m", "minutes"},      {"h", "hours"},         {"D", "days"},
};

static const char *time_unit(const char *numpy, size_t length)
{
    for (size_t i = 0; i < sizeof time_units / sizeof *time_units; i++) {
        if (strlen(time_units[i].numpy) == length &&
            memcmp(time_units[i].numpy, numpy, length) == 0) {
            return time_units[i].units;
        }
    }
    return NULL;
}

static struct zarr_type no_number(void)
{
    return (struct zarr_type){.kind = ZARR_NO_NUMBER, .bytes = 1};
}

static struct zarr_type time_type(enum zarr_kind kind, const char *units, bool big_endian)
{
    return units != NULL ? (struct zarr_type){kind, 8, big_endian, units} : no_number();
}

static bool number_type(enum zarr_kind kind, size_t bytes)
{
    return bytes == 4 || bytes == 8 || (kind != ZARR_FLOAT && (bytes == 1 || bytes == 2));
}

struct zarr_type zarr_type_v2(const json_t *name)
{
    const char *text = json_is_string(name) ? json_string_value(name) : "";
    const size_t length = strlen(text);
    if (length < 3 || strchr("<>|", text[0]) == NULL) {
        return no_number();
    }
    const bool big_endian = text[0] == '>';
    if ((text[1] == 'M' || text[1] == 'm') && length > 4 && text[2] == '8' && text[3] == '[' &&
        text[length - 1] == ']') {
        return time_type(text[1] == 'M' ? ZARR_TIME : ZARR_DURATION,
                         time_unit(text + 4, length - 5), big_endian);
    }
    const enum zarr_kind kind = text[1] == 'i'                     ? ZARR_INT
                                : text[1] == 'u' || text[1] == 'b' ? ZARR_UINT
                                : text[1] == 'f'                   ? ZARR_FLOAT
                                                                   : ZARR_NO_NUMBER;
    const size_t bytes = (size_t)(text[2] - '0');
    if (kind == ZARR_NO_NUMBER || length != 3 || !number_type(kind, bytes) ||
        (text[1] == 'b' && bytes != 1) || (text[0] == '|' && bytes != 1)) {
        return no_number();
    }
    return (struct zarr_type){.kind = kind, .bytes = bytes, .big_endian = big_endian};
}

struct zarr_type zarr_type_v3(const json_t *name)
{
    static const struct {
        const char *name;
        enum zarr_kind kind;
        size_t bytes;
    } types[] = {
        {"bool", ZARR_UINT, 1},     {"int8", ZARR_INT, 1},      {"int16", ZARR_INT, 2},
        {"int32", ZARR_INT, 4},     {"int64", ZARR_INT, 8},     {"uint8", ZARR_UINT, 1},
        {"uint16", ZARR_UINT, 2},   {"uint32", ZARR_UINT, 4},   {"uint64", ZARR_UINT, 8},
        {"float32", ZARR_FLOAT, 4}, {"float64", ZARR_FLOAT, 8},
    };
    const char *text = json_is_object(name)   ? zarr_json_string(name, "name")
                       : json_is_string(name) ? json_string_value(name)
                                              : NULL;
    for (size_t i = 0; text != NULL && i < sizeof types / sizeof *types; i++) {
        if (strcmp(text, types[i].name) == 0) {
            return (struct zarr_type){.kind = types[i].kind, .bytes = types[i].bytes};
        }
    }
    const json_t *configuration = json_object_get(name, "configuration");
    const char *unit = zarr_json_string(configuration, "unit");
    const json_t *factor = json_object_get(configuration, "scale_factor");
    if (text == NULL || unit == NULL || (factor != NULL && json_integer_value(factor) != 1)) {
        return no_number();
    }
    const char *units = time_unit(unit, strlen(unit));
    return strcmp(text, "numpy.datetime64") == 0    ? time_type(ZARR_TIME, units, false)
           : strcmp(text, "numpy.timedelta64") == 0 ? time_type(ZARR_DURATION, units, false)
                                                    : no_number();
}

bool zarr_type_foreign(const struct zarr_type *type)
{
    const uint16_t probe = 1;
    unsigned char first = 0;
    memcpy(&first, &probe, 1);
    return type->bytes > 1 && type->big_endian == (first == 1);
}

bool zarr_type_kept(const struct zarr_type *type)
{
    return type->kind == ZARR_FLOAT || (type->kind == ZARR_INT && type->bytes == sizeof(int16_t));
}

/* One loop a width, so that the compiler makes vectors of them. */
#define DEFINE_SWAP(name, type, swap)                                                              \
    static void name(unsigned char *at, size_t n)                                                  \
    {                                                                                              \
        for (size_t i = 0; i < n; i++) {                                                           \
            type value;                                                                            \
            memcpy(&value, at + i * sizeof value, sizeof value);                                   \
            value = swap(value);                                                                   \
            memcpy(at + i * sizeof value, &value, sizeof value);                                   \
        }                                                                                          \
    }

DEFINE_SWAP(swap_2, uint16_t, __builtin_bswap16)
DEFINE_SWAP(swap_4, uint32_t, __builtin_bswap32)
DEFINE_SWAP(swap_8, uint64_t, __builtin_bswap64)

void zarr_type_swap(void *elements, size_t n, size_t bytes)
{
    switch (bytes) {
    case 2:
        swap_2(elements, n);
        break;
    case 4:
        swap_4(elements, n);
        break;
    case 8:
        swap_8(elements, n);
        break;
    default:
        break;
    }
}

static int64_t signed_at(size_t bytes, const void *at)
{
    int8_t a = 0;
    int16_t b = 0;
    int32_t c = 0;
    int64_t d = 0;
    switch (bytes) {
    case 1:
        memcpy(&a, at, sizeof a);
        return a;
    case 2:
        memcpy(&b, at, sizeof b);
        return b;
    case 4:
        memcpy(&c, at, sizeof c);
        return c;
    default:
        memcpy(&d, at, sizeof d);
        return d;
    }
}

double zarr_type_number(const struct zarr_type *type, const void *at)
{
    const int64_t integer = signed_at(type->bytes, at);
    float single = 0.0F;
    double real = 0.0;
    switch (type->kind) {
    case ZARR_INT:
        return (double)integer;
    case ZARR_UINT:
        return (double)(type->bytes == 8 ? (uint64_t)integer
                                         : (uint64_t)integer & ((1ULL << (8 * type->bytes)) - 1));
    case ZARR_FLOAT:
        if (type->bytes == sizeof single) {
            memcpy(&single, at, sizeof single);
            return (double)single;
        }
        memcpy(&real, at, sizeof real);
        return real;
    case ZARR_TIME:
    case ZARR_DURATION:
        return integer == INT64_MIN ? (double)NAN : (double)integer;
    case ZARR_NO_NUMBER:
        break;
    }
    return (double)NAN;
}

/* "0x7fc00000": the bits of a float, as v3 may write them. */
static bool fill_bits(const struct zarr_type *type, const char *text, unsigned char *out)
{
    char *end = NULL;
    if (text == NULL || strncmp(text, "0x", 2) != 0 || strlen(text) != 2 + 2 * type->bytes) {
        return false;
    }
    const unsigned long long bits = strtoull(text, &end, 16);
    const uint32_t narrow = (uint32_t)bits;
    const uint64_t wide = bits;
    memcpy(out, type->bytes == 4 ? (const void *)&narrow : &wide, type->bytes);
    return *end == '\0';
}

static bool fill_real(const struct zarr_type *type, const json_t *value, unsigned char *out)
{
    double number = 0.0;
    bool real = false;
    if (fill_bits(type, json_string_value(value), out)) {
        return true;
    }
    if (!zarr_json_number(value, &number, &real) ||
        (type->bytes == 4 && isfinite(number) && fabs(number) > (double)FLT_MAX)) {
        return false;
    }
    const float single = (float)number;
    memcpy(out, type->bytes == 4 ? (const void *)&single : &number, type->bytes);
    return true;
}

/* An integer of the metadata as 64 bits; one that was written as a real if it is whole. */
static bool fill_integer(const struct zarr_type *type, const json_t *value, uint64_t *bits)
{
    const char *text = json_string_value(value);
    const double real = json_real_value(value);
    if (text != NULL && strcmp(text, "NaT") == 0 && type->units != NULL) {
        *bits = (uint64_t)1 << 63;
        return true;
    }
    if (json_is_real(value) && type->kind == ZARR_UINT && real >= 9223372036854775808.0) {
        *bits = real < 18446744073709551616.0 ? (uint64_t)real : UINT64_MAX;
        return type->bytes == 8;
    }
    if (json_is_real(value) && (real != floor(real) || !(fabs(real) < 9223372036854775808.0))) {
        return false;
    }
    *bits = json_is_boolean(value) ? json_is_true(value)
            : json_is_real(value)  ? (uint64_t)(int64_t)real
                                   : (uint64_t)json_integer_value(value);
    return json_is_number(value) || json_is_boolean(value);
}

bool zarr_type_fill(const struct zarr_type *type, const json_t *value, unsigned char *out)
{
    uint64_t bits = 0;
    if (type->kind == ZARR_FLOAT) {
        return fill_real(type, value, out);
    }
    if (type->kind == ZARR_NO_NUMBER || !fill_integer(type, value, &bits)) {
        return false;
    }
    const uint8_t a = (uint8_t)bits;
    const uint16_t b = (uint16_t)bits;
    const uint32_t c = (uint32_t)bits;
    memcpy(out,
           type->bytes == 1   ? (const void *)&a
           : type->bytes == 2 ? (const void *)&b
           : type->bytes == 4 ? (const void *)&c
                              : (const void *)&bits,
           type->bytes);
    /* What was cut off must have been the sign, or nothing. */
    struct zarr_type whole = *type;
    whole.bytes = sizeof bits;
    return zarr_type_number(type, out) == zarr_type_number(&whole, &bits) || bits == (uint64_t)1
                                                                                         << 63;
}
