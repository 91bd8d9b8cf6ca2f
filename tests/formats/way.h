// SPDX-License-Identifier: MIT
//
// The ways to write the same fields: one table over all formats, packings, codecs and layouts.
//
// Invariant: every way stores the very same numbers; a way that rounded one would throw.
#ifndef FORMATS_WAY_H
#define FORMATS_WAY_H

#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "made_file.h"

struct Way {
    std::string name;
    std::string format;      // as a job says it
    bool climatology = true; // the format has a place for an hour of day
    bool manifest = false;   // there is one, at the address with ".json" behind it
    // Writes the fields below path and gives the address by which a job names them.
    std::function<std::string(const MadeFile &fields, const std::string &path)> write;
};

// For messages of googletest.
inline void PrintTo(const Way &way, std::ostream *out)
{
    *out << way.name;
}

// Every way there is. A further column of the matrix (a server, a hash) is a function that gives
// such a list, added in way.cc.
std::vector<Way> ways();

// The way of this name; throws where there is none.
Way way_of(const std::string &name);

std::vector<Way> netcdf_ways();
std::vector<Way> grib_ways();
// Consolidated and with a document an array, in turn; or all consolidated, as a server needs it.
std::vector<Way> zarr_ways(bool all_consolidated = false);
// Zarr by address, from a server that runs as long as this program.
std::vector<Way> http_ways();

#endif
