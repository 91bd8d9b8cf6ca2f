/* SPDX-License-Identifier: MIT
 *
 * Memory as the kernel counts it: of the machine, of the container that this process is in, of one
 * process.
 */
#ifndef BASE_MACHINE_H
#define BASE_MACHINE_H

#include <stdint.h>
#include <sys/types.h>

struct machine_memory {
    uint64_t limit_bytes; /* what there is: the machine's, or less where a cgroup allows less */
    uint64_t free_bytes;  /* what of that can still be had; pages of files that can go are free */
};

/* Reads /proc and /sys/fs/cgroup (v2, and v1 where it has the memory controller) below root, which
 * is "" but in tests. What cannot be read limits nothing: without any of it both are UINT64_MAX. */
void machine_memory_read(const char *root, struct machine_memory *memory);

/* The memory of a process that is resident, 0 if there is no such process. It is the kernel's
 * running count, which may be off by some pages a core. */
uint64_t process_rss_bytes(pid_t pid);

/* The same counted page by page, which takes milliseconds a GiB; process_rss_bytes where the
 * process may not be looked into. */
uint64_t process_rss_exact_bytes(pid_t pid);

/* To be called when what a text of n_bytes was parsed into has been freed: if it was large, the
 * memory goes back to the system, which the C library would keep. */
void memory_give_back(size_t n_bytes);

#endif
