// SPDX-License-Identifier: MIT
//
// A certificate that nobody trusts unless told to.
#ifndef HOST_MADE_CERTIFICATE_H
#define HOST_MADE_CERTIFICATE_H

#include <string>

// Writes a certificate for 127.0.0.1, signed by itself and good today, and its key.
void made_certificate(const std::string &certificate, const std::string &key);

#endif
