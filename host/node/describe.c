/* SPDX-License-Identifier: MIT
 *
 * Makes the arguments that the scheduler and the executors are started with. Called once a child by
 * node.c.
 *
 * Invariant: an option that the node was not given is not passed on, so that the programs' own
 * defaults hold; except for limits, whose defaults are the node's.
 */
#include "describe.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void describe_limits(const struct limits *limits, struct describe_limits *texts)
{
    enum { SECOND_MS = 1000 };
    (void)snprintf(texts->life_min, sizeof texts->life_min, "%" PRId64,
                   limits->life_min_ms / SECOND_MS);
    (void)snprintf(texts->batch_time, sizeof texts->batch_time, "%" PRId64,
                   limits->batch_ms / SECOND_MS);
    (void)snprintf(texts->batch_cpu, sizeof texts->batch_cpu, "%" PRId64,
                   limits->batch_cpu_ms / SECOND_MS);
}

void describe_scheduler(struct child *child, const char *program,
                        const struct node_options *options)
{
    (void)snprintf(child->name, sizeof child->name, "scheduler");
    child->arguments[0] = program;
    child->arguments[1] = "--state";
    child->arguments[2] = options->state;
    for (size_t i = 0; options->passed != NULL && i < NODE_PASSED_MAX && options->passed[i]; i++) {
        child->arguments[3 + i] = options->passed[i];
    }
    if (options->remote != NULL) {
        child->start_at_ms = INT64_MAX; /* it runs elsewhere */
    }
}

/* The GPU of executor i: the list's, in turn. */
static const char *gpu_choose(const struct node_options *options, const char *gpus, size_t i)
{
    size_t n = 1;
    for (const char *at = options->gpus; at != NULL && *at != '\0'; at++) {
        n += *at == ',';
    }
    const char *gpu = gpus;
    for (i %= n; gpu != NULL && i > 0; i--) {
        gpu += strlen(gpu) + 1;
    }
    return gpu;
}

void describe_executor(struct child *child, const char *program, size_t number,
                       const struct node_options *options, const char *gpus,
                       const struct describe_limits *texts, const char *batches)
{
    const struct {
        const char *name;
        const char *value;
    } passed[] = {{"--memory", options->memory},
                  {"--device", options->device},
                  {"--threads", options->threads},
                  {"--gpu-memory", options->gpu_memory},
                  {"--gpu", gpu_choose(options, gpus, number - 1)},
                  {"--scheduler", options->remote},
                  {"--batches", batches},
                  {"--lifetime-min", texts->life_min},
                  {"--batch-time", texts->batch_time},
                  {"--batch-cpu", texts->batch_cpu}};
    (void)snprintf(child->name, sizeof child->name, "executor-%zu", number);
    const char *first[] = {program, "--state", options->state, "--id", child->name};
    memcpy(child->arguments, first, sizeof first);
    size_t n = sizeof first / sizeof *first;
    for (size_t k = 0; k < sizeof passed / sizeof *passed; k++) {
        if (passed[k].value != NULL) {
            child->arguments[n++] = passed[k].name;
            child->arguments[n++] = passed[k].value;
        }
    }
    if (options->no_sandbox) {
        child->arguments[n++] = "--no-sandbox";
    }
    child->address_bytes = options->limits.address_bytes;
}
