/* SPDX-License-Identifier: MIT
 *
 * From an event to a line in its place: the level decides, then how often it came; log_line.c makes
 * the line, log_file.c or a write to standard error takes it.
 *
 * Invariant: all of that is under one lock, so that lines stand in the order of their times, and
 * nothing under it waits for a reader: a pipe or terminal that takes nothing loses lines, which are
 * counted. (A file system that hangs, as a network's may, does hold up whoever logs.)
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "error.h"
#include "file.h"
#include "log_file.h"
#include "log_repeat.h"
#include "logger.h"

enum { DEFAULT_KEPT = 4 };

static const uint64_t default_bytes = (uint64_t)16 << 20;

/* Where lines of a stream go. */
struct output {
    struct log_file file;
    bool is_file;
    bool is_patient; /* no file: it may have to be waited for */
    int64_t n_lost;  /* lines since the last one that was written */
};

struct logger {
    struct logger_config config;
    struct log_head head; /* of every line, but its time and site */
    char folder[PATH_MAX];
    int folder_fd;

    pthread_mutex_t lock; /* of what follows */
    struct output outputs[LOG_STREAMS];
    struct output *places[LOG_STREAMS]; /* of each stream: its own file, or all the first one */
    struct log_repeats repeats;
};

struct logger_config logger_config_default(const char *program)
{
    return (struct logger_config){.program = program,
                                  .level = LOG_INFO,
                                  .form = LOG_CONSOLE,
                                  .fd = STDERR_FILENO,
                                  .name = program,
                                  .file_bytes = default_bytes,
                                  .n_kept = DEFAULT_KEPT};
}

static int64_t system_realtime_ms(void *context)
{
    (void)context;
    return clock_realtime_ms();
}

static int64_t system_monotonic_ms(void *context)
{
    (void)context;
    return clock_monotonic_ms();
}

/* Whether fd is what systemd connected to its journal: JOURNAL_STREAM is its device and inode. */
static bool is_journal(int fd)
{
    const char *stream = getenv("JOURNAL_STREAM");
    struct stat is;
    char wanted[48];
    if (stream == NULL || fstat(fd, &is) != 0) {
        return false;
    }
    (void)snprintf(wanted, sizeof wanted, "%ju:%ju", (uintmax_t)is.st_dev, (uintmax_t)is.st_ino);
    return strcmp(wanted, stream) == 0;
}

/* Colours are for terminals that have them, unless the user wants none (no-color.org). */
static bool wants_colours(int fd)
{
    const char *no = getenv("NO_COLOR");
    const char *terminal = getenv("TERM");
    return isatty(fd) != 0 && (no == NULL || no[0] == '\0') && terminal != NULL &&
           strcmp(terminal, "dumb") != 0;
}

