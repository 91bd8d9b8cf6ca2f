/* SPDX-License-Identifier: MIT
 *
 * The canonical form, as CONTENT_HASH.md defines it.
 *
 * Invariant: texts end every header, and lengths follow from them, so that no two different inputs
 * give the same bytes.
 */
#include "content_form.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "error.h"
#include "field_decode.h"
#include "text.h"

#define CONTENT_VERSION "gaia-content/1"

enum { COORDINATE_TEXT = 352 /* of any float64 with three decimals */, VALUE_BYTES = 8 };

struct content_hasher {
    EVP_MD_CTX *context;
    struct text line; /* kept from one field to the next */
    double values[FIELD_DECODE_BLOCK];
    unsigned char bytes[FIELD_DECODE_BLOCK * VALUE_BYTES];
};

gaia_status content_hasher_create(struct content_hasher **hasher, gaia_error *err)
{
    struct content_hasher *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return error_memory(err, sizeof *made);
    }
    made->context = EVP_MD_CTX_new();
    if (made->context == NULL) {
        free(made);
        return error_memory(err, sizeof *made);
    }
    *hasher = made;
    return GAIA_OK;
}

void content_hasher_free(struct content_hasher *hasher)
{
    if (hasher != NULL) {
        EVP_MD_CTX_free(hasher->context);
        text_fini(&hasher->line);
        free(hasher);
    }
}

/* ---- SHA-256 ---- */

static gaia_status hash_failed(gaia_error *err)
{
    return error_set(err, GAIA_INTERNAL, "SHA-256: the library refuses");
}

static gaia_status hash_begin(struct content_hasher *hasher, gaia_error *err)
{
    return EVP_DigestInit_ex(hasher->context, EVP_sha256(), NULL) == 1 ? GAIA_OK : hash_failed(err);
}

static gaia_status hash_add(struct content_hasher *hasher, const void *bytes, size_t n,
                            gaia_error *err)
{
    return EVP_DigestUpdate(hasher->context, bytes, n) == 1 ? GAIA_OK : hash_failed(err);
}

/* Adds the line, and empties it. */
static gaia_status hash_line(struct content_hasher *hasher, gaia_error *err)
{
    struct text *line = &hasher->line;
    if (line->failed) {
        return error_set(err, GAIA_OUT_OF_MEMORY, "not enough memory for a line of text");
    }
    const size_t n = line->length;
    line->length = 0;
    return n > 0 ? hash_add(hasher, line->s, n, err) : GAIA_OK;
}

static gaia_status hash_end(struct content_hasher *hasher, unsigned char *digest, gaia_error *err)
{
    unsigned n = 0;
    return EVP_DigestFinal_ex(hasher->context, digest, &n) == 1 && n == CONTENT_DIGEST
               ? GAIA_OK
               : hash_failed(err);
}

/* ---- Texts ---- */

const char *content_role_name(enum source_role role)
{
    return role == SOURCE_FORECAST ? "forecast" : role == SOURCE_TRUTH ? "truth" : "climatology";
}

void content_digest_text(const unsigned char *digest, char *text)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < CONTENT_DIGEST; i++) {
        text[2 * i] = digits[digest[i] >> 4];
        text[2 * i + 1] = digits[digest[i] & 15];
    }
    text[2 * (size_t)CONTENT_DIGEST] = '\0';
}

/* A number with three decimals; none is "-0.000". */
static void thousandths(double value, char *text)
{
    (void)snprintf(text, COORDINATE_TEXT, "%.3f", fabs(value) < 0.0005 ? 0.0 : value);
}

/* A name in printable ASCII without blanks: every other byte, and '%', as %XX. */
static void name_append(struct text *text, const char *name)
{
    for (const char *at = name; *at != '\0'; at++) {
        const unsigned char byte = (unsigned char)*at;
        if (byte > 0x20 && byte < 0x7f && byte != '%') {
            text_append_n(text, at, 1);
        } else {
            text_printf(text, "%%%02X", byte);
        }
    }
}

/* "role variable level time lead", with "-" for what there is none of. */
static void key_append(struct text *text, const struct content_key *key)
{
    char level[COORDINATE_TEXT] = "-";
    char time[COORDINATE_TEXT] = "-";
    char lead[COORDINATE_TEXT] = "-";
    if (!isnan(key->level)) {
        thousandths(key->level, level);
    }
    if (key->role != SOURCE_CLIMATOLOGY || key->time_s != CLIMATOLOGY_CONSTANT) {
        (void)snprintf(time, sizeof time, "%" PRId64, key->time_s);
    }
    if (key->role == SOURCE_FORECAST) {
        (void)snprintf(lead, sizeof lead, "%" PRId64, key->lead_time_s);
    }
    text_printf(text, "%s ", content_role_name(key->role));
    name_append(text, key->variable);
    text_printf(text, " %s %s %s", level, time, lead);
}

