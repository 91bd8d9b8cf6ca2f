// SPDX-License-Identifier: MIT
//
// NetCDF files to order: a value depends on variable, latitude, longitude, level and time alone, so
// that the same fields can be written flipped, rolled, chunked, packed or in another format.
#ifndef HOST_MADE_FILE_H
#define HOST_MADE_FILE_H

#include <cstddef>
#include <string>
#include <vector>

enum class Role { Forecast, Truth, Climatology };
enum class Layout { Classic, Contiguous, Chunked };

struct MadeFile {
    Role role = Role::Forecast;
    Layout layout = Layout::Chunked;
    int type = 5; // NC_FLOAT; NC_SHORT (packed) and NC_DOUBLE are the others
    size_t n_lat = 19;
    size_t n_lon = 36;
    std::vector<double> levels = {500, 850};
    std::vector<double> times = {
        0, 12}; // hours since 2017-01-01: init times, or valid times of a truth
    std::vector<double> steps = {12, 24};
    std::vector<size_t> chunk; // of the data; empty: one field
    int deflate = 0;
    bool ascending = false; // latitudes
    size_t roll = 0;        // columns that the longitudes begin later
    bool cyclic = false;    // the first column again at the end
    bool west = false;      // longitudes from -180
    unsigned salt = 0;      // other values
    double holes = 0.0;     // share of points that are missing
    std::string variable = "z";
    std::string units = "m2 s**-2 ";
    double scale = 1.0; // a number is stored as number * scale + offset, unless it is packed
    double offset = 0.0;

    void write(const std::string &path) const;
};

// A directory that goes when the object goes.
class Scratch
{
  public:
    Scratch();
    ~Scratch();
    Scratch(const Scratch &) = delete;
    Scratch &operator=(const Scratch &) = delete;
    std::string path(const std::string &name) const;

  private:
    std::string directory_;
};

#endif