static gaia_status folder_open(struct logger *logger, gaia_error *err)
{
    const struct logger_config *config = &logger->config;
    char name[LOG_FILE_NAME];
    logger_name(config->name, name, sizeof name);
    const int n = snprintf(logger->folder, sizeof logger->folder, "%s/%s", config->directory, name);
    if (n < 0 || (size_t)n >= sizeof logger->folder) {
        return error_set(err, GAIA_DISK, "%.60s...: the log's folder has too long a name",
                         config->directory);
    }
    const gaia_status status = directory_make(logger->folder, err);
    if (status != GAIA_OK) {
        return status;
    }
    logger->folder_fd = open(logger->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return logger->folder_fd >= 0
               ? GAIA_OK
               : error_set(err, GAIA_DISK, "%s: %s", logger->folder, strerror(errno));
}

/* Files, one a stream; or one output for all. */
static void outputs_prepare(struct logger *logger)
{
    const struct logger_config *config = &logger->config;
    struct stat is = {0};
    for (int i = 0; i < LOG_STREAMS; i++) {
        struct output *output = &logger->outputs[i];
        output->file = (struct log_file){.folder = logger->folder_fd,
                                         .bytes_max = config->file_bytes,
                                         .n_kept = config->n_kept,
                                         .fd = -1};
        (void)snprintf(output->file.name, sizeof output->file.name, "%s.log",
                       log_stream_name((enum log_stream)i));
        output->is_file = logger->folder_fd >= 0;
        logger->places[i] = output->is_file ? output : &logger->outputs[0];
    }
    if (logger->folder_fd < 0) {
        logger->outputs[0].is_patient = fstat(config->fd, &is) == 0 && !S_ISREG(is.st_mode);
        logger->head.is_journal = is_journal(config->fd);
        logger->head.is_coloured = wants_colours(config->fd);
    }
}

gaia_status logger_open(const struct logger_config *config, struct logger **opened, gaia_error *err)
{
    struct logger *logger = calloc(1, sizeof *logger);
    if (logger == NULL) {
        return error_memory(err, sizeof *logger);
    }
    logger->config = *config;
    logger->folder_fd = -1;
    logger->head =
        (struct log_head){.form = config->form, .program = config->program, .pid = (long)getpid()};
    if (config->clock.realtime_ms == NULL) {
        logger->config.clock.realtime_ms = system_realtime_ms;
    }
    if (config->clock.monotonic_ms == NULL) {
        logger->config.clock.monotonic_ms = system_monotonic_ms;
    }
    const gaia_status status = config->directory != NULL ? folder_open(logger, err) : GAIA_OK;
    if (status != GAIA_OK) {
        free(logger);
        return status;
    }
    (void)pthread_mutex_init(&logger->lock, NULL);
    outputs_prepare(logger);
    *opened = logger;
    return GAIA_OK;
}

const char *logger_folder(const struct logger *logger)
{
    return logger->folder_fd >= 0 ? logger->folder : NULL;
}

void logger_name(const char *name, char *out, size_t out_bytes)
{
    (void)snprintf(out, out_bytes, "%s", name);
    for (char *at = out; *at != '\0'; at++) {
        *at = *at == '/' || (at == out && *at == '.') ? '_' : *at;
    }
}

/* Writes to standard error. A pipe that poll finds ready takes a whole line: no line is longer than
 * PIPE_BUF. */
static bool plain_write(int fd, bool is_patient, const char *line, size_t n)
{
    struct pollfd ready = {.fd = fd, .events = POLLOUT};
    ssize_t written = -1;
    if (is_patient && (poll(&ready, 1, 0) != 1 || (ready.revents & POLLOUT) == 0)) {
        return false;
    }
    do {
        written = write(fd, line, n);
    } while (written < 0 && errno == EINTR);
    return written == (ssize_t)n;
}

static bool output_put(struct logger *logger, struct output *output, const struct log_line *line)
{
    return output->is_file
               ? log_file_write(&output->file, line->bytes, line->used)
               : plain_write(logger->config.fd, output->is_patient, line->bytes, line->used);
}

/* Makes the line and writes it, or counts it as lost. */
static void line_write(struct logger *logger, struct output *output, const struct log *log,
                       const struct log_site *site, const struct log_field *fields)
{
    struct log_line line;
    struct log_head head = logger->head;
    head.time_ms = logger->config.clock.realtime_ms(logger->config.clock.context);
    head.site = site;
    log_line_make(&line, &head, log, fields);
    output->n_lost = output_put(logger, output, &line) ? 0 : output->n_lost + 1;
}

/* Writes a line, and before it how many could not be written since the last one. */
static void event_write(struct logger *logger, const struct log *log, const struct log_site *site,
                        const struct log_field *fields)
{
    struct output *output = logger->places[site->kind & ~(unsigned)LOG_OFTEN];
    if (output->n_lost > 0) {
        const int64_t n_lost = output->n_lost;
        const struct log_site lost = {site->kind, LOG_WARNING, "log_lost",
                                      "lines could not be written"};
        const struct log_field count[] = {log_int("lines", n_lost), LOG_END};
        line_write(logger, output, NULL, &lost, count);
        if (output->n_lost > 0) {
            output->n_lost = n_lost + 1; /* the line itself, not the one about it */
            return;
        }
    }
    line_write(logger, output, log, site, fields);
}

static void repeats_tell(struct logger *logger, int64_t now_ms)
{
    struct log_site site;
    int64_t n = 0;
    while (log_repeats_take(&logger->repeats, now_ms, &site, &n)) {
        const struct log_field count[] = {log_int("repeated", n), LOG_END};
        event_write(logger, NULL, &site, count);
    }
}

void log_write(const struct log *log, const struct log_site *site, const struct log_field *fields)
{
    struct logger *logger = log != NULL ? log->logger : NULL;
    if (logger == NULL || site->level > logger->config.level) {
        return;
    }
    (void)pthread_mutex_lock(&logger->lock);
    const int64_t now_ms = logger->config.clock.monotonic_ms(logger->config.clock.context);
    repeats_tell(logger, now_ms);
    if ((site->kind & LOG_OFTEN) == 0 || log_repeats_admit(&logger->repeats, site, now_ms)) {
        event_write(logger, log, site, fields);
    }
    (void)pthread_mutex_unlock(&logger->lock);
}

void log_tick(const struct log *log)
{
    struct logger *logger = log != NULL ? log->logger : NULL;
    if (logger != NULL) {
        (void)pthread_mutex_lock(&logger->lock);
        repeats_tell(logger, logger->config.clock.monotonic_ms(logger->config.clock.context));
        (void)pthread_mutex_unlock(&logger->lock);
    }
}

void logger_close(struct logger *logger)
{
    if (logger == NULL) {
        return;
    }
    repeats_tell(logger, INT64_MAX / 2); /* every quiet is over */
    for (int i = 0; i < LOG_STREAMS; i++) {
        log_file_close(&logger->outputs[i].file);
    }
    if (logger->folder_fd >= 0) {
        (void)close(logger->folder_fd);
    }
    (void)pthread_mutex_destroy(&logger->lock);
    free(logger);
}
