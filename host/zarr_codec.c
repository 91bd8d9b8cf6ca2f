/* SPDX-License-Identifier: MIT
 *
 * The chain of codecs, undone from the last to the first.
 */
#include "zarr_codec.h"

#include <string.h>

#include "crc32c.h"
#include "error.h"
#include "zarr_compressor.h"
#include "zarr_filter.h"

enum { CHECKSUM_BYTES = 4, OVERHEAD_BYTES = 1 << 16 };

/* More than any machine holds, and far from overflow. */
static const size_t ENCODED_MAX = (size_t)1 << 60;

const char *zarr_codec_name(enum zarr_codec_kind kind)
{
    static const char *const names[] = {
        [ZARR_BLOSC] = "blosc",
        [ZARR_ZLIB] = "zlib",
        [ZARR_GZIP] = "gzip",
        [ZARR_ZSTD] = "zstd",
        [ZARR_LZ4] = "lz4",
        [ZARR_CRC32C] = "crc32c",
        [ZARR_SHUFFLE] = "shuffle",
        [ZARR_DELTA] = "delta",
        [ZARR_SCALE_OFFSET] = "fixedscaleoffset",
    };
    return names[kind];
}

/* What `bytes` become by a filter; 0 where its elements do not fit them, or are far too many. */
static size_t filter_encoded_bytes(const struct zarr_codec *codec, size_t bytes)
{
    const size_t element =
        codec->kind == ZARR_SHUFFLE ? codec->element_bytes : codec->decoded.bytes;
    if (element == 0 || bytes % element != 0) {
        return 0;
    }
    if (codec->kind == ZARR_SHUFFLE) {
        return bytes;
    }
    const size_t n = bytes / element;
    return n <= ENCODED_MAX / codec->encoded.bytes ? n * codec->encoded.bytes : 0;
}

gaia_status zarr_codecs_size(struct zarr_codecs *codecs, size_t chunk_bytes, gaia_error *err)
{
    size_t bytes = chunk_bytes;
    codecs->compressed = false;
    codecs->decoded_bytes_max = 0;
    for (size_t i = 0; i < codecs->n; i++) {
        struct zarr_codec *codec = &codecs->codec[i];
        codec->decoded_bytes = bytes;
        if (bytes > codecs->decoded_bytes_max) {
            codecs->decoded_bytes_max = bytes;
        }
        switch (codec->kind) {
        case ZARR_CRC32C:
            bytes += CHECKSUM_BYTES;
            break;
        case ZARR_SHUFFLE:
        case ZARR_DELTA:
        case ZARR_SCALE_OFFSET:
            if (codecs->compressed) {
                return error_set(err, GAIA_FORMAT_UNSUPPORTED, "filter '%s' after a compressor",
                                 zarr_codec_name(codec->kind));
            }
            bytes = filter_encoded_bytes(codec, bytes);
            if (bytes == 0) {
                return error_set(err, GAIA_FILE_DAMAGED,
                                 "filter '%s': its elements do not fit chunks of %zu bytes",
                                 zarr_codec_name(codec->kind), codec->decoded_bytes);
            }
            break;
        case ZARR_BLOSC:
        case ZARR_ZLIB:
        case ZARR_GZIP:
        case ZARR_ZSTD:
        case ZARR_LZ4:
            if (codecs->compressed) {
                return error_set(err, GAIA_FORMAT_UNSUPPORTED,
                                 "codec '%s' after another compressor",
                                 zarr_codec_name(codec->kind));
            }
            codecs->compressed = true;
            bytes = 2 * bytes + OVERHEAD_BYTES; /* far beyond what any of them makes of noise */
            break;
        }
    }
    codecs->encoded_bytes_max = bytes;
    return GAIA_OK;
}

