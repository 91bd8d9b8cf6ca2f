/* SPDX-License-Identifier: MIT
 *
 * The two hashes over libxxhash and libcrypto, of bytes and of files.
 *
 * Invariant: xxh64 is written in its canonical (big-endian) order, so texts are the same on every
 * machine.
 */
#include "digest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <xxhash.h>

#include "error.h"

enum { XXH64_BYTES = 8, PIECE_BYTES = 1 << 18 };

static const struct {
    const char *name;
    size_t n_bytes;
} kinds[DIGEST_KINDS] = {
    [DIGEST_XXH64] = {"xxh64", XXH64_BYTES},
    [DIGEST_SHA256] = {"sha256", DIGEST_BYTES},
};

/* A hash in the making; one of the two is in use. */
struct digester {
    XXH64_state_t *xxh64;
    EVP_MD_CTX *sha256;
};

const char *digest_name(enum digest_kind kind)
{
    return kinds[kind].name;
}

bool digest_find(const char *name, enum digest_kind *kind)
{
    for (int i = 0; i < DIGEST_KINDS; i++) {
        if (strcmp(name, kinds[i].name) == 0) {
            *kind = (enum digest_kind)i;
            return true;
        }
    }
    return false;
}

static bool digester_init(struct digester *digester, enum digest_kind kind)
{
    *digester = (struct digester){.xxh64 = NULL};
    if (kind == DIGEST_XXH64) {
        digester->xxh64 = XXH64_createState();
        return digester->xxh64 != NULL && XXH64_reset(digester->xxh64, 0) == XXH_OK;
    }
    digester->sha256 = EVP_MD_CTX_new();
    return digester->sha256 != NULL && EVP_DigestInit_ex(digester->sha256, EVP_sha256(), NULL) == 1;
}

static void digester_fini(struct digester *digester)
{
    (void)XXH64_freeState(digester->xxh64);
    EVP_MD_CTX_free(digester->sha256);
}

static bool digester_add(const struct digester *digester, const void *bytes, size_t n)
{
    return n == 0 || (digester->xxh64 != NULL ? XXH64_update(digester->xxh64, bytes, n) == XXH_OK
                                              : EVP_DigestUpdate(digester->sha256, bytes, n) == 1);
}

static bool digester_end(const struct digester *digester, struct digest *digest)
{
    XXH64_canonical_t canonical;
    *digest = (struct digest){{0}};
    if (digester->xxh64 == NULL) {
        return EVP_DigestFinal_ex(digester->sha256, digest->bytes, NULL) == 1;
    }
    XXH64_canonicalFromHash(&canonical, XXH64_digest(digester->xxh64));
    memcpy(digest->bytes, canonical.digest, XXH64_BYTES);
    return true;
}

gaia_status digest_make(enum digest_kind kind, const void *bytes, size_t n, struct digest *digest,
                        gaia_error *err)
{
    struct digester digester;
    const bool made = digester_init(&digester, kind) && digester_add(&digester, bytes, n) &&
                      digester_end(&digester, digest);
    digester_fini(&digester);
    return made ? GAIA_OK
                : error_set(err, GAIA_INTERNAL, "%s cannot be computed", digest_name(kind));
}

gaia_status digest_file(enum digest_kind kind, int file, const char *name, struct digest *digest,
                        unsigned long long *n_bytes, gaia_error *err)
{
    struct digester digester;
    unsigned char *piece = malloc(PIECE_BYTES);
    bool good = digester_init(&digester, kind);
    gaia_status status = piece != NULL ? GAIA_OK : error_memory(err, PIECE_BYTES);
    *n_bytes = 0;
    while (status == GAIA_OK && good) {
        const ssize_t n = read(file, piece, PIECE_BYTES);
        if (n < 0 && errno != EINTR) {
            status = error_set(err, GAIA_FILE_UNREADABLE, "%s: %s", name, strerror(errno));
        } else if (n > 0) {
            good = digester_add(&digester, piece, (size_t)n);
            *n_bytes += (unsigned long long)n;
        } else if (n == 0) {
            good = digester_end(&digester, digest);
            break;
        }
    }
    if (status == GAIA_OK && !good) {
        status =
            error_set(err, GAIA_INTERNAL, "%s: %s cannot be computed", name, digest_name(kind));
    }
    digester_fini(&digester);
    free(piece);
    return status;
}

void digest_text(enum digest_kind kind, const struct digest *digest, char out[DIGEST_TEXT])
{
    static const char digits[] = "0123456789abcdef";
    const size_t n = kinds[kind].n_bytes;
    for (size_t i = 0; i < n; i++) {
        out[2 * i] = digits[digest->bytes[i] >> 4];
        out[2 * i + 1] = digits[digest->bytes[i] & 15];
    }
    out[2 * n] = '\0';
}

/* The value of a lower-case hexadecimal digit, -1 of anything else. */
static int digit_value(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool digest_parse(enum digest_kind kind, const char *text, struct digest *digest)
{
    const size_t n = kinds[kind].n_bytes;
    *digest = (struct digest){{0}};
    if (strlen(text) != 2 * n) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        const int high = digit_value(text[2 * i]);
        const int low = digit_value(text[2 * i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        digest->bytes[i] = (unsigned char)(high * 16 + low);
    }
    return true;
}

bool digest_equal(const struct digest *a, const struct digest *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}
