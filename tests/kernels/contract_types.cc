// SPDX-License-Identifier: MIT
//
// Cases about how fields are stored: every type, packed or not, wherever it begins.
//
// Invariant: every mix of kinds of forecast, truth, climatology and reference is met, an absent
// climatology and reference among them.
#include <cmath>
#include <limits>

#include "contract.h"
#include "contract_fields.h"
#include "contract_run.h"

namespace contract
{
namespace
{

// Every type: as it is, packed, and packed with a negative scale.
std::vector<Recipe> recipes(double missing)
{
    std::vector<Recipe> all;
    for (const gaia_dtype dtype : {GAIA_FLOAT32, GAIA_FLOAT64, GAIA_INT16}) {
        for (const double scale : {0.0, 0.0012256803406776, -0.0047}) {
            all.push_back({dtype, missing, 280.0, 900.0, scale, 264.420972242837});
        }
    }
    return all;
}

// One forecast of every kind against one truth; a tile for each climatology and reference.
void every_mix_of_types(const Target &target)
{
    Random random(20);
    const size_t n_lon = target.pick<size_t>(35, 41, 77);
    const size_t n_kinds = 9; // one more stands for: no such field
    const std::vector<Recipe> of = recipes(0.02);
    HostLayout layout = layout_whole(1, n_lon);
    for (size_t o = 0; o < n_kinds; o++) {
        Problem problem;
        problem.layout = layout;
        const size_t step = target.pick<size_t>(n_kinds + 1, 3, 1);
        for (size_t mix = o % step; mix < (n_kinds + 1) * (n_kinds + 1); mix += step) {
            HostTile tile;
            const size_t c = mix / (n_kinds + 1);
            const size_t r = mix % (n_kinds + 1);
            tile.truth = field_make(random, n_lon, of[o]);
            if (c < n_kinds) {
                tile.climatology = field_make(random, n_lon, of[c]);
            }
            if (r < n_kinds) {
                tile.reference = field_make(random, n_lon, of[r]);
            }
            for (size_t f = 0; f < n_kinds; f++) {
                tile.forecasts.push_back(field_make(random, n_lon, of[f]));
            }
            problem.tiles.push_back(tile);
        }
        check(target, problem, "truth of kind " + std::to_string(o));
    }
}

// The same without a hole, which is where backends take their shortest way.
void every_type_complete(const Target &target)
{
    Random random(21);
    const size_t n = 2 * 131;
    const std::vector<Recipe> of = recipes(0.0);
    for (size_t o = 0; o < of.size(); o++) {
        for (const bool has_climatology : {false, true}) {
            for (const bool has_reference : {false, true}) {
                Problem problem;
                problem.layout = layout_whole(2, 131);
                HostTile tile;
                tile.truth = field_make(random, n, of[o]);
                if (has_climatology) {
                    tile.climatology = field_make(random, n, of[(o + 4) % of.size()]);
                }
                if (has_reference) {
                    tile.reference = field_make(random, n, of[(o + 7) % of.size()]);
                }
                for (const Recipe &recipe : of) {
                    tile.forecasts.push_back(field_make(random, n, recipe));
                }
                problem.tiles.push_back(tile);
                check(target, problem, "complete truth of kind " + std::to_string(o));
            }
        }
    }
}

// Unpacking rounds twice: with these numbers one fma gives other bits in most points.
void unpacking_rounds_twice(const Target &target)
{
    Random random(22);
    for (const gaia_dtype dtype : {GAIA_FLOAT32, GAIA_FLOAT64, GAIA_INT16}) {
        const Recipe recipe = {dtype, 0.0, 0.0, 1.9e4, 1.0 / 3.0, -1e4 / 7.0};
        Problem problem = problem_make(random, layout_whole(1, 64), recipe, 1, true, true);
        check(target, problem, "packed type " + std::to_string(dtype));
        problem.tiles[0].truth = field_of(GAIA_FLOAT64, 64, 0.0); // the differences are the values
        check(target, problem, "packed forecast of type " + std::to_string(dtype));
    }
}

// Scales and offsets that no file should have: what they make of a value is the value.
void odd_packing(const Target &target)
{
    Random random(24);
    const double infinity = std::numeric_limits<double>::infinity();
    for (const gaia_dtype dtype : {GAIA_FLOAT32, GAIA_FLOAT64, GAIA_INT16}) {
        for (const auto &[scale, offset] :
             std::vector<std::pair<double, double>>{{0.0, 1.5},
                                                    {-0.0, -0.0},
                                                    {infinity, 0.0},
                                                    {std::nan(""), 1.0},
                                                    {1.0, infinity},
                                                    {-1.0, 0.0},
                                                    {1.0, 0.0},
                                                    {1e-310, 1e-308},
                                                    {-1e305, 1e300}}) {
            Problem problem =
                problem_make(random, layout_whole(2, 70), {dtype, 0.0, 0.0, 2e4}, 2, true, true);
            for (HostField *field : {&problem.tiles[0].forecasts[0], &problem.tiles[0].reference}) {
                field->packed = true;
                field->scale = scale;
                field->offset = offset;
            }
            check(target, problem, "packed by " + std::to_string(scale));
        }
    }
}

void unaligned_rows(const Target &target)
{
    Random random(23);
    for (const size_t before : std::vector<size_t>{1, 2, 3, 5, 8}) {
        for (const size_t n_lon : std::vector<size_t>{1, 7, 33, 37, 65, 129}) {
            for (const gaia_dtype dtype : {GAIA_FLOAT32, GAIA_FLOAT64, GAIA_INT16}) {
                HostLayout layout = layout_whole(3, n_lon);
                layout.planes.push_back(plane_make(random, layout.n_points(), dtype));
                region_add(&layout, n_lon / 3, n_lon - n_lon / 3, 1, 2, 0);
                Problem problem =
                    problem_make(random, layout, {dtype, 0.02, 0.0, 99.0}, 2, true, true);
                problem.before = before;
                check(target, problem,
                      "fields " + std::to_string(before) + " elements into their buffers, type " +
                          std::to_string(dtype));
            }
        }
        if (target.size == Size::SMALL) {
            break;
        }
    }
}

} // namespace

std::vector<Case> type_cases()
{
    return {{"EveryMixOfTypes", every_mix_of_types},
            {"EveryTypeComplete", every_type_complete},
            {"UnpackingRoundsTwice", unpacking_rounds_twice},
            {"OddPacking", odd_packing},
            {"UnalignedRows", unaligned_rows}};
}

} // namespace contract
