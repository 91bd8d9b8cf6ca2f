// SPDX-License-Identifier: MIT
//
// moments_file_open: files of moments are handed about, and one may be anybody's. The input is a
// file without its tail, which is made here: a hash that is right is no reason to trust what it is
// of.
#include "fuzz.h"

#include <sys/mman.h>
#include <unistd.h>

#include <vector>

extern "C" {
#include "moments_file.h"
}

namespace
{

// The input and its tail, in memory.
int file_of(const uint8_t *bytes, size_t n)
{
    unsigned char tail[MOMENTS_TAIL_BYTES];
    moments_seal *seal = nullptr;
    gaia_error err = {};
    const int fd = memfd_create("moments", MFD_CLOEXEC);
    promised(moments_seal_open(&seal, &err) == GAIA_OK && fd >= 0, "there is memory");
    moments_seal_add(seal, bytes, n);
    moments_seal_end(seal, tail);
    moments_seal_close(seal);
    promised(write(fd, bytes, n) == static_cast<ssize_t>(n) &&
                 write(fd, tail, sizeof tail) == static_cast<ssize_t>(sizeof tail),
             "it can be written");
    return fd;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    moments_file *file = nullptr;
    gaia_error err = {};
    const gaia_status status = moments_file_open_fd(file_of(bytes, n), "m.gm", &file, &err);
    promised_error(status, err);
    promised((status == GAIA_OK) == (file != nullptr), "a file comes on success alone");
    if (file != nullptr) {
        const plan *plan = moments_file_plan(file);
        std::vector<gaia_moments> rows(plan_rows_per_unit(plan));
        for (size_t i = 0; i < plan->n_units; i++) {
            promised(moments_file_read(file, i, rows.data(), &err) == GAIA_OK,
                     "every unit that is there can be read");
            promised(plan->units[i].forecast < plan->n_forecasts &&
                         plan->units[i].variable < plan->n_variables,
                     "units name what there is");
        }
    }
    moments_file_close(file);
    return 0;
}
