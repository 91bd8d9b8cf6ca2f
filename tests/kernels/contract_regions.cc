// SPDX-License-Identifier: MIT
//
// Cases about what is summed over: intervals, regions of one or several of them, weightings, and
// layouts at random.
//
// Invariant: a region's parts are given west to east, as the seam asks for.
#include <algorithm>

#include "contract.h"
#include "contract_fields.h"
#include "contract_run.h"

namespace contract
{
namespace
{

// Every place where a strip may begin and end in a vector, a warp and a row.
void intervals_anywhere(const Target &target)
{
    Random random(40);
    HostLayout layout = layout_whole(5, 131);
    for (const size_t first : std::vector<size_t>{0, 1, 3, 8, 31, 32, 33, 64, 130}) {
        for (const size_t n : std::vector<size_t>{1, 2, 31, 32, 33, 64, 67, 98, 131}) {
            if (first + n <= 131) {
                const size_t first_row = (first + n) % 5;
                region_add(&layout, first, n, first_row, 1 + n % (5 - first_row));
            }
        }
    }
    for (const double missing : {0.0, 0.02}) {
        check(target, problem_make(random, layout, {GAIA_FLOAT32, missing}, 2, true, true),
              "intervals in a row of 131");
    }
}

// Regions across the origin, of many parts, of parts that reach beyond them, and the same again.
void regions_of_parts(const Target &target)
{
    Random random(41);
    for (const size_t n_weights : std::vector<size_t>{0, 1, 4}) {
        HostLayout layout;
        layout.n_lat = 9;
        layout.n_lon = 96;
        weights_add(&layout, n_weights);
        const uint32_t west = interval_add(&layout, 0, 19, 1, 7);
        const uint32_t unused = interval_add(&layout, 50, 3, 4, 2);
        const uint32_t east = interval_add(&layout, 61, 35, 0, 9);
        const uint32_t middle = interval_add(&layout, 19, 42, 2, 4);
        const uint32_t whole = interval_add(&layout, 0, 96, 0, 9);
        layout.regions = {{2, 4, {west, east}},
                          {2, 4, {west, middle, east}},
                          {0, 9, {whole}},
                          {5, 1, {whole}},
                          {2, 4, {west, east}},
                          {8, 1, {east}},
                          {3, 2, {west, middle, middle, east, east}},
                          {1, 7, {west}}};
        require(unused == 1, "the second interval is of no region");
        for (const double missing : {0.0, 0.03}) {
            check(target, problem_make(random, layout, {GAIA_FLOAT32, missing}, 3, true, true),
                  "regions of parts, " + std::to_string(n_weights) + " weightings");
        }
    }
}

// The order of the rows and of the parts shows only where rounding does.
void rows_and_parts_in_order(const Target &target)
{
    Random random(42);
    HostLayout layout = layout_whole(target.pick<size_t>(40, 181, 721), 6, 1);
    const uint32_t rows = static_cast<uint32_t>(layout.n_lat);
    const uint32_t west = interval_add(&layout, 0, 1, 0, rows);
    const uint32_t middle = interval_add(&layout, 2, 1, 0, rows);
    const uint32_t east = interval_add(&layout, 4, 2, 0, rows);
    layout.regions.push_back({0, rows, {west, middle, east}});
    layout.regions.push_back({1, rows - 2, {west, east}});
    check(target, problem_make(random, layout, {GAIA_FLOAT64, 0.0, 0.0, 1e6}, 2, true, true),
          "order of rows and parts");
}

// However many forecasts: what sums rows in bands makes them the higher the fewer there are. Many
// strips lie in a few of the rows, and regions begin and end inside a band.
void bands_of_rows(const Target &target)
{
    Random random(47);
    HostLayout layout = layout_whole(203, 40, 4);
    for (uint32_t k = 0; k < 5; k++) {
        region_add(&layout, k, 33, 85 + k, 8);
    }
    region_add(&layout, 3, 4, 0, 97);
    region_add(&layout, 0, 40, 95, 2);
    region_add(&layout, 0, 40, 96, 107);
    const Recipe plain;
    const Recipe packed = {GAIA_INT16, 0.01, 280.0, 10.0, 1.0 / 1024, 280.0};
    for (const size_t n_forecasts : target.pick<std::vector<size_t>>(
             {1, 3, 17}, {1, 3, 12}, {1, 2, 3, 5, 6, 7, 8, 11, 12, 13, 16, 17, 19, 35})) {
        Problem problem = problem_make(random, layout, plain, n_forecasts, true, false);
        check(target, problem, "bands, " + std::to_string(n_forecasts) + " forecasts");
        problem.tiles[0].truth = field_make(random, layout.n_lat * layout.n_lon, packed);
        problem.tiles[0].forecasts[n_forecasts / 2] =
            field_make(random, layout.n_lat * layout.n_lon, packed);
        check(target, problem, "bands, packed, " + std::to_string(n_forecasts) + " forecasts");
    }
}

// A region's extremes are those of all its points, not of its first row or part.
void extremes_anywhere(const Target &target)
{
    Random random(43);
    HostLayout layout;
    layout.n_lat = 4;
    layout.n_lon = 70;
    const uint32_t west = interval_add(&layout, 0, 33, 0, 4);
    const uint32_t east = interval_add(&layout, 40, 30, 0, 4);
    layout.regions = {{0, 4, {west, east}}, {1, 2, {west, east}}};
    Problem problem = problem_make(random, layout, {}, 40, false, false);
    for (size_t i = 0; i < 40; i++) {
        HostField &forecast = problem.tiles[0].forecasts[i];
        forecast.set(i * 7, 9e3);
        forecast.set(279 - i * 7, -9e3);
        if (i % 8 == 7) {
            forecast.set_missing(i * 7, i);
        }
    }
    check(target, problem, "extremes anywhere");
}

// Wherever in a row they are: in whole pieces, in blocks that are left over, behind the last block.
// Row i has its most at point i and its least at the same distance from its end.
void extremes_in_long_rows(const Target &target)
{
    Random random(48);
    for (const size_t n_lon : target.pick<std::vector<size_t>>(
             {485}, {37, 485}, {33, 64, 96, 101, 128, 397, 485, 512, 779})) {
        const size_t step = target.pick<size_t>(31, 7, 1);
        HostLayout layout;
        layout.n_lat = (n_lon + step - 1) / step;
        layout.n_lon = n_lon;
        for (size_t i = 0; i < layout.n_lat; i++) {
            region_add(&layout, 0, n_lon, i, 1);
        }
        for (const size_t n_forecasts : {1U, 3U}) {
            Problem problem = problem_make(random, layout, {}, n_forecasts, true, false);
            for (size_t i = 0; i < layout.n_lat; i++) {
                HostField &forecast = problem.tiles[0].forecasts[i % n_forecasts];
                forecast.set(i * n_lon + i * step, 9e3);
                forecast.set(i * n_lon + n_lon - 1 - i * step, -9e3);
            }
            check(target, problem,
                  "rows of " + std::to_string(n_lon) + ", " + std::to_string(n_forecasts) +
                      " forecasts");
        }
    }
}

void weightings(const Target &target)
{
    Random random(44);
    HostLayout layout = layout_whole(6, 50, 0);
    region_add(&layout, 3, 40, 2, 3);
    for (const std::vector<double> &weights :
         std::vector<std::vector<double>>{{1, 1, 1, 1, 1, 1},
                                          {0, 0, 0, 0, 0, 0},
                                          {-0.0, 0.0, -0.0, 0.0, -0.0, 0.0},
                                          {-1, 2, -3, 4, -5, 6},
                                          {1e-310, 1e-300, 1e-320, 5e-324, 0, 1e-315},
                                          {1e308, 1e300, 1e308, 1.7e308, 1e308, 1e308},
                                          {0.1, 0.2, 0.3, 0.1, 0.7, 0.9},
                                          {1.0 / 3, 1e15, 1.0 / 7, 1e-15, 1.0 / 9, 1e9}}) {
        layout.weights.push_back(weights);
    }
    for (const double missing : {0.0, 0.1}) {
        check(target, problem_make(random, layout, {GAIA_FLOAT32, missing}, 3, true, true),
              "eight weightings");
    }
}

// As many of everything as the seam allows, of small rows.
void many_regions(const Target &target)
{
    Random random(45);
    const bool full = target.size == Size::FULL;
    const size_t n_regions = target.pick<size_t>(70, 300, LAYOUT_REGIONS_MAX);
    HostLayout layout = layout_whole(4, 40, full ? LAYOUT_WEIGHTS_MAX : 5);
    for (size_t i = 1; i < n_regions; i++) {
        region_add(&layout, i % 17, 1 + i % 23, i % 3, 1 + i % 2);
    }
    while (layout.intervals.size() < (full ? size_t{LAYOUT_INTERVALS_MAX} : n_regions + 9)) {
        interval_add(&layout, layout.intervals.size() % 40, 1, 1, 2); // of no region
    }
    check(target, problem_make(random, layout, {GAIA_FLOAT32, 0.01}, 2, true, false),
          std::to_string(n_regions) + " regions");
}

double share_of(Random &random)
{
    return random.chance(0.5) ? 0.0 : random.chance(0.2) ? 0.5 : 0.01;
}

Recipe recipe_any(Random &random)
{
    const gaia_dtype dtypes[] = {GAIA_FLOAT32, GAIA_FLOAT64, GAIA_INT16};
    const double scales[] = {0.0, 0.0, 0.01, -0.3};
    Recipe recipe = {dtypes[random.below(3)], share_of(random), 200.0, 300.0};
    recipe.scale = scales[random.below(4)];
    recipe.offset = 10.0 * random.unit();
    return recipe;
}

// A region of up to three parts side by side, and the intervals for it.
void region_any(Random &random, HostLayout *layout)
{
    const size_t first_row = random.below(layout->n_lat);
    const size_t n_rows = 1 + random.below(layout->n_lat - first_row);
    HostRegion region = {static_cast<uint32_t>(first_row), static_cast<uint32_t>(n_rows), {}};
    size_t column = random.below(layout->n_lon);
    for (size_t p = 1 + random.below(3); p > 0 && column < layout->n_lon; p--) {
        const size_t n = 1 + random.below(layout->n_lon - column);
        const size_t above = random.below(first_row + 1);
        const size_t below = random.below(layout->n_lat - first_row - n_rows + 1);
        const int plane = random.chance(0.4) && !layout->planes.empty()
                              ? static_cast<int>(random.below(layout->planes.size()))
                              : int{LAYOUT_NO_PLANE};
        region.parts.push_back(
            interval_add(layout, column, n, first_row - above, above + n_rows + below, plane));
        column += n + random.below(9);
    }
    layout->regions.push_back(region);
}

HostLayout layout_any(Random &random, size_t n_lat_max, size_t n_lon_max)
{
    HostLayout layout;
    layout.n_lat = 1 + random.below(n_lat_max);
    layout.n_lon = 1 + random.below(n_lon_max);
    weights_add(&layout, random.below(5));
    for (size_t i = random.below(3); i > 0; i--) {
        const gaia_dtype dtypes[] = {GAIA_FLOAT32, GAIA_FLOAT64, GAIA_INT16};
        HostField plane = plane_make(random, layout.n_points(), dtypes[random.below(3)]);
        if (random.chance(0.3)) {
            plane.set_missing(random.below(layout.n_points()), i);
        }
        layout.planes.push_back(plane);
    }
    for (size_t i = 1 + random.below(6); i > 0; i--) {
        region_any(random, &layout);
    }
    return layout;
}

// Layouts, types, holes and counts at random; one seed an iteration, so that a failure names it.
void anything(const Target &target)
{
    const size_t n = target.pick<size_t>(4, 60, 400) * (target.is_long ? 100 : 1);
    for (size_t seed = 1000; seed < 1000 + n; seed++) {
        Random random(seed);
        Problem problem;
        problem.layout = layout_any(random, 9, target.pick<size_t>(40, 110, 260));
        problem.before = random.below(4);
        for (size_t i = 1 + random.below(3); i > 0; i--) {
            HostTile tile;
            const size_t n_points = problem.layout.n_points();
            tile.truth = field_make(random, n_points, recipe_any(random));
            if (random.chance(0.7)) {
                tile.climatology = field_make(random, n_points, recipe_any(random));
            }
            if (random.chance(0.4)) {
                tile.reference = field_make(random, n_points, recipe_any(random));
            }
            for (size_t k = 1 + random.below(7); k > 0; k--) {
                tile.forecasts.push_back(field_make(random, n_points, recipe_any(random)));
            }
            problem.tiles.push_back(tile);
        }
        check(target, problem, "seed " + std::to_string(seed));
    }
}

} // namespace

std::vector<Case> region_cases()
{
    return {{"IntervalsAnywhere", intervals_anywhere},
            {"RegionsOfParts", regions_of_parts},
            {"RowsAndPartsInOrder", rows_and_parts_in_order},
            {"BandsOfRows", bands_of_rows},
            {"ExtremesAnywhere", extremes_anywhere},
            {"ExtremesInLongRows", extremes_in_long_rows},
            {"Weightings", weightings},
            {"ManyRegions", many_regions},
            {"Anything", anything}};
}

} // namespace contract
