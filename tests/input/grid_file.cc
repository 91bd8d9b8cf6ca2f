// SPDX-License-Identifier: MIT
//
// Writes small files on any axes, for climatologies.
#include "grid_file.h"

#include <cmath>
#include <stdexcept>

#include <netcdf.h>

namespace
{

constexpr double FILL = -999.0;

void must(int code)
{
    if (code != NC_NOERR) {
        throw std::runtime_error(nc_strerror(code));
    }
}

void put_text(int file, int variable, const std::string &name, const std::string &text)
{
    if (!text.empty()) {
        must(nc_put_att_text(file, variable, name.c_str(), text.size(), text.c_str()));
    }
}

// A file that is closed when it is left.
class Open
{
  public:
    explicit Open(const std::string &path)
    {
        must(nc_open(path.c_str(), NC_NOWRITE, &id));
    }
    ~Open()
    {
        (void)nc_close(id);
    }
    Open(const Open &) = delete;
    Open &operator=(const Open &) = delete;

    int id = 0;
};

} // namespace

void GridFile::write(const std::string &path) const
{
    int file = 0;
    must(nc_create(path.c_str(), NC_CLOBBER | NC_NETCDF4, &file));
    std::vector<int> dimensions;
    for (const auto &axis : axes) {
        int dimension = 0;
        int coordinate = 0;
        must(nc_def_dim(file, axis.name.c_str(), axis.value.size(), &dimension));
        must(nc_def_var(file, axis.name.c_str(), NC_DOUBLE, 1, &dimension, &coordinate));
        put_text(file, coordinate, "units", axis.units);
        put_text(file, coordinate, "standard_name", axis.standard_name);
        put_text(file, coordinate, "calendar", axis.calendar);
        if (dimensions.empty()) {
            put_text(file, coordinate, "climatology", climatology);
        }
        must(nc_put_var_double(file, coordinate, axis.value.data()));
        dimensions.push_back(dimension);
    }
    int data = 0;
    must(nc_def_var(file, variable.c_str(), as_double ? NC_DOUBLE : NC_FLOAT,
                    static_cast<int>(dimensions.size()), dimensions.data(), &data));
    const auto narrow = static_cast<float>(FILL);
    must(as_double ? nc_put_att_double(file, data, "_FillValue", NC_DOUBLE, 1, &FILL)
                   : nc_put_att_float(file, data, "_FillValue", NC_FLOAT, 1, &narrow));
    for (const auto &attribute : attributes) {
        put_text(file, data, attribute.first, attribute.second);
    }
    std::vector<double> stored = values;
    for (auto &value : stored) {
        value = std::isnan(value) ? FILL : value;
    }
    must(nc_put_var_double(file, data, stored.data()));
    must(nc_close(file));
}

ReadBack read_back(const std::string &path, const std::string &variable)
{
    const Open file(path);
    ReadBack read;
    int id = 0;
    int rank = 0;
    int dimensions[NC_MAX_VAR_DIMS];
    int shuffle = 0;
    int has_deflate = 0;
    must(nc_inq_varid(file.id, variable.c_str(), &id));
    must(nc_inq_var(file.id, id, nullptr, &read.type, &rank, dimensions, nullptr));
    size_t n = 1;
    for (int i = 0; i < rank; i++) {
        char name[NC_MAX_NAME + 1];
        size_t length = 0;
        must(nc_inq_dim(file.id, dimensions[i], name, &length));
        read.dimensions.emplace_back(name);
        read.shape.push_back(length);
        n *= length;
    }
    must(nc_inq_var_deflate(file.id, id, &shuffle, &has_deflate, &read.deflate));
    read.shuffle = shuffle != 0;
    read.values.resize(n);
    must(nc_get_var_double(file.id, id, read.values.data()));
    return read;
}

std::string read_text(const std::string &path, const std::string &variable,
                      const std::string &attribute)
{
    const Open file(path);
    int id = NC_GLOBAL;
    size_t length = 0;
    if (!variable.empty()) {
        must(nc_inq_varid(file.id, variable.c_str(), &id));
    }
    if (nc_inq_attlen(file.id, id, attribute.c_str(), &length) != NC_NOERR) {
        return "";
    }
    std::string text(length, '\0');
    must(nc_get_att_text(file.id, id, attribute.c_str(), text.data()));
    return text;
}
