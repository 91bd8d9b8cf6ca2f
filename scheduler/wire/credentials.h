/* SPDX-License-Identifier: MIT
 *
 * Certificate, key and authority of one side of a connection between machines, from their files.
 */
#ifndef WIRE_CREDENTIALS_H
#define WIRE_CREDENTIALS_H

#include <gaia/status.h>

enum credentials_role { CREDENTIALS_SCHEDULER, CREDENTIALS_EXECUTOR };

/* PEM texts, owned. Empty by {0}. */
struct credentials {
    char *ca;
    char *certificate;
    char *key;
};

/* Reads the files and checks what the other side would otherwise refuse without a reason that could
 * be read: the key is its reader's alone (private_file.h) and belongs to the certificate, which is
 * valid now, for this role, by an authority in the ca file. Where ca_path is NULL whose it is and
 * what for is not asked, as of a certificate that an authority of the public has signed.
 * GAIA_DENIED, GAIA_FILE_DAMAGED, GAIA_FILE_MISSING, GAIA_FILE_UNREADABLE, GAIA_LIMIT,
 * GAIA_OUT_OF_MEMORY; the detail names the file. */
GAIA_MUST_USE gaia_status credentials_read(enum credentials_role role, const char *ca_path,
                                           const char *certificate_path, const char *key_path,
                                           struct credentials *credentials, gaia_error *err);

/* Overwrites and frees. */
void credentials_fini(struct credentials *credentials);

#endif
