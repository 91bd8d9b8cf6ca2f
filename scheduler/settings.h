/* SPDX-License-Identifier: MIT
 *
 * The scheduler's configuration as its parts take it. Used by main_scheduler.c only.
 */
#ifndef SETTINGS_H
#define SETTINGS_H

#include "config.h"
#include "core.h"
#include "http_api.h"
#include "listen.h"

/* Limits and timings of the queue; tenants' shares are left to settings_shares. */
struct core_config settings_core(const struct config *config);

/* The HTTP API's; what it talks to and about is not set. Texts are borrowed. */
struct http_api_config settings_api(const struct config *config);

/* Where executors of other machines dial. GAIA_USAGE and others of listen_prepare. */
GAIA_MUST_USE gaia_status settings_listen(const struct config *config, struct listen *listen,
                                          gaia_error *err);

/* Takes "a=3,b=1" apart, in place: text is what the option was given as, and is borrowed. At most
 * n_max shares; *n is how many there are. GAIA_USAGE: there are more. */
GAIA_MUST_USE gaia_status settings_shares(char *text, struct core_share *shares, size_t n_max,
                                          size_t *n, gaia_error *err);

#endif
