// SPDX-License-Identifier: MIT
//
// NetCDF files with any axes and any values, and reading a variable back.
#ifndef INPUT_GRID_FILE_H
#define INPUT_GRID_FILE_H

#include <cstddef>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "sample.h"

constexpr double MISSING = std::numeric_limits<double>::quiet_NaN();

struct GridFile {
    std::vector<Axis> axes; // of the variable, latitude and longitude last
    std::string variable = "t";
    std::map<std::string, std::string> attributes = {{"units", "K"}};
    bool as_double = false;
    std::vector<double>
        values; // over the axes, the last fastest; MISSING is written as the fill value
    std::string climatology; // attribute "climatology" of the first axis

    void write(const std::string &path) const;
};

// A variable as it is in a file.
struct ReadBack {
    std::vector<std::string> dimensions;
    std::vector<size_t> shape;
    std::vector<double> values;
    int type = 0;
    int deflate = 0;
    bool shuffle = false;
};

ReadBack read_back(const std::string &path, const std::string &variable);

// A text attribute of a variable, or of the file where variable is ""; "" if it is not there.
std::string read_text(const std::string &path, const std::string &variable,
                      const std::string &attribute);

#endif
