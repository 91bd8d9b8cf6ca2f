/* SPDX-License-Identifier: MIT
 *
 * The executor's configuration as its parts take it. Used by main_executor.c only.
 */
#ifndef EXECUTOR_SETTINGS_H
#define EXECUTOR_SETTINGS_H

#include "config.h"
#include "executor.h"
#include "http.h"

/* Limits of requests for sources behind addresses. */
struct http_limits settings_remote(const struct config *config);

/* Everything but who it is, whom it talks to and where it writes. Texts are borrowed. */
struct executor_options settings_executor(const struct config *config);

#endif
