// SPDX-License-Identifier: MIT
//
// The one table of ways to write the same fields.
#include "way.h"

#include <stdexcept>

std::vector<Way> ways()
{
    std::vector<Way> all;
    for (const auto &list : {netcdf_ways(), grib_ways(), zarr_ways(), http_ways()}) {
        all.insert(all.end(), list.begin(), list.end());
    }
    return all;
}

Way way_of(const std::string &name)
{
    for (const Way &way : ways()) {
        if (way.name == name) {
            return way;
        }
    }
    throw std::runtime_error("no way of writing is called " + name);
}
