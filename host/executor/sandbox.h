/* SPDX-License-Identifier: MIT
 *
 * The executor gives up what it does not need before it opens files of strangers: with no more
 * rights than these a hostile file that takes the process over can read, compute and dial, and
 * nothing else.
 *
 * First, before the process has a second thread, sandbox_files: no_new_privs, and by Landlock no
 * writing but in its scratch folder, in its own of the results folder, in that of its log, to
 * devices of GPUs and in /proc/self/task, no program, no TCP socket that is bound, no signal to
 * others. Then, once the device is open, sandbox_calls: by seccomp no system call that the work
 * does not need, no socket of this machine's daemons, no typing into the terminal. A kernel that
 * has one of them not is told of in the log, and does without.
 */
#ifndef EXECUTOR_SANDBOX_H
#define EXECUTOR_SANDBOX_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <linux/filter.h>

#include "log.h"

/* Binds this thread and those that it starts. scratch, staging, logs: folders in which files may be
 * written, and but for the first only plain ones; NULL: there is none. */
void sandbox_files(const char *scratch, const char *staging, const char *logs,
                   const struct log *log);

/* Binds every thread of the process. */
void sandbox_calls(const struct log *log);

/* The parts, for tests. */

/* The version of Landlock that the kernel has, 0 if it has none. */
int sandbox_landlock_version(void);

/* What Landlock of this version is asked to forbid: rights on files, on TCP ports, and beyond. */
struct sandbox_rights {
    uint64_t files;
    uint64_t ports;
    uint64_t scopes;
};
struct sandbox_rights sandbox_rights_of(int version);

/* Writes the filter of system calls of process pid; returns its length, which is at most
 * SANDBOX_FILTER_MAX. */
enum { SANDBOX_FILTER_MAX = 256 };
size_t sandbox_filter(pid_t pid, struct sock_filter filter[SANDBOX_FILTER_MAX]);

#endif
