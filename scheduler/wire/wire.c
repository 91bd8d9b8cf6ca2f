/* SPDX-License-Identifier: MIT
 *
 * Messages of the executor's protocol as bytes. Both ends of a connection go through here: executor
 * and scheduler encode what they send and decode what the peer sent.
 *
 * Invariant: decoding reads no byte outside [bytes, bytes + length), and what it allocates is
 * bounded by the limits, whatever the peer wrote: the header is parsed only once its entries and
 * their depth have been counted.
 */
#include "wire.h"

#include <endian.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

#include "error.h"

enum { PREFIX_BYTES = 8, ALIGNMENT = 8, HASH_TEXT = 17 };

static const char magic[4] = {'G', 'A', 'S', '1'};

/* A BEAT names at most a few thousand leases; a plan has millions of numbers. */
const struct wire_limits wire_control_limits = {WIRE_CONTROL_BYTES_MAX, 1 << 16, 16};
const struct wire_limits wire_work_limits = {WIRE_MESSAGE_BYTES_MAX, 1 << 25, 64};

static size_t align_up(size_t bytes)
{
    return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

static void hash_format(const unsigned char *bytes, size_t length, char *out)
{
    (void)snprintf(out, HASH_TEXT, "%016" PRIx64, (uint64_t)XXH3_64bits(bytes, length));
}

/* The doubles keep their bits: a NaN with a payload arrives as it left. */
static void doubles_write(const double *values, size_t count, unsigned char *out)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t bits = 0;
        memcpy(&bits, &values[i], sizeof bits);
        bits = htole64(bits);
        memcpy(out + i * sizeof bits, &bits, sizeof bits);
    }
}

static void doubles_read(const unsigned char *in, size_t count, double *values)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t bits = 0;
        memcpy(&bits, in + i * sizeof bits, sizeof bits);
        bits = le64toh(bits);
        memcpy(&values[i], &bits, sizeof bits);
    }
}

/* The header's text, with "sums" added where there are any; NULL when out of memory. */
static char *header_dump(const json_t *header, const unsigned char *sums, size_t n_sums)
{
    /* json_copy shares the members and changes nothing but their reference counts. */
    json_t *copy = json_copy((json_t *)(uintptr_t)header);
    char *dumped = NULL;
    if (copy != NULL && n_sums > 0) {
        char hash[HASH_TEXT];
        hash_format(sums, n_sums * sizeof(double), hash);
        json_t *about = json_pack("{s:I,s:s}", "count", (json_int_t)n_sums, "xxh3", hash);
        if (json_object_set_new(copy, "sums", about) != 0) {
            goto done;
        }
    }
    if (copy != NULL) {
        dumped = json_dumps(copy, JSON_COMPACT);
    }
done:
    json_decref(copy);
    return dumped;
}

gaia_status wire_encode(const json_t *header, const double *sums, size_t n_sums,
                        unsigned char **bytes, size_t *length, gaia_error *err)
{
    gaia_status status = GAIA_OK;
    unsigned char *message = NULL;
    unsigned char *section = NULL;
    char *dumped = NULL;
    if (n_sums > WIRE_MESSAGE_BYTES_MAX / sizeof(double)) {
        return error_set(err, GAIA_LIMIT, "a message of %zu sums is too large", n_sums);
    }
    const size_t section_bytes = n_sums * sizeof(double);
    section = malloc(section_bytes + 1);
    if (section == NULL) {
        return error_memory(err, section_bytes + 1);
    }
    doubles_write(sums, n_sums, section);
    dumped = header_dump(header, section, n_sums);
    if (dumped == NULL) {
        status = error_set(err, GAIA_OUT_OF_MEMORY, "out of memory for a message's header");
        goto done;
    }
    const size_t header_bytes = strlen(dumped);
    const size_t offset = align_up(PREFIX_BYTES + header_bytes);
    if (offset > WIRE_MESSAGE_BYTES_MAX || section_bytes > WIRE_MESSAGE_BYTES_MAX - offset) {
        status = error_set(err, GAIA_LIMIT, "a message of %zu bytes is too large",
                           offset + section_bytes);
        goto done;
    }
    message = calloc(1, offset + section_bytes);
    if (message == NULL) {
        status = error_memory(err, offset + section_bytes);
        goto done;
    }
    const uint32_t header_le = htole32((uint32_t)header_bytes);
    memcpy(message, magic, sizeof magic);
    memcpy(message + sizeof magic, &header_le, sizeof header_le);
    memcpy(message + PREFIX_BYTES, dumped, header_bytes);
    memcpy(message + offset, section, section_bytes);
    *bytes = message;
    *length = offset + section_bytes;
done:
    free(dumped);
    free(section);
    return status;
}

