/* SPDX-License-Identifier: MIT
 *
 * A line is formatted whole and written with one call, so that lines of several threads do not mix.
 */
#include "log.h"

#include <stdarg.h>
#include <string.h>
#include <time.h>

enum { LINE_BYTES = 2048 };

void log_line(const struct log *log, enum log_level level, const char *format, ...)
{
    static const char *const names[] = {"error", "warning", "info", "debug"};
    if (log == NULL || log->stream == NULL || level > log->level) {
        return;
    }
    char line[LINE_BYTES];
    struct timespec now;
    struct tm utc;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    (void)gmtime_r(&now.tv_sec, &utc);
    size_t used = strftime(line, sizeof line, "%Y-%m-%dT%H:%M:%S", &utc);
    used += (size_t)snprintf(line + used, sizeof line - used,
                             ".%03dZ %s %s: ", (int)(now.tv_nsec / 1000000), names[level],
                             log->program);
    va_list args;
    va_start(args, format);
    (void)vsnprintf(line + used, sizeof line - used - 1, format, args);
    va_end(args);
    used = strlen(line);
    for (size_t i = 0; i < used; i++) {
        if ((unsigned char)line[i] < 0x20) {
            line[i] = ' ';
        }
    }
    line[used] = '\n';
    (void)fwrite(line, 1, used + 1, log->stream);
    (void)fflush(log->stream);
}
