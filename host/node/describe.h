/* SPDX-License-Identifier: MIT
 *
 * The command lines of the node's children.
 */
#ifndef NODE_DESCRIBE_H
#define NODE_DESCRIBE_H

#include <stddef.h>

#include "child.h"
#include "node.h"

void describe_scheduler(struct child *child, const char *program,
                        const struct node_options *options);

/* Executor `number`, from 1. gpus: numbers of options->gpus, each ended by a zero; batches and
 * replaces: texts that may change from start to start. All are borrowed, as the options' arguments
 * are. */
void describe_executor(struct child *child, const char *program, size_t number,
                       const struct node_options *options, const char *gpus, const char *batches,
                       const char *replaces);

#endif
