/* SPDX-License-Identifier: MIT
 *
 * Makes the arguments that the scheduler and the executors are started with. Called once a child by
 * node.c.
 *
 * Invariant: all executors have the same arguments, but for those that are one's own, which come
 * last and count.
 */
#include "describe.h"

#include <stdio.h>
#include <string.h>

enum { OWN_ARGUMENTS = 8 }; /* of an executor */
_Static_assert(1 + NODE_ARGUMENTS_MAX + OWN_ARGUMENTS < CHILD_ARGUMENTS, "there is room for all");

/* Puts the program and its arguments in place; returns how many they are. */
static size_t arguments_set(struct child *child, const char *program, const char *const *arguments)
{
    size_t n = 0;
    child->arguments[n++] = program;
    for (size_t i = 0; i < NODE_ARGUMENTS_MAX && arguments[i] != NULL; i++) {
        child->arguments[n++] = arguments[i];
    }
    return n;
}

void describe_scheduler(struct child *child, const char *program,
                        const struct node_options *options)
{
    (void)snprintf(child->name, sizeof child->name, "scheduler");
    (void)arguments_set(child, program, options->scheduler);
    if (options->is_remote) {
        child->start_at_ms = INT64_MAX;
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
                       const struct node_options *options, const char *gpus, const char *batches,
                       const char *replaces)
{
    const char *gpu = gpu_choose(options, gpus, number - 1);
    size_t n = arguments_set(child, program, options->executor);
    (void)snprintf(child->name, sizeof child->name, "executor-%zu", number);
    const char *const own[OWN_ARGUMENTS] = {"--id",       child->name, "--batches", batches,
                                            "--replaces", replaces,    "--gpu",     gpu};
    for (size_t i = 0; i < OWN_ARGUMENTS && own[i + 1] != NULL; i += 2) {
        child->arguments[n++] = own[i];
        child->arguments[n++] = own[i + 1];
    }
    child->address_bytes = options->limits.address_bytes;
}