/* Counts what the parser would make of the text, which need not be JSON: brackets and commas
 * outside of strings bound the entries of any document that parses. */
static gaia_status header_measure(const struct wire_limits *limits, const char *text, size_t length,
                                  gaia_error *err)
{
    size_t entries = 0;
    unsigned depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < length; i++) {
        if (in_string) {
            if (text[i] == '\\') {
                i++;
            } else {
                in_string = text[i] != '"';
            }
            continue;
        }
        in_string = text[i] == '"';
        const bool opens = text[i] == '{' || text[i] == '[';
        entries += opens || text[i] == ',';
        depth += opens;
        depth -= depth > 0 && (text[i] == '}' || text[i] == ']');
        if (entries > limits->entries || depth > limits->depth) {
            return error_set(err, GAIA_PROTOCOL, "header: more than %zu entries or %u levels",
                             limits->entries, limits->depth);
        }
    }
    return GAIA_OK;
}

/* Reads the header and finds where the sums would begin. */
static gaia_status header_read(const struct wire_limits *limits, const unsigned char *bytes,
                               size_t length, json_t **header, size_t *offset, gaia_error *err)
{
    uint32_t header_le = 0;
    if (length < PREFIX_BYTES || memcmp(bytes, magic, sizeof magic) != 0) {
        return error_set(err, GAIA_PROTOCOL, "message of %zu bytes does not begin as one", length);
    }
    if (length > limits->message_bytes) {
        return error_set(err, GAIA_PROTOCOL, "message of %zu bytes; at most %zu are taken here",
                         length, limits->message_bytes);
    }
    memcpy(&header_le, bytes + sizeof magic, sizeof header_le);
    const size_t header_bytes = le32toh(header_le);
    if (header_bytes > length - PREFIX_BYTES || align_up(PREFIX_BYTES + header_bytes) > length) {
        return error_set(err, GAIA_PROTOCOL, "header of %zu bytes in a message of %zu",
                         header_bytes, length);
    }
    *offset = align_up(PREFIX_BYTES + header_bytes);
    for (size_t i = PREFIX_BYTES + header_bytes; i < *offset; i++) {
        if (bytes[i] != 0) {
            return error_set(err, GAIA_PROTOCOL, "byte %zu after the header is not zero", i);
        }
    }
    const char *text = (const char *)bytes + PREFIX_BYTES;
    if (header_measure(limits, text, header_bytes, err) != GAIA_OK) {
        return GAIA_PROTOCOL;
    }
    json_error_t at;
    json_t *read = json_loadb(text, header_bytes, JSON_REJECT_DUPLICATES, &at);
    if (!json_is_object(read)) {
        json_decref(read);
        return error_set(err, GAIA_PROTOCOL, "header: %s", read == NULL ? at.text : "no object");
    }
    *header = read;
    return GAIA_OK;
}

/* Checks the section of sums against what the header says of it and copies it. */
static gaia_status sums_read(const json_t *header, const unsigned char *section,
                             size_t section_bytes, double **sums, size_t *n_sums, gaia_error *err)
{
    const json_t *about = json_object_get(header, "sums");
    const json_t *count = json_object_get(about, "count");
    const char *hash = json_string_value(json_object_get(about, "xxh3"));
    char computed[HASH_TEXT];
    if (about == NULL && section_bytes == 0) {
        *sums = NULL;
        *n_sums = 0;
        return GAIA_OK;
    }
    if (!json_is_integer(count) || hash == NULL || json_integer_value(count) < 1 ||
        (uint64_t)json_integer_value(count) != section_bytes / sizeof(double) ||
        section_bytes % sizeof(double) != 0) {
        return error_set(err, GAIA_PROTOCOL, "sums: %zu bytes are not what the header says",
                         section_bytes);
    }
    hash_format(section, section_bytes, computed);
    if (strcmp(hash, computed) != 0) {
        return error_set(err, GAIA_PROTOCOL, "sums: the hash is %s, not %.16s", computed, hash);
    }
    double *copy = malloc(section_bytes);
    if (copy == NULL) {
        return error_memory(err, section_bytes);
    }
    *n_sums = section_bytes / sizeof(double);
    doubles_read(section, *n_sums, copy);
    *sums = copy;
    return GAIA_OK;
}

gaia_status wire_decode(const struct wire_limits *limits, const unsigned char *bytes, size_t length,
                        json_t **header, double **sums, size_t *n_sums, gaia_error *err)
{
    json_t *read = NULL;
    size_t offset = 0;
    gaia_status status = header_read(limits, bytes, length, &read, &offset, err);
    if (status == GAIA_OK) {
        status = sums_read(read, bytes + offset, length - offset, sums, n_sums, err);
    }
    if (status != GAIA_OK) {
        json_decref(read);
        return status;
    }
    *header = read;
    return GAIA_OK;
}
