/* SPDX-License-Identifier: MIT
 *
 * Running peers.py: what it is to do goes to its standard input, what it measured comes from its
 * standard output, both through files without a name, so that a peer that ends early or hangs holds
 * nobody up.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "error.h"
#include "peers.h"

enum { SCRIPT_ROUNDS = 5, SCRIPT_FIELDS_CPU = 4, SCRIPT_FIELDS_GPU = 32, ANSWER_BYTES = 4096 };

static const char script_name[] = "peers.py";

extern char **environ;

/* Beside the program, where packages put it, or in the tree that the program was built from. */
static bool script_find(char *path, size_t path_bytes)
{
    static const char *const places[] = {"", "../share/gaia/", "../../bench/"};
    char self[PATH_MAX];
    const ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    self[length > 0 ? length : 0] = '\0';
    char *name = strrchr(self, '/');
    for (size_t i = 0; name != NULL && i < sizeof places / sizeof *places; i++) {
        const int n = snprintf(path, path_bytes, "%.*s%s%s", (int)(name + 1 - self), self,
                               places[i], script_name);
        if (n > 0 && (size_t)n < path_bytes && access(path, R_OK) == 0) {
            return true;
        }
    }
    return false;
}

static void numbers_write(FILE *file, const double *x, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        (void)fprintf(file, "%s%.17g", i > 0 ? ", " : "", x[i]);
    }
}

static void regions_write(FILE *file, const struct layout *layout)
{
    for (uint32_t r = 0; r < layout->n_regions; r++) {
        const struct layout_region *region = &layout_regions(layout)[r];
        (void)fprintf(file, "%s{\"first_row\": %u, \"n_rows\": %u, \"parts\": [", r > 0 ? ", " : "",
                      region->first_row, region->n_rows);
        for (uint32_t p = 0; p < region->n_parts; p++) {
            const uint32_t strip = layout_indices(layout)[region->first_index + p];
            const struct interval *in =
                &layout_intervals(layout)[layout_strips(layout)[strip].interval];
            (void)fprintf(file, "%s[%u, %u]", p > 0 ? ", " : "", in->first_column, in->n_columns);
        }
        (void)fprintf(file, "]}");
    }
}

static void spec_write(FILE *file, const struct rig *rig, const struct peers *peers,
                       const struct peer *peer, double seconds)
{
    const struct layout *layout = peers->c->layout;
    (void)fprintf(file,
                  "{\"peer\": \"%s\", \"device\": \"%s\", \"threads\": %u, \"n_lat\": %u, "
                  "\"n_lon\": %u, \"fields\": %zu, \"rounds\": %d, \"seconds\": %.3f, "
                  "\"weights\": [",
                  peer->name, rig->on_gpu ? "cuda" : "cpu", rig->options->n_threads, layout->n_lat,
                  layout->n_lon, peer->n_fields, SCRIPT_ROUNDS, seconds);
    for (uint32_t w = 0; w < layout->n_weights; w++) {
        (void)fprintf(file, "%s[", w > 0 ? ", " : "");
        numbers_write(file, layout_weights(layout) + (size_t)w * layout->n_lat, layout->n_lat);
        (void)fprintf(file, "]");
    }
    (void)fprintf(file, "], \"regions\": [");
    regions_write(file, layout);
    (void)fprintf(file, "], \"expected\": [");
    numbers_write(file, peers->expected,
                  layout->n_regions * (1 + (size_t)layout->n_weights) * PEER_SUMS);
    (void)fprintf(file, "]}\n");
}

