/* SPDX-License-Identifier: MIT
 *
 * The cost of a lease as RESULT has it. Called by executor.c before and after each lease, on the
 * main thread.
 *
 * Invariant: what is told of a lease is of that lease alone.
 */
#include "cost.h"

#include <time.h>

enum { US_PER_S = 1000000, NS_PER_US = 1000 };

static int64_t process_cpu_us(void)
{
    struct timespec used = {0};
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (int64_t)used.tv_sec * US_PER_S + used.tv_nsec / NS_PER_US;
}

struct cost cost_begin(const struct engine *engine, struct engine_control *run)
{
    struct cost cost = {.cpu_us = process_cpu_us()};
    for (size_t i = 0; i < READ_FORMATS; i++) {
        atomic_store(&run->counts.bytes[i], 0);
    }
    atomic_store(&run->counts.kept, 0);
    atomic_store(&run->counts.fresh, 0);
    atomic_store(&run->counts.summed_bytes, 0);
    engine_measure(engine, &cost.device);
    return cost;
}

/* Bytes by format, those that are some; NULL when out of memory. */
static json_t *read_make(const struct read_counts *counts)
{
#define X(code, name) name,
    static const char *const names[READ_FORMATS] = {READ_FORMAT_MAP(X)};
#undef X
    json_t *read = json_object();
    int failed = read == NULL;
    for (size_t i = 0; i < READ_FORMATS; i++) {
        const uint64_t bytes = atomic_load(&counts->bytes[i]);
        if (bytes > 0) {
            failed |= json_object_set_new(read, names[i], json_integer((json_int_t)bytes));
        }
    }
    if (failed) {
        json_decref(read);
        return NULL;
    }
    return read;
}

void cost_tell(const struct cost *cost, const struct engine *engine,
               const struct engine_control *run, struct device_gauges *gauges, json_t *entry)
{
    const struct read_counts *counts = &run->counts;
    struct engine_use device;
    engine_measure(engine, &device);
    atomic_store(&gauges->used_bytes, device.used_bytes);
    atomic_store(&gauges->limit_bytes, device.limit_bytes);
    atomic_store(&gauges->resident_bytes, device.resident_bytes);
    json_t *made = json_pack(
        "{s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "cpu_us",
        (json_int_t)(process_cpu_us() - cost->cpu_us), "kernel_us",
        (json_int_t)((device.kernel_s - cost->device.kernel_s) * US_PER_S), "uploaded_bytes",
        (json_int_t)(device.uploaded_bytes - cost->device.uploaded_bytes), "summed_bytes",
        (json_int_t)atomic_load(&counts->summed_bytes), "kept",
        (json_int_t)atomic_load(&counts->kept), "fresh", (json_int_t)atomic_load(&counts->fresh),
        "read_bytes", read_make(counts));
    if (made != NULL) {
        (void)json_object_set_new(entry, "cost", made);
    }
}
