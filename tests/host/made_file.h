// SPDX-License-Identifier: MIT
//
// NetCDF files to order: a value depends on variable, latitude, longitude, level and time alone, so
// that the same fields can be written flipped, rolled, chunked, packed or in another format.
#ifndef HOST_MADE_FILE_H
#define HOST_MADE_FILE_H

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

enum class Role { Forecast, Truth, Climatology };
// Classic has 64-bit offsets.
enum class Layout { Classic, Contiguous, Chunked, Classic32, Cdf5 };

// A dimension and its coordinate.
struct MadeAxis {
    std::string name;
    std::string units;
    std::string standard_name;
    std::vector<double> values;
};

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
    bool lon_first = false; // latitude is the last dimension
    unsigned salt = 0;      // other values
    double holes = 0.0;     // share of points that are missing
    std::string variable = "z";
    bool fletcher32 = false;
    bool big_endian = false; // NetCDF-4
    bool checked = false;    // coordinates in chunks with a checksum too
    double scale = 0.75;     // a value is a whole number of steps of the packing,
    double offset = 30000.0; // counted from here
    std::string units = "m2 s**-2 ";
    double unit_scale = 1.0; // unless it is packed, value * unit_scale + unit_offset is stored
    double unit_offset = 0.0;

    void write(const std::string &path) const;

    // As they are written: the leading ones, then latitude and longitude, or the reverse.
    std::vector<MadeAxis> axes() const;
    // Every field by its place on the leading axes and its points, in the order of the last two, in
    // steps of the packing, as they are written.
    void each_field(const std::function<void(const std::vector<size_t> &place,
                                             const std::vector<int16_t> &steps)> &use) const;
    // NaN where missing.
    double value(int16_t whole) const;
};

constexpr int16_t kMadeMissing = -32767; // in steps of the packing

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
