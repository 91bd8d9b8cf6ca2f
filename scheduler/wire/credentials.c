/* SPDX-License-Identifier: MIT
 *
 * Reading and checking certificates with libcrypto before the transport's own library gets them,
 * since that one says only that a handshake failed. For main_scheduler.c and the executor's
 * address.c.
 *
 * Invariant: a key's text is overwritten before its memory is given back.
 */
#include "credentials.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "error.h"
#include "file.h"
#include "private_file.h"

enum { PEM_BYTES_MAX = 1 << 20 };

/* The certificates of a PEM text; NULL if there is none or the text has anything else wrong. */
static STACK_OF(X509) * certificates_parse(const char *pem)
{
    BIO *in = BIO_new_mem_buf(pem, -1);
    STACK_OF(X509) *parsed = sk_X509_new_null();
    X509 *one = NULL;
    while (in != NULL && parsed != NULL &&
           (one = PEM_read_bio_X509(in, NULL, NULL, NULL)) != NULL) {
        if (sk_X509_push(parsed, one) <= 0) {
            X509_free(one);
            break;
        }
    }
    /* The last read found no further certificate, which is an error of the library's. */
    ERR_clear_error();
    BIO_free(in);
    if (parsed != NULL && sk_X509_num(parsed) == 0) {
        sk_X509_free(parsed);
        parsed = NULL;
    }
    return parsed;
}

static gaia_status key_check(const char *key, const char *key_path, X509 *certificate,
                             const char *certificate_path, gaia_error *err)
{
    BIO *in = BIO_new_mem_buf(key, -1);
    char no_password[] = ""; /* else the library asks for one, which no daemon can answer */
    EVP_PKEY *pair = in != NULL ? PEM_read_bio_PrivateKey(in, NULL, NULL, no_password) : NULL;
    gaia_status status = GAIA_OK;
    if (pair == NULL) {
        status = error_set(err, GAIA_FILE_DAMAGED, "%s: no private key in PEM without a password",
                           key_path);
    } else if (X509_check_private_key(certificate, pair) != 1) {
        status =
            error_set(err, GAIA_FILE_DAMAGED, "%s: not the key of %s", key_path, certificate_path);
    }
    ERR_clear_error();
    EVP_PKEY_free(pair);
    BIO_free(in);
    return status;
}

/* Whether the first of `chain` is a certificate for the role by an authority among `authorities`.
 */
static gaia_status chain_check(enum credentials_role role, STACK_OF(X509) * chain,
                               STACK_OF(X509) * authorities, const char *path, gaia_error *err)
{
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *check = X509_STORE_CTX_new();
    gaia_status status = GAIA_OK;
    const int purpose =
        role == CREDENTIALS_SCHEDULER ? X509_PURPOSE_SSL_SERVER : X509_PURPOSE_SSL_CLIENT;
    if (store == NULL || check == NULL ||
        X509_STORE_CTX_init(check, store, sk_X509_value(chain, 0), chain) != 1 ||
        X509_STORE_CTX_set_purpose(check, purpose) != 1) {
        status = error_set(err, GAIA_OUT_OF_MEMORY, "%s: cannot be checked", path);
        goto done;
    }
    X509_STORE_CTX_set0_trusted_stack(check, authorities);
    if (X509_verify_cert(check) != 1) {
        status = error_set(err, GAIA_DENIED, "%s: no certificate for %s: %s", path,
                           role == CREDENTIALS_SCHEDULER ? "a scheduler" : "an executor",
                           X509_verify_cert_error_string(X509_STORE_CTX_get_error(check)));
    }
done:
    ERR_clear_error();
    X509_STORE_CTX_free(check);
    X509_STORE_free(store);
    return status;
}

/* Whether the certificate is valid now, whoever has signed it. */
static gaia_status time_check(X509 *certificate, const char *path, gaia_error *err)
{
    const bool is_early = X509_cmp_current_time(X509_get0_notBefore(certificate)) > 0;
    const bool is_late = X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0;
    return is_early || is_late ? error_set(err, GAIA_DENIED, "%s: the certificate %s", path,
                                           is_late ? "has expired" : "is not valid yet")
                               : GAIA_OK;
}

static gaia_status credentials_check(enum credentials_role role, const char *ca_path,
                                     const char *certificate_path, const char *key_path,
                                     const struct credentials *read, gaia_error *err)
{
    STACK_OF(X509) *authorities = ca_path != NULL ? certificates_parse(read->ca) : NULL;
    STACK_OF(X509) *chain = certificates_parse(read->certificate);
    gaia_status status = GAIA_OK;
    if ((ca_path != NULL && authorities == NULL) || chain == NULL) {
        status = error_set(err, GAIA_FILE_DAMAGED, "%s: no certificate in PEM",
                           chain != NULL ? ca_path : certificate_path);
    }
    if (status == GAIA_OK) {
        status = key_check(read->key, key_path, sk_X509_value(chain, 0), certificate_path, err);
    }
    if (status == GAIA_OK) {
        status = authorities != NULL ? chain_check(role, chain, authorities, certificate_path, err)
                                     : time_check(sk_X509_value(chain, 0), certificate_path, err);
    }
    sk_X509_pop_free(chain, X509_free);
    sk_X509_pop_free(authorities, X509_free);
    return status;
}

gaia_status credentials_read(enum credentials_role role, const char *ca_path,
                             const char *certificate_path, const char *key_path,
                             struct credentials *credentials, gaia_error *err)
{
    struct credentials read = {NULL, NULL, NULL};
    size_t length = 0;
    gaia_status status = ca_path != NULL
                             ? file_read_regular(ca_path, PEM_BYTES_MAX, &read.ca, &length, err)
                             : GAIA_OK;
    if (status == GAIA_OK) {
        status =
            file_read_regular(certificate_path, PEM_BYTES_MAX, &read.certificate, &length, err);
    }
    if (status == GAIA_OK) {
        status = private_file_read(key_path, PEM_BYTES_MAX, &read.key, &length, err);
    }
    if (status == GAIA_OK) {
        status = credentials_check(role, ca_path, certificate_path, key_path, &read, err);
    }
    if (status != GAIA_OK) {
        credentials_fini(&read);
        return status;
    }
    *credentials = read;
    return GAIA_OK;
}

void credentials_fini(struct credentials *credentials)
{
    free(credentials->ca);
    free(credentials->certificate);
    private_free(credentials->key);
    *credentials = (struct credentials){NULL, NULL, NULL};
}
