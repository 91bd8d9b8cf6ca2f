// SPDX-License-Identifier: MIT
//
// A plan and its rows, and the file of moments that they make.
#include "moments_case.h"

#include <fcntl.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <limits>

extern "C" {
#include "metric.h"
}

namespace
{

const double nan_value = std::numeric_limits<double>::quiet_NaN();

std::string taken(text *text)
{
    std::string bytes(text->s, text->length);
    text_fini(text);
    return bytes;
}

} // namespace

MomentsCase::MomentsCase()
{
    for (uint32_t forecast = 0; forecast < 2; forecast++) {
        for (uint32_t variable = 0; variable < 2; variable++) {
            for (int64_t i = 0; i < 6; i++) {
                units.push_back(
                    {forecast, variable, variable == 0 ? 500.0 : nan_value, 86400, i * 43200});
            }
        }
    }
    rows_.resize(units.size() * 4);
    p.n_forecasts = 2;
    p.forecasts = forecasts_;
    p.n_variables = 2;
    p.variables = variables_;
    p.n_regions = 2;
    p.regions = regions_;
    p.n_weights = 2;
    p.weights = weights_;
    p.metrics = UINT64_C(1) << METRIC_RMSE;
    p.units = units.data();
    p.n_units = units.size();
    for (size_t u = 0; u < units.size(); u++) {
        for (size_t i = 0; i < 4; i++) {
            // The truth's sums hang on the event and the row only, the error's on the forecast too.
            gaia_moments &r = row(u, i);
            const double event = static_cast<double>(u % 12);
            r.sum[GAIA_MOMENT_POINTS] = 10;
            r.sum[GAIA_MOMENT_ERROR_N] = 10;
            r.sum[GAIA_MOMENT_ERROR_W] = 5;
            r.sum[GAIA_MOMENT_ERROR_D] = static_cast<double>(u) - 3.0;
            r.sum[GAIA_MOMENT_ERROR_D2] = 5.0 * static_cast<double>(u * u + i + 1);
            r.sum[GAIA_MOMENT_ERROR_O] = 100.0 + event + static_cast<double>(i);
            r.sum[GAIA_MOMENT_ERROR_O2] = 1e4 + event;
        }
    }
}

gaia_moments &MomentsCase::row(size_t unit, size_t i)
{
    return rows_[unit * 4 + i];
}

std::string MomentsCase::bytes(size_t skip) const
{
    text out = {};
    if (moments_head_write(&p, &out, nullptr) != GAIA_OK) {
        abort();
    }
    for (size_t u = 0; u < units.size(); u++) {
        if (u != skip) {
            moments_record_write(&units[u], &rows_[u * 4], 4, &out);
        }
    }
    return sealed(taken(&out) + std::string(MOMENTS_TAIL_BYTES, ' '));
}

std::string sealed(std::string bytes)
{
    moments_seal *seal = nullptr;
    unsigned char tail[MOMENTS_TAIL_BYTES];
    bytes.resize(bytes.size() - MOMENTS_TAIL_BYTES);
    if (moments_seal_open(&seal, nullptr) != GAIA_OK) {
        abort();
    }
    moments_seal_add(seal, bytes.data(), bytes.size());
    moments_seal_end(seal, tail);
    moments_seal_close(seal);
    return bytes.append(reinterpret_cast<const char *>(tail), sizeof tail);
}

gaia_status moments_open(const std::string &bytes, moments_file **file, gaia_error *err)
{
    char path[] = "/tmp/gaia-moments-test-XXXXXX";
    const int fd = mkostemp(path, O_CLOEXEC);
    if (fd < 0 || unlink(path) != 0 ||
        write(fd, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) {
        abort();
    }
    return moments_file_open_fd(fd, "sums.gm", file, err);
}
