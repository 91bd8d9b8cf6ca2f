/* SPDX-License-Identifier: MIT
 *
 * The command lines of the node's children.
 */
#ifndef NODE_DESCRIBE_H
#define NODE_DESCRIBE_H

#include <stddef.h>

#include "child.h"
#include "node.h"

/* What is said to every executor beside the node's own options; all borrowed. */
struct describe_limits {
    char life_min[24]; /* in seconds */
    char batch_time[24];
    char batch_cpu[24];
};

void describe_limits(const struct limits *limits, struct describe_limits *texts);

void describe_scheduler(struct child *child, const char *program,
                        const struct node_options *options);

/* Executor `number`, from 1. gpus: numbers of options->gpus, each ended by a zero; batches: text
 * that may change from start to start. */
void describe_executor(struct child *child, const char *program, size_t number,
                       const struct node_options *options, const char *gpus,
                       const struct describe_limits *texts, const char *batches);

#endif
