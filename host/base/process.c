/* SPDX-License-Identifier: MIT
 *
 * Finding the sister programs and asking them; locks between processes.
 */
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "error.h"

gaia_status program_beside(const char *name, char *out, size_t out_bytes, gaia_error *err)
{
    char self[PATH_MAX];
    const ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    if (length <= 0) {
        return error_set(err, GAIA_FILE_MISSING, "/proc/self/exe: %s", strerror(errno));
    }
    self[length] = '\0';
    *strrchr(self, '/') = '\0';
    const int n = snprintf(out, out_bytes, "%s/%s", self, name);
    if (n < 0 || (size_t)n >= out_bytes) {
        return error_set(err, GAIA_FILE_MISSING, "%s/%s: path too long", self, name);
    }
    if (access(out, X_OK) != 0) {
        return error_set(err, GAIA_FILE_MISSING, "%s: %s", out, strerror(errno));
    }
    return GAIA_OK;
}

/* Starts the program with both outputs into fd; 0 or an errno. */
static int output_spawn(const char *path, const char *const *arguments, int fd, pid_t *pid)
{
    extern char **environ;
    posix_spawn_file_actions_t files;
    int code = posix_spawn_file_actions_init(&files);
    if (code != 0) {
        return code;
    }
    code = posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    code = code == 0 ? posix_spawn_file_actions_adddup2(&files, fd, 1) : code;
    code = code == 0 ? posix_spawn_file_actions_adddup2(&files, fd, 2) : code;
    if (code == 0) {
        /* posix_spawn's arguments are not const for historical reasons only. */
        code = posix_spawn(pid, path, &files, NULL, (char *const *)(uintptr_t)arguments, environ);
    }
    (void)posix_spawn_file_actions_destroy(&files);
    return code;
}

/* Reads until the other end is closed; false if that takes longer than the deadline. What is beyond
 * the limit is read and dropped. */
static bool output_read(int fd, int64_t deadline_ms, struct text *out)
{
    char piece[4096];
    size_t room = PROGRAM_OUTPUT_BYTES;
    for (;;) {
        struct pollfd readable = {.fd = fd, .events = POLLIN};
        const int64_t left_ms = deadline_ms - clock_monotonic_ms();
        if (left_ms <= 0) {
            return false;
        }
        if (poll(&readable, 1, left_ms < INT_MAX ? (int)left_ms : INT_MAX) <= 0) {
            continue;
        }
        const ssize_t n = read(fd, piece, sizeof piece);
        if (n == 0 || (n < 0 && errno != EINTR)) {
            return true;
        }
        const size_t kept = n < 0 ? 0 : (size_t)n < room ? (size_t)n : room;
        text_append_n(out, piece, kept);
        room -= kept;
    }
}

gaia_status program_output(const char *path, const char *const *arguments, int64_t timeout_ms,
                           struct text *out, gaia_error *err)
{
    const size_t before = out->length;
    int ends[2] = {-1, -1};
    int how = 0;
    pid_t pid = 0;
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return error_set(err, GAIA_LIMIT, "%s: no pipe: %s", path, strerror(errno));
    }
    const int code = output_spawn(path, arguments, ends[1], &pid);
    (void)close(ends[1]);
    if (code != 0) {
        (void)close(ends[0]);
        return error_set(err, GAIA_FILE_UNREADABLE, "%s: %s", path, strerror(code));
    }
    const bool in_time = output_read(ends[0], clock_monotonic_ms() + timeout_ms, out);
    (void)close(ends[0]);
    if (!in_time) {
        (void)kill(pid, SIGKILL);
    }
    while (waitpid(pid, &how, 0) < 0 && errno == EINTR) {
    }
    if (out->failed) {
        return error_memory(err, PROGRAM_OUTPUT_BYTES);
    }
    if (!in_time) {
        return error_set(err, GAIA_TIMEOUT, "%s: no end in %lld ms", path, (long long)timeout_ms);
    }
    if (!WIFEXITED(how) || WEXITSTATUS(how) != 0) {
        const char *said = out->length > before ? out->s + before : "it ended at once";
        return error_set(err, GAIA_FILE_UNREADABLE, "%s: %.*s", path, (int)strcspn(said, "\n"),
                         said);
    }
    return GAIA_OK;
}

gaia_status lock_take(const char *path, bool *taken, int *fd, gaia_error *err)
{
    const int opened = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (opened < 0) {
        return error_set(err, GAIA_DISK, "%s: %s", path, strerror(errno));
    }
    if (flock(opened, LOCK_EX | LOCK_NB) == 0) {
        *taken = true;
        *fd = opened;
        return GAIA_OK;
    }
    const int why = errno;
    (void)close(opened);
    if (why != EWOULDBLOCK) {
        return error_set(err, GAIA_DISK, "%s: %s", path, strerror(why));
    }
    *taken = false;
    return GAIA_OK;
}
