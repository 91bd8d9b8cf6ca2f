/* SPDX-License-Identifier: MIT
 *
 * Calling ecCodes so that it neither ends the process, nor prints, nor takes more memory than it is
 * given, whatever the bytes are that it is shown.
 *
 * Invariant: every call to ecCodes on bytes of a file is made within grib_guard_run. A call that is
 * left by a failed assertion leaks what it had allocated: a damaged file costs that, once.
 */
#ifndef HOST_GRIB_GUARD_H
#define HOST_GRIB_GUARD_H

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>

#include <gaia/status.h>

enum { GRIB_GUARD_TEXT = 256 };

/* One guarded stay in ecCodes. Set bytes_max before the run; the rest is the run's. */
struct grib_guard {
    size_t bytes_max;           /* what all allocations of the run may add up to */
    size_t bytes_used;          /* what they added up to */
    bool refused;               /* an allocation was refused */
    char text[GRIB_GUARD_TEXT]; /* the first complaint of ecCodes, "" if there was none */
    jmp_buf leave;
};

typedef void grib_guard_call(void *context);

/* Takes over ecCodes' messages, assertions and allocations. GAIA_FORMAT_UNSUPPORTED if its
 * definitions are not installed: without them the library ends the process. */
GAIA_MUST_USE gaia_status grib_guard_install(gaia_error *err);

/* Runs call(context); false if it had to be left, for a failed assertion (guard->text) or for
 * memory (guard->refused). Whatever ecCodes object the call made is then lost. */
bool grib_guard_run(struct grib_guard *guard, grib_guard_call *call, void *context);

#endif
