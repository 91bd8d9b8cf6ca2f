/* SPDX-License-Identifier: MIT
 *
 * Reading and atomically writing small files; the state directory.
 */
#include "file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"

enum { PATH_BYTES = 4096, TEMPORARY_MODE = 0600 };

static gaia_status read_all(int fd, const char *path, size_t limit, char **bytes, size_t *length,
                            gaia_error *err)
{
    char *buffer = NULL;
    size_t used = 0;
    size_t capacity = 0;
    for (;;) {
        if (used == capacity) {
            capacity = capacity == 0 ? 4096 : 2 * capacity;
            char *grown = realloc(buffer, capacity + 1);
            if (grown == NULL) {
                free(buffer);
                return error_memory(err, capacity + 1);
            }
            buffer = grown;
        }
        const ssize_t n = read(fd, buffer + used, capacity - used);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0 || used + (size_t)n > limit) {
            free(buffer);
            return n < 0 ? error_set(err, GAIA_FILE_UNREADABLE, "%s: %s", path, strerror(errno))
                         : error_set(err, GAIA_LIMIT, "%s: larger than %zu bytes", path, limit);
        }
        if (n == 0) {
            break;
        }
        used += (size_t)n;
    }
    buffer[used] = '\0';
    *bytes = buffer;
    *length = used;
    return GAIA_OK;
}

static gaia_status open_for_reading(const char *path, int flags, int *fd, gaia_error *err)
{
    *fd = open(path, O_RDONLY | O_CLOEXEC | flags);
    return *fd >= 0 ? GAIA_OK
                    : error_set(err, errno == ENOENT ? GAIA_FILE_MISSING : GAIA_FILE_UNREADABLE,
                                "%s: %s", path, strerror(errno));
}

gaia_status file_open_regular(const char *path, int *fd, gaia_error *err)
{
    struct stat info;
    /* O_NONBLOCK: what is no regular file, such as a pipe, must not block the opening. */
    const gaia_status status = open_for_reading(path, O_NONBLOCK, fd, err);
    if (status == GAIA_OK && (fstat(*fd, &info) != 0 || !S_ISREG(info.st_mode))) {
        (void)close(*fd);
        return error_set(err, GAIA_FILE_UNREADABLE, "%s: not a regular file", path);
    }
    return status;
}

gaia_status file_read(const char *path, size_t limit_bytes, char **bytes, size_t *length,
                      gaia_error *err)
{
    int fd = -1;
    gaia_status status = open_for_reading(path, 0, &fd, err);
    if (status == GAIA_OK) {
        status = read_all(fd, path, limit_bytes, bytes, length, err);
        (void)close(fd);
    }
    return status;
}

gaia_status file_read_regular(const char *path, size_t limit_bytes, char **bytes, size_t *length,
                              gaia_error *err)
{
    int fd = -1;
    gaia_status status = file_open_regular(path, &fd, err);
    if (status == GAIA_OK) {
        status = read_all(fd, path, limit_bytes, bytes, length, err);
        (void)close(fd);
    }
    return status;
}

gaia_status file_read_at(int fd, const char *name, uint64_t at, void *to, size_t length,
                         gaia_error *err)
{
    for (size_t done = 0; done < length;) {
        const ssize_t n = pread(fd, (char *)to + done, length - done, (off_t)(at + done));
        if (n == 0 || (n < 0 && errno != EINTR)) {
            return error_set(err, GAIA_FILE_UNREADABLE, "%s: %s", name,
                             n == 0 ? "cut short while it was read" : strerror(errno));
        }
        done += n > 0 ? (size_t)n : 0;
    }
    return GAIA_OK;
}

gaia_status file_stream_open(const char *path, mode_t mode, struct file_stream *file,
                             gaia_error *err)
{
    struct stat info;
    *file = (struct file_stream){.stream = stdout, .path = path};
    if (path == NULL) {
        return GAIA_OK;
    }
    file->stream = NULL;
    if (stat(path, &info) == 0 && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode)) {
        /* A device or a pipe is written to: a rename would put a file in its place. */
        const int device = open(path, O_WRONLY | O_CLOEXEC);
        file->stream = device >= 0 ? fdopen(device, "w") : NULL;
        return file->stream != NULL ? GAIA_OK
                                    : error_set(err, GAIA_DISK, "%s: %s", path, strerror(errno));
    }
    const int n = snprintf(file->temporary, sizeof file->temporary, "%s.XXXXXX", path);
    if (n < 0 || (size_t)n >= sizeof file->temporary) {
        return error_set(err, GAIA_DISK, "%s: path too long", path);
    }
    const int fd = mkostemp(file->temporary, O_CLOEXEC);
    if (fd < 0) {
        return error_set(err, GAIA_DISK, "%s: %s", path, strerror(errno));
    }
    /* An executor may not change modes, and wants no other. */
    file->stream = mode == TEMPORARY_MODE || fchmod(fd, mode) == 0 ? fdopen(fd, "w") : NULL;
    if (file->stream == NULL) {
        const int code = errno;
        (void)close(fd);
        (void)unlink(file->temporary);
        return error_set(err, GAIA_DISK, "%s: %s", path, strerror(code));
    }
    return GAIA_OK;
}

