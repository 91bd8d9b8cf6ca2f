/* SPDX-License-Identifier: MIT
 *
 * Codecs from bytes to bytes: what stands between a chunk's elements and the bytes in the store.
 * The compressors are blosc, zlib, gzip, zstd and lz4; crc32c checks; the filters are shuffle,
 * delta and fixedscaleoffset.
 *
 * Invariant: what a chunk decodes to is known before its bytes are looked at; nothing is allocated
 * or written by what those bytes say.
 */
#ifndef HOST_ZARR_CODEC_H
#define HOST_ZARR_CODEC_H

#include <stdbool.h>
#include <stddef.h>

#include <gaia/status.h>

#include "zarr_store.h"
#include "zarr_type.h"

enum zarr_codec_kind {
    ZARR_BLOSC,
    ZARR_ZLIB,
    ZARR_GZIP,
    ZARR_ZSTD,
    ZARR_LZ4,
    ZARR_CRC32C,
    ZARR_SHUFFLE,
    ZARR_DELTA,
    ZARR_SCALE_OFFSET,
};

struct zarr_codec {
    enum zarr_codec_kind kind;
    bool checksum;            /* zstd: the frame must have one */
    size_t element_bytes;     /* shuffle */
    struct zarr_type decoded; /* delta, fixedscaleoffset: before encoding */
    struct zarr_type encoded; /* and after */
    double scale;
    double offset;
    size_t decoded_bytes; /* of one chunk; set by zarr_codecs_size */
};

enum { ZARR_CODECS_MAX = 8 };

struct zarr_codecs {
    size_t n;
    struct zarr_codec codec[ZARR_CODECS_MAX]; /* in the order of encoding */
    bool compressed;
    size_t encoded_bytes_max; /* of one chunk; exact unless compressed */
    size_t decoded_bytes_max; /* that any of them decodes one to: filters may have widened it */
};

/* Two buffers for what lies between two codecs. */
struct zarr_scratch {
    struct zarr_buffer buffer[2];
};

/* The name of a codec in the metadata, for messages. */
const char *zarr_codec_name(enum zarr_codec_kind kind);

/* Notes what each codec decodes to, for chunks of chunk_bytes. GAIA_FORMAT_UNSUPPORTED: more than
 * one compressor, or a filter after it. GAIA_FILE_DAMAGED: elements that do not fit the chunk. */
GAIA_MUST_USE gaia_status zarr_codecs_size(struct zarr_codecs *codecs, size_t chunk_bytes,
                                           gaia_error *err);

/* Decodes n_raw bytes of the store into out, which holds the chunk_bytes of zarr_codecs_size.
 * GAIA_FILE_DAMAGED names the codec: other sizes than those, damaged bytes, a wrong checksum. */
GAIA_MUST_USE gaia_status zarr_codecs_decode(const struct zarr_codecs *codecs,
                                             const unsigned char *raw, size_t n_raw,
                                             unsigned char *out, size_t chunk_bytes,
                                             struct zarr_scratch *scratch, gaia_error *err);

#endif
