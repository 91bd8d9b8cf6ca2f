/* SPDX-License-Identifier: MIT
 *
 * Rotation by size. Called by log.c.
 *
 * Invariant: a file is moved only under the lock of its folder, and only by a process that writes
 * to the very file of that name; a line is written by one call at the file's end. So any number of
 * processes may share the files, and none loses a line of another.
 */
#include "log_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* Opens what the name stands for now, or makes it. What is open already is kept where that fails.
 * A pipe or a device in the file's place is never waited for. */
static void file_reopen(struct log_file *file)
{
    const int fd = openat(file->folder, file->name,
                          O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
    if (fd >= 0) {
        log_file_close(file);
        file->fd = fd;
        file->is_torn = false;
    }
}

/* Whether the name stands for the file that is open; *bytes is the file's size. */
static bool is_in_place(const struct log_file *file, uint64_t *bytes)
{
    struct stat named;
    struct stat open;
    *bytes = 0;
    if (file->fd < 0 || fstat(file->fd, &open) != 0 ||
        fstatat(file->folder, file->name, &named, 0) != 0) {
        return false;
    }
    *bytes = S_ISREG(open.st_mode) ? (uint64_t)open.st_size : 0;
    return named.st_dev == open.st_dev && named.st_ino == open.st_ino;
}

static void name_of(const struct log_file *file, unsigned number, char out[LOG_FILE_NAME + 16])
{
    (void)snprintf(out, LOG_FILE_NAME + 16, number > 0 ? "%s.%u" : "%s", file->name, number);
}

/* Moves the files one place on, up to the first that is free; where none is, the oldest goes. */
static void files_move(const struct log_file *file)
{
    char from[LOG_FILE_NAME + 16];
    char to[LOG_FILE_NAME + 16];
    unsigned free = 1;
    if (file->n_kept == 0) {
        (void)unlinkat(file->folder, file->name, 0);
        return;
    }
    for (name_of(file, free, to); free < file->n_kept && faccessat(file->folder, to, F_OK, 0) == 0;
         name_of(file, free, to)) {
        free++;
    }
    for (unsigned i = free; i > 0; i--) {
        name_of(file, i - 1, from);
        name_of(file, i, to);
        (void)renameat(file->folder, from, file->folder, to);
    }
}

/* Moves the file away if it is still the one that is open, unless another process is at it. */
static void file_rotate(struct log_file *file)
{
    uint64_t bytes = 0;
    if (flock(file->folder, LOCK_EX | LOCK_NB) != 0) {
        return; /* the next line looks again */
    }
    if (is_in_place(file, &bytes)) {
        files_move(file);
    }
    (void)flock(file->folder, LOCK_UN);
}

/* Writes n bytes; false, and torn if some of them, where not all could be written. */
static bool file_append(struct log_file *file, const char *bytes, size_t n)
{
    ssize_t written = -1;
    do {
        written = write(file->fd, bytes, n);
    } while (written < 0 && errno == EINTR);
    file->is_torn = file->is_torn || (written > 0 && (size_t)written < n);
    return written == (ssize_t)n;
}

bool log_file_write(struct log_file *file, const char *line, size_t n)
{
    uint64_t bytes = 0;
    const bool was_in_place = is_in_place(file, &bytes);
    const bool is_full =
        was_in_place && file->bytes_max > 0 && bytes > 0 && bytes + n > file->bytes_max;
    if (is_full) {
        file_rotate(file);
    }
    if (!was_in_place || is_full) {
        file_reopen(file);
    }
    if (file->fd < 0) {
        return false;
    }
    if (file->is_torn) { /* its end is a line of its own, whatever it lacks */
        file->is_torn = !file_append(file, "\n", 1);
    }
    return !file->is_torn && file_append(file, line, n);
}

void log_file_close(struct log_file *file)
{
    if (file->fd >= 0) {
        (void)close(file->fd);
        file->fd = -1;
    }
}
