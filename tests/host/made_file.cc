// SPDX-License-Identifier: MIT
#include "made_file.h"

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>

#include <netcdf.h>

namespace
{

void must(int code)
{
    if (code != NC_NOERR) {
        throw std::runtime_error(nc_strerror(code));
    }
}

uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

// The value in steps of the packing, so that every type holds the same number; INT16_MIN + 1 where
// missing.
int16_t value_steps(const MadeFile &m, size_t i_lat, size_t i_lon, double level, double hours)
{
    const uint64_t key = mix(m.salt * 1000003u + i_lat * 4001u + i_lon) ^
                         mix(static_cast<uint64_t>(level * 7) * 2654435761u +
                             static_cast<uint64_t>(hours + 100) * 97u + 13u);
    const uint64_t random = mix(key);
    const double hole = static_cast<double>(random >> 40) / static_cast<double>(1 << 24);
    if (hole < m.holes) {
        return kMadeMissing;
    }
    const double smooth = 9000.0 * std::cos(static_cast<double>(i_lat) * 0.3) +
                          3000.0 * std::sin(static_cast<double>(i_lon) * 0.2 + hours * 0.1);
    return static_cast<int16_t>(std::lround(smooth) + static_cast<int64_t>(random % 2001) - 1000);
}

std::vector<MadeAxis> leading_axes(const MadeFile &m)
{
    std::vector<MadeAxis> d;
    if (m.role == Role::Climatology) {
        d.push_back({"hour", "1", "", {0, 12}});
    } else {
        d.push_back({"time", "hours since 2017-01-01 00:00:00",
                     m.role == Role::Forecast ? "forecast_reference_time" : "time", m.times});
    }
    if (m.role == Role::Forecast) {
        d.push_back({"step", "hours", "forecast_period", m.steps});
    }
    d.push_back({"level", "hPa", "", m.levels});
    return d;
}

double longitude(const MadeFile &m, size_t j)
{
    const double lon = 360.0 / static_cast<double>(m.n_lon) * static_cast<double>(j);
    return m.west && lon >= 180.0 ? lon - 360.0 : lon;
}

double latitude(const MadeFile &m, size_t i)
{
    return 90.0 - 180.0 / static_cast<double>(m.n_lat - 1) * static_cast<double>(i);
}

// Checksums for a variable of NetCDF-4; without them it is as the library has it.
void must_check(const MadeFile &m, int file, int id)
{
    if (m.fletcher32) {
        must(nc_def_var_fletcher32(file, id, NC_FLETCHER32));
    }
    if (m.deflate > 0) {
        must(nc_def_var_deflate(file, id, 1, 1, m.deflate));
    }
}

int coordinate(const MadeFile &m, int file, int dimension, const MadeAxis &d)
{
    int id = 0;
    must(nc_def_var(file, d.name.c_str(), NC_DOUBLE, 1, &dimension, &id));
    must(nc_put_att_text(file, id, "units", d.units.size(), d.units.c_str()));
    if (!d.standard_name.empty()) {
        must(nc_put_att_text(file, id, "standard_name", d.standard_name.size(),
                             d.standard_name.c_str()));
    }
    if (m.checked) {
        const size_t chunk = d.values.size();
        must(nc_def_var_chunking(file, id, NC_CHUNKED, &chunk));
        must_check(m, file, id);
    }
    return id;
}

void put_field(const MadeFile &m, int file, int data, const std::vector<int16_t> &steps,
               const size_t *start, const size_t *count)
{
    if (m.type == NC_SHORT) {
        must(nc_put_vara_short(file, data, start, count, steps.data()));
        return;
    }
    std::vector<double> values(steps.size());
    for (size_t i = 0; i < steps.size(); i++) {
        volatile double scaled = m.value(steps[i]);
        scaled = scaled * m.unit_scale;
        values[i] = scaled + m.unit_offset;
    }
    must(nc_put_vara_double(file, data, start, count, values.data()));
}

int define_data(const MadeFile &m, int file, const std::vector<int> &dimids,
                const std::vector<size_t> &lengths)
{
    int data = 0;
    must(nc_def_var(file, m.variable.c_str(), m.type, static_cast<int>(dimids.size()),
                    dimids.data(), &data));
    if (!m.units.empty()) {
        must(nc_put_att_text(file, data, "units", m.units.size(), m.units.c_str()));
    }
    if (m.type == NC_SHORT) {
        must(nc_put_att_double(file, data, "scale_factor", NC_DOUBLE, 1, &m.scale));
        must(nc_put_att_double(file, data, "add_offset", NC_DOUBLE, 1, &m.offset));
        must(nc_put_att_short(file, data, "_FillValue", NC_SHORT, 1, &kMadeMissing));
    }
    if (m.layout == Layout::Chunked) {
        std::vector<size_t> chunk(dimids.size(), 1);
        chunk[dimids.size() - 2] = lengths[dimids.size() - 2];
        chunk[dimids.size() - 1] = lengths[dimids.size() - 1];
        must(nc_def_var_chunking(file, data, NC_CHUNKED,
                                 m.chunk.empty() ? chunk.data() : m.chunk.data()));
        must_check(m, file, data);
    } else if (m.layout == Layout::Contiguous) {
        must(nc_def_var_chunking(file, data, NC_CONTIGUOUS, nullptr));
    }
    if (m.big_endian) {
        must(nc_def_var_endian(file, data, NC_ENDIAN_BIG));
    }
    return data;
}

int mode_of(Layout layout)
{
    return NC_CLOBBER | (layout == Layout::Classic     ? NC_64BIT_OFFSET
                         : layout == Layout::Classic32 ? 0
                         : layout == Layout::Cdf5      ? NC_64BIT_DATA
                                                       : NC_NETCDF4);
}

} // namespace

