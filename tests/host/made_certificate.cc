// SPDX-License-Identifier: MIT
//
// Makes a private authority and a certificate of it with libcrypto.
#include "made_certificate.h"

#include <cstdio>
#include <stdexcept>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace
{

void must(bool good, const char *what)
{
    if (!good) {
        throw std::runtime_error(what);
    }
}

void extension_add(X509 *x509, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, x509, x509, nullptr, nullptr, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value);
    must(extension != nullptr && X509_add_ext(x509, extension, -1) == 1, "extension");
    X509_EXTENSION_free(extension);
}

} // namespace

void made_certificate(const std::string &certificate, const std::string &key)
{
    constexpr long kDayS = 86400;
    EVP_PKEY *pair = EVP_EC_gen("P-256");
    X509 *x509 = X509_new();
    must(pair != nullptr && x509 != nullptr, "key");
    X509_set_version(x509, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
    X509_gmtime_adj(X509_getm_notBefore(x509), -kDayS);
    X509_gmtime_adj(X509_getm_notAfter(x509), kDayS);
    X509_NAME *name = X509_get_subject_name(x509);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char *>("test"), -1, -1, 0);
    X509_set_issuer_name(x509, name);
    X509_set_pubkey(x509, pair);
    extension_add(x509, NID_basic_constraints, "critical,CA:TRUE");
    extension_add(x509, NID_subject_alt_name, "IP:127.0.0.1");
    must(X509_sign(x509, pair, EVP_sha256()) > 0, "signature");
    FILE *out = fopen(certificate.c_str(), "w");
    must(out != nullptr && PEM_write_X509(out, x509) == 1 && fclose(out) == 0, "certificate");
    out = fopen(key.c_str(), "w");
    must(out != nullptr &&
             PEM_write_PrivateKey(out, pair, nullptr, nullptr, 0, nullptr, nullptr) == 1 &&
             fclose(out) == 0,
         "private key");
    X509_free(x509);
    EVP_PKEY_free(pair);
}
