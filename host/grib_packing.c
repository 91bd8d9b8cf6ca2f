/* SPDX-License-Identifier: MIT
 *
 * One check a packing (data representation templates of edition 2, flags of edition 1). Decoders
 * behind ecCodes write as many values as the data says, so the data is made to say the right number
 * first; PNG carries checksums, which are used.
 */
#include "grib_packing.h"

#include <string.h>

#include "error.h"
#include "grib_message.h"

enum {
    TEMPLATE_SIMPLE = 0,
    TEMPLATE_COMPLEX = 2,
    TEMPLATE_DIFFERENCES = 3,
    TEMPLATE_IEEE = 4,
    TEMPLATE_JPEG = 40,
    TEMPLATE_PNG = 41,
    TEMPLATE_CCSDS = 42,
    TEMPLATE_LOGARITHM = 61,
    TEMPLATE_JPEG_OLD = 40000,
    TEMPLATE_PNG_OLD = 40010,
    NO_BITMAP = 255,
    DATA_HEAD = 5,           /* octets of section 7 before the data */
    EDITION_1_DATA = 11,     /* octets of edition 1's section 4 before the data */
    REFERENCE = 11,          /* where section 5 has the reference value, a float32 */
    FLOAT_EXPONENT = 0x7f80, /* of its first two octets: all set in NaN and infinity */
    BITS_MAX = 32,           /* of a packed value */
    GROUP_WIDTH_MAX = 64,    /* bits of a value in a group */
    INTERVAL_MAX = 4096,     /* blocks between two references of CCSDS */
    PNG_HEAD = 8,
    PNG_CHUNK = 12, /* length, type and checksum around a chunk's data */
};

static gaia_status bits_check(const char *what, uint64_t n, uint64_t bits, size_t bytes,
                              gaia_error *err)
{
    return n * bits <= (uint64_t)bytes * 8
               ? GAIA_OK
               : error_set(err, GAIA_FILE_DAMAGED,
                           "%llu %s of %llu bits do not fit into %zu bytes of data",
                           (unsigned long long)n, what, (unsigned long long)bits, bytes);
}

/* How many of the first n bits are set. */
static size_t bits_count(const unsigned char *bits, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < n / 8; i++) {
        count += (size_t)__builtin_popcount(bits[i]);
    }
    if (n % 8 != 0) {
        count += (size_t)__builtin_popcount(bits[n / 8] & (0xff00U >> (n % 8) & 0xffU));
    }
    return count;
}

/* How many values are stored: all, or those that the bitmap names. */
static gaia_status coded_count(const struct grib_data *data, size_t n_points, size_t *n_coded,
                               gaia_error *err)
{
    *n_coded = n_points;
    if (data->bitmap_bytes == 0 || (data->edition == 2 && data->bitmap[5] == NO_BITMAP)) {
        return GAIA_OK;
    }
    const unsigned reference =
        data->edition == 2 ? data->bitmap[5] : grib_number(data->bitmap + 4, 2);
    if (reference != 0) {
        return error_set(err, GAIA_FORMAT_UNSUPPORTED,
                         "its bitmap is number %u of the centre's own, which is not in the file",
                         reference);
    }
    const size_t unused = data->edition == 2 ? 0 : data->bitmap[3];
    const size_t bits = (data->bitmap_bytes - 6) * 8;
    const bool fits = data->edition == 2 ? bits >= n_points : bits == n_points + unused;
    if (!fits) {
        return error_set(err, GAIA_FILE_DAMAGED, "its bitmap has %zu bits for %zu points",
                         bits - (unused < bits ? unused : bits), n_points);
    }
    *n_coded = bits_count(data->bitmap + 6, n_points);
    return GAIA_OK;
}

