/* SPDX-License-Identifier: MIT
 *
 * A depth-first walk of a folder. Names of a folder are sorted as keys are, so that "a.b" comes
 * before "a/c" wherever both are.
 *
 * Invariant: below the root nothing is opened through a symbolic link, and at most DEPTH_MAX
 * folders are open at a time.
 */
#include "file_walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arena.h"
#include "error.h"
#include "text.h"

enum { DEPTH_MAX = 32, NAMES_MAX = 1 << 20, NAMES_BYTES_MAX = 256 << 20 };

struct walk {
    const char *root;
    bool has_except;
    struct stat except;
    file_visit *visit;
    void *context;
    struct text key;
    int depth;
};

/* A name with its folder's slash behind it, so that comparing names compares keys. */
static int name_compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static gaia_status wrong(const struct walk *walk, const char *what, gaia_error *err)
{
    return error_set(err, GAIA_FILE_UNREADABLE, "%s: '%s': %s", walk->root,
                     walk->key.length > 0 ? walk->key.s : "", what);
}

static gaia_status folder_walk(struct walk *walk, int folder, gaia_error *err);

/* Visits the open file, or walks the open folder, whose key is walk->key. */
static gaia_status entry_walk(struct walk *walk, int file, gaia_error *err)
{
    struct stat info;
    if (walk->key.failed) {
        return error_memory(err, NAME_MAX);
    }
    if (fstat(file, &info) != 0) {
        return wrong(walk, strerror(errno), err);
    }
    if (S_ISDIR(info.st_mode)) {
        return folder_walk(walk, file, err);
    }
    if (!S_ISREG(info.st_mode)) {
        return wrong(walk, "neither a file nor a folder", err);
    }
    if (walk->has_except && info.st_dev == walk->except.st_dev &&
        info.st_ino == walk->except.st_ino) {
        return GAIA_OK;
    }
    return walk->visit(walk->context, walk->key.s, file, (uint64_t)info.st_size, err);
}

/* Lists the names of a folder, those of folders with a slash behind. */
static gaia_status names_list(const struct walk *walk, DIR *directory, struct arena *arena,
                              const char ***names, size_t *n_names, gaia_error *err)
{
    size_t capacity = 0;
    *names = NULL;
    *n_names = 0;
    for (const struct dirent *entry = readdir(directory); entry != NULL;
         entry = readdir(directory)) {
        struct stat info;
        char name[sizeof entry->d_name + 1];
        (void)memccpy(name, entry->d_name, '\0', sizeof entry->d_name);
        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
            continue;
        }
        if (fstatat(dirfd(directory), name, &info, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISDIR(info.st_mode)) {
            (void)strcat(name, "/");
        }
        if (*n_names == NAMES_MAX) {
            return error_set(err, GAIA_LIMIT, "%s: more than %d names in a folder", walk->root,
                             NAMES_MAX);
        }
        if (*n_names == capacity) {
            capacity = capacity == 0 ? 64 : 2 * capacity;
            const char **grown = realloc(*names, capacity * sizeof **names);
            if (grown == NULL) {
                return error_memory(err, capacity * sizeof **names);
            }
            *names = grown;
        }
        const char *kept = arena_strdup(arena, name);
        if (kept == NULL) {
            return error_memory(err, strlen(name) + 1);
        }
        (*names)[(*n_names)++] = kept;
    }
    return GAIA_OK;
}

static gaia_status child_walk(struct walk *walk, int folder, const char *name, gaia_error *err)
{
    char plain[NAME_MAX + 2];
    const size_t length = walk->key.length;
    (void)memccpy(plain, name, '\0', sizeof plain);
    plain[strcspn(plain, "/")] = '\0';
    text_append(&walk->key, length > 0 ? "/" : "");
    text_append(&walk->key, plain);
    const int file = openat(folder, plain, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    gaia_status status = GAIA_OK;
    if (file < 0) {
        status =
            wrong(walk, errno == ELOOP ? "symbolic links are not followed" : strerror(errno), err);
    } else {
        status = entry_walk(walk, file, err);
        (void)close(file);
    }
    if (!walk->key.failed) {
        walk->key.length = length;
        walk->key.s[length] = '\0';
    }
    return status;
}

static gaia_status folder_walk(struct walk *walk, int folder, gaia_error *err)
{
    struct arena arena;
    const char **names = NULL;
    size_t n_names = 0;
    if (walk->depth == DEPTH_MAX) {
        return error_set(err, GAIA_LIMIT, "%s: '%s': more than %d folders deep", walk->root,
                         walk->key.s, DEPTH_MAX);
    }
    const int own = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *directory = own >= 0 ? fdopendir(own) : NULL;
    if (directory == NULL) {
        const int code = errno;
        if (own >= 0) {
            (void)close(own);
        }
        return wrong(walk, strerror(code), err);
    }
    walk->depth++;
    arena_init(&arena, NAMES_BYTES_MAX);
    gaia_status status = names_list(walk, directory, &arena, &names, &n_names, err);
    (void)closedir(directory);
    if (n_names > 1) {
        qsort(names, n_names, sizeof *names, name_compare);
    }
    for (size_t i = 0; status == GAIA_OK && i < n_names; i++) {
        status = child_walk(walk, folder, names[i], err);
    }
    free(names);
    arena_fini(&arena);
    walk->depth--;
    return status;
}

gaia_status file_walk(const char *root, const char *except, file_visit *visit, void *context,
                      gaia_error *err)
{
    struct walk walk = {.root = root, .visit = visit, .context = context};
    struct stat info;
    walk.has_except = except != NULL && stat(except, &walk.except) == 0;
    const int file = open(root, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0 || fstat(file, &info) != 0) {
        const int code = errno;
        if (file >= 0) {
            (void)close(file);
        }
        return error_set(err, code == ENOENT ? GAIA_FILE_MISSING : GAIA_FILE_UNREADABLE, "%s: %s",
                         root, strerror(code));
    }
    if (!S_ISDIR(info.st_mode)) {
        const char *slash = strrchr(root, '/');
        text_append(&walk.key, slash != NULL ? slash + 1 : root);
    }
    const gaia_status status = entry_walk(&walk, file, err);
    (void)close(file);
    text_fini(&walk.key);
    return status;
}
