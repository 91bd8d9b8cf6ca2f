// SPDX-License-Identifier: MIT
#include "sample.h"

#include <cmath>
#include <numeric>
#include <stdexcept>

#include <netcdf.h>

namespace
{

constexpr float FILL = -999.0F;

void must(int code)
{
    if (code != NC_NOERR) {
        throw std::runtime_error(nc_strerror(code));
    }
}

void put_text(int file, int variable, const char *name, const std::string &text)
{
    if (!text.empty()) {
        must(nc_put_att_text(file, variable, name, text.size(), text.c_str()));
    }
}

std::vector<Axis> grid()
{
    return {{"latitude", "degrees_north", {60, 30, 0, -30, -60}, "", ""},
            {"longitude", "degrees_east", {0, 45, 90, 135, 180, 225, 270, 315}, "", ""}};
}

Sample sample(std::vector<Axis> axes)
{
    Sample made;
    made.axes = std::move(axes);
    for (auto &axis : grid()) {
        made.axes.push_back(axis);
    }
    return made;
}

const Axis levels = {"level", "hPa", {500, 850}, "", ""};
const char *const since = "hours since 2017-01-01 00:00:00";

} // namespace

Axis &Sample::axis(const std::string &name)
{
    for (auto &axis : axes) {
        if (axis.name == name) {
            return axis;
        }
    }
    throw std::runtime_error("no axis " + name);
}

void Sample::write(const std::string &path) const
{
    int file = 0;
    must(nc_create(path.c_str(), NC_CLOBBER | format, &file));
    std::vector<int> dimensions;
    std::vector<int> variables;
    std::vector<size_t> count;
    for (const auto &axis : axes) {
        const bool unlimited = record && dimensions.empty();
        int dimension = 0;
        int coordinate = 0;
        must(nc_def_dim(file, axis.name.c_str(), unlimited ? NC_UNLIMITED : axis.value.size(),
                        &dimension));
        must(nc_def_var(file, axis.name.c_str(), axis.type, 1, &dimension, &coordinate));
        put_text(file, coordinate, "units", axis.units);
        put_text(file, coordinate, "standard_name", axis.standard_name);
        put_text(file, coordinate, "calendar", axis.calendar);
        for (const auto &[name, number] : axis.numbers) {
            const nc_type type = name == "_FillValue" ? axis.type : NC_DOUBLE;
            must(nc_put_att_double(file, coordinate, name.c_str(), type, 1, &number));
        }
        dimensions.push_back(dimension);
        variables.push_back(coordinate);
        count.push_back(axis.value.size());
    }
    int data = 0;
    must(nc_def_var(file, variable.c_str(), NC_FLOAT, static_cast<int>(dimensions.size()),
                    dimensions.data(), &data));
    must(nc_put_att_float(file, data, "_FillValue", NC_FLOAT, 1, &FILL));
    put_text(file, data, "units", units);
    must(nc_enddef(file));
    const std::vector<size_t> start(count.size(), 0);
    for (size_t i = 0; i < axes.size(); i++) {
        must(nc_put_vara_double(file, variables[i], start.data(), &count[i], axes[i].value.data()));
    }
    const size_t n =
        std::accumulate(count.begin(), count.end(), size_t{1}, std::multiplies<size_t>());
    std::vector<float> values(n, FILL);
    for (size_t i = 0; !all_missing && i < n; i++) {
        const auto x = static_cast<double>(i);
        values[i] =
            (static_cast<float>(280 + 20 * std::sin(x) + 5 * std::cos(0.7 * x)) + shift) * factor;
    }
    must(nc_put_vara_float(file, data, start.data(), count.data(), values.data()));
    must(nc_close(file));
}

Sample forecast_sample()
{
    return sample({{"time", since, {0, 12}, "forecast_reference_time", ""},
                   {"step", "hours", {12, 24}, "forecast_period", ""},
                   levels});
}

Sample truth_sample()
{
    return sample({{"time", since, {12, 24, 36}, "time", ""}, levels});
}

Sample climatology_sample()
{
    return sample({{"hour", "hours", {0, 12}, "", ""}, levels});
}
