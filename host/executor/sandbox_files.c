/* SPDX-License-Identifier: MIT
 *
 * Landlock for the executor. Its three system calls have no functions in the C library, and the
 * kernel's header may be older than the kernel: what is needed of it is repeated here.
 *
 * Invariant: reading is never limited here; a source may be any file that the user may read.
 */
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef __NR_landlock_create_ruleset /* one number on every machine */
#define __NR_landlock_create_ruleset 444
#define __NR_landlock_add_rule 445
#define __NR_landlock_restrict_self 446
#endif

enum {
    CREATE_RULESET_VERSION = 1,
    RULE_PATH_BENEATH = 1,
    /* of files, in bits */
    EXECUTE = 1 << 0,
    WRITE_FILE = 1 << 1,
    REMOVE_DIR = 1 << 4,
    REMOVE_FILE = 1 << 5,
    MAKE_CHAR = 1 << 6,
    MAKE_DIR = 1 << 7,
    MAKE_REG = 1 << 8,
    MAKE_SOCK = 1 << 9,
    MAKE_FIFO = 1 << 10,
    MAKE_BLOCK = 1 << 11,
    MAKE_SYM = 1 << 12,
    REFER = 1 << 13,     /* since version 2 */
    TRUNCATE = 1 << 14,  /* 3 */
    IOCTL_DEV = 1 << 15, /* 5 */
    /* of ports */
    BIND_TCP = 1 << 0, /* 4 */
    /* scopes */
    ABSTRACT_SOCKET = 1 << 0, /* 6 */
    SIGNAL = 1 << 1,
};

/* struct landlock_ruleset_attr; an older kernel is given only as much of it as it knows. */
struct ruleset {
    uint64_t files;
    uint64_t ports;
    uint64_t scopes;
};

struct path_beneath {
    uint64_t allowed;
    int32_t parent;
} __attribute__((packed));

int sandbox_landlock_version(void)
{
    const long version =
        syscall(__NR_landlock_create_ruleset, NULL, (size_t)0, CREATE_RULESET_VERSION);
    return version > 0 ? (int)version : 0;
}

struct sandbox_rights sandbox_rights_of(int version)
{
    struct sandbox_rights rights = {0};
    if (version >= 1) {
        rights.files = EXECUTE | WRITE_FILE | REMOVE_DIR | REMOVE_FILE | MAKE_CHAR | MAKE_DIR |
                       MAKE_REG | MAKE_SOCK | MAKE_FIFO | MAKE_BLOCK | MAKE_SYM;
    }
    rights.files |= version >= 2 ? REFER : 0;
    rights.files |= version >= 3 ? TRUNCATE : 0;
    rights.files |= version >= 5 ? IOCTL_DEV : 0;
    rights.ports = version >= 4 ? BIND_TCP : 0;
    rights.scopes = version >= 6 ? ABSTRACT_SOCKET | SIGNAL : 0;
    return rights;
}

/* Allows these rights, as far as they are forbidden at all, at path and below. Returns the path's
 * descriptor, -1 where it is not there: then it needs no rights. */
static int path_open(int ruleset, const struct sandbox_rights *rights, const char *path,
                     uint64_t allowed)
{
    const struct path_beneath rule = {.allowed = allowed & rights->files,
                                      .parent = open(path, O_PATH | O_CLOEXEC)};
    if (rule.parent >= 0) {
        (void)syscall(__NR_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &rule, 0);
    }
    return rule.parent;
}

static void path_allow(int ruleset, const struct sandbox_rights *rights, const char *path,
                       uint64_t allowed)
{
    const int fd = path_open(ruleset, rights, path, allowed);
    if (fd >= 0) {
        (void)close(fd);
    }
}

/* The names of the process's own threads: NVIDIA's driver gives its threads some (since 570), and
 * does not start where it cannot. The folder stays open as long as the process is there: one that
 * the kernel forgets meanwhile comes back as another, which the rule is not for. */
static void threads_allow(int ruleset, const struct sandbox_rights *rights)
{
    (void)path_open(ruleset, rights, "/proc/self/task", WRITE_FILE | TRUNCATE);
}

/* The devices of NVIDIA's driver, and of WSL's. Their nodes must be there before: making them needs
 * a program that has more rights than the executor will have. */
static void devices_allow(int ruleset, const struct sandbox_rights *rights)
{
    static const char *const patterns[] = {"/dev/nvidia*", "/dev/nvidia-caps/*", "/dev/dxg"};
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        glob_t found = {0};
        if (glob(patterns[i], GLOB_NOSORT, NULL, &found) == 0) {
            for (size_t k = 0; k < found.gl_pathc; k++) {
                path_allow(ruleset, rights, found.gl_pathv[k], WRITE_FILE | IOCTL_DEV);
            }
        }
        globfree(&found);
    }
    path_allow(ruleset, rights, "/dev/null", WRITE_FILE | TRUNCATE);
}

static int landlock_apply(int version, const char *scratch, const char *staging, const char *logs)
{
    enum { BYTES_1 = 8, BYTES_4 = 16, BYTES_6 = 24 };
    const struct sandbox_rights rights = sandbox_rights_of(version);
    const struct ruleset attribute = {rights.files, rights.ports, rights.scopes};
    const size_t bytes = version >= 6 ? BYTES_6 : version >= 4 ? BYTES_4 : BYTES_1;
    const int ruleset = (int)syscall(__NR_landlock_create_ruleset, &attribute, bytes, 0);
    if (ruleset < 0) {
        return errno;
    }
    if (scratch != NULL) {
        path_allow(ruleset, &rights, scratch,
                   WRITE_FILE | TRUNCATE | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG |
                       MAKE_SYM | REFER);
    }
    if (staging != NULL) { /* files, and their renaming in place */
        path_allow(ruleset, &rights, staging, WRITE_FILE | TRUNCATE | REMOVE_FILE | MAKE_REG);
    }
    if (logs != NULL) { /* as much as rotating files takes */
        path_allow(ruleset, &rights, logs, WRITE_FILE | REMOVE_FILE | MAKE_REG);
    }
    devices_allow(ruleset, &rights);
    threads_allow(ruleset, &rights);
    const int failed = syscall(__NR_landlock_restrict_self, ruleset, 0) != 0 ? errno : 0;
    (void)close(ruleset);
    return failed;
}

void sandbox_files(const char *scratch, const char *staging, const char *logs,
                   const struct log *log)
{
    const int version = sandbox_landlock_version();
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        log_event(log, LOG_SECURITY, LOG_WARNING, "sandbox_weak", "no_new_privs cannot be set",
                  log_text("error", strerror(errno)));
    }
    const int failed = version > 0 ? landlock_apply(version, scratch, staging, logs) : ENOSYS;
    if (failed != 0) {
        log_event(log, LOG_SECURITY, LOG_WARNING, "sandbox_weak",
                  "no Landlock: files may be written wherever the user may",
                  log_text("error", version > 0 ? strerror(failed) : "this kernel has none"));
    } else {
        log_event(log, LOG_SECURITY, LOG_INFO, "sandbox_landlock",
                  "files are written in these folders only", log_int("version", version),
                  log_text("scratch", scratch), log_text("staging", staging),
                  log_text("logs", logs));
    }
}