/* A JPEG 2000 codestream begins with its size: one component, as many samples as values. */
static gaia_status jpeg_check(const unsigned char *image, size_t bytes, size_t n, gaia_error *err)
{
    static const unsigned char begin[4] = {0xff, 0x4f, 0xff, 0x51};
    if (bytes < 43 || memcmp(image, begin, sizeof begin) != 0) {
        return error_set(err, GAIA_FILE_DAMAGED, "its data is no JPEG 2000 image");
    }
    const uint64_t width = grib_number(image + 8, 4);
    const uint64_t height = grib_number(image + 12, 4);
    const bool plain = grib_number(image + 16, 4) == 0 && grib_number(image + 20, 4) == 0 &&
                       grib_number(image + 40, 2) == 1 && bytes >= 45 && image[43] == 1 &&
                       image[44] == 1 && (image[42] & 0x7f) < BITS_MAX;
    if (!plain || width * height != n || width > UINT32_MAX / 2 || height > UINT32_MAX / 2) {
        return error_set(err, GAIA_FILE_DAMAGED,
                         "its JPEG 2000 image of %llu x %llu is not one of %zu values",
                         (unsigned long long)width, (unsigned long long)height, n);
    }
    return GAIA_OK;
}

static uint32_t checksum_of(const unsigned char *bytes, size_t n)
{
    uint32_t checksum = UINT32_MAX;
    for (size_t i = 0; i < n; i++) {
        checksum ^= bytes[i];
        for (int bit = 0; bit < 8; bit++) {
            checksum = checksum >> 1 ^ ((checksum & 1U) != 0 ? 0xedb88320U : 0U);
        }
    }
    return ~checksum;
}

/* A PNG image: its chunks whole, its checksums right, as many samples as values. */
static gaia_status png_check(const unsigned char *image, size_t bytes, size_t n, gaia_error *err)
{
    static const unsigned char begin[PNG_HEAD] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    if (bytes < PNG_HEAD + PNG_CHUNK + 13 || memcmp(image, begin, sizeof begin) != 0 ||
        memcmp(image + 12, "IHDR", 4) != 0) {
        return error_set(err, GAIA_FILE_DAMAGED, "its data is no PNG image");
    }
    const uint64_t width = grib_number(image + 16, 4);
    const uint64_t height = grib_number(image + 20, 4);
    if (width * height != n) {
        return error_set(err, GAIA_FILE_DAMAGED,
                         "its PNG image of %llu x %llu is not one of %zu values",
                         (unsigned long long)width, (unsigned long long)height, n);
    }
    bool ended = false;
    for (size_t at = PNG_HEAD; !ended;) {
        const size_t left = bytes - at;
        const size_t length = left >= PNG_CHUNK ? grib_number(image + at, 4) : 0;
        if (left < PNG_CHUNK || length > left - PNG_CHUNK) {
            return error_set(err, GAIA_FILE_DAMAGED, "its PNG image is cut short");
        }
        if (checksum_of(image + at + 4, length + 4) != grib_number(image + at + 8 + length, 4)) {
            return error_set(err, GAIA_FILE_DAMAGED,
                             "a checksum of its PNG image is wrong (chunk '%.4s')",
                             (const char *)image + at + 4);
        }
        ended = memcmp(image + at + 4, "IEND", 4) == 0;
        at += length + PNG_CHUNK;
    }
    return GAIA_OK;
}

/* The next n bits (32 at most) at *at, which steps on. */
static uint64_t bits_take(const unsigned char *bytes, uint64_t *at, unsigned n)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < n; i++, (*at)++) {
        value = value << 1 | ((unsigned)bytes[*at / 8] >> (7 - *at % 8) & 1U);
    }
    return value;
}

/* Complex packing: the groups' descriptions and then their values must lie within the data, and
 * their lengths add up. */
