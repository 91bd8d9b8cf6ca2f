/* SPDX-License-Identifier: MIT
 *
 * The CPU's row sums: one source (cpu_rows.c) compiled once for each instruction set. Internal to
 * the CPU backend.
 */
#ifndef KERNELS_CPU_ROWS_H
#define KERNELS_CPU_ROWS_H

#include "backend.h"

/* The row sums of every forecast of the tile in row i_lat and interval i_interval:
 * out [n_forecasts] at a distance of `stride` doubles, each [ROW_COUNT]. */
typedef void cpu_rows(const struct tile *tile, size_t i_lat, size_t i_interval, double *out,
                      size_t stride);

cpu_rows cpu_rows_portable;
#if defined(__x86_64__)
cpu_rows cpu_rows_v3;
cpu_rows cpu_rows_v4;
#endif

#endif
