/* SPDX-License-Identifier: MIT
 *
 * Where a client's scheduler is and with what token it is spoken to: a state directory of this
 * machine, or an address. For client_http.c.
 */
#ifndef HOST_CLIENT_WHERE_H
#define HOST_CLIENT_WHERE_H

#include <stdbool.h>

#include <gaia/client.h>

#include "text.h"

enum { CLIENT_PATH_BYTES = 4096 };

struct client_where {
    char state[CLIENT_PATH_BYTES]; /* "": at the address */
    struct text address;
    struct text authorization; /* the header line */
    struct text ca_file;       /* "": whom the system trusts */
};

/* Reads the state directory's secret; NULL: the usual directory. GAIA_UNREACHABLE (no scheduler has
 * run there), state_directory's, private_secret_read's. */
GAIA_MUST_USE gaia_status client_where_state(const char *state, struct client_where *where,
                                             gaia_error *err);

/* Checks the address and reads the token. GAIA_USAGE (no address, or one in the clear that is not
 * this machine's), private_file_read's of the token's file. */
GAIA_MUST_USE gaia_status client_where_remote(const struct gaia_client_remote *remote,
                                              struct client_where *where, gaia_error *err);

/* Appends where the API is now: a scheduler of a state directory may have come back elsewhere.
 * GAIA_UNREACHABLE (none runs there), file_read's. */
GAIA_MUST_USE gaia_status client_where_append(const struct client_where *where, struct text *url,
                                              gaia_error *err);

void client_where_fini(struct client_where *where);

#endif
