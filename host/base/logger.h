/* SPDX-License-Identifier: MIT
 *
 * Where the lines of a program go: opened once by its main file, then used through log.h.
 */
#ifndef BASE_LOGGER_H
#define BASE_LOGGER_H

#include <stddef.h>
#include <stdint.h>

#include <gaia/status.h>

#include "log.h"
#include "log_line.h"

/* Where time comes from; NULL functions: the system's clocks. */
struct log_clock {
    int64_t (*realtime_ms)(void *context);
    int64_t (*monotonic_ms)(void *context);
    void *context;
};

struct logger_config {
    const char *program;  /* in every line; borrowed */
    enum log_level level; /* lines above it are dropped */
    enum log_form form;
    int fd; /* where lines go that have no folder: each says its stream. Borrowed. */
    /* For files: DIRECTORY/NAME/STREAM.log, made when they are first written to, for their owner
     * alone. NULL: none. Two processes that have one name share them. */
    const char *directory;
    const char *name;
    uint64_t file_bytes; /* that a file may have; 0: any number */
    unsigned n_kept;     /* older files of a stream */
    struct log_clock clock;
};

/* Level info, for people, on standard error; files of 16 MiB, 4 of them kept. */
struct logger_config logger_config_default(const char *program);

/* GAIA_DISK (the folder cannot be made), GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status logger_open(const struct logger_config *config, struct logger **logger,
                                      gaia_error *err);

/* Tells what is still counted. When nobody logs any more. NULL is allowed. */
void logger_close(struct logger *logger);

/* The folder that the files are in; NULL: there are none. The logger's. */
const char *logger_folder(const struct logger *logger);

/* Writes a folder's name for a process into out: `name` without what would make it a path. */
void logger_name(const char *name, char *out, size_t out_bytes);

#endif