static gaia_status groups_check(const unsigned char *section, bool differences,
                                const unsigned char *bytes, size_t n_bytes, size_t n,
                                gaia_error *err)
{
    const uint64_t n_groups = grib_number(section + 31, 4);
    const unsigned bits = section[19];
    const unsigned width_bits = section[36];
    const unsigned length_bits = section[46];
    const uint64_t width_base = section[35];
    const uint64_t length_base = grib_number(section + 37, 4);
    const uint64_t length_unit = section[41];
    const uint64_t order = differences ? section[47] : 0;
    const uint64_t at = order > 0 ? (order + 1) * section[48] * 8 : 0;
    if (bits > BITS_MAX || width_bits > BITS_MAX || length_bits > BITS_MAX || order > 2 ||
        (order > 0 && section[48] > sizeof(uint32_t))) {
        return error_set(err, GAIA_FILE_DAMAGED, "its groups of values are described wrongly");
    }
    const uint64_t widths_at = (at + n_groups * bits + 7) / 8 * 8;
    const uint64_t lengths_at = (widths_at + n_groups * width_bits + 7) / 8 * 8;
    const uint64_t values_at = (lengths_at + n_groups * length_bits + 7) / 8 * 8;
    if (values_at > (uint64_t)n_bytes * 8) {
        return error_set(err, GAIA_FILE_DAMAGED, "%llu groups do not fit into %zu bytes of data",
                         (unsigned long long)n_groups, n_bytes);
    }
    uint64_t width_at = widths_at;
    uint64_t length_at = lengths_at;
    uint64_t total = 0;
    uint64_t end = values_at;
    for (uint64_t i = 0; i < n_groups && total <= n && end <= (uint64_t)n_bytes * 8; i++) {
        const uint64_t width = width_base + bits_take(bytes, &width_at, width_bits);
        uint64_t length = length_base + length_unit * bits_take(bytes, &length_at, length_bits);
        length = i + 1 == n_groups ? grib_number(section + 42, 4) : length;
        if (width >= GROUP_WIDTH_MAX) {
            return error_set(err, GAIA_FILE_DAMAGED, "group %llu has values of %llu bits",
                             (unsigned long long)i, (unsigned long long)width);
        }
        total += length;
        end += width * length;
    }
    if (total != n || end > (uint64_t)n_bytes * 8) {
        return error_set(err, GAIA_FILE_DAMAGED,
                         "its groups hold %llu values in %llu bytes, it declares %zu and has %zu",
                         (unsigned long long)total, (unsigned long long)((end + 7) / 8), n,
                         n_bytes);
    }
    return GAIA_OK;
}

/* CCSDS: the decoder allocates what these two say and trusts it; it stops where the bytes end. */
static gaia_status blocks_check(unsigned block, unsigned interval, gaia_error *err)
{
    const bool known = block == 8 || block == 16 || block == 32 || block == 64;
    return known && interval >= 1 && interval <= INTERVAL_MAX
               ? GAIA_OK
               : error_set(err, GAIA_FILE_DAMAGED,
                           "its CCSDS packing has blocks of %u values, one in %u a reference",
                           block, interval);
}

static gaia_status edition_1_check(const struct grib_data *data, struct grib_packing *packing,
                                   gaia_error *err)
{
    const unsigned flags = data->data[3] >> 4;
    const uint64_t unused = data->data[3] & 15;
    const uint64_t bits = data->data[10];
    const uint64_t stored = (uint64_t)(data->data_bytes - EDITION_1_DATA) * 8;
    if ((flags & 8U) != 0) {
        return error_set(err, GAIA_FORMAT_UNSUPPORTED,
                         "its values are spherical harmonics, which are not supported");
    }
    if ((flags & 7U) == 1) {
        return error_set(err, GAIA_FORMAT_UNSUPPORTED,
                         "its values are matrices, which are not supported");
    }
    const bool ieee = (flags & 7U) == 3;
    packing->has_groups = (flags & 4U) != 0;
    packing->counted = packing->has_groups || ieee || bits > 0;
    if (packing->has_groups || ieee || bits == 0) {
        return GAIA_OK;
    }
    if (bits > BITS_MAX || unused > stored || (stored - unused) / bits != packing->n_coded) {
        return error_set(
            err, GAIA_FILE_DAMAGED,
            "its data holds %llu values of %llu bits, the grid asks for %zu",
            (unsigned long long)((stored - (unused > stored ? stored : unused)) / bits),
            (unsigned long long)bits, packing->n_coded);
    }
    return GAIA_OK;
}

/* Octets that section 5 has at least; 0: the template is not supported. ECMWF's second order in
 * edition 2 (50002) is not: ecCodes 2.28 decodes other values than it encoded. */
