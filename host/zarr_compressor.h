/* SPDX-License-Identifier: MIT
 *
 * Decompression into a buffer whose size is known: each function fills exactly n_out bytes or
 * fails. This is where the compression libraries are called, from any thread and with none of
 * their own.
 *
 * All return GAIA_FILE_DAMAGED with what is wrong (no file, no codec: the caller names them), or
 * GAIA_OUT_OF_MEMORY.
 */
#ifndef HOST_ZARR_COMPRESSOR_H
#define HOST_ZARR_COMPRESSOR_H

#include <stdbool.h>
#include <stddef.h>

#include <gaia/status.h>

/* Blosc 1, any of its codecs and shuffles, as its header says. */
GAIA_MUST_USE gaia_status blosc_undo(const unsigned char *in, size_t n, unsigned char *out,
                                     size_t n_out, gaia_error *err);

/* A zlib stream, or gzip members one after the other. Their checksums are checked. */
GAIA_MUST_USE gaia_status zlib_undo(const unsigned char *in, size_t n, bool gzip,
                                    unsigned char *out, size_t n_out, gaia_error *err);

/* Zstandard frames. A checksum is checked; one that is asked for must be there. */
GAIA_MUST_USE gaia_status zstd_undo(const unsigned char *in, size_t n, bool checksum,
                                    unsigned char *out, size_t n_out, gaia_error *err);

/* Four bytes of length, little-endian, and an LZ4 block. */
GAIA_MUST_USE gaia_status lz4_undo(const unsigned char *in, size_t n, unsigned char *out,
                                   size_t n_out, gaia_error *err);

#endif
