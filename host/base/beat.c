/* SPDX-License-Identifier: MIT
 *
 * Marks and reads the files of beat.h.
 *
 * Invariant: the file's time alone says something; what is in it is nothing.
 */
#include "beat.h"

#include <fcntl.h>
#include <glob.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"

void beat_open(struct beat *beat, const char *scratch)
{
    *beat = (struct beat){.fd = -1};
    const int n =
        scratch != NULL ? snprintf(beat->path, sizeof beat->path, "%s/beat", scratch) : -1;
    if (n > 0 && (size_t)n < sizeof beat->path) {
        beat->fd = open(beat->path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    }
}

void beat_mark(const struct beat *beat)
{
    if (beat->fd >= 0) {
        (void)futimens(beat->fd, NULL);
    }
}

void beat_close(struct beat *beat)
{
    if (beat->fd >= 0) {
        (void)close(beat->fd);
        (void)unlink(beat->path);
        beat->fd = -1;
    }
}

struct beat_count beat_look(const char *state)
{
    enum { MS_PER_S = 1000 };
    char pattern[4096 + 32];
    struct beat_count count = {0};
    glob_t found = {0};
    const int64_t now_s = clock_realtime_ms() / MS_PER_S;
    const int n = snprintf(pattern, sizeof pattern, "%s/scratch/*/beat", state);
    if (n < 0 || (size_t)n >= sizeof pattern || glob(pattern, 0, NULL, &found) != 0) {
        return count;
    }
    for (size_t i = 0; i < found.gl_pathc; i++) {
        struct stat about;
        if (stat(found.gl_pathv[i], &about) == 0) {
            count.n++;
            count.n_fresh += about.st_mtime + BEAT_FRESH_S >= now_s;
        }
    }
    globfree(&found);
    return count;
}