double MadeFile::value(int16_t whole) const
{
    volatile double scaled = whole * scale;
    return whole == kMadeMissing ? std::nan("") : scaled + offset;
}

std::vector<MadeAxis> MadeFile::axes() const
{
    std::vector<MadeAxis> d = leading_axes(*this);
    MadeAxis lat = {"latitude", "degrees_north", "latitude", {}};
    MadeAxis lon = {"longitude", "degrees_east", "longitude", {}};
    for (size_t i = 0; i < n_lat; i++) {
        lat.values.push_back(latitude(*this, ascending ? n_lat - 1 - i : i));
    }
    for (size_t j = 0; j < n_lon + (cyclic ? 1 : 0); j++) {
        lon.values.push_back(longitude(*this, (j + roll) % n_lon) + (j == n_lon ? 360.0 : 0.0));
    }
    d.push_back(lon_first ? lon : lat);
    d.push_back(lon_first ? lat : lon);
    return d;
}

void MadeFile::each_field(const std::function<void(const std::vector<size_t> &place,
                                                   const std::vector<int16_t> &field)> &use) const
{
    const std::vector<MadeAxis> d = axes();
    const size_t leading = d.size() - 2;
    const size_t n_columns = d[leading + (lon_first ? 0 : 1)].values.size();
    size_t n_fields = 1;
    for (size_t k = 0; k < leading; k++) {
        n_fields *= d[k].values.size();
    }
    std::vector<int16_t> field(n_lat * n_columns);
    for (size_t f = 0; f < n_fields; f++) {
        std::vector<size_t> place(leading, 0);
        double hours = 0;
        double level = 0;
        size_t rest = f;
        for (size_t k = leading; k-- > 0;) {
            place[k] = rest % d[k].values.size();
            rest /= d[k].values.size();
            (d[k].name == "level" ? level : hours) += d[k].values[place[k]];
        }
        for (size_t i = 0; i < n_lat; i++) {
            for (size_t j = 0; j < n_columns; j++) {
                field[lon_first ? j * n_lat + i : i * n_columns + j] = value_steps(
                    *this, ascending ? n_lat - 1 - i : i, (j + roll) % n_lon, level, hours);
            }
        }
        use(place, field);
    }
}

void MadeFile::write(const std::string &path) const
{
    int file = 0;
    must(nc_create(path.c_str(), mode_of(layout), &file));
    const std::vector<MadeAxis> d = axes();
    std::vector<int> dimids;
    std::vector<int> ids;
    std::vector<size_t> lengths;
    for (const MadeAxis &dimension : d) {
        int id = 0;
        must(nc_def_dim(file, dimension.name.c_str(), dimension.values.size(), &id));
        dimids.push_back(id);
        lengths.push_back(dimension.values.size());
        ids.push_back(coordinate(*this, file, id, dimension));
    }
    const int data = define_data(*this, file, dimids, lengths);
    must(nc_enddef(file));
    for (size_t k = 0; k < d.size(); k++) {
        must(nc_put_var_double(file, ids[k], d[k].values.data()));
    }
    each_field([&](std::vector<size_t> start, const std::vector<int16_t> &field) {
        start.resize(d.size(), 0);
        std::vector<size_t> count(d.size(), 1);
        count[d.size() - 2] = lengths[d.size() - 2];
        count[d.size() - 1] = lengths[d.size() - 1];
        put_field(*this, file, data, field, start.data(), count.data());
    });
    must(nc_close(file));
}

Scratch::Scratch()
{
    std::string pattern = (std::filesystem::temp_directory_path() / "gaia-test-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) {
        throw std::runtime_error("no temporary directory");
    }
    directory_ = pattern;
}

Scratch::~Scratch()
{
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
}

std::string Scratch::path(const std::string &name) const
{
    return directory_ + "/" + name;
}
