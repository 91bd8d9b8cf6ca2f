// SPDX-License-Identifier: MIT
//
// Certificates by `gaia cert make`, and an expired one by libcrypto.
#include "certificates.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <spawn.h>
#include <sys/wait.h>

#include <fstream>
#include <sstream>

extern char **environ;

namespace
{

std::string FileText(const std::string &path)
{
    std::ifstream in(path);
    std::ostringstream all;
    all << in.rdbuf();
    EXPECT_FALSE(all.str().empty()) << path;
    return all.str();
}

std::string BioText(BIO *bio)
{
    char *bytes = nullptr;
    const long length = BIO_get_mem_data(bio, &bytes);
    std::string text(bytes, static_cast<size_t>(length));
    BIO_free(bio);
    return text;
}

} // namespace

int GaiaRun(const std::vector<std::string> &arguments)
{
    std::vector<std::string> words = {std::string(GAIA_BINARIES) + "/gaia"};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char *> argv;
    for (std::string &word : words) {
        argv.push_back(word.data());
    }
    argv.push_back(nullptr);
    pid_t pid = -1;
    int status = -1;
    EXPECT_EQ(0, posix_spawn(&pid, argv[0], nullptr, nullptr, argv.data(), environ));
    EXPECT_EQ(pid, waitpid(pid, &status, 0));
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void CertificatesMake(const std::string &folder, const std::string &state)
{
    ASSERT_EQ(0, GaiaRun({"cert", "make", folder, "--scheduler", "127.0.0.1,scheduler.example",
                          "--executors", "gpu1", "--state", state}));
}

Pair PairRead(const std::string &folder)
{
    return {FileText(folder + "/ca.pem"), FileText(folder + "/certificate.pem"),
            FileText(folder + "/key.pem")};
}

Pair PairExpired(const std::string &folder)
{
    const std::string ca = FileText(folder + "/ca.pem");
    const std::string ca_key = FileText(folder + "/ca.key");
    BIO *in = BIO_new_mem_buf(ca.data(), static_cast<int>(ca.size()));
    X509 *issuer = PEM_read_bio_X509(in, nullptr, nullptr, nullptr);
    BIO_free(in);
    in = BIO_new_mem_buf(ca_key.data(), static_cast<int>(ca_key.size()));
    EVP_PKEY *issuer_key = PEM_read_bio_PrivateKey(in, nullptr, nullptr, nullptr);
    BIO_free(in);
    EVP_PKEY *pair = EVP_EC_gen("P-256");
    X509 *x509 = X509_new();
    EXPECT_TRUE(issuer != nullptr && issuer_key != nullptr && pair != nullptr && x509 != nullptr);
    X509_set_version(x509, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x509), 77);
    X509_gmtime_adj(X509_getm_notBefore(x509), -10 * 86400L);
    X509_gmtime_adj(X509_getm_notAfter(x509), -86400L);
    X509_set_pubkey(x509, pair);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x509), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char *>("gpu1"), -1, -1, 0);
    X509_set_issuer_name(x509, X509_get_subject_name(issuer));
    EXPECT_GT(X509_sign(x509, issuer_key, EVP_sha256()), 0);
    BIO *certificate = BIO_new(BIO_s_mem());
    BIO *key = BIO_new(BIO_s_mem());
    EXPECT_EQ(1, PEM_write_bio_X509(certificate, x509));
    EXPECT_EQ(1, PEM_write_bio_PrivateKey(key, pair, nullptr, nullptr, 0, nullptr, nullptr));
    X509_free(x509);
    X509_free(issuer);
    EVP_PKEY_free(issuer_key);
    EVP_PKEY_free(pair);
    return {ca, BioText(certificate), BioText(key)};
}
