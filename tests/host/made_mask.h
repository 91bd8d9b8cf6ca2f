// SPDX-License-Identifier: MIT
//
// Masks to order, on the grids of made_file.h.
#ifndef HOST_MADE_MASK_H
#define HOST_MADE_MASK_H

#include <cstddef>
#include <functional>
#include <string>

struct MadeMask {
    size_t n_lat = 19;
    size_t n_lon = 36;
    int type = 6; // NC_DOUBLE
    std::string variable = "lsm";
    bool ascending = false;                              // latitudes
    size_t roll = 0;                                     // columns that the longitudes begin later
    size_t n_times = 0;                                  // 0: no time axis
    std::function<double(double lat, double lon)> value; // NaN: missing

    void write(const std::string &path) const;
};

// A share that differs from point to point, 0 and 1 among them; the same for the same point.
double made_share(double lat, double lon);

#endif
