// SPDX-License-Identifier: MIT
//
// What every fuzz target has: one function of the input's bytes. libFuzzer calls it with what it
// makes up (GAIA_FUZZ), replay.cc with the files of the corpus (every test run).
//
// Invariant: a target keeps nothing from one call to the next, and any failure ends the process.
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <gaia/status.h>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

// Ends the process where what was promised does not hold.
inline void promised(bool held, const char *what)
{
    if (!held) {
        (void)std::fprintf(stderr, "not as promised: %s\n", what);
        std::abort();
    }
}

// A call that failed says why in one line; one that went well has nothing to say.
inline void promised_error(gaia_status status, const gaia_error &err)
{
    promised(status == err.status, "the error has the status");
    promised((status == GAIA_OK) == (err.detail[0] == '\0'), "a failure has a detail");
    promised(std::strchr(err.detail, '\n') == nullptr, "the detail is one line");
    promised(status != GAIA_INTERNAL, "bad input is no bug of ours");
}

#endif
