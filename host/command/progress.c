/* SPDX-License-Identifier: MIT
 *
 * The progress bar of commands that wait.
 *
 * Invariant: where stderr is no terminal, nothing is written.
 */
#include "progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"

enum {
    BAR_COLUMNS = 30,
    PERMILLE = 1000,
    PART_BYTES = 96,
    REPAINT_MS = 100, /* no sooner, unless it is the end */
    RATE_MS = 500,    /* a rate of less time says little */
    MS_PER_S = 1000,
    S_PER_MIN = 60,
    S_PER_HOUR = 3600,
};

void progress_init(struct progress *progress)
{
    *progress = (struct progress){.terminal = terminal_look(STDERR_FILENO)};
}

/* "12:05" or "1:02:05". */
static void duration_write(double seconds, char *out, size_t out_bytes)
{
    const uint64_t s = seconds < 1e9 ? (uint64_t)(seconds + 0.5) : UINT64_C(1000000000);
    if (s < S_PER_HOUR) {
        (void)snprintf(out, out_bytes, "%" PRIu64 ":%02" PRIu64, s / S_PER_MIN, s % S_PER_MIN);
    } else {
        (void)snprintf(out, out_bytes, "%" PRIu64 ":%02" PRIu64 ":%02" PRIu64, s / S_PER_HOUR,
                       s / S_PER_MIN % S_PER_MIN, s % S_PER_MIN);
    }
}

/* Appends a part if there is room for all of it; parts come in the order of their worth. */
static bool part_append(struct text *out, size_t *room, const char *part)
{
    const size_t width = terminal_width(part);
    if (width > *room) {
        *room = 0; /* nor for anything that is worth less */
        return false;
    }
    text_append(out, part);
    *room -= width;
    return true;
}

void progress_line(struct text *out, const struct terminal *terminal, const char *what,
                   uint64_t done, uint64_t total, uint64_t counted, int64_t elapsed_ms)
{
    char bar[BAR_COLUMNS + 1];
    char part[PART_BYTES];
    char left[PART_BYTES];
    size_t room = terminal->columns - 1; /* a full line would wrap */
    const double share = total > 0 ? (double)(done < total ? done : total) / (double)total : 0.0;
    const size_t bar_columns = room < 2 * BAR_COLUMNS ? BAR_COLUMNS / 3 : BAR_COLUMNS;
    const size_t filled = (size_t)(share * (double)bar_columns);
    memset(bar, '#', BAR_COLUMNS);
    text_printf(out, "[%s%.*s%s", terminal_colour(terminal, TERMINAL_GREEN), (int)filled, bar,
                terminal_colour(terminal, TERMINAL_PLAIN));
    memset(bar, '.', BAR_COLUMNS);
    text_printf(out, "%.*s]", (int)(bar_columns - filled), bar);
    room -= bar_columns + 2;
    (void)snprintf(part, sizeof part, " %3u %%", (unsigned)(share * PERMILLE) / 10);
    (void)part_append(out, &room, part);
    (void)snprintf(part, sizeof part, "  %" PRIu64 " of %" PRIu64 " fields", done, total);
    (void)part_append(out, &room, part);
    if (counted > 0 && elapsed_ms >= RATE_MS) {
        const double rate = (double)counted * MS_PER_S / (double)elapsed_ms;
        (void)snprintf(part, sizeof part, rate < 10 ? ", %.1f/s" : ", %.0f/s", rate);
        (void)part_append(out, &room, part);
        duration_write((double)(total > done ? total - done : 0) / rate, left, sizeof left);
        (void)snprintf(part, sizeof part, ", %.32s left", left);
        (void)part_append(out, &room, part);
    }
    (void)snprintf(part, sizeof part, ", %.64s", what);
    (void)part_append(out, &room, part);
}

void progress_show(struct progress *progress, const char *what, uint64_t done, uint64_t total)
{
    struct text line = {0};
    const int64_t now_ms = clock_monotonic_ms();
    if (!progress->terminal.is_there ||
        (progress->is_shown && done < total && now_ms - progress->shown_ms < REPAINT_MS) ||
        (progress->is_shown && done == progress->shown_done &&
         now_ms - progress->shown_ms < MS_PER_S)) {
        return;
    }
    if (!progress->is_begun) {
        progress->is_begun = true;
        progress->begun_ms = now_ms;
        progress->begun_with = done;
    }
    progress->is_shown = true;
    progress->shown_ms = now_ms;
    progress->shown_done = done;
    progress_line(&line, &progress->terminal, what, done, total,
                  done > progress->begun_with ? done - progress->begun_with : 0,
                  now_ms - progress->begun_ms);
    if (!line.failed) {
        (void)fprintf(stderr, "\r\033[K%s", line.s);
        (void)fflush(stderr);
    }
    text_fini(&line);
}

void progress_end(struct progress *progress)
{
    if (progress->is_shown) {
        (void)fputs("\r\033[K", stderr);
        (void)fflush(stderr);
        progress->is_shown = false;
    }
}
