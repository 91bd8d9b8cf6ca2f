/* SPDX-License-Identifier: MIT
 *
 * libcurl's global state, made once. It is never taken down: another thread, or another library of
 * the process, may be using it.
 */
#include "http_library.h"

#include <pthread.h>

#include <curl/curl.h>

#include "error.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static CURLcode made = CURLE_FAILED_INIT; /* written under `once` alone */

static void library_make(void)
{
    made = curl_global_init(CURL_GLOBAL_DEFAULT);
}

gaia_status http_library_init(gaia_error *err)
{
    (void)pthread_once(&once, library_make);
    return made == CURLE_OK
               ? GAIA_OK
               : error_set(err, GAIA_OUT_OF_MEMORY, "libcurl: %s", curl_easy_strerror(made));
}
