/* SPDX-License-Identifier: MIT
 *
 * From the table of options to the structures of executor.h and http.h: each value goes to one
 * member.
 */
#include "settings.h"

#include <stdlib.h>

static const uint64_t memory_default = (uint64_t)2 << 30;

struct http_limits settings_remote(const struct config *config)
{
    enum { SECOND_MS = 1000 };
    struct http_limits limits = http_limits_default();
    limits.parallel = (size_t)config_number(config, CONFIG_REMOTE_PARALLEL);
    limits.attempts = (unsigned)config_number(config, CONFIG_REMOTE_TRIES);
    limits.connect_ms = config_ms(config, CONFIG_REMOTE_CONNECT);
    limits.stall_s = (config_ms(config, CONFIG_REMOTE_STALL) + SECOND_MS - 1) / SECOND_MS;
    limits.total_ms = config_ms(config, CONFIG_REMOTE_TIME);
    limits.backoff_max_ms = config_ms(config, CONFIG_REMOTE_PAUSE);
    limits.retry_after_max_ms = config_ms(config, CONFIG_REMOTE_BUSY);
    return limits;
}

/* Nobody replaces an executor that is by itself, so it leaves after batches only if that is said.
 */
struct executor_options settings_executor(const struct config *config)
{
    const char *gpu = config_text(config, CONFIG_GPU);
    return (struct executor_options){
        .engine = {.device = config_text(config, CONFIG_DEVICE),
                   .n_threads = (unsigned)config_number(config, CONFIG_THREADS),
                   .memory_bytes = config_is_given(config, CONFIG_MEMORY)
                                       ? config_number(config, CONFIG_MEMORY)
                                       : memory_default,
                   .gpu_memory_bytes = config_number(config, CONFIG_GPU_MEMORY),
                   .gpu = gpu != NULL ? (unsigned)strtoul(gpu, NULL, 10) : 0},
        .batches_max =
            config_is_given(config, CONFIG_BATCHES) ? config_number(config, CONFIG_BATCHES) : 0,
        .life_min_ms = config_ms(config, CONFIG_LIFETIME_MIN),
        .batch_ms = config_ms(config, CONFIG_BATCH_TIME),
        .batch_cpu_ms = config_ms(config, CONFIG_BATCH_CPU),
        .result_ms = config_ms(config, CONFIG_RESULT_TIME),
        .sandbox = config_number(config, CONFIG_NO_SANDBOX) == 0};
}
