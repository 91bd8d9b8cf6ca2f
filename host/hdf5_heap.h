/* SPDX-License-Identifier: MIT
 *
 * Looking at the global heaps of an HDF5 file before the library does. Of what NetCDF-4 files are
 * made of they alone have neither a checksum nor a check of their sizes in HDF5 1.10: a damaged one
 * makes it read outside of its memory, or never come back.
 *
 * Invariant: nothing of the file is believed; at most a few MiB of it are read.
 */
#ifndef HOST_HDF5_HEAP_H
#define HOST_HDF5_HEAP_H

#include <stdint.h>

#include <gaia/status.h>

/* Checks every global heap within the first and the last 8 MiB of the HDF5 file fd of `bytes`
 * bytes (definitions stand at the beginning, what was added later at the end): objects lie within
 * their heap, and their numbers ascend. GAIA_FILE_DAMAGED names the byte; GAIA_FILE_UNREADABLE,
 * GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status hdf5_heaps_check(int fd, uint64_t bytes, gaia_error *err);

#endif
