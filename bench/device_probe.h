/* SPDX-License-Identifier: MIT
 *
 * What a GPU can do at most. Like the CUDA backend it lies in a library of its own that is loaded
 * at run time, so that one program runs with and without a driver.
 */
#ifndef BENCH_DEVICE_PROBE_H
#define BENCH_DEVICE_PROBE_H

#include <stddef.h>
#include <stdint.h>

#include <gaia/status.h>

#ifdef __cplusplus
extern "C" {
#endif

#define DEVICE_PROBE_MODULE "libgaia_bench_cuda.so"

/* The number changes whenever the table does. */
#define DEVICE_PROBE_FN gaia_device_probe_2
#define DEVICE_PROBE_SYMBOL "gaia_device_probe_2"

enum { DEVICE_PROBE_TEXT = 256 };

struct device_probe;

enum device_limit { DEVICE_READ, DEVICE_COPY, DEVICE_UPLOAD, DEVICE_FLOAT64 };

/* why: room for DEVICE_PROBE_TEXT bytes, a sentence if a call fails. Not thread-safe. */
struct device_probe_ops {
    /* Takes twice so many bytes of the device's memory, and host_bytes pinned ones of the host, at
     * most as many. */
    gaia_status (*open)(unsigned i_device, size_t bytes, size_t host_bytes,
                        struct device_probe **probe, char *why);
    void (*close)(struct device_probe *probe);
    /* Runs the measurement n_repeats times: the seconds that took, by the device's own clock, and
     * the bytes (read, read plus written, or uploaded) or float64 operations that it was. */
    gaia_status (*measure)(struct device_probe *probe, enum device_limit limit, size_t n_repeats,
                           double *seconds, double *amount, char *why);
    /* CUDA's version numbers, 1000 * major + 10 * minor: of the driver and of what this was built
     * with. */
    void (*versions)(int *driver, int *runtime);
};

typedef const struct device_probe_ops *device_probe_fn(void);

#ifdef __cplusplus
}
#endif
#endif