static void digest_append(struct text *text, const unsigned char *digest)
{
    char hex[CONTENT_DIGEST_TEXT];
    content_digest_text(digest, hex);
    text_append(text, hex);
}

/* ---- Grid, field, set ---- */

gaia_status content_grid(struct content_hasher *hasher, const struct gaia_grid *grid,
                         unsigned char *digest, gaia_error *err)
{
    char number[COORDINATE_TEXT];
    gaia_status status = hash_begin(hasher, err);
    text_printf(&hasher->line, CONTENT_VERSION " grid %zu %zu\n", grid->n_lat, grid->n_lon);
    for (size_t i = 0; status == GAIA_OK && i < grid->n_lat + grid->n_lon; i++) {
        thousandths(i < grid->n_lat ? grid->lat[i] : grid->lon[i - grid->n_lat], number);
        text_printf(&hasher->line, "%s\n", number);
        status = hash_line(hasher, err);
    }
    return status == GAIA_OK ? hash_end(hasher, digest, err) : status;
}

/* Adds a field's values as little-endian float64. */
static gaia_status values_add(struct content_hasher *hasher, const struct gaia_field *field,
                              size_t n_points, gaia_error *err)
{
    gaia_status status = GAIA_OK;
    for (size_t from = 0; status == GAIA_OK && from < n_points; from += FIELD_DECODE_BLOCK) {
        const size_t n =
            n_points - from < FIELD_DECODE_BLOCK ? n_points - from : FIELD_DECODE_BLOCK;
        field_decode(field, from, n, hasher->values);
        for (size_t i = 0; i < n; i++) {
            uint64_t bits = 0;
            memcpy(&bits, &hasher->values[i], sizeof bits);
            for (size_t k = 0; k < VALUE_BYTES; k++) {
                hasher->bytes[i * VALUE_BYTES + k] = (unsigned char)(bits >> (8 * k));
            }
        }
        status = hash_add(hasher, hasher->bytes, n * VALUE_BYTES, err);
    }
    return status;
}

gaia_status content_field(struct content_hasher *hasher, const struct content_key *key,
                          const unsigned char *grid_digest, const struct gaia_field *field,
                          size_t n_points, unsigned char *digest, gaia_error *err)
{
    struct text *line = &hasher->line;
    gaia_status status = hash_begin(hasher, err);
    text_append(line, CONTENT_VERSION " field ");
    key_append(line, key);
    text_append(line, " ");
    digest_append(line, grid_digest);
    text_append(line, "\n");
    if (status == GAIA_OK) {
        status = hash_line(hasher, err);
    }
    if (status == GAIA_OK) {
        status = values_add(hasher, field, n_points, err);
    }
    return status == GAIA_OK ? hash_end(hasher, digest, err) : status;
}

gaia_status content_set_begin(struct content_hasher *hasher, gaia_error *err)
{
    const gaia_status status = hash_begin(hasher, err);
    text_append(&hasher->line, CONTENT_VERSION " set\n");
    return status == GAIA_OK ? hash_line(hasher, err) : status;
}

gaia_status content_set_add(struct content_hasher *hasher, const struct content_key *key,
                            const unsigned char *grid_digest, const unsigned char *digest,
                            gaia_error *err)
{
    struct text *line = &hasher->line;
    key_append(line, key);
    text_append(line, " ");
    digest_append(line, grid_digest);
    text_append(line, " ");
    digest_append(line, digest);
    text_append(line, "\n");
    return hash_line(hasher, err);
}

gaia_status content_set_end(struct content_hasher *hasher, char *text, gaia_error *err)
{
    unsigned char digest[CONTENT_DIGEST];
    char hex[CONTENT_DIGEST_TEXT];
    const gaia_status status = hash_end(hasher, digest, err);
    if (status == GAIA_OK) {
        content_digest_text(digest, hex);
        (void)snprintf(text, CONTENT_HASH_TEXT, CONTENT_VERSION " sha256:%s", hex);
    }
    return status;
}

int content_key_compare(const struct content_key *a, const struct content_key *b)
{
    const int names = strcmp(a->variable, b->variable);
    const double level_a = isnan(a->level) ? -(double)INFINITY : a->level;
    const double level_b = isnan(b->level) ? -(double)INFINITY : b->level;
    if (names != 0) {
        return names;
    }
    if (level_a != level_b) {
        return level_a < level_b ? -1 : 1;
    }
    if (a->time_s != b->time_s) {
        return a->time_s < b->time_s ? -1 : 1;
    }
    return (a->lead_time_s > b->lead_time_s) - (a->lead_time_s < b->lead_time_s);
}
