/* SPDX-License-Identifier: MIT
 *
 * One file of a log that is kept small: when it has reached its size it becomes NAME.1, what was
 * NAME.1 becomes NAME.2, and so on. Every line looks where its file is, so that one which another
 * program has moved away (logrotate) is left, without a signal, and no process writes to what
 * another one has rotated.
 *
 * Not thread-safe: log.c's lock is around it.
 */
#ifndef BASE_LOG_FILE_H
#define BASE_LOG_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LOG_FILE_NAME = 64 };

struct log_file {
    int folder; /* borrowed */
    char name[LOG_FILE_NAME];
    uint64_t bytes_max; /* of a file; 0: any */
    unsigned n_kept;    /* beside the one that is written to */
    int fd;             /* -1: not open yet */
    bool is_torn;       /* its last line lacks its end */
};

/* Appends a line, n bytes; false if it could not be written. Never waits for anything but the file
 * system. */
bool log_file_write(struct log_file *file, const char *line, size_t n);

void log_file_close(struct log_file *file);

#endif
