// SPDX-License-Identifier: MIT
//
// Cases about tiles: how many forecasts against how many truths, and that none has a say in the
// sums of another.
//
// Invariant: wherever forecasts are compared with forecasts alone, it is by their bits.
#include <cstring>

#include "contract.h"
#include "contract_fields.h"
#include "contract_run.h"

namespace contract
{
namespace
{

// Many forecasts, of which every fourth and some in a row have holes.
Problem many_forecasts(Random &random, const HostLayout &layout, size_t n, bool has_climatology,
                       bool has_reference)
{
    Problem problem = problem_make(random, layout, {}, n, has_climatology, has_reference);
    for (size_t i = 0; i < n; i++) {
        if (i % 4 == 2 || (i > 10 && i < 14)) {
            HostField &forecast = problem.tiles[0].forecasts[i];
            for (size_t k = 0; k < 1 + i % 5; k++) {
                forecast.set_missing(random.below(layout.n_points()), k);
            }
        }
    }
    return problem;
}

void forecast_counts(const Target &target)
{
    Random random(30);
    const size_t n_lon = target.pick<size_t>(33, 67, 241);
    HostLayout layout = layout_whole(3, n_lon);
    region_add(&layout, 5, n_lon - 9, 1, 2);
    for (const size_t n : std::vector<size_t>{1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 31, 32, 33}) {
        check(target, many_forecasts(random, layout, n, n % 3 != 0, n % 2 == 0),
              std::to_string(n) + " forecasts");
    }
    for (const size_t n : target.pick<std::vector<size_t>>({64}, {65, 300}, {64, 65, 128, 300})) {
        const HostLayout small = layout_whole(2, target.pick<size_t>(5, 37, 131));
        check(target, many_forecasts(random, small, n, true, false),
              std::to_string(n) + " forecasts");
    }
}

// A truth with holes: its own sums are not the same for all forecasts then.
void truth_with_holes(const Target &target)
{
    Random random(31);
    const HostLayout layout = layout_whole(3, 71);
    for (size_t who = 0; who < 3; who++) {
        Problem problem = many_forecasts(random, layout, 9, true, true);
        HostTile &tile = problem.tiles[0];
        HostField *const fields[] = {&tile.truth, &tile.climatology, &tile.reference};
        for (size_t k = 0; k < 5; k++) { // in the second row
            fields[who]->set_missing(71 + random.below(71), k);
        }
        check(target, problem, "holes in shared field " + std::to_string(who));
    }
}

Problem many_tiles(Random &random, const HostLayout &layout)
{
    Problem problem;
    problem.layout = layout;
    size_t kind = 0;
    for (const size_t n : std::vector<size_t>{3, 1, 9, 2, 1, 4, 17, 1}) {
        Problem one = many_forecasts(random, layout, n, kind % 2 == 0, kind % 4 < 2);
        problem.tiles.push_back(one.tiles[0]);
        kind++;
    }
    problem.tiles[4] = problem.tiles[1];
    problem.tiles[5].truth.set_missing(0, 0);
    return problem;
}

void several_tiles(const Target &target)
{
    Random random(32);
    HostLayout layout = layout_whole(4, target.pick<size_t>(33, 45, 181), 2);
    region_add(&layout, 7, 26, 1, 2);
    layout.planes.push_back(plane_make(random, layout.n_points(), GAIA_FLOAT32));
    region_add(&layout, 0, layout.n_lon, 0, 4, 0);
    check(target, many_tiles(random, layout), "tiles of 3, 1, 9, 2, 1, 4, 17 and 1 forecasts");
}

void require_same(const double *have, const double *want, size_t n, const std::string &what)
{
    require(std::memcmp(have, want, n * sizeof(double)) == 0, what);
}

// A forecast's sums are the same alone and among others, in any order.
void forecast_alone_or_among(const Target &target)
{
    Random random(33);
    const size_t n = target.pick<size_t>(5, 33, 300);
    HostLayout layout = layout_whole(2, 99);
    const Problem all = many_forecasts(random, layout, n, true, true);
    const std::vector<double> sums = device_sums(target, all);
    for (const size_t i : {size_t{0}, size_t{2}, n / 2, n - 1}) {
        Problem alone = all;
        alone.tiles[0].forecasts = {all.tiles[0].forecasts[i]};
        require_same(device_sums(target, alone).data(), &sums[i * layout.n_sums()], layout.n_sums(),
                     "forecast " + std::to_string(i) + " alone: other bits");
    }
    Problem backwards = all;
    backwards.tiles[0].forecasts.assign(all.tiles[0].forecasts.rbegin(),
                                        all.tiles[0].forecasts.rend());
    const std::vector<double> reversed = device_sums(target, backwards);
    for (size_t i = 0; i < n; i++) {
        require_same(&reversed[(n - 1 - i) * layout.n_sums()], &sums[i * layout.n_sums()],
                     layout.n_sums(), "forecast " + std::to_string(i) + " backwards: other bits");
    }
}

// A region's sums are the same alone and among others.
void region_alone_or_among(const Target &target)
{
    Random random(34);
    HostLayout layout = layout_whole(7, 90, 2);
    layout.planes.push_back(plane_make(random, layout.n_points(), GAIA_FLOAT64));
    region_add(&layout, 11, 60, 2, 4);
    region_add(&layout, 0, 90, 0, 7, 0);
    region_add(&layout, 11, 60, 0, 7);
    const Problem all = problem_make(random, layout, {GAIA_FLOAT32, 0.01}, 3, true, true);
    const std::vector<double> sums = device_sums(target, all);
    const size_t n_region = (1 + layout.weights.size()) * ROW_COUNT;
    for (size_t k = 0; k < layout.regions.size(); k++) {
        Problem alone = all;
        alone.layout.regions = {layout.regions[k]};
        alone.layout.intervals = {layout.intervals[layout.regions[k].parts[0]]};
        alone.layout.regions[0].parts = {0};
        const std::vector<double> own = device_sums(target, alone);
        for (size_t f = 0; f < 3; f++) {
            require_same(&own[f * n_region], &sums[f * layout.n_sums() + k * n_region], n_region,
                         "region " + std::to_string(k) + " alone: other bits");
        }
    }
}

} // namespace

std::vector<Case> tile_cases()
{
    return {{"ForecastCounts", forecast_counts},
            {"TruthWithHoles", truth_with_holes},
            {"SeveralTiles", several_tiles},
            {"ForecastAloneOrAmong", forecast_alone_or_among},
            {"RegionAloneOrAmong", region_alone_or_among}};
}

} // namespace contract
