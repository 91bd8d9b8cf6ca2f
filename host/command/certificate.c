/* SPDX-License-Identifier: MIT
 *
 * Making certificates with libcrypto. For command_cert.c.
 *
 * Invariant: a private key is written nowhere but to its own file of mode 0600.
 */
#include "certificate.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "error.h"
#include "file.h"
#include "private_file.h"

enum {
    PEM_BYTES_MAX = 1 << 20,
    SERIAL_BYTES = 16,
    DAY_S = 86400,
    CLOCKS_S = 3600, /* machines' clocks differ: certificates begin a little earlier */
};

static gaia_status library_fail(gaia_error *err, const char *what)
{
    char reason[256];
    ERR_error_string_n(ERR_get_error(), reason, sizeof reason);
    ERR_clear_error();
    return error_set(err, GAIA_INTERNAL, "%s: %s", what, reason);
}

/* Names of the scheduler as an extension's text. Mbed TLS 2.28 compares the name that a client asks
 * for with DNS names only, also where it is an address: so an address stands as both. */
static gaia_status names_format(const char *names, struct text *out, gaia_error *err)
{
    for (const char *at = names; *at != '\0';) {
        char name[256];
        unsigned char address[16];
        const size_t n = strcspn(at, ",");
        if (n == 0 || n >= sizeof name ||
            strspn(at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:") < n) {
            return error_set(err, GAIA_USAGE,
                             "--scheduler '%s': DNS names or addresses with "
                             "commas between them are wanted",
                             names);
        }
        memcpy(name, at, n);
        name[n] = '\0';
        const bool is_address =
            inet_pton(AF_INET, name, address) == 1 || inet_pton(AF_INET6, name, address) == 1;
        if (!is_address && strchr(name, ':') != NULL) {
            return error_set(err, GAIA_USAGE, "--scheduler '%s': no name or address", name);
        }
        text_printf(out, "%sDNS:%s", out->length > 0 ? "," : "", name);
        if (is_address) {
            text_printf(out, ",IP:%s", name);
        }
        at += n + (at[n] == ',');
    }
    return GAIA_OK;
}

static bool extension_add(X509 *x509, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, x509, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    const bool good = extension != NULL && X509_add_ext(x509, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return good;
}

/* A certificate of the pair, not signed yet and without extensions; NULL if the library failed. */
static X509 *certificate_begin(EVP_PKEY *pair, const char *subject, unsigned days)
{
    unsigned char serial[SERIAL_BYTES];
    X509 *x509 = X509_new();
    BIGNUM *number = NULL;
    bool good = x509 != NULL && RAND_bytes(serial, sizeof serial) == 1;
    serial[0] = (unsigned char)((serial[0] & 0x7f) | 0x40); /* positive, of one length */
    if (good) {
        number = BN_bin2bn(serial, sizeof serial, NULL);
        good = number != NULL && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x509)) != NULL &&
               X509_set_version(x509, X509_VERSION_3) == 1 &&
               X509_gmtime_adj(X509_getm_notBefore(x509), -(long)CLOCKS_S) != NULL &&
               X509_time_adj_ex(X509_getm_notAfter(x509), (int)days, 0, NULL) != NULL &&
               X509_set_pubkey(x509, pair) == 1 &&
               X509_NAME_add_entry_by_txt(X509_get_subject_name(x509), "CN", MBSTRING_UTF8,
                                          (const unsigned char *)subject, -1, -1, 0) == 1;
    }
    BN_free(number);
    if (!good) {
        X509_free(x509);
        return NULL;
    }
    return x509;
}

static gaia_status bio_write(const char *path, BIO *bio, mode_t mode, gaia_error *err)
{
    char *bytes = NULL;
    const long length = BIO_get_mem_data(bio, &bytes);
    return file_write(path, bytes, (size_t)length, mode, err);
}

/* Writes both files, the key first: a certificate without its key would be of no use. */
static gaia_status pair_write(X509 *x509, EVP_PKEY *pair, const char *certificate_path,
                              const char *key_path, gaia_error *err)
{
    BIO *key = BIO_new(BIO_s_secmem());
    BIO *certificate = BIO_new(BIO_s_mem());
    gaia_status status = GAIA_OK;
    if (key == NULL || certificate == NULL ||
        PEM_write_bio_PrivateKey(key, pair, NULL, NULL, 0, NULL, NULL) != 1 ||
        PEM_write_bio_X509(certificate, x509) != 1) {
        status = library_fail(err, certificate_path);
    }
    if (status == GAIA_OK) {
        status = bio_write(key_path, key, 0600, err);
    }
    if (status == GAIA_OK) {
        status = bio_write(certificate_path, certificate, 0644, err);
    }
    BIO_free(certificate);
    BIO_free(key);
    return status;
}

