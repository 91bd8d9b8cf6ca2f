// SPDX-License-Identifier: MIT
//
// NetCDF-3 and NetCDF-4: types, byte orders, storage, filters.
#include "way.h"

#include <netcdf.h>

namespace
{

using Change = void (*)(MadeFile &);

// A chunk that divides no axis and crosses fields, of rank 4 or 5.
void awkward_chunks(MadeFile &m)
{
    m.chunk = m.role == Role::Forecast ? std::vector<size_t>{1, 2, 1, 7, 11}
                                       : std::vector<size_t>{2, 1, 5, 13};
}

const struct {
    const char *name;
    Change change;
} kWays[] = {
    {"netcdf3", [](MadeFile &m) { m.layout = Layout::Classic32; }},
    {"netcdf3 offset64", [](MadeFile &m) { m.layout = Layout::Classic; }},
    {"netcdf3 cdf5", [](MadeFile &m) { m.layout = Layout::Cdf5; }},
    {"netcdf3 double",
     [](MadeFile &m) {
         m.layout = Layout::Classic32;
         m.type = NC_DOUBLE;
     }},
    {"netcdf3 packed",
     [](MadeFile &m) {
         m.layout = Layout::Classic32;
         m.type = NC_SHORT;
     }},
    {"netcdf3 cdf5 packed",
     [](MadeFile &m) {
         m.layout = Layout::Cdf5;
         m.type = NC_SHORT;
     }},
    {"netcdf4", [](MadeFile &) {}},
    {"netcdf4 contiguous", [](MadeFile &m) { m.layout = Layout::Contiguous; }},
    {"netcdf4 big contiguous",
     [](MadeFile &m) {
         m.layout = Layout::Contiguous;
         m.big_endian = true;
     }},
    {"netcdf4 deflate", [](MadeFile &m) { m.deflate = 4; }},
    {"netcdf4 fletcher32", [](MadeFile &m) { m.fletcher32 = true; }},
    {"netcdf4 deflate fletcher32",
     [](MadeFile &m) {
         m.deflate = 1;
         m.fletcher32 = m.checked = true;
     }},
    {"netcdf4 chunks",
     [](MadeFile &m) {
         awkward_chunks(m);
         m.deflate = 1;
     }},
    {"netcdf4 double big",
     [](MadeFile &m) {
         m.type = NC_DOUBLE;
         m.big_endian = true;
         m.deflate = 1;
     }},
    {"netcdf4 packed", [](MadeFile &m) { m.type = NC_SHORT; }},
    {"netcdf4 packed big",
     [](MadeFile &m) {
         awkward_chunks(m);
         m.type = NC_SHORT;
         m.big_endian = true;
         m.deflate = 9;
         m.fletcher32 = true;
     }},
};

} // namespace

std::vector<Way> netcdf_ways()
{
    std::vector<Way> list;
    for (const auto &entry : kWays) {
        const Change change = entry.change;
        list.push_back(
            {entry.name, "netcdf", true, false, [change](MadeFile fields, const std::string &path) {
                 change(fields);
                 fields.write(path + ".nc");
                 return path + ".nc";
             }});
    }
    return list;
}
