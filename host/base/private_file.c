/* SPDX-License-Identifier: MIT
 *
 * Reading keys and secrets. Used wherever a program loads one, so that a file that was left open to
 * others is found at the start and not by them.
 *
 * Invariant: mode and owner are those of the file that is read, not of a name that may change.
 */
#include "private_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "error.h"
#include "file.h"

static gaia_status private_check(const char *path, int fd, size_t limit_bytes, size_t *length,
                                 gaia_error *err)
{
    struct stat about;
    if (fstat(fd, &about) != 0) {
        return error_set(err, GAIA_FILE_UNREADABLE, "%s: %s", path, strerror(errno));
    }
    if (!S_ISREG(about.st_mode)) {
        return error_set(err, GAIA_FILE_UNREADABLE, "%s: not a regular file", path);
    }
    const mode_t open_to = about.st_mode & (S_IRWXG | S_IRWXO);
    if ((open_to & ~(about.st_uid == 0 ? (mode_t)S_IRGRP : (mode_t)0)) != 0) {
        return error_set(err, GAIA_DENIED,
                         "%s: holds a secret, but its mode %04o lets others at it; chmod 0600",
                         path, (unsigned)(about.st_mode & 07777));
    }
    if (about.st_size < 0 || (uintmax_t)about.st_size > limit_bytes) {
        return error_set(err, GAIA_LIMIT, "%s: longer than %zu bytes", path, limit_bytes);
    }
    *length = (size_t)about.st_size;
    return GAIA_OK;
}

static gaia_status bytes_read(const char *path, int fd, char *bytes, size_t *length,
                              gaia_error *err)
{
    size_t got = 0;
    while (got < *length) {
        const ssize_t n = read(fd, bytes + got, *length - got);
        if (n < 0 && errno != EINTR) {
            return error_set(err, GAIA_FILE_UNREADABLE, "%s: %s", path, strerror(errno));
        }
        if (n == 0) {
            break;
        }
        got += n > 0 ? (size_t)n : 0;
    }
    *length = got;
    bytes[got] = '\0';
    return GAIA_OK;
}

gaia_status private_file_read(const char *path, size_t limit_bytes, char **bytes, size_t *length,
                              gaia_error *err)
{
    char *read_bytes = NULL;
    size_t n = 0;
    /* Without O_NONBLOCK a pipe of that name would be waited for. */
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return error_set(err, errno == ENOENT ? GAIA_FILE_MISSING : GAIA_FILE_UNREADABLE, "%s: %s",
                         path, strerror(errno));
    }
    gaia_status status = private_check(path, fd, limit_bytes, &n, err);
    if (status == GAIA_OK) {
        read_bytes = calloc(1, n + 1);
        status = read_bytes != NULL ? bytes_read(path, fd, read_bytes, &n, err)
                                    : error_memory(err, n + 1);
    }
    (void)close(fd);
    if (status != GAIA_OK) {
        private_free(read_bytes);
        return status;
    }
    *bytes = read_bytes;
    *length = n;
    return GAIA_OK;
}

gaia_status private_secret_read(const char *path, char *secret, gaia_error *err)
{
    enum { FILE_BYTES_MAX = 4096 };
    char *bytes = NULL;
    size_t length = 0;
    gaia_status status = private_file_read(path, FILE_BYTES_MAX, &bytes, &length, err);
    if (status != GAIA_OK) {
        return status;
    }
    const size_t digits = strspn(bytes, "0123456789abcdef");
    if (digits != SECRET_TEXT - 1 || strspn(bytes + digits, "\r\n") != length - digits) {
        status = error_set(err, GAIA_FILE_DAMAGED, "%s: 64 hexadecimal digits are wanted", path);
    } else {
        memcpy(secret, bytes, digits);
        secret[digits] = '\0';
    }
    private_free(bytes);
    return status;
}

gaia_status private_secret_make(const char *path, gaia_error *err)
{
    char digits[SECRET_TEXT];
    char temporary[PATH_MAX];
    if (access(path, F_OK) == 0) {
        return GAIA_OK;
    }
    const int n = snprintf(temporary, sizeof temporary, "%s.%ld", path, (long)getpid());
    if (n < 0 || (size_t)n >= sizeof temporary) {
        return error_set(err, GAIA_DISK, "%s: path too long", path);
    }
    random_hex(digits, sizeof digits / 2);
    gaia_status status = file_write(temporary, digits, strlen(digits), 0600, err);
    /* A rename would replace what another process made meanwhile. */
    if (status == GAIA_OK && link(temporary, path) != 0 && errno != EEXIST) {
        status = error_set(err, GAIA_DISK, "%s: %s", path, strerror(errno));
    }
    (void)unlink(temporary);
    explicit_bzero(digits, sizeof digits);
    return status;
}

void private_free(char *text)
{
    if (text != NULL) {
        explicit_bzero(text, strlen(text));
        free(text);
    }
}
