/* SPDX-License-Identifier: MIT
 *
 * Reads the kernel's text files about memory. Called by gaia-node for its limits and by executors
 * for what they report; nothing is kept between calls.
 *
 * Invariant: a cgroup's limit holds for all below it, so the least one on the way to the root
 * counts.
 */
#include "machine.h"

#include <limits.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"

enum { FILE_BYTES = 1 << 20, PATH_BYTES = PATH_MAX, LARGE_BYTES = 8 << 20 };

/* How one version of cgroups calls its files. */
struct cgroup_names {
    const char *mount;
    const char *limit;
    const char *usage;
    const char *inactive; /* key of memory.stat */
};

static const struct cgroup_names version_1 = {"/sys/fs/cgroup/memory", "memory.limit_in_bytes",
                                              "memory.usage_in_bytes", "total_inactive_file"};
static const struct cgroup_names version_2 = {"/sys/fs/cgroup", "memory.max", "memory.current",
                                              "inactive_file"};

/* The file's text, NULL if it cannot be read. The caller's to free. */
static char *text_read(const char *root, const char *folder, const char *name)
{
    char path[PATH_BYTES];
    char *text = NULL;
    size_t length = 0;
    const int n = snprintf(path, sizeof path, "%s%s/%s", root, folder, name);
    if (n < 0 || (size_t)n >= sizeof path ||
        file_read(path, FILE_BYTES, &text, &length, NULL) != GAIA_OK) {
        return NULL;
    }
    return text;
}

/* The number behind the key at the start of a line, 0 if there is none. */
static uint64_t number_after(const char *text, const char *key)
{
    const size_t length = strlen(key);
    for (const char *at = text; at != NULL && *at != '\0';) {
        if (strncmp(at, key, length) == 0 && strchr(" :\t", at[length]) != NULL) {
            return strtoull(at + length + strspn(at + length, " :\t"), NULL, 10);
        }
        at = strchr(at, '\n');
        at = at != NULL ? at + 1 : NULL;
    }
    return 0;
}

/* A file of one number; UINT64_MAX for "max" and for what cannot be read. */
static uint64_t number_read(const char *root, const char *folder, const char *name)
{
    char *text = text_read(root, folder, name);
    const uint64_t number =
        text != NULL && *text >= '0' && *text <= '9' ? strtoull(text, NULL, 10) : UINT64_MAX;
    free(text);
    return number;
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Takes into account what one cgroup allows. */
static void cgroup_apply(const char *root, const struct cgroup_names *names, const char *folder,
                         struct machine_memory *memory)
{
    const uint64_t limit = number_read(root, folder, names->limit);
    const uint64_t usage = number_read(root, folder, names->usage);
    if (limit == UINT64_MAX) {
        return;
    }
    memory->limit_bytes = least(memory->limit_bytes, limit);
    if (usage != UINT64_MAX) {
        char *stat = text_read(root, folder, "memory.stat");
        const uint64_t inactive = number_after(stat, names->inactive);
        const uint64_t used = usage > inactive ? usage - inactive : 0;
        memory->free_bytes = least(memory->free_bytes, limit > used ? limit - used : 0);
        free(stat);
    }
}

/* The cgroup at path and all above it. In a container the path may be the host's, of which only the
 * mount itself can be seen: what is not there limits nothing. */
static void cgroups_apply(const char *root, const struct cgroup_names *names, const char *path,
                          struct machine_memory *memory)
{
    char folder[PATH_BYTES];
    const int n = snprintf(folder, sizeof folder, "%s%s", names->mount, path);
    if (n < 0 || (size_t)n >= sizeof folder) {
        return;
    }
    const size_t mount_length = strlen(names->mount);
    for (size_t length = (size_t)n; length >= mount_length; length--) {
        if (length == (size_t)n || folder[length] == '/') {
            folder[length] = '\0';
            cgroup_apply(root, names, folder, memory);
        }
    }
}

/* Whether a line of /proc/self/cgroup ("4:memory:/path") is of a hierarchy that limits memory. */
static const struct cgroup_names *cgroup_version(const char *controllers, size_t length)
{
    static const char wanted[] = "memory";
    if (length == 0) {
        return &version_2;
    }
    for (const char *at = controllers; at < controllers + length;) {
        const size_t n = strcspn(at, ",:");
        if (n == sizeof wanted - 1 && strncmp(at, wanted, n) == 0) {
            return &version_1;
        }
        at += n + 1;
    }
    return NULL;
}

void machine_memory_read(const char *root, struct machine_memory *memory)
{
    enum { KIB = 1024 };
    *memory = (struct machine_memory){UINT64_MAX, UINT64_MAX};
    char *meminfo = text_read(root, "/proc", "meminfo");
    const uint64_t total = number_after(meminfo, "MemTotal");
    const uint64_t available = number_after(meminfo, "MemAvailable");
    if (total > 0) {
        *memory = (struct machine_memory){total * KIB, available * KIB};
    }
    free(meminfo);
    char *cgroups = text_read(root, "/proc/self", "cgroup");
    char *rest = cgroups;
    for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
        char *controllers = strchr(line, ':');
        char *path = controllers != NULL ? strchr(controllers + 1, ':') : NULL;
        if (path == NULL) {
            continue;
        }
        const struct cgroup_names *names =
            cgroup_version(controllers + 1, (size_t)(path - controllers - 1));
        if (names != NULL) {
            cgroups_apply(root, names, path + 1, memory);
        }
    }
    free(cgroups);
}

static void process_folder(pid_t pid, char *folder, size_t bytes)
{
    (void)snprintf(folder, bytes, "/proc/%ld", (long)pid);
}

uint64_t process_rss_bytes(pid_t pid)
{
    char folder[32];
    process_folder(pid, folder, sizeof folder);
    char *statm = text_read("", folder, "statm");
    const char *second = statm != NULL ? strchr(statm, ' ') : NULL;
    const uint64_t pages = second != NULL ? strtoull(second, NULL, 10) : 0;
    free(statm);
    return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

uint64_t process_rss_exact_bytes(pid_t pid)
{
    enum { KIB = 1024 };
    char folder[32];
    process_folder(pid, folder, sizeof folder);
    char *rollup = text_read("", folder, "smaps_rollup");
    const uint64_t kib = number_after(rollup, "Rss");
    free(rollup);
    return kib > 0 ? kib * KIB : process_rss_bytes(pid);
}

void memory_give_back(size_t n_bytes)
{
#ifdef __GLIBC__
    if (n_bytes >= LARGE_BYTES) {
        (void)malloc_trim(0);
    }
#else
    (void)n_bytes;
#endif
}
