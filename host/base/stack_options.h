/* SPDX-License-Identifier: MIT
 *
 * The options of gaia-node that `gaia up` takes too and passes on: one table for both.
 */
#ifndef BASE_STACK_OPTIONS_H
#define BASE_STACK_OPTIONS_H

#include "options.h"

enum { STACK_SECONDS_MAX = 365 * 86400, STACK_BATCHES_MAX = 1000000000 };

/* clang-format off */
#define STACK_OPTION_SPECS                                                                         \
    {"executors", OPTION_NUMBER, "N", 1, 1024,                                                     \
     "executors to run [one per GPU named, else per two cores]"},                                  \
    {"memory", OPTION_BYTES, "SIZE", 1 << 20, UINT64_MAX,                                          \
     "memory for data per executor [2GiB, or half of its share of the machine]"},                  \
    {"device", OPTION_TEXT, "DEVICE", 0, 0, "auto, cpu or cuda [auto]"},                           \
    {"threads", OPTION_NUMBER, "N", 1, 1024, "threads per executor [cores / executors]"},          \
    {"gpu", OPTION_TEXT, "LIST", 0, 0, "such as 0,1: GPUs that the executors take in turn [0]"},   \
    {"gpu-memory", OPTION_BYTES, "SIZE", 1 << 20, UINT64_MAX,                                      \
     "memory of its GPU for data per executor [most of what is free]"},                            \
    {"rss-soft", OPTION_BYTES, "SIZE", 0, UINT64_MAX,                                              \
     "resident memory at which an executor is replaced after its batch [3/4 of --rss-hard]"},      \
    {"rss-hard", OPTION_BYTES, "SIZE", 0, UINT64_MAX,                                              \
     "resident memory at which it is ended [twice --memory + 1GiB, or its share of the machine]"}, \
    {"gpu-soft", OPTION_BYTES, "SIZE", 0, UINT64_MAX,                                              \
     "GPU memory at which an executor is replaced [5/4 of --gpu-memory + 1GiB, if given]"},        \
    {"gpu-hard", OPTION_BYTES, "SIZE", 0, UINT64_MAX,                                              \
     "GPU memory at which it is ended [3/2 of --gpu-memory + 2GiB, if given]"},                    \
    {"address-space", OPTION_BYTES, "SIZE", 0, UINT64_MAX,                                         \
     "address space of an executor; not with a GPU [no limit]"},                                   \
    {"batches", OPTION_NUMBER, "N", 0, STACK_BATCHES_MAX,                                          \
     "batches after which an executor is replaced, less by chance [10000]"},                       \
    {"lifetime", OPTION_NUMBER, "SECONDS", 0, STACK_SECONDS_MAX,                                   \
     "age at which an executor is replaced, less by chance [86400]"},                              \
    {"lifetime-min", OPTION_NUMBER, "SECONDS", 1, STACK_SECONDS_MAX,                               \
     "age below which it is not; ends before count as failures [10]"},                             \
    {"batch-time", OPTION_NUMBER, "SECONDS", 0, STACK_SECONDS_MAX,                                 \
     "time that a batch may take [3600]"},                                                         \
    {"batch-cpu", OPTION_NUMBER, "SECONDS", 0, STACK_SECONDS_MAX,                                  \
     "processor time that a batch may take [no limit]"},                                           \
    {"no-sandbox", OPTION_FLAG, NULL, 0, 0,                                                        \
     "let executors do what their user may: for debugging only"}
/* clang-format on */

/* In the order of the rows; of the limits (from RSS_SOFT on) 0 means no limit. */
enum stack_option {
    STACK_EXECUTORS,
    STACK_MEMORY,
    STACK_DEVICE,
    STACK_THREADS,
    STACK_GPU,
    STACK_GPU_MEMORY,
    STACK_RSS_SOFT,
    STACK_RSS_HARD,
    STACK_GPU_SOFT,
    STACK_GPU_HARD,
    STACK_ADDRESS_SPACE,
    STACK_BATCHES,
    STACK_LIFETIME,
    STACK_LIFETIME_MIN,
    STACK_BATCH_TIME,
    STACK_BATCH_CPU,
    STACK_NO_SANDBOX,
    STACK_OPTIONS
};

#endif
