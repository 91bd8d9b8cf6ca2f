// SPDX-License-Identifier: MIT
//
// What the contract sums, on the host: fields of any type made from a seed, and grids cut into
// regions.
//
// Invariant: the same seed gives the same fields with every compiler and library.
#ifndef TESTS_KERNELS_CONTRACT_FIELDS_H
#define TESTS_KERNELS_CONTRACT_FIELDS_H

#include <cstddef>
#include <cstdint>
#include <vector>

#include "layout.h"

namespace contract
{

// SplitMix64: a counter, mixed. The standard library's distributions differ among libraries.
class Random
{
  public:
    explicit Random(uint64_t seed) : state_(seed)
    {
    }
    uint64_t next();
    double unit(); // in [0, 1)
    size_t below(size_t n);
    bool chance(double share);

  private:
    uint64_t state_;
};

// A field: raw values as stored, each of which its type holds exactly. No values: no such field.
struct HostField {
    gaia_dtype dtype = GAIA_FLOAT32;
    bool packed = false;
    double scale = 1.0;
    double offset = 0.0;
    bool has_code = false;
    int16_t code = 0;
    std::vector<double> raw;

    // Sets point i to a raw value, rounded to the type.
    void set(size_t i, double value);
    // Makes point i missing: by the code, or by what is not finite, of the three kinds in turn.
    void set_missing(size_t i, size_t kind);
    // Writes the values as they are stored.
    void write(void *out) const;
    // The field with its values at data.
    gaia_field view(const void *data) const;
};

struct Recipe {
    gaia_dtype dtype = GAIA_FLOAT32;
    double missing = 0.0; // share of the points
    double level = 280.0;
    double spread = 10.0;
    double scale = 0.0; // not 0: packed
    double offset = 0.0;
};

// n values about the recipe's level.
HostField field_make(Random &random, size_t n, const Recipe &recipe);
// n times the same raw value.
HostField field_of(gaia_dtype dtype, size_t n, double value);
// n values of a weight plane: in [0, 1], 0 and 1 among them.
HostField plane_make(Random &random, size_t n, gaia_dtype dtype);

struct HostRegion {
    uint32_t first_row;
    uint32_t n_rows;
    std::vector<uint32_t> parts;
};

// A grid and what of it is summed.
struct HostLayout {
    size_t n_lat = 0;
    size_t n_lon = 0;
    std::vector<interval> intervals;
    std::vector<HostRegion> regions;
    std::vector<std::vector<double>> weights;
    std::vector<HostField> planes;

    size_t n_points() const
    {
        return n_lat * n_lon;
    }
    size_t n_sums() const
    {
        return regions.size() * (1 + weights.size()) * ROW_COUNT;
    }
};

struct HostTile {
    HostField truth;
    HostField climatology;
    HostField reference;
    std::vector<HostField> forecasts;
};

// All of one summation. before: elements between a buffer's start and the field in it.
struct Problem {
    HostLayout layout;
    std::vector<HostTile> tiles;
    size_t before = 0;

    size_t n_forecasts() const;
};

// The whole grid as one region, with n_weights weightings.
HostLayout layout_whole(size_t n_lat, size_t n_lon, size_t n_weights = 1);
// Adds an interval of all rows from first to first + n_rows; returns its index.
uint32_t interval_add(HostLayout *layout, size_t first_column, size_t n_columns, size_t first_row,
                      size_t n_rows, int plane = LAYOUT_NO_PLANE);
// Adds a region of exactly this one interval.
void region_add(HostLayout *layout, size_t first_column, size_t n_columns, size_t first_row,
                size_t n_rows, int plane = LAYOUT_NO_PLANE);
// Weightings like those of latitudes: positive, smooth, different in every row.
void weights_add(HostLayout *layout, size_t n_weights);

// A problem of one tile over layout, all its fields by the recipe.
Problem problem_make(Random &random, const HostLayout &layout, const Recipe &recipe,
                     size_t n_forecasts, bool has_climatology, bool has_reference);

} // namespace contract

#endif
