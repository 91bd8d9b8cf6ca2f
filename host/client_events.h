/* SPDX-License-Identifier: MIT
 *
 * The events that a scheduler sends of a job, out of the pieces in which they come. For
 * client_http.c.
 */
#ifndef HOST_CLIENT_EVENTS_H
#define HOST_CLIENT_EVENTS_H

#include <stddef.h>

#include <gaia/client.h>

#include "text.h"

/* Made by {.take, .context}; line is to be freed with text_fini. */
struct client_events {
    int (*take)(void *context, const struct gaia_client_progress *progress);
    void *context;
    struct text line; /* as far as it has come */
    gaia_error error; /* why it went no further; GAIA_OK: it did, or `take` wanted no more */
};

/* Takes a piece, which may end anywhere, and hands out each event that it makes whole. Nonzero: no
 * more is wanted. context: a struct client_events. Lines that are not known are passed over. */
int client_events_take(void *context, const char *bytes, size_t length);

#endif
