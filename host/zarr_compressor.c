/* SPDX-License-Identifier: MIT
 *
 * The compression libraries, each held to the size that the metadata gives.
 */
#include "zarr_compressor.h"

#include <limits.h>
#include <stdint.h>

#include <blosc.h>
#include <lz4.h>
#include <zlib.h>
#include <zstd.h>

#include "error.h"

static gaia_status size_wrong(size_t have, size_t want, gaia_error *err)
{
    return error_set(err, GAIA_FILE_DAMAGED, "it decodes to %zu bytes instead of %zu", have, want);
}

static uint32_t little_endian_32(const unsigned char *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

gaia_status blosc_undo(const unsigned char *in, size_t n, unsigned char *out, size_t n_out,
                       gaia_error *err)
{
    enum { VERSION = 0, TYPE_SIZE = 3, BLOCK_BYTES = 8, ENCODED_BYTES = 12 };
    size_t declared = 0;
    if (n < BLOSC_MIN_HEADER_LENGTH) {
        return error_set(err, GAIA_FILE_DAMAGED, "%zu bytes are too few for a header", n);
    }
    if (in[VERSION] == 0 || in[VERSION] > BLOSC_VERSION_FORMAT || in[TYPE_SIZE] == 0) {
        return error_set(err, GAIA_FILE_DAMAGED,
                         "its header has version %u and elements of %u bytes", in[VERSION],
                         in[TYPE_SIZE]);
    }
    if (little_endian_32(in + ENCODED_BYTES) != n) {
        return error_set(err, GAIA_FILE_DAMAGED, "its header says %u bytes; there are %zu",
                         little_endian_32(in + ENCODED_BYTES), n);
    }
    if (blosc_cbuffer_validate(in, n, &declared) != 0) {
        return error_set(err, GAIA_FILE_DAMAGED, "its header is damaged");
    }
    if (declared != n_out) {
        return size_wrong(declared, n_out, err);
    }
    if (little_endian_32(in + BLOCK_BYTES) == 0 || little_endian_32(in + BLOCK_BYTES) > n_out) {
        return error_set(err, GAIA_FILE_DAMAGED, "its header says blocks of %u bytes",
                         little_endian_32(in + BLOCK_BYTES));
    }
    const int decoded = blosc_decompress_ctx(in, out, n_out, 1);
    return decoded >= 0 && (size_t)decoded == n_out
               ? GAIA_OK
               : error_set(err, GAIA_FILE_DAMAGED, "its compressed bytes are damaged");
}

/* What is still to be read and written. */
struct span {
    const unsigned char *in;
    size_t n_in;
    unsigned char *out;
    size_t n_out;
};

/* Runs inflate over one stream or member, in steps that its counters can hold. */
static int member_inflate(z_stream *stream, struct span *span)
{
    int code = Z_OK;
    while (code == Z_OK) {
        const uInt n_in = span->n_in < UINT_MAX ? (uInt)span->n_in : UINT_MAX;
        const uInt n_out = span->n_out < UINT_MAX ? (uInt)span->n_out : UINT_MAX;
        stream->next_in = (Bytef *)(uintptr_t)span->in; /* zlib.h's const is a matter of macros */
        stream->avail_in = n_in;
        stream->next_out = span->out;
        stream->avail_out = n_out;
        code = inflate(stream, Z_NO_FLUSH);
        const size_t used = n_in - stream->avail_in;
        const size_t made = n_out - stream->avail_out;
        span->in += used;
        span->n_in -= used;
        span->out += made;
        span->n_out -= made;
        if (code == Z_OK && used == 0 && made == 0) {
            code = Z_BUF_ERROR;
        }
    }
    return code;
}

gaia_status zlib_undo(const unsigned char *in, size_t n, bool gzip, unsigned char *out,
                      size_t n_out, gaia_error *err)
{
    enum { WINDOW_BITS = 15, WITH_GZIP_HEADER = 16 };
    z_stream stream = {.zalloc = Z_NULL};
    struct span span = {in, n, out, n_out};
    gaia_status status = GAIA_OK;
    if (inflateInit2(&stream, WINDOW_BITS + (gzip ? WITH_GZIP_HEADER : 0)) != Z_OK) {
        return error_memory(err, sizeof stream);
    }
    int code = member_inflate(&stream, &span);
    while (gzip && code == Z_STREAM_END && span.n_in > 0 && span.n_out > 0) {
        code = inflateReset(&stream) == Z_OK ? member_inflate(&stream, &span) : Z_STREAM_ERROR;
    }
    if (code == Z_MEM_ERROR) {
        status = error_memory(err, n);
    } else if (code == Z_BUF_ERROR && span.n_out == 0 && span.n_in > 0) {
        status = error_set(err, GAIA_FILE_DAMAGED, "it decodes to more than %zu bytes", n_out);
    } else if (code == Z_BUF_ERROR) {
        status = error_set(err, GAIA_FILE_DAMAGED, "it is truncated");
    } else if (code != Z_STREAM_END) {
        status = error_set(err, GAIA_FILE_DAMAGED, "%s",
                           stream.msg != NULL ? stream.msg : "it is damaged");
    } else if (span.n_out > 0) {
        status = size_wrong(n_out - span.n_out, n_out, err);
    } else if (span.n_in > 0) {
        status = error_set(err, GAIA_FILE_DAMAGED, "%zu bytes follow its end", span.n_in);
    }
    (void)inflateEnd(&stream);
    return status;
}

gaia_status zstd_undo(const unsigned char *in, size_t n, bool checksum, unsigned char *out,
                      size_t n_out, gaia_error *err)
{
    /* RFC 8878, 3.1.1.1: four bytes of magic number, then the descriptor. */
    enum { DESCRIPTOR = 4, CHECKSUM_FLAG = 4 };
    const unsigned long long declared = ZSTD_getFrameContentSize(in, n);
    if (declared == ZSTD_CONTENTSIZE_ERROR) {
        return error_set(err, GAIA_FILE_DAMAGED, "its header is damaged");
    }
    if (declared != ZSTD_CONTENTSIZE_UNKNOWN && declared > n_out) {
        return error_set(err, GAIA_FILE_DAMAGED, "it decodes to more than %zu bytes", n_out);
    }
    if (checksum && (n <= DESCRIPTOR || (in[DESCRIPTOR] & CHECKSUM_FLAG) == 0)) {
        return error_set(err, GAIA_FILE_DAMAGED, "its checksum is missing");
    }
    const size_t decoded = ZSTD_decompress(out, n_out, in, n);
    if (ZSTD_isError(decoded)) {
        return error_set(err, GAIA_FILE_DAMAGED, "%s", ZSTD_getErrorName(decoded));
    }
    return decoded == n_out ? GAIA_OK : size_wrong(decoded, n_out, err);
}

gaia_status lz4_undo(const unsigned char *in, size_t n, unsigned char *out, size_t n_out,
                     gaia_error *err)
{
    enum { LENGTH_BYTES = 4 };
    if (n < LENGTH_BYTES || n - LENGTH_BYTES > INT_MAX || n_out > INT_MAX) {
        return error_set(err, GAIA_FILE_DAMAGED, "%zu bytes are no block", n);
    }
    if (little_endian_32(in) != n_out) {
        return size_wrong(little_endian_32(in), n_out, err);
    }
    const int decoded = LZ4_decompress_safe((const char *)in + LENGTH_BYTES, (char *)out,
                                            (int)(n - LENGTH_BYTES), (int)n_out);
    if (decoded < 0) {
        return error_set(err, GAIA_FILE_DAMAGED, "its compressed bytes are damaged");
    }
    return (size_t)decoded == n_out ? GAIA_OK : size_wrong((size_t)decoded, n_out, err);
}
