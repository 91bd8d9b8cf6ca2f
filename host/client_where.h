/* SPDX-License-Identifier: MIT
 *
 * Where a client's scheduler is and with what token it is spoken to: a state directory of this
 * machine, or an address; or several of either, of schedulers of one database, one of which leads.
 * For client_http.c.
 */
#ifndef HOST_CLIENT_WHERE_H
#define HOST_CLIENT_WHERE_H

#include <stddef.h>

#include <gaia/client.h>

#include "text.h"

enum { CLIENT_PATH_BYTES = 4096 };

struct client_where {
    char state[CLIENT_PATH_BYTES]; /* "": at the address */
    struct text address;
    struct text authorization; /* the header line */
    struct text ca_file;       /* "": whom the system trusts */
};

struct client_places {
    struct client_where *at;
    size_t n;
    size_t chosen; /* that is asked first */
};

/* Reads the secrets of the state directories, which commas separate; NULL: those of $GAIA_STATE, or
 * the usual one. Of several those where no scheduler has run are left out. GAIA_UNREACHABLE (none
 * has run on any), GAIA_USAGE (an empty name), state_directory's, private_secret_read's. */
GAIA_MUST_USE gaia_status client_places_state(const char *states, struct client_places *places,
                                              gaia_error *err);

/* Checks the addresses, which commas separate, and reads the token, which all of them know.
 * GAIA_USAGE (no address, or one in the clear that is not this machine's), private_file_read's of
 * the token's file. */
GAIA_MUST_USE gaia_status client_places_remote(const struct gaia_client_remote *remote,
                                               struct client_places *places, gaia_error *err);

void client_places_fini(struct client_places *places);

/* Appends where the API is now: a scheduler of a state directory may have come back elsewhere.
 * GAIA_UNREACHABLE (none runs there), file_read's. */
GAIA_MUST_USE gaia_status client_where_append(const struct client_where *where, struct text *url,
                                              gaia_error *err);

#endif
