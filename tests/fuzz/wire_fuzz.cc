// SPDX-License-Identifier: MIT
//
// wire_decode: a message comes from whoever reaches the port.
#include "fuzz.h"

extern "C" {
#include "wire.h"
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    json_t *header = nullptr;
    double *sums = nullptr;
    size_t n_sums = 0;
    gaia_error err = {};
    const gaia_status status =
        wire_decode(&wire_work_limits, bytes, n, &header, &sums, &n_sums, &err);
    promised_error(status, err);
    promised((status == GAIA_OK) == (header != nullptr), "a header comes on success alone");
    // What the narrower limits let through the wider ones do too, and it is the same.
    json_t *narrow = nullptr;
    double *narrow_sums = nullptr;
    size_t n_narrow = 0;
    gaia_error narrow_err = {};
    const gaia_status narrow_status =
        wire_decode(&wire_control_limits, bytes, n, &narrow, &narrow_sums, &n_narrow, &narrow_err);
    promised_error(narrow_status, narrow_err);
    promised(narrow_status != GAIA_OK || (json_equal(narrow, header) && n_narrow == n_sums),
             "a smaller limit changes nothing of what passes it");
    std::free(narrow_sums);
    json_decref(narrow);
    if (header != nullptr) {
        // What was decoded is encoded and decoded to the same bits.
        unsigned char *written = nullptr;
        size_t length = 0;
        json_t *header_again = nullptr;
        double *sums_again = nullptr;
        size_t n_again = 0;
        promised(wire_encode(header, sums, n_sums, &written, &length, &err) == GAIA_OK,
                 "a message can be written");
        promised(wire_decode(&wire_work_limits, written, length, &header_again, &sums_again,
                             &n_again, &err) == GAIA_OK,
                 "a written message is one");
        promised(n_again == n_sums, "it has as many sums");
        promised(n_sums == 0 || std::memcmp(sums, sums_again, n_sums * sizeof *sums) == 0,
                 "they have the same bits");
        std::free(written);
        std::free(sums_again);
        json_decref(header_again);
    }
    std::free(sums);
    json_decref(header);
    return 0;
}
