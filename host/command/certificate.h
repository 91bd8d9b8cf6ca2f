/* SPDX-License-Identifier: MIT
 *
 * A private authority and the certificates it signs: ECDSA on P-256 with SHA-256, which every
 * library of TLS takes. Files are PEM; keys have mode 0600, certificates 0644.
 */
#ifndef CERTIFICATE_H
#define CERTIFICATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gaia/status.h>

#include "text.h"

/* Makes an authority's key and certificate. GAIA_DISK, GAIA_INTERNAL (the library failed). */
GAIA_MUST_USE gaia_status certificate_make_authority(const char *certificate_path,
                                                     const char *key_path, unsigned days,
                                                     gaia_error *err);

/* What to make: a scheduler's certificate has the names it is reached by (DNS names or addresses,
 * with commas), an executor's has its own. */
struct certificate_request {
    bool scheduler;
    const char *subject;
    const char *names; /* of a scheduler */
    unsigned days;
    const char *ca_path;
    const char *ca_key_path;
    const char *certificate_path;
    const char *key_path;
};

/* Makes a key and a certificate for it. GAIA_USAGE (a name is none), private_file_read's of the
 * authority's key, GAIA_FILE_DAMAGED (no key or certificate there), GAIA_DISK, GAIA_INTERNAL. */
GAIA_MUST_USE gaia_status certificate_make(const struct certificate_request *request,
                                           gaia_error *err);

/* Writes the first DNS name of the certificate into name. GAIA_FILE_DAMAGED (it has none),
 * file_read's. */
GAIA_MUST_USE gaia_status certificate_name(const char *path, char *name, size_t name_bytes,
                                           gaia_error *err);

/* Appends what the certificate in the file says: subject, issuer, names, purpose, expiry as of
 * now_s since 1970. GAIA_FILE_DAMAGED, file_read's. */
GAIA_MUST_USE gaia_status certificate_describe(const char *path, int64_t now_s, struct text *out,
                                               gaia_error *err);

#endif
