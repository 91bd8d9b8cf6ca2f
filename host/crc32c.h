/* SPDX-License-Identifier: MIT
 *
 * CRC-32C (Castagnoli; RFC 3720, appendix B.4), the checksum of Zarr's codec "crc32c".
 */
#ifndef HOST_CRC32C_H
#define HOST_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* The checksum of length bytes; of "123456789" it is 0xe3069283. */
uint32_t crc32c(const void *bytes, size_t length);

#endif
