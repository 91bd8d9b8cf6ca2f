/* SPDX-License-Identifier: MIT
 *
 * Global heaps of HDF5 files, as the format's specification (III.E) lays them out: a header of 16
 * bytes ("GCOL", version, size), then objects of a header (number, references, size) and data of
 * whole eight bytes. Object 0 is the space that is left, its header included.
 */
#include "hdf5_heap.h"

#include <endian.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "error.h"

enum {
    WINDOW_BYTES = 8 << 20,
    HEADER_BYTES = 16, /* of a heap, and of an object in it */
    SUPERBLOCK_BYTES = 16,
    OBJECT_ALIGNMENT = 8,
};

static const unsigned char signature[8] = {'G', 'C', 'O', 'L', 1, 0, 0, 0};

static uint64_t read_64(const unsigned char *at)
{
    uint64_t value = 0;
    memcpy(&value, at, sizeof value);
    return le64toh(value);
}

/* Whether sizes have eight bytes, as in every file that NetCDF writes. Others are left to HDF5. */
static bool sizes_are_64(const unsigned char *superblock)
{
    enum { VERSION = 8, LENGTHS_V0 = 14, LENGTHS_V2 = 10, BYTES = 8 };
    return superblock[superblock[VERSION] < 2 ? LENGTHS_V0 : LENGTHS_V2] == BYTES;
}

/* Walks the objects of a heap of which `n` bytes are at hand; false where one of them cannot be. */
static bool heap_valid(const unsigned char *heap, size_t n)
{
    const uint64_t size = read_64(heap + sizeof signature);
    const uint64_t end = size < n ? size : n;
    uint64_t at = HEADER_BYTES;
    unsigned last = 0;
    while (at < end && end - at >= HEADER_BYTES) {
        const unsigned number = heap[at] | (unsigned)heap[at + 1] << 8;
        const uint64_t bytes = read_64(heap + at + OBJECT_ALIGNMENT);
        const uint64_t left = size - at;
        if (number == 0 ? bytes < HEADER_BYTES || bytes > left
                        : bytes > left - HEADER_BYTES || number <= last) {
            return false;
        }
        last = number == 0 ? last : number;
        at += number == 0 ? bytes
                          : HEADER_BYTES + (bytes + OBJECT_ALIGNMENT - 1) / OBJECT_ALIGNMENT *
                                               OBJECT_ALIGNMENT;
    }
    return true;
}

/* Checks the heaps that begin in the file's bytes [from, from + n). */
static gaia_status window_check(int fd, uint64_t from, size_t n, unsigned char *bytes,
                                gaia_error *err)
{
    size_t have = 0;
    while (have < n) {
        const ssize_t got = pread(fd, bytes + have, n - have, (off_t)(from + have));
        if (got < 0 && errno != EINTR) {
            return error_set(err, GAIA_FILE_UNREADABLE, "%s", strerror(errno));
        }
        if (got == 0) {
            break;
        }
        have += got > 0 ? (size_t)got : 0;
    }
    const unsigned char *at = bytes;
    const unsigned char *end = bytes + have;
    while ((at = memmem(at, (size_t)(end - at), signature, sizeof signature)) != NULL) {
        if ((size_t)(end - at) >= HEADER_BYTES && !heap_valid(at, (size_t)(end - at))) {
            return error_set(err, GAIA_FILE_DAMAGED, "the global heap at byte %llu is damaged",
                             (unsigned long long)(from + (uint64_t)(at - bytes)));
        }
        at += sizeof signature;
    }
    return GAIA_OK;
}

gaia_status hdf5_heaps_check(int fd, uint64_t bytes, gaia_error *err)
{
    unsigned char superblock[SUPERBLOCK_BYTES] = {0};
    if (pread(fd, superblock, sizeof superblock, 0) < 0) {
        return error_set(err, GAIA_FILE_UNREADABLE, "%s", strerror(errno));
    }
    if (!sizes_are_64(superblock)) {
        return GAIA_OK;
    }
    const size_t n = bytes < WINDOW_BYTES ? (size_t)bytes : WINDOW_BYTES;
    unsigned char *window = malloc(n > 0 ? n : 1);
    if (window == NULL) {
        return error_memory(err, n);
    }
    gaia_status status = window_check(fd, 0, n, window, err);
    if (status == GAIA_OK && bytes > n) {
        status = window_check(fd, bytes - n, n, window, err);
    }
    free(window);
    return status;
}