static gaia_status checksum_check(const unsigned char *in, size_t n, gaia_error *err)
{
    if (n < CHECKSUM_BYTES) {
        return error_set(err, GAIA_FILE_DAMAGED, "%zu bytes are too few", n);
    }
    const unsigned char *at = in + n - CHECKSUM_BYTES;
    const uint32_t stored =
        (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
    const uint32_t made = crc32c(in, n - CHECKSUM_BYTES);
    return made == stored ? GAIA_OK
                          : error_set(err, GAIA_FILE_DAMAGED,
                                      "the checksum is %08x, the bytes' is %08x", stored, made);
}

/* Undoes one codec that makes other bytes. */
static gaia_status codec_undo(const struct zarr_codec *codec, const unsigned char *in, size_t n,
                              unsigned char *out, gaia_error *err)
{
    const size_t n_out = codec->decoded_bytes;
    const size_t n_elements = codec->decoded.bytes > 0 ? n_out / codec->decoded.bytes : 0;
    switch (codec->kind) {
    case ZARR_BLOSC:
        return blosc_undo(in, n, out, n_out, err);
    case ZARR_ZLIB:
        return zlib_undo(in, n, false, out, n_out, err);
    case ZARR_GZIP:
        return zlib_undo(in, n, true, out, n_out, err);
    case ZARR_ZSTD:
        return zstd_undo(in, n, codec->checksum, out, n_out, err);
    case ZARR_LZ4:
        return lz4_undo(in, n, out, n_out, err);
    case ZARR_CRC32C:
        return GAIA_OK;
    case ZARR_SHUFFLE:
    case ZARR_DELTA:
    case ZARR_SCALE_OFFSET:
        break;
    }
    if (n != filter_encoded_bytes(codec, n_out)) {
        return error_set(err, GAIA_FILE_DAMAGED, "there are %zu bytes instead of %zu", n,
                         filter_encoded_bytes(codec, n_out));
    }
    if (codec->kind == ZARR_SHUFFLE) {
        zarr_unshuffle(in, n, codec->element_bytes, out);
    } else if (codec->kind == ZARR_DELTA) {
        zarr_undelta(in, n_elements, &codec->encoded, &codec->decoded, out);
    } else {
        zarr_unscale(in, n_elements, &codec->encoded, &codec->decoded, codec->scale, codec->offset,
                     out);
    }
    return GAIA_OK;
}

gaia_status zarr_codecs_decode(const struct zarr_codecs *codecs, const unsigned char *raw,
                               size_t n_raw, unsigned char *out, size_t chunk_bytes,
                               struct zarr_scratch *scratch, gaia_error *err)
{
    const unsigned char *in = raw;
    size_t n = n_raw;
    size_t side = 0;
    size_t first = 0; /* the codec whose undoing gives the chunk */
    while (first < codecs->n && codecs->codec[first].kind == ZARR_CRC32C) {
        first++;
    }
    for (size_t i = codecs->n; i-- > 0;) {
        const struct zarr_codec *codec = &codecs->codec[i];
        gaia_status status = GAIA_OK;
        if (codec->kind == ZARR_CRC32C) {
            status = checksum_check(in, n, err);
            n -= status == GAIA_OK ? CHECKSUM_BYTES : 0;
        } else {
            const bool direct = i == first && codec->decoded_bytes == chunk_bytes;
            struct zarr_buffer *buffer = &scratch->buffer[side];
            status = direct ? GAIA_OK : zarr_buffer_resize(buffer, codec->decoded_bytes, err);
            if (status != GAIA_OK) {
                return status;
            }
            unsigned char *to = direct ? out : buffer->bytes;
            status = codec_undo(codec, in, n, to, err);
            in = to;
            n = codec->decoded_bytes;
            side = 1 - side;
        }
        if (status != GAIA_OK) {
            return error_prefix(err, status, "codec '%s'", zarr_codec_name(codec->kind));
        }
    }
    if (n != chunk_bytes) {
        return error_set(err, GAIA_FILE_DAMAGED, "there are %zu bytes instead of %zu", n,
                         chunk_bytes);
    }
    if (in != out) {
        memcpy(out, in, chunk_bytes);
    }
    return GAIA_OK;
}