static size_t template_bytes(unsigned template)
{
    switch (template) {
    case TEMPLATE_IEEE:
        return 12;
    case TEMPLATE_SIMPLE:
    case TEMPLATE_PNG:
    case TEMPLATE_PNG_OLD:
        return 21;
    case TEMPLATE_JPEG:
    case TEMPLATE_JPEG_OLD:
        return 23;
    case TEMPLATE_LOGARITHM:
        return 24;
    case TEMPLATE_CCSDS:
        return 25;
    case TEMPLATE_COMPLEX:
        return 47;
    case TEMPLATE_DIFFERENCES:
        return 49;
    default:
        return 0;
    }
}

static gaia_status template_check(const struct grib_data *data, unsigned template,
                                  struct grib_packing *packing, gaia_error *err)
{
    const unsigned char *section = data->representation;
    const unsigned char *bytes = data->data + DATA_HEAD;
    const size_t n_bytes = data->data_bytes - DATA_HEAD;
    const unsigned ieee_bits = section[11] == 2 ? 64 : 32;
    const unsigned bits = template == TEMPLATE_IEEE ? ieee_bits : section[19];
    packing->counted = true;
    if (template == TEMPLATE_COMPLEX || template == TEMPLATE_DIFFERENCES) {
        return groups_check(section, template == TEMPLATE_DIFFERENCES, bytes, n_bytes,
                            packing->n_coded, err);
    }
    if (bits == 0 || packing->n_coded == 0) {
        return GAIA_OK;
    }
    if (template == TEMPLATE_IEEE ? section[11] < 1 || section[11] > 2 : bits > BITS_MAX) {
        return error_set(err, GAIA_FILE_DAMAGED, "its values cannot have %u bits", bits);
    }
    switch (template) {
    case TEMPLATE_JPEG:
    case TEMPLATE_JPEG_OLD:
        return jpeg_check(bytes, n_bytes, packing->n_coded, err);
    case TEMPLATE_PNG:
    case TEMPLATE_PNG_OLD:
        return png_check(bytes, n_bytes, packing->n_coded, err);
    case TEMPLATE_CCSDS:
        return blocks_check(section[22], grib_number(section + 23, 2), err);
    default:
        return bits_check("values", packing->n_coded, bits, n_bytes, err);
    }
}

/* The reference value that all other numbers of a message are added to: ecCodes takes one that is
 * no number for about 0. */
static gaia_status reference_check(const unsigned char *section, unsigned template, size_t n_coded,
                                   gaia_error *err)
{
    const unsigned exponent = grib_number(section + REFERENCE, 2) & FLOAT_EXPONENT;
    return template == TEMPLATE_IEEE || n_coded == 0 || exponent != FLOAT_EXPONENT
               ? GAIA_OK
               : error_set(
                     err, GAIA_FILE_DAMAGED,
                     "its reference value (octets 12 to 15 of section 5) is no finite number");
}

gaia_status grib_packing_check(const struct grib_data *data, size_t n_points,
                               struct grib_packing *packing, gaia_error *err)
{
    *packing = (struct grib_packing){.n_coded = 0};
    const gaia_status status = coded_count(data, n_points, &packing->n_coded, err);
    if (status != GAIA_OK || data->edition == 1) {
        return status == GAIA_OK ? edition_1_check(data, packing, err) : status;
    }
    const unsigned template = grib_number(data->representation + 9, 2);
    const size_t bytes = template_bytes(template);
    const size_t declared = grib_number(data->representation + 5, 4);
    if (bytes == 0) {
        return error_set(err, GAIA_FORMAT_UNSUPPORTED,
                         "its packing (data representation template 5.%u) is not supported",
                         template);
    }
    if (data->representation_bytes < bytes) {
        return error_set(err, GAIA_FILE_DAMAGED,
                         "section 5 has %zu bytes, its template 5.%u asks for %zu",
                         data->representation_bytes, template, bytes);
    }
    if (declared != packing->n_coded) {
        return error_set(err, GAIA_FILE_DAMAGED, "it declares %zu values, the grid asks for %zu",
                         declared, packing->n_coded);
    }
    const gaia_status finite =
        reference_check(data->representation, template, packing->n_coded, err);
    return finite == GAIA_OK ? template_check(data, template, packing, err) : finite;
}
