/* SPDX-License-Identifier: MIT
 *
 * One child process of gaia-node: started, watched through a file descriptor, ended.
 */
#ifndef NODE_CHILD_H
#define NODE_CHILD_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <gaia/status.h>

#include "restart.h"

enum { CHILD_NAME = 32, CHILD_ARGUMENTS = 112, CHILD_HOW = 128 };

struct child {
    char name[CHILD_NAME];                  /* in the log */
    const char *arguments[CHILD_ARGUMENTS]; /* [0]: the program's path; borrowed; NULL-terminated */
    pid_t pid;                              /* 0: none runs */
    int handle;                             /* readable once the process has ended; -1: none runs */
    int64_t started_ms;
    int64_t start_at_ms;    /* when to start it, where none runs */
    uint64_t address_bytes; /* that it may map; 0: no limit */
    struct restart restart;
};

/* How a process ended. */
struct child_end {
    char how[CHILD_HOW]; /* "was killed by signal 9 (Killed)" */
    bool well;           /* status 0 */
    bool overtime;       /* PROGRAM_OVERTIME */
};

/* Starts the process, in a process group of its own, so that a terminal's Ctrl-C reaches only the
 * node; it gets SIGTERM if the node dies. The calling process must have one thread. GAIA_LIMIT. */
GAIA_MUST_USE gaia_status child_start(struct child *child, int64_t now_ms, gaia_error *err);

/* Sends the signal if the process runs. */
void child_signal(const struct child *child, int signal);

/* Collects the process if it has ended: fills *end and returns true. */
bool child_collect(struct child *child, struct child_end *end);

#endif
