// SPDX-License-Identifier: MIT
//
// Makes fields and grids for the contract's cases.
//
// Invariant: what a field holds is what its type holds: values are rounded when they are set.
#include "contract_fields.h"

#include <cmath>
#include <cstring>
#include <limits>

namespace contract
{

uint64_t Random::next()
{
    state_ += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t z = state_;
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

double Random::unit()
{
    return static_cast<double>(next() >> 11) * 0x1p-53;
}

size_t Random::below(size_t n)
{
    return static_cast<size_t>(next() % n);
}

bool Random::chance(double share)
{
    return unit() < share;
}

void HostField::set(size_t i, double value)
{
    switch (dtype) {
    case GAIA_FLOAT32:
        raw[i] = static_cast<double>(static_cast<float>(value));
        break;
    case GAIA_FLOAT64:
        raw[i] = value;
        break;
    case GAIA_INT16:
        raw[i] = std::round(value);
        break;
    }
}

void HostField::set_missing(size_t i, size_t kind)
{
    const double infinity = std::numeric_limits<double>::infinity();
    if (dtype == GAIA_INT16) {
        has_code = true;
        raw[i] = code;
    } else {
        raw[i] = kind % 3 == 0 ? std::nan("") : kind % 3 == 1 ? infinity : -infinity;
    }
}

template <typename T> static void values_write(const std::vector<double> &raw, void *out)
{
    char *at = static_cast<char *>(out);
    for (const double value : raw) {
        const T stored = static_cast<T>(value);
        std::memcpy(at, &stored, sizeof stored);
        at += sizeof stored;
    }
}

void HostField::write(void *out) const
{
    switch (dtype) {
    case GAIA_FLOAT32:
        values_write<float>(raw, out);
        break;
    case GAIA_FLOAT64:
        values_write<double>(raw, out);
        break;
    case GAIA_INT16:
        values_write<int16_t>(raw, out);
        break;
    }
}

gaia_field HostField::view(const void *data) const
{
    gaia_field field = {};
    field.data = data;
    field.dtype = dtype;
    field.packed = packed;
    field.scale = scale;
    field.offset = offset;
    field.has_missing_code = has_code;
    field.missing_code = code;
    return field;
}

HostField field_make(Random &random, size_t n, const Recipe &recipe)
{
    HostField field = field_of(recipe.dtype, n, 0.0);
    field.packed = recipe.scale < 0.0 || recipe.scale > 0.0;
    field.scale = field.packed ? recipe.scale : 1.0;
    field.offset = recipe.offset;
    field.has_code = recipe.dtype == GAIA_INT16 && random.chance(0.5);
    field.code = -32767;
    for (size_t i = 0; i < n; i++) {
        const double about = random.unit() + random.unit() + random.unit() - 1.5;
        field.set(i, recipe.level + recipe.spread * about);
        if (random.chance(recipe.missing)) {
            field.set_missing(i, random.below(3));
        }
    }
    return field;
}

HostField field_of(gaia_dtype dtype, size_t n, double value)
{
    HostField field;
    field.dtype = dtype;
    field.raw.resize(n);
    for (size_t i = 0; i < n; i++) {
        field.set(i, value);
    }
    return field;
}

HostField plane_make(Random &random, size_t n, gaia_dtype dtype)
{
    HostField field = field_of(dtype, n, 0.0);
    field.code = -1;
    if (dtype == GAIA_INT16) {
        field.packed = true;
        field.scale = 1.0 / 9999.0;
        field.offset = 0.0;
    }
    const double one = dtype == GAIA_INT16 ? 9999.0 : 1.0;
    for (size_t i = 0; i < n; i++) {
        const double kind = random.unit();
        field.set(i, kind < 0.3 ? 0.0 : kind < 0.6 ? one : one * random.unit());
    }
    return field;
}

size_t Problem::n_forecasts() const
{
    size_t n = 0;
    for (const HostTile &tile : tiles) {
        n += tile.forecasts.size();
    }
    return n;
}

uint32_t interval_add(HostLayout *layout, size_t first_column, size_t n_columns, size_t first_row,
                      size_t n_rows, int plane)
{
    interval in = {};
    in.first_column = static_cast<uint32_t>(first_column);
    in.n_columns = static_cast<uint32_t>(n_columns);
    in.first_row = static_cast<uint32_t>(first_row);
    in.n_rows = static_cast<uint32_t>(n_rows);
    in.plane = plane;
    layout->intervals.push_back(in);
    return static_cast<uint32_t>(layout->intervals.size() - 1);
}

void region_add(HostLayout *layout, size_t first_column, size_t n_columns, size_t first_row,
                size_t n_rows, int plane)
{
    const uint32_t k = interval_add(layout, first_column, n_columns, first_row, n_rows, plane);
    layout->regions.push_back(
        {static_cast<uint32_t>(first_row), static_cast<uint32_t>(n_rows), {k}});
}

void weights_add(HostLayout *layout, size_t n_weights)
{
    for (size_t w = 0; w < n_weights; w++) {
        std::vector<double> weights(layout->n_lat);
        for (size_t i = 0; i < layout->n_lat; i++) {
            weights[i] = 1.0 / (1.0 + 0.37 * static_cast<double>(i) + static_cast<double>(w));
        }
        layout->weights.push_back(weights);
    }
}

HostLayout layout_whole(size_t n_lat, size_t n_lon, size_t n_weights)
{
    HostLayout layout;
    layout.n_lat = n_lat;
    layout.n_lon = n_lon;
    region_add(&layout, 0, n_lon, 0, n_lat);
    weights_add(&layout, n_weights);
    return layout;
}

Problem problem_make(Random &random, const HostLayout &layout, const Recipe &recipe,
                     size_t n_forecasts, bool has_climatology, bool has_reference)
{
    Problem problem;
    const size_t n = layout.n_points();
    HostTile tile;
    tile.truth = field_make(random, n, recipe);
    if (has_climatology) {
        tile.climatology = field_make(random, n, recipe);
    }
    if (has_reference) {
        tile.reference = field_make(random, n, recipe);
    }
    for (size_t i = 0; i < n_forecasts; i++) {
        tile.forecasts.push_back(field_make(random, n, recipe));
    }
    problem.layout = layout;
    problem.tiles.push_back(tile);
    return problem;
}

} // namespace contract
