/* SPDX-License-Identifier: MIT
 *
 * How long a NetCDF classic file must be by its own header. netcdf-c 4.9.0 reads a truncated one
 * with success and returns zeros for what is not there.
 */
#ifndef HOST_NETCDF3_SIZE_H
#define HOST_NETCDF3_SIZE_H

#include <stdint.h>

#include <gaia/status.h>

/* Reads the header (CDF-1, CDF-2 or CDF-5) of the open file fd and writes the end of its last value
 * into *size_bytes. GAIA_FILE_DAMAGED: not such a file, a header cut short, or sizes that overflow.
 */
GAIA_MUST_USE gaia_status netcdf3_size(int fd, uint64_t file_bytes, uint64_t *size_bytes,
                                       gaia_error *err);

#endif