/* Runs python3 with the script; false and why if it did not end well within the time. */
static bool script_spawn(char *script, FILE *in, FILE *out, double timeout_s, char *why,
                         size_t why_bytes)
{
    char python[] = "python3";
    char isolated[] = "-B";
    char *const argv[] = {python, isolated, script, NULL};
    posix_spawn_file_actions_t actions;
    pid_t child = 0;
    int ended = 0;
    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawn_file_actions_adddup2(&actions, fileno(in), STDIN_FILENO);
    (void)posix_spawn_file_actions_adddup2(&actions, fileno(out), STDOUT_FILENO);
    (void)posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    const int failed = posix_spawnp(&child, python, &actions, NULL, argv, environ);
    (void)posix_spawn_file_actions_destroy(&actions);
    if (failed != 0) {
        (void)snprintf(why, why_bytes, "python3 cannot be run: %s", strerror(failed));
        return false;
    }
    const int64_t until_ms = clock_monotonic_ms() + (int64_t)(timeout_s * 1000);
    pid_t waited = 0;
    while ((waited = waitpid(child, &ended, WNOHANG)) == 0 && clock_monotonic_ms() < until_ms) {
        clock_sleep_ms(10);
    }
    if (waited == 0) {
        (void)kill(child, SIGKILL);
        (void)waitpid(child, &ended, 0);
        (void)snprintf(why, why_bytes, "it took longer than %.0f s", timeout_s);
        return false;
    }
    if (waited < 0 || !WIFEXITED(ended) || WEXITSTATUS(ended) != 0) {
        (void)snprintf(why, why_bytes, "%s failed in python3 (status %d)", script_name,
                       waited > 0 && WIFEXITED(ended) ? WEXITSTATUS(ended) : -1);
        return false;
    }
    return true;
}

/* The text behind "key": in a flat JSON object as Python writes it; NULL if the key is not there.
 */
static const char *answer_find(const char *answer, const char *key)
{
    char quoted[64];
    (void)snprintf(quoted, sizeof quoted, "\"%s\": ", key);
    const char *at = strstr(answer, quoted);
    return at != NULL ? at + strlen(quoted) : NULL;
}

static double answer_number(const char *answer, const char *key)
{
    const char *at = answer_find(answer, key);
    char *end = NULL;
    const double number = at != NULL ? strtod(at, &end) : (double)NAN;
    return at != NULL && end != at ? number : (double)NAN;
}

static void answer_text(const char *answer, const char *key, char *out, size_t out_bytes)
{
    const char *at = answer_find(answer, key);
    size_t n = 0;
    for (at = at != NULL && *at == '"' ? at + 1 : ""; *at != '\0' && *at != '"'; at++) {
        if (n + 1 < out_bytes && *at != '\\') {
            out[n++] = *at;
        }
    }
    out[n] = '\0';
}

static void answer_read(const char *answer, struct peer *peer)
{
    const char *available = answer_find(answer, "available");
    if (available == NULL || strncmp(available, "true", 4) != 0) {
        answer_text(answer, "reason", peer->why_not, sizeof peer->why_not);
        if (peer->why_not[0] == '\0') {
            (void)snprintf(peer->why_not, sizeof peer->why_not, "it gave no answer");
        }
        return;
    }
    peer->seconds[0] = answer_number(answer, "seconds");
    peer->difference = answer_number(answer, "difference");
    peer->n_rounds = 1;
    peer->n_threads = (unsigned)fmax(answer_number(answer, "threads"), 1.0);
    answer_text(answer, "version", peer->version, sizeof peer->version);
    answer_text(answer, "device", peer->device, sizeof peer->device);
    peer->available = peer->seconds[0] > 0;
}

gaia_status scripts_run(struct rig *rig, struct peers *peers, double timeout_s, gaia_error *err)
{
    char script[PATH_MAX + 64];
    const bool found = script_find(script, sizeof script);
    for (int i = PEER_NUMPY; i < PEER_COUNT; i++) {
        struct peer *peer = &peers->peers[i];
        char answer[ANSWER_BYTES];
        const size_t usual = rig->on_gpu && i != PEER_NUMPY ? SCRIPT_FIELDS_GPU : SCRIPT_FIELDS_CPU;
        peer->n_fields = rig->options->n_fields > 0 && rig->options->n_fields < usual
                             ? rig->options->n_fields
                             : usual;
        if (!found) {
            (void)snprintf(peer->why_not, sizeof peer->why_not,
                           "%s is neither beside the program nor in ../share/gaia", script_name);
            continue;
        }
        FILE *in = tmpfile();
        FILE *out = tmpfile();
        if (in == NULL || out == NULL) {
            const int why = errno;
            if (in != NULL) {
                (void)fclose(in);
            }
            return error_set(err, GAIA_DISK, "a temporary file: %s", strerror(why));
        }
        spec_write(in, rig, peers, peer, timeout_s / 4);
        rewind(in);
        if (script_spawn(script, in, out, timeout_s, peer->why_not, sizeof peer->why_not)) {
            rewind(out);
            answer[fread(answer, 1, sizeof answer - 1, out)] = '\0';
            answer_read(answer, peer);
        }
        (void)fclose(out);
        (void)fclose(in);
    }
    return GAIA_OK;
}
