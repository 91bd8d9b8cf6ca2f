/* SPDX-License-Identifier: MIT
 *
 * What libcurl keeps for the whole process is made here and nowhere else.
 */
#ifndef HOST_HTTP_LIBRARY_H
#define HOST_HTTP_LIBRARY_H

#include <gaia/status.h>

/* To be called before anything else of libcurl; from any thread, as often as one likes.
 * GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status http_library_init(gaia_error *err);

#endif
