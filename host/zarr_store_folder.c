/* SPDX-License-Identifier: MIT
 *
 * A Zarr store in a folder: a key is the path of a file below it.
 *
 * Invariant: below the root no symbolic link is followed and only regular files are read, so that
 * a stranger's store shows nothing but its own bytes.
 */
#include "zarr_store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"

enum { NAME_BYTES = 256, NAMES_MAX = 1 << 16 };

struct folder {
    struct zarr_store public;
    int fd;
};

static void folder_close(struct zarr_store *store)
{
    struct folder *folder = (struct folder *)store;
    if (folder->fd >= 0) {
        (void)close(folder->fd);
    }
    free(folder->public.name);
    free(folder);
}

static bool is_link(int fd)
{
    struct stat info;
    return fstat(fd, &info) == 0 && S_ISLNK(info.st_mode);
}

/* What it means that a part of key could not be opened in directory `at`: GAIA_OK where there is no
 * such file. A symbolic link amid the key has been opened itself, and is no directory. */
static gaia_status open_failed(const struct zarr_store *store, int at, int code, const char *key,
                               gaia_error *err)
{
    if (code == ELOOP || (code == ENOTDIR && is_link(at))) {
        return error_set(err, GAIA_FILE_UNREADABLE,
                         "%s: key '%s': symbolic links in a store are not followed", store->name,
                         key);
    }
    return code == ENOENT || code == ENOTDIR
               ? GAIA_OK
               : error_set(err, GAIA_FILE_UNREADABLE, "%s: key '%s': %s", store->name, key,
                           strerror(code));
}

/* Opens the file of key, part by part. *file is -1 where there is none. */
static gaia_status key_open(const struct folder *folder, const char *key, int *file,
                            gaia_error *err)
{
    gaia_status status = GAIA_OK;
    int at = folder->fd;
    for (const char *rest = key; at >= 0; rest += strcspn(rest, "/") + 1) {
        char name[NAME_BYTES];
        const size_t length = strcspn(rest, "/");
        const bool last = rest[length] == '\0';
        const size_t kept = length < sizeof name ? length : sizeof name - 1;
        memcpy(name, rest, kept);
        name[kept] = '\0';
        const int next =
            kept < length
                ? -1 /* longer than any file's name */
                : openat(at, name,
                         O_NOFOLLOW | O_CLOEXEC | (last ? O_RDONLY | O_NONBLOCK : O_PATH));
        if (next < 0 && kept == length) {
            status = open_failed(&folder->public, at, errno, key, err);
        }
        if (at != folder->fd) {
            (void)close(at);
        }
        at = next;
        if (last) {
            break;
        }
    }
    *file = at;
    return status;
}

/* Reads length bytes at offset; fewer, and a smaller out->length, where the file ends before. */
static gaia_status bytes_read(int file, uint64_t offset, size_t length, struct zarr_buffer *out,
                              gaia_error *err)
{
    size_t used = 0;
    const gaia_status status = zarr_buffer_resize(out, length, err);
    while (status == GAIA_OK && used < length) {
        const ssize_t n = pread(file, out->bytes + used, length - used, (off_t)(offset + used));
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return error_set(err, GAIA_FILE_UNREADABLE, "%s", strerror(errno));
        }
        if (n == 0) {
            break;
        }
        used += (size_t)n;
    }
    out->length = used;
    return status;
}

/* Cuts the range to what a file of `size` bytes has. */
static void range_cut(const struct zarr_range *range, uint64_t size, uint64_t *offset,
                      uint64_t *length)
{
    *offset = 0;
    *length = size;
    if (range != NULL && range->from_end) {
        *length = range->length < size ? range->length : size;
        *offset = size - *length;
    } else if (range != NULL) {
        *offset = range->offset < size ? range->offset : size;
        *length = range->length < size - *offset ? range->length : size - *offset;
    }
}

static gaia_status folder_get(struct zarr_store *store, const char *key,
                              const struct zarr_range *range, size_t bytes_max,
                              struct zarr_buffer *out, bool *found, gaia_error *err)
{
    struct stat info;
    uint64_t offset = 0;
    uint64_t length = 0;
    int file = -1;
    gaia_status status = key_open((const struct folder *)store, key, &file, err);
    if (status != GAIA_OK || file < 0) {
        return status;
    }
    if (fstat(file, &info) != 0 || !S_ISREG(info.st_mode)) {
        status = error_set(err, GAIA_FILE_UNREADABLE, "%s: key '%s': not a regular file",
                           store->name, key);
        goto done;
    }
    range_cut(range, (uint64_t)info.st_size, &offset, &length);
    if (length > bytes_max) {
        status = error_set(err, GAIA_LIMIT, "%s: key '%s' holds %llu bytes; at most %zu are read",
                           store->name, key, (unsigned long long)length, bytes_max);
        goto done;
    }
    status = bytes_read(file, offset, (size_t)length, out, err);
    if (status == GAIA_FILE_UNREADABLE) {
        status = error_prefix(err, status, "%s: key '%s'", store->name, key);
    }
    *found = status == GAIA_OK;
done:
    (void)close(file);
    return status;
}

static gaia_status folder_list(struct zarr_store *store, struct arena *arena, const char ***names,
                               size_t *n_names, gaia_error *err)
{
    const struct folder *folder = (const struct folder *)store;
    const int fd = openat(folder->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *directory = fd >= 0 ? fdopendir(fd) : NULL;
    gaia_status status = GAIA_OK;
    if (directory == NULL) {
        status = error_set(err, GAIA_FILE_UNREADABLE, "%s: %s", store->name, strerror(errno));
        if (fd >= 0) {
            (void)close(fd);
        }
        return status;
    }
    const char **list = arena_alloc(arena, NAMES_MAX, sizeof *list);
    size_t n = 0;
    for (struct dirent *entry = readdir(directory);
         list != NULL && status == GAIA_OK && entry != NULL; entry = readdir(directory)) {
        if (entry->d_name[0] == '.') {
            continue;
        }
        if (n == NAMES_MAX) {
            status = error_set(err, GAIA_LIMIT, "%s: more than %d entries", store->name, NAMES_MAX);
            break;
        }
        list[n] = arena_strdup(arena, entry->d_name);
        if (list[n++] == NULL) {
            list = NULL;
        }
    }
    (void)closedir(directory);
    *names = list;
    *n_names = n;
    return list != NULL ? status : error_memory(err, NAMES_MAX * sizeof *list);
}

static const struct zarr_store_ops folder_ops = {
    .close = folder_close,
    .get = folder_get,
    .list = folder_list,
};

gaia_status zarr_store_open_folder(const char *path, struct zarr_store **store, gaia_error *err)
{
    const int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 && errno == ENOTDIR) {
        return error_set(err, GAIA_FILE_UNREADABLE, "%s: not a folder; a Zarr store is one", path);
    }
    if (fd < 0) {
        return error_set(err, errno == ENOENT ? GAIA_FILE_MISSING : GAIA_FILE_UNREADABLE, "%s: %s",
                         path, strerror(errno));
    }
    struct folder *folder = calloc(1, sizeof *folder);
    if (folder != NULL) {
        folder->public.ops = &folder_ops;
        folder->public.name = strdup(path);
        folder->fd = fd;
    }
    if (folder == NULL || folder->public.name == NULL) {
        free(folder);
        (void)close(fd);
        return error_memory(err, sizeof *folder);
    }
    *store = &folder->public;
    return GAIA_OK;
}
