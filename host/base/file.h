/* SPDX-License-Identifier: MIT
 *
 * Small files: read whole, written whole or not at all.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include <gaia/status.h>

/* Reads at most limit_bytes; *bytes (NUL-terminated, to be freed) and *length are set on success.
 * GAIA_FILE_MISSING, GAIA_FILE_UNREADABLE (directory, permission), GAIA_LIMIT or
 * GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status file_read(const char *path, size_t limit_bytes, char **bytes,
                                    size_t *length, gaia_error *err);

/* The same of a path that a stranger may have chosen: a pipe or a device, which could be waited for
 * for ever, is GAIA_FILE_UNREADABLE. */
GAIA_MUST_USE gaia_status file_read_regular(const char *path, size_t limit_bytes, char **bytes,
                                            size_t *length, gaia_error *err);

/* Opens a regular file for reading, and waits for none that is not: a pipe is
 * GAIA_FILE_UNREADABLE. GAIA_FILE_MISSING. *fd is the caller's. */
GAIA_MUST_USE gaia_status file_open_regular(const char *path, int *fd, gaia_error *err);

/* Reads the bytes [at, at + length) of an open file, which `name` calls in messages.
 * GAIA_FILE_UNREADABLE, also where the file ends before. Thread-safe. */
GAIA_MUST_USE gaia_status file_read_at(int fd, const char *name, uint64_t at, void *to,
                                       size_t length, gaia_error *err);

/* Writes a temporary file beside path with this mode and renames it over path: readers see the old
 * file or the new one. GAIA_DISK. */
GAIA_MUST_USE gaia_status file_write(const char *path, const char *bytes, size_t length,
                                     mode_t mode, gaia_error *err);

/* A file that is written piece by piece, and is there whole or not at all. path NULL: standard
 * output. What is there already and is no regular file (a device, a pipe) is written to as it is.
 */
struct file_stream {
    FILE *stream;
    const char *path;
    char temporary[4096]; /* "": none */
};

/* Opens the temporary file, which will have this mode. GAIA_DISK. path is borrowed; file->stream is
 * NULL after a failure. */
GAIA_MUST_USE gaia_status file_stream_open(const char *path, mode_t mode, struct file_stream *file,
                                           gaia_error *err);

/* Ends the writing: puts the file in place if `commit`, else removes what was written. GAIA_DISK if
 * anything could not be written, also earlier. */
GAIA_MUST_USE gaia_status file_stream_close(struct file_stream *file, bool commit, gaia_error *err);

/* Opens a file for reading and writing that has no name, in $TMPDIR or /tmp: nothing is left of it
 * once *fd is closed. GAIA_DISK. */
GAIA_MUST_USE gaia_status file_temporary(int *fd, gaia_error *err);

/* Makes path and its parents (mode 0700 for those made). GAIA_DISK. */
GAIA_MUST_USE gaia_status directory_make(const char *path, gaia_error *err);

/* Calls visit with the name of each entry of a folder in the folder `at` (AT_FDCWD: where the
 * process is), and a descriptor of the folder: visit may remove the entry. Not of what is no folder
 * or a link to one. */
void directory_visit(int at, const char *folder,
                     void (*visit)(void *context, int fd, const char *name), void *context);

/* Removes the files and links of such a folder; what cannot be removed stays. */
void directory_clear(int at, const char *folder);

/* Writes the state directory into out: the option if given, else $GAIA_STATE, else
 * $XDG_STATE_HOME/gaia, else $HOME/.local/state/gaia. GAIA_USAGE if none is known or it does not
 * fit. */
GAIA_MUST_USE gaia_status state_directory(const char *option, char *out, size_t out_bytes,
                                          gaia_error *err);

#endif