gaia_status certificate_make_authority(const char *certificate_path, const char *key_path,
                                       unsigned days, gaia_error *err)
{
    EVP_PKEY *pair = EVP_EC_gen("P-256");
    X509 *x509 = pair != NULL ? certificate_begin(pair, "gaia authority", days) : NULL;
    gaia_status status = GAIA_OK;
    if (x509 == NULL || X509_set_issuer_name(x509, X509_get_subject_name(x509)) != 1 ||
        !extension_add(x509, x509, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") ||
        !extension_add(x509, x509, NID_key_usage, "critical,keyCertSign,cRLSign") ||
        !extension_add(x509, x509, NID_subject_key_identifier, "hash") ||
        X509_sign(x509, pair, EVP_sha256()) <= 0) {
        status = library_fail(err, certificate_path);
    } else {
        status = pair_write(x509, pair, certificate_path, key_path, err);
    }
    X509_free(x509);
    EVP_PKEY_free(pair);
    return status;
}

/* The certificate in the file; *x509 is the caller's. */
static gaia_status certificate_read(const char *path, X509 **x509, gaia_error *err)
{
    char *bytes = NULL;
    size_t length = 0;
    gaia_status status = file_read_regular(path, PEM_BYTES_MAX, &bytes, &length, err);
    if (status != GAIA_OK) {
        return status;
    }
    BIO *in = BIO_new_mem_buf(bytes, (int)length);
    *x509 = in != NULL ? PEM_read_bio_X509(in, NULL, NULL, NULL) : NULL;
    ERR_clear_error();
    BIO_free(in);
    free(bytes);
    return *x509 != NULL ? GAIA_OK
                         : error_set(err, GAIA_FILE_DAMAGED, "%s: no certificate in PEM", path);
}

static gaia_status key_read(const char *path, EVP_PKEY **key, gaia_error *err)
{
    char *bytes = NULL;
    char no_password[] = "";
    size_t length = 0;
    gaia_status status = private_file_read(path, PEM_BYTES_MAX, &bytes, &length, err);
    if (status != GAIA_OK) {
        return status;
    }
    BIO *in = BIO_new_mem_buf(bytes, (int)length);
    *key = in != NULL ? PEM_read_bio_PrivateKey(in, NULL, NULL, no_password) : NULL;
    ERR_clear_error();
    BIO_free(in);
    private_free(bytes);
    return *key != NULL ? GAIA_OK
                        : error_set(err, GAIA_FILE_DAMAGED, "%s: no private key in PEM", path);
}

static gaia_status certificate_sign(const struct certificate_request *request, X509 *issuer,
                                    EVP_PKEY *issuer_key, const char *names, gaia_error *err)
{
    EVP_PKEY *pair = EVP_EC_gen("P-256");
    X509 *x509 = pair != NULL ? certificate_begin(pair, request->subject, request->days) : NULL;
    gaia_status status = GAIA_OK;
    if (x509 == NULL || X509_set_issuer_name(x509, X509_get_subject_name(issuer)) != 1 ||
        !extension_add(x509, issuer, NID_basic_constraints, "critical,CA:FALSE") ||
        !extension_add(x509, issuer, NID_key_usage, "critical,digitalSignature") ||
        !extension_add(x509, issuer, NID_ext_key_usage,
                       request->scheduler ? "serverAuth" : "clientAuth") ||
        !extension_add(x509, issuer, NID_subject_alt_name, names) ||
        !extension_add(x509, issuer, NID_authority_key_identifier, "keyid") ||
        X509_sign(x509, issuer_key, EVP_sha256()) <= 0) {
        status = library_fail(err, request->certificate_path);
    } else {
        status = pair_write(x509, pair, request->certificate_path, request->key_path, err);
    }
    X509_free(x509);
    EVP_PKEY_free(pair);
    return status;
}

gaia_status certificate_make(const struct certificate_request *request, gaia_error *err)
{
    struct text names = {0};
    X509 *issuer = NULL;
    EVP_PKEY *issuer_key = NULL;
    gaia_status status = GAIA_OK;
    if (request->scheduler) {
        status = names_format(request->names, &names, err);
    } else {
        text_printf(&names, "DNS:%s", request->subject);
    }
    if (status == GAIA_OK && names.failed) {
        status = error_memory(err, names.capacity);
    }
    if (status == GAIA_OK) {
        status = certificate_read(request->ca_path, &issuer, err);
    }
    if (status == GAIA_OK) {
        status = key_read(request->ca_key_path, &issuer_key, err);
    }
    if (status == GAIA_OK && X509_check_private_key(issuer, issuer_key) != 1) {
        ERR_clear_error();
        status = error_set(err, GAIA_FILE_DAMAGED, "%s: not the key of %s", request->ca_key_path,
                           request->ca_path);
    }
    if (status == GAIA_OK) {
        status = certificate_sign(request, issuer, issuer_key, names.s, err);
    }
    EVP_PKEY_free(issuer_key);
    X509_free(issuer);
    text_fini(&names);
    return status;
}

gaia_status certificate_name(const char *path, char *name, size_t name_bytes, gaia_error *err)
{
    X509 *x509 = NULL;
    gaia_status status = certificate_read(path, &x509, err);
    if (status != GAIA_OK) {
        return status;
    }
    GENERAL_NAMES *names = X509_get_ext_d2i(x509, NID_subject_alt_name, NULL, NULL);
    name[0] = '\0';
    for (int i = 0; name[0] == '\0' && i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *one = sk_GENERAL_NAME_value(names, i);
        if (one->type == GEN_DNS && (size_t)ASN1_STRING_length(one->d.dNSName) < name_bytes) {
            const size_t n = (size_t)ASN1_STRING_length(one->d.dNSName);
            memcpy(name, ASN1_STRING_get0_data(one->d.dNSName), n);
            name[n] = '\0';
        }
    }
    GENERAL_NAMES_free(names);
    X509_free(x509);
    return name[0] != '\0' ? GAIA_OK
                           : error_set(err, GAIA_FILE_DAMAGED, "%s: names no server", path);
}

/* Appends what print writes, in one line. */
static void line_append(struct text *out, const char *label, BIO *line)
{
    char *bytes = NULL;
    const long length = BIO_get_mem_data(line, &bytes);
    text_printf(out, "  %-8s ", label);
    text_append_n(out, bytes, (size_t)length);
    text_append(out, "\n");
    (void)BIO_reset(line);
}

static void expiry_append(const X509 *x509, int64_t now_s, struct text *out)
{
    struct tm at;
    int days = 0;
    int seconds = 0;
    ASN1_TIME *now = ASN1_TIME_set(NULL, (time_t)now_s);
    const ASN1_TIME *end = X509_get0_notAfter(x509);
    if (now != NULL && ASN1_TIME_to_tm(end, &at) == 1 &&
        ASN1_TIME_diff(&days, &seconds, now, end) == 1) {
        text_printf(out, "  expires  %04d-%02d-%02dT%02d:%02d:%02dZ, ", at.tm_year + 1900,
                    at.tm_mon + 1, at.tm_mday, at.tm_hour, at.tm_min, at.tm_sec);
        if (days < 0 || seconds < 0) {
            text_printf(out, "%d days ago: expired\n", -days);
        } else {
            text_printf(out, "in %d days\n", days);
        }
    }
    ASN1_TIME_free(now);
}

gaia_status certificate_describe(const char *path, int64_t now_s, struct text *out, gaia_error *err)
{
    X509 *x509 = NULL;
    gaia_status status = certificate_read(path, &x509, err);
    if (status != GAIA_OK) {
        return status;
    }
    BIO *line = BIO_new(BIO_s_mem());
    if (line == NULL) {
        X509_free(x509);
        return error_memory(err, 1);
    }
    text_printf(out, "%s\n", path);
    (void)X509_NAME_print_ex(line, X509_get_subject_name(x509), 0, XN_FLAG_RFC2253);
    line_append(out, "subject", line);
    (void)X509_NAME_print_ex(line, X509_get_issuer_name(x509), 0, XN_FLAG_RFC2253);
    line_append(out, "issuer", line);
    const int at = X509_get_ext_by_NID(x509, NID_subject_alt_name, -1);
    if (at >= 0) {
        (void)X509V3_EXT_print(line, X509_get_ext(x509, at), 0, 0);
        line_append(out, "names", line);
    }
    const uint32_t usage = X509_get_extended_key_usage(x509);
    const bool authority = X509_check_ca(x509) == 1;
    const char *use = usage == XKU_SSL_SERVER ? "a scheduler" : "an executor";
    text_printf(out, "  for      %s\n", authority ? "an authority" : use);
    expiry_append(x509, now_s, out);
    BIO_free(line);
    X509_free(x509);
    return GAIA_OK;
}