gaia_status file_stream_close(struct file_stream *file, bool commit, gaia_error *err)
{
    const char *name = file->path != NULL ? file->path : "standard output";
    bool good = fflush(file->stream) == 0 && ferror(file->stream) == 0;
    int code = errno;
    if (file->path == NULL) {
        return good || !commit ? GAIA_OK
                               : error_set(err, GAIA_DISK, "%s: %s", name, strerror(code));
    }
    const bool in_place = file->temporary[0] == '\0';
    if (good && commit && !in_place && fsync(fileno(file->stream)) != 0) {
        good = false;
        code = errno;
    }
    (void)fclose(file->stream);
    if (in_place) {
        return good || !commit ? GAIA_OK
                               : error_set(err, GAIA_DISK, "%s: %s", name, strerror(code));
    }
    if (good && commit && rename(file->temporary, file->path) == 0) {
        return GAIA_OK;
    }
    code = good ? errno : code;
    (void)unlink(file->temporary);
    return commit ? error_set(err, GAIA_DISK, "%s: %s", name, strerror(code)) : GAIA_OK;
}

gaia_status file_write(const char *path, const char *bytes, size_t length, mode_t mode,
                       gaia_error *err)
{
    struct file_stream file;
    const gaia_status status = file_stream_open(path, mode, &file, err);
    if (status == GAIA_OK) {
        (void)fwrite(bytes, 1, length, file.stream); /* what went wrong, the close tells */
        return file_stream_close(&file, true, err);
    }
    return status;
}

gaia_status file_temporary(int *fd, gaia_error *err)
{
    char path[4096];
    const char *directory = getenv("TMPDIR");
    const int n = snprintf(path, sizeof path, "%s/gaia-temporary-XXXXXX",
                           directory != NULL && directory[0] == '/' ? directory : "/tmp");
    errno = ENAMETOOLONG;
    *fd = n > 0 && (size_t)n < sizeof path ? mkostemp(path, O_CLOEXEC) : -1;
    if (*fd < 0) {
        return error_set(err, GAIA_DISK, "%s: %s", path, strerror(errno));
    }
    (void)unlink(path);
    return GAIA_OK;
}

gaia_status directory_make(const char *path, gaia_error *err)
{
    char part[PATH_BYTES];
    const size_t length = strlen(path);
    if (length == 0 || length >= sizeof part) {
        return error_set(err, GAIA_DISK, "'%s': not a directory name", path);
    }
    memcpy(part, path, length + 1);
    for (size_t i = 1; i <= length; i++) {
        if (part[i] != '/' && part[i] != '\0') {
            continue;
        }
        part[i] = '\0';
        if (mkdir(part, 0700) != 0 && errno != EEXIST) {
            return error_set(err, GAIA_DISK, "%s: %s", part, strerror(errno));
        }
        part[i] = i < length ? '/' : '\0';
    }
    struct stat info;
    if (stat(path, &info) != 0 || !S_ISDIR(info.st_mode)) {
        return error_set(err, GAIA_DISK, "%s: not a directory", path);
    }
    return GAIA_OK;
}

void directory_visit(int at, const char *folder,
                     void (*visit)(void *context, int fd, const char *name), void *context)
{
    const int fd = openat(at, folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *entries = fd >= 0 ? fdopendir(fd) : NULL;
    if (entries == NULL) {
        if (fd >= 0) {
            (void)close(fd);
        }
        return;
    }
    for (const struct dirent *entry = NULL; (entry = readdir(entries)) != NULL;) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            visit(context, fd, entry->d_name);
        }
    }
    (void)closedir(entries);
}

static void entry_remove(void *context, int fd, const char *name)
{
    (void)context;
    (void)unlinkat(fd, name, 0);
}

void directory_clear(int at, const char *folder)
{
    directory_visit(at, folder, entry_remove, NULL);
}

gaia_status state_directory(const char *option, char *out, size_t out_bytes, gaia_error *err)
{
    const char *chosen = option != NULL ? option : getenv("GAIA_STATE");
    const char *state = getenv("XDG_STATE_HOME");
    const char *home = getenv("HOME");
    int n = -1;
    if (option != NULL || (chosen != NULL && chosen[0] != '\0')) {
        n = snprintf(out, out_bytes, "%s", chosen);
    } else if (state != NULL && state[0] == '/') {
        n = snprintf(out, out_bytes, "%s/gaia", state);
    } else if (home != NULL && home[0] == '/') {
        n = snprintf(out, out_bytes, "%s/.local/state/gaia", home);
    }
    if (n <= 0 || (size_t)n >= out_bytes) {
        return error_set(err, GAIA_USAGE, "no usable state directory: give --state DIR");
    }
    return GAIA_OK;
}
