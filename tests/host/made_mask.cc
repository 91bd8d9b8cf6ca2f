// SPDX-License-Identifier: MIT
//
// Writes masks to order.
#include "made_mask.h"

#include <cmath>
#include <stdexcept>
#include <vector>

#include <netcdf.h>

namespace
{

void must(int code)
{
    if (code != NC_NOERR) {
        throw std::runtime_error(nc_strerror(code));
    }
}

int coordinate(int file, const char *name, const char *units, size_t n, int *dimension)
{
    int id = 0;
    must(nc_def_dim(file, name, n, dimension));
    must(nc_def_var(file, name, NC_DOUBLE, 1, dimension, &id));
    must(nc_put_att_text(file, id, "units", std::char_traits<char>::length(units), units));
    return id;
}

} // namespace

double made_share(double lat, double lon)
{
    const double x = std::sin(lat * 0.7 + 1.0) * 43758.5453 + std::cos(lon * 1.3) * 12345.678;
    const double share = x - std::floor(x);
    return share < 0.3 ? 0.0 : share > 0.7 ? 1.0 : share;
}

void MadeMask::write(const std::string &path) const
{
    int file = 0;
    int data = 0;
    std::vector<int> dimensions;
    std::vector<double> lat;
    std::vector<double> lon;
    std::vector<double> time;
    int ids[3] = {0, 0, 0};
    int dimension = 0;
    must(nc_create(path.c_str(), NC_CLOBBER | NC_NETCDF4, &file));
    if (n_times > 0) {
        ids[2] = coordinate(file, "time", "hours since 2017-01-01 00:00:00", n_times, &dimension);
        dimensions.push_back(dimension);
    }
    ids[0] = coordinate(file, "latitude", "degrees_north", n_lat, &dimension);
    dimensions.push_back(dimension);
    ids[1] = coordinate(file, "longitude", "degrees_east", n_lon, &dimension);
    dimensions.push_back(dimension);
    must(nc_def_var(file, variable.c_str(), type, static_cast<int>(dimensions.size()),
                    dimensions.data(), &data));
    must(nc_enddef(file));
    for (size_t i = 0; i < n_lat; i++) {
        const double k = static_cast<double>(ascending ? n_lat - 1 - i : i);
        lat.push_back(90.0 - 180.0 / static_cast<double>(n_lat - 1) * k);
    }
    for (size_t j = 0; j < n_lon; j++) {
        lon.push_back(360.0 / static_cast<double>(n_lon) * static_cast<double>((j + roll) % n_lon));
    }
    for (size_t t = 0; t < n_times; t++) {
        time.push_back(12.0 * static_cast<double>(t));
    }
    std::vector<double> values;
    for (size_t t = 0; t < (n_times > 0 ? n_times : 1); t++) {
        for (const double y : lat) {
            for (const double x : lon) {
                values.push_back(value(y, x));
            }
        }
    }
    must(nc_put_var_double(file, ids[0], lat.data()));
    must(nc_put_var_double(file, ids[1], lon.data()));
    if (n_times > 0) {
        must(nc_put_var_double(file, ids[2], time.data()));
    }
    must(nc_put_var_double(file, data, values.data()));
    must(nc_close(file));
}
