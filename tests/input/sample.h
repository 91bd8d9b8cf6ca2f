// SPDX-License-Identifier: MIT
//
// Small NetCDF files to order. A Sample starts out as a good file; a test spoils one thing and
// writes it.
#ifndef INPUT_SAMPLE_H
#define INPUT_SAMPLE_H

#include <string>
#include <utility>
#include <vector>

struct Axis {
    std::string name;
    std::string units; // "": the attribute is left out
    std::vector<double> value;
    std::string standard_name;
    std::string calendar;
    int type = 6;                                        // NC_DOUBLE
    std::vector<std::pair<std::string, double>> numbers; // further attributes
};

struct Sample {
    std::vector<Axis>
        axes; // in the order of the variable's dimensions, latitude and longitude last
    std::string variable = "t";
    std::string units = "K";
    int format = 0;           // as nc_create takes it: 0 is NetCDF-3
    bool record = false;      // the first axis is the record dimension
    bool all_missing = false; // every value is the fill value
    float shift = 0;          // added to every value
    float factor = 1;         // by which the sum is multiplied

    Axis &axis(const std::string &name);
    void write(const std::string &path) const;
};

// Two init times (1 January 2017, 00 and 12 UTC), leads of 12 and 24 h, levels 500 and 850 hPa, 5
// rows of 8 points.
Sample forecast_sample();

// The same grid, valid 1 January 12 UTC to 2 January 12 UTC every 12 h.
Sample truth_sample();

// The same grid, for 00 and 12 UTC.
Sample climatology_sample();

#endif
