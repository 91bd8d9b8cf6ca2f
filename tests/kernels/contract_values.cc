// SPDX-License-Identifier: MIT
//
// Cases about values: how long a strip is, what is missing in it, and numbers at the ends of what a
// double holds.
//
// Invariant: each case has a seed of its own, so that adding one changes no other.
#include <cmath>
#include <cstring>
#include <limits>

#include "contract.h"
#include "contract_fields.h"
#include "contract_run.h"

namespace contract
{
namespace
{

const double kInfinity = std::numeric_limits<double>::infinity();

void every_strip_length(const Target &target)
{
    Random random(1);
    for (size_t n = 1; n <= 100; n += target.pick<size_t>(11, 1, 1)) {
        for (const double missing : {0.0, 0.3, 1.0}) {
            const Recipe recipe = {GAIA_FLOAT32, missing, 5e4, 3e3};
            check(target, problem_make(random, layout_whole(2, n), recipe, 1, true, true),
                  "strips of " + std::to_string(n) + ", " + std::to_string(missing) + " missing");
        }
    }
}

void long_rows(const Target &target)
{
    Random random(2);
    const std::vector<size_t> lengths = target.pick<std::vector<size_t>>(
        {513}, {511, 512, 513, 1024, 1440, 3601},
        {511, 512, 513, 1023, 1024, 1025, 1440, 2047, 3600, 3601, 4097, 10007});
    for (const size_t n : lengths) {
        HostLayout layout = layout_whole(2, n);
        region_add(&layout, 1, n - 1, 0, 2);
        region_add(&layout, 3, n - 9, 1, 1);
        region_add(&layout, n / 2 + 1, n / 2 - 1, 0, 2);
        for (const size_t n_forecasts : std::vector<size_t>{1, 2}) {
            for (const bool has_both : {false, true}) {
                const Recipe recipe = {GAIA_FLOAT32, has_both ? 0.01 : 0.0, 280.0, 10.0};
                check(target, problem_make(random, layout, recipe, n_forecasts, has_both, has_both),
                      "rows of " + std::to_string(n) + " with holes: " + std::to_string(has_both));
                check(target, problem_make(random, layout, {}, n_forecasts, true, has_both),
                      "rows of " + std::to_string(n));
            }
        }
    }
}

void smallest_grids(const Target &target)
{
    Random random(3);
    const size_t n = target.pick<size_t>(9, 70, 1000);
    for (const auto &[n_lat, n_lon] :
         std::vector<std::pair<size_t, size_t>>{{1, 1}, {1, n}, {n, 1}, {2, 2}}) {
        for (const double missing : {0.0, 0.5, 1.0}) {
            const Recipe recipe = {GAIA_FLOAT64, missing, 1.0, 3.0};
            check(target,
                  problem_make(random, layout_whole(n_lat, n_lon, 4), recipe, 3, true, true),
                  "a grid of " + std::to_string(n_lat) + " x " + std::to_string(n_lon));
        }
    }
}

// One point missing at a time: in every field, of every kind, in every place that counts.
void one_point_missing(const Target &target)
{
    Random random(4);
    const size_t n = 75;
    for (const size_t at : std::vector<size_t>{0, 5, 31, 32, 40, 63, 64, 74}) {
        Problem problem;
        problem.layout = layout_whole(1, n);
        for (size_t kind = 0; kind < 3; kind++) {
            for (size_t who = 0; who < 4; who++) {
                HostTile tile =
                    problem_make(random, problem.layout, {}, 2, true, true).tiles.front();
                HostField *const fields[] = {&tile.truth, &tile.climatology, &tile.reference,
                                             &tile.forecasts[0]};
                fields[who]->set_missing(at, kind);
                problem.tiles.push_back(tile);
            }
        }
        check(target, problem,
              "point " + std::to_string(at) +
                  " missing (tiles: NaN, +inf, -inf; "
                  "in truth, climatology, reference, "
                  "forecast)");
    }
}

void every_nan(const Target &target)
{
    Random random(5);
    Problem problem = problem_make(random, layout_whole(1, 40), {GAIA_FLOAT64}, 2, true, true);
    const uint64_t patterns[] = {UINT64_C(0x7ff0000000000001), UINT64_C(0xfff8000000000000),
                                 UINT64_C(0x7fffffffffffffff), UINT64_C(0xfff0000000000001)};
    for (size_t i = 0; i < 4; i++) {
        std::memcpy(&problem.tiles[0].forecasts[0].raw[3 * i], &patterns[i], sizeof(double));
        std::memcpy(&problem.tiles[0].truth.raw[5 * i + 1], &patterns[i], sizeof(double));
    }
    check(target, problem, "quiet and signalling NaN of either sign");
}

void all_missing(const Target &target)
{
    Random random(6);
    const size_t n = 45;
    for (size_t who = 0; who < 4; who++) {
        Problem problem = problem_make(random, layout_whole(3, n), {}, 2, true, true);
        HostTile &tile = problem.tiles[0];
        HostField *const fields[] = {&tile.truth, &tile.climatology, &tile.reference,
                                     &tile.forecasts[1]};
        for (size_t i = 0; i < 3 * n; i++) {
            fields[who]->set_missing(i, i);
        }
        check(target, problem, "all of field " + std::to_string(who) + " missing");
        for (size_t i = 0; i < n; i++) { // no longer in the second row
            fields[who]->set(n + i, 281.0);
        }
        check(target, problem, "two rows of field " + std::to_string(who) + " missing");
    }
}

void fill_codes(const Target &target)
{
    Random random(7);
    const size_t n = 50;
    for (const int code : {-32768, -1, 0, 7, 32767}) {
        for (const bool has_code : {false, true}) {
            Problem problem = problem_make(random, layout_whole(2, n), {GAIA_INT16, 0.0, 0.0, 9.0},
                                           1, true, true);
            HostTile &tile = problem.tiles[0];
            for (HostField *field :
                 {&tile.truth, &tile.climatology, &tile.reference, &tile.forecasts[0]}) {
                field->has_code = has_code;
                field->code = static_cast<int16_t>(code);
                for (size_t i = 0; i < 9; i++) {
                    field->set(random.below(2 * n), code);
                }
            }
            check(target, problem, "code " + std::to_string(code));
        }
    }
    // A code means something for packed integers only.
    for (const gaia_dtype dtype : {GAIA_FLOAT32, GAIA_FLOAT64}) {
        Problem problem = problem_make(random, layout_whole(1, n), {dtype}, 1, true, true);
        HostField &forecast = problem.tiles[0].forecasts[0];
        forecast.has_code = true;
        forecast.code = 280;
        forecast.set(4, 280.0);
        check(target, problem, "a code in a field of floating point");
    }
}

void cancellation(const Target &target)
{
    Random random(8);
    for (const auto &[level, spread] : std::vector<std::pair<double, double>>{
             {1e15, 1.0}, {-1e15, 1.0}, {1e8, 1e-7}, {1e-5, 1e15}, {4503599627370497.0, 2.0}}) {
        HostLayout layout = layout_whole(3, 77, 4);
        region_add(&layout, 13, 41, 1, 2);
        check(target,
              problem_make(random, layout, {GAIA_FLOAT64, 0.0, level, spread}, 2, true, true),
              "values about " + std::to_string(level));
    }
}

void denormals(const Target &target)
{
    Random random(9);
    for (const double spread : {4e-323, 4e-320, 1e-310, 1e-300, 1e-162, 1e-155}) {
        for (const double missing : {0.0, 0.2}) {
            const Recipe recipe = {GAIA_FLOAT64, missing, 0.0, spread};
            check(target, problem_make(random, layout_whole(2, 67), recipe, 1, true, true),
                  "values about " + std::to_string(spread));
        }
    }
    // Those of float32 are none of float64.
    for (const double level : {0.0, 1.2e-38}) {
        const Recipe recipe = {GAIA_FLOAT32, 0.1, level, 3e-39};
        check(target, problem_make(random, layout_whole(2, 67), recipe, 2, true, true),
              "denormal float32");
    }
}

void signed_zeros(const Target &target)
{
    Random random(10);
    for (const gaia_dtype dtype : {GAIA_FLOAT32, GAIA_FLOAT64}) {
        Problem problem;
        problem.layout = layout_whole(2, 65);
        HostTile tile;
        tile.truth = field_of(dtype, 130, -0.0);
        tile.climatology = field_of(dtype, 130, 0.0);
        tile.reference = field_of(dtype, 130, -0.0);
        tile.forecasts = {field_of(dtype, 130, -0.0), field_of(dtype, 130, 0.0),
                          field_of(dtype, 130, -0.0), field_of(dtype, 130, -0.0)};
        for (size_t i = 0; i < 130; i += 1 + random.below(4)) {
            tile.forecasts[2].set(i, 0.0);
            tile.forecasts[3].set_missing(i, i);
        }
        problem.tiles = {tile, tile};
        problem.tiles[1].truth = field_of(dtype, 130, 1.5);
        check(target, problem, "zeros of both signs");
    }
}

// Products so small that they round to -0.0: the sum is -0.0 then, unless a zero was added.
void underflow_to_zero(const Target &target)
{
    Random random(11);
    for (const double missing : {0.0, 0.1}) {
        Problem problem;
        problem.layout = layout_whole(2, 96);
        HostTile tile;
        tile.truth = field_make(random, 192, {GAIA_FLOAT64, 0.0, -3e-200, 1e-200});
        tile.climatology = field_make(random, 192, {GAIA_FLOAT64, missing, 3e-190, 1e-190});
        tile.reference = field_make(random, 192, {GAIA_FLOAT64, missing, -4e-190, 1e-190});
        for (const double level : {3e-200, -9e-200}) {
            tile.forecasts.push_back(
                field_make(random, 192, {GAIA_FLOAT64, missing, level, 1e-200}));
        }
        problem.layout.weights.push_back({1e-300, -1e-300});
        problem.tiles.push_back(tile);
        check(target, problem, "products that underflow");
    }
}

void overflow(const Target &target)
{
    Random random(12);
    for (const auto &[level, spread] : std::vector<std::pair<double, double>>{
             {1e300, 1e299}, {0.0, 1.1e308}, {1.7e308, 1e306}, {-1.7e308, 1e306}, {1e154, 1e154}}) {
        for (const double missing : {0.0, 0.2}) {
            const Recipe recipe = {GAIA_FLOAT64, missing, level, spread};
            Problem problem = problem_make(random, layout_whole(2, 70, 2), recipe, 2, true, true);
            problem.layout.weights.push_back({1e300, -1e300});
            problem.layout.weights.push_back({0.0, 0.0});
            check(target, problem, "values about " + std::to_string(level));
        }
    }
    // A value that unpacking makes infinite is missing.
    Problem problem = problem_make(random, layout_whole(1, 70), {GAIA_FLOAT64}, 1, true, true);
    HostField &forecast = problem.tiles[0].forecasts[0];
    forecast.packed = true;
    forecast.scale = 1e300;
    forecast.offset = -kInfinity;
    check(target, problem, "unpacked to infinity by the offset");
    forecast.offset = 1.0;
    forecast.set(40, 1e10);
    check(target, problem, "unpacked to infinity by the scale");
}

} // namespace

std::vector<Case> value_cases()
{
    return {{"EveryStripLength", every_strip_length},
            {"LongRows", long_rows},
            {"SmallestGrids", smallest_grids},
            {"OnePointMissing", one_point_missing},
            {"EveryNan", every_nan},
            {"AllMissing", all_missing},
            {"FillCodes", fill_codes},
            {"Cancellation", cancellation},
            {"Denormals", denormals},
            {"SignedZeros", signed_zeros},
            {"UnderflowToZero", underflow_to_zero},
            {"Overflow", overflow}};
}

} // namespace contract
