// SPDX-License-Identifier: MIT
//
// Certificates for a scheduler on this machine, made by the program that makes them for users, and
// some that no one should accept.
#ifndef CERTIFICATES_H
#define CERTIFICATES_H

#include <string>
#include <vector>

extern "C" {
#include "transport.h"
}

// The texts of one machine's certificate; Tls() borrows from it.
struct Pair {
    std::string ca;
    std::string certificate;
    std::string key;

    transport_tls Tls(const char *server_name = "127.0.0.1") const
    {
        return {ca.c_str(), certificate.c_str(), key.c_str(), server_name};
    }
};

// Runs `gaia` with these arguments; its exit status.
int GaiaRun(const std::vector<std::string> &arguments);

// Makes an authority, a scheduler's and the executor gpu1's certificates in a folder; the secret of
// the executor is derived from the state directory's.
void CertificatesMake(const std::string &folder, const std::string &state);

// Reads the folder of one machine.
Pair PairRead(const std::string &folder);

// A certificate of the folder's authority that was valid until yesterday.
Pair PairExpired(const std::string &folder);

#endif
