/* SPDX-License-Identifier: MIT
 *
 * A scheduler that dies at bad moments: gaia-scheduler itself, but that it kills itself by SIGKILL
 * at each moment of a result with error maps of which the folder DYING_MOMENTS has a file, which it
 * removes before. The linker puts the functions of this file before the real ones (--wrap), so that
 * no program that ships has a place for faults.
 *
 * The moments: `before` anything is moved, `between` two maps, `moved` but not committed,
 * `committed` but not answered. Invariant: where nothing is asked for, nothing changes.
 */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "results.h"
#include "transport.h"

enum { PATH_BYTES = 4096 };

static bool has_moved; /* since the last answer; the loop's thread alone looks at it */

__typeof__(results_move) __real_results_move;
__typeof__(results_move) __wrap_results_move;
__typeof__(renameat) __real_renameat;
__typeof__(renameat) __wrap_renameat;
__typeof__(transport_reply) __real_transport_reply;
__typeof__(transport_reply) __wrap_transport_reply;

static void die_at(const char *moment)
{
    char path[PATH_BYTES];
    const char *folder = getenv("DYING_MOMENTS");
    (void)snprintf(path, sizeof path, "%s/%s", folder != NULL ? folder : "/nowhere", moment);
    if (unlink(path) == 0) {
        (void)raise(SIGKILL);
    }
}

gaia_status __wrap_results_move(const struct results *results, const struct results_maps *maps,
                                gaia_error *err)
{
    die_at("before");
    const gaia_status status = __real_results_move(results, maps, err);
    if (status == GAIA_OK) {
        has_moved = true;
        die_at("moved");
    }
    return status;
}

int __wrap_renameat(int from, const char *from_name, int to, const char *to_name)
{
    const int failed = __real_renameat(from, from_name, to, to_name);
    die_at("between");
    return failed;
}

void __wrap_transport_reply(struct transport_request *request, const unsigned char *bytes,
                            size_t length)
{
    if (has_moved) {
        die_at("committed");
        has_moved = false;
    }
    __real_transport_reply(request, bytes, length);
}
