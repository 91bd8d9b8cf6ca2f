/* SPDX-License-Identifier: MIT
 *
 * The progress bar of commands that wait.
 *
 * Invariant: where stderr is no terminal, nothing is written.
 */
#include "progress.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { BAR_COLUMNS = 30, PERMILLE = 1000, NOTHING_SHOWN = 0xffff };

void progress_init(struct progress *progress)
{
    progress->on = isatty(STDERR_FILENO) == 1;
    progress->shown_permille = NOTHING_SHOWN;
}

void progress_show(struct progress *progress, const char *what, uint64_t done, uint64_t total)
{
    char bar[BAR_COLUMNS + 1];
    const double share = total > 0 ? (double)done / (double)total : 0.0;
    const unsigned permille = (unsigned)(share * PERMILLE);
    if (!progress->on || permille == progress->shown_permille) {
        return;
    }
    progress->shown_permille = permille;
    const size_t filled = (size_t)permille * BAR_COLUMNS / PERMILLE;
    memset(bar, '.', BAR_COLUMNS);
    memset(bar, '#', filled < BAR_COLUMNS ? filled : BAR_COLUMNS);
    bar[BAR_COLUMNS] = '\0';
    (void)fprintf(stderr, "\r\033[K[%s] %3u %%  %llu of %llu fields, %s", bar, permille / 10,
                  (unsigned long long)done, (unsigned long long)total, what);
    (void)fflush(stderr);
}

void progress_end(struct progress *progress)
{
    if (progress->on && progress->shown_permille != NOTHING_SHOWN) {
        (void)fputs("\r\033[K", stderr);
        (void)fflush(stderr);
        progress->shown_permille = NOTHING_SHOWN;
    }
}
