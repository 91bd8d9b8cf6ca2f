// SPDX-License-Identifier: MIT
//
// Cases about weight planes: what a point counts as where it does not count as one.
//
// Invariant: whatever lies in a plane, a point that it leaves out shows in no sum.
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

// A grid with the whole of it under each plane, a box under each, and the whole without any.
HostLayout layout_of_planes(size_t n_lat, size_t n_lon, const std::vector<HostField> &planes)
{
    HostLayout layout = layout_whole(n_lat, n_lon, 2);
    layout.planes = planes;
    for (size_t i = 0; i < planes.size(); i++) {
        const int plane = static_cast<int>(i);
        region_add(&layout, 0, n_lon, 0, n_lat, plane);
        region_add(&layout, n_lon / 4, n_lon / 2 + 1, 1, n_lat - 1, plane);
    }
    return layout;
}

void plane_types(const Target &target)
{
    Random random(50);
    const size_t n_lon = target.pick<size_t>(37, 75, 231);
    const size_t n = 3 * n_lon;
    std::vector<HostField> planes;
    for (const gaia_dtype dtype : {GAIA_FLOAT32, GAIA_FLOAT64, GAIA_INT16}) {
        planes.push_back(plane_make(random, n, dtype));
        HostField packed = field_make(random, n, {dtype, 0.0, 0.0, 900.0, 1.0 / 3000.0, 0.5});
        planes.push_back(packed);
        HostField counts = field_of(dtype, n, 0.0); // what is no share is allowed too
        for (size_t i = 0; i < n; i++) {
            counts.set(i, static_cast<double>(random.below(5)));
        }
        planes.push_back(counts);
    }
    for (const double missing : {0.0, 0.1}) {
        for (const bool has_both : {false, true}) {
            check(target,
                  problem_make(random, layout_of_planes(3, n_lon, planes), {GAIA_FLOAT32, missing},
                               2, has_both, has_both),
                  "planes of every type");
        }
    }
}

void planes_with_holes(const Target &target)
{
    Random random(51);
    const size_t n = 3 * 70;
    std::vector<HostField> planes;
    for (const gaia_dtype dtype : {GAIA_FLOAT32, GAIA_FLOAT64, GAIA_INT16}) {
        HostField plane = plane_make(random, n, dtype);
        for (size_t i = 0; i < 30; i++) {
            plane.set_missing(random.below(n), i);
        }
        planes.push_back(plane);
        for (size_t i = 0; i < n; i += 1 + random.below(4)) {
            plane.set(i, -1.0 - static_cast<double>(random.below(9)));
        }
        planes.push_back(plane);
        for (size_t i = 0; i < n; i++) {
            plane.set_missing(i, i);
        }
        planes.push_back(plane);
    }
    for (const double missing : {0.0, 0.2, 1.0}) {
        check(target,
              problem_make(random, layout_of_planes(3, 70, planes), {GAIA_FLOAT64, missing}, 2,
                           true, true),
              "planes with holes and negative values");
    }
}

// Rows that no device takes in one piece.
void planes_of_long_rows(const Target &target)
{
    Random random(55);
    const size_t n_lon = target.pick<size_t>(1100, 2081, 4500);
    const HostLayout layout =
        layout_of_planes(2, n_lon, {plane_make(random, 2 * n_lon, GAIA_FLOAT32)});
    check(target, problem_make(random, layout, {GAIA_FLOAT32, 0.01}, 2, true, true),
          "planes of long rows");
}

// Ones give the bits of no plane; zeros give zeros, no extremes, and no count.
void planes_of_zeros_and_ones(const Target &target)
{
    Random random(52);
    const size_t n = 2 * 66;
    const HostLayout layout =
        layout_of_planes(2, 66, {field_of(GAIA_FLOAT32, n, 1.0), field_of(GAIA_FLOAT32, n, 0.0)});
    for (const double missing : {0.0, 0.1}) {
        const Problem problem =
            problem_make(random, layout, {GAIA_FLOAT32, missing}, 2, true, true);
        check(target, problem, "planes of zeros and ones");
        const std::vector<double> sums = device_sums(target, problem);
        const size_t n_region = (1 + layout.weights.size()) * ROW_COUNT;
        require(std::memcmp(&sums[0], &sums[n_region], n_region * sizeof(double)) == 0,
                "under a plane of ones: other bits than without one");
        require(std::isnan(sums[3 * n_region + ROW_FORECAST_MIN]) &&
                    sums[3 * n_region + ROW_ERROR_N] <= 0.0,
                "under a plane of zeros: something was counted");
    }
}

// The extremes are those of the points that count, however little they do.
void extremes_under_a_plane(const Target &target)
{
    Random random(53);
    const size_t n = 3 * 45;
    HostField plane = field_of(GAIA_FLOAT64, n, 1.0);
    HostField faint = field_of(GAIA_FLOAT64, n, 5e-324);
    HostField alone = field_of(GAIA_FLOAT32, n, 0.0);
    Problem problem;
    HostField forecast = field_make(random, n, {});
    for (size_t i = 0; i < 20; i++) {
        const size_t at = random.below(n);
        forecast.set(at, i % 2 == 0 ? 9e4 : -9e4);
        plane.set(at, i % 3 == 0 ? -0.0 : 0.0);
        faint.set(at + 1 < n ? at + 1 : 0, 0.0);
    }
    alone.set(77, 0.25);
    HostField gone = forecast;
    gone.set_missing(77, 0);
    problem.layout = layout_of_planes(3, 45, {plane, faint, alone});
    HostTile tile;
    tile.truth = field_make(random, n, {GAIA_FLOAT32, 0.1});
    tile.forecasts = {forecast, gone, field_of(GAIA_FLOAT32, n, -0.0)};
    problem.tiles = {tile};
    check(target, problem, "extremes under a plane");
}

// A mask hides what would overflow, and what would round to zero.
void planes_at_the_ends(const Target &target)
{
    Random random(54);
    const size_t n = 2 * 64;
    HostField tiny = plane_make(random, n, GAIA_FLOAT64);
    HostField huge = plane_make(random, n, GAIA_FLOAT64);
    for (size_t i = 0; i < n; i++) {
        tiny.set(i, tiny.raw[i] * 1e-310);
        huge.set(i, huge.raw[i] * 1e308);
    }
    const HostLayout layout =
        layout_of_planes(2, 64, {tiny, huge, plane_make(random, n, GAIA_FLOAT32)});
    for (const double spread : {1e-300, 1e-160, 1e-5, 1.0, 1e10, 1e155, 1e307, 1.1e308}) {
        const Recipe recipe = {GAIA_FLOAT64, 0.02, 0.0, spread};
        check(target, problem_make(random, layout, recipe, 2, true, true),
              "planes of tiny and huge values");
    }
}

// Parts of one region under different planes and none, in tiles that differ.
void planes_mixed(const Target &target)
{
    Random random(55);
    HostLayout layout = layout_whole(5, 90, 1);
    const size_t n = layout.n_points();
    layout.planes = {plane_make(random, n, GAIA_FLOAT32), plane_make(random, n, GAIA_INT16)};
    const uint32_t a = interval_add(&layout, 0, 33, 0, 5, 1);
    const uint32_t b = interval_add(&layout, 33, 20, 0, 5);
    const uint32_t c = interval_add(&layout, 53, 37, 1, 3, 0);
    layout.regions.push_back({1, 3, {a, b, c}});
    layout.regions.push_back({0, 5, {a}});
    layout.regions.push_back({0, 5, {b}});
    Problem problem = problem_make(random, layout, {GAIA_FLOAT32, 0.01}, 9, true, true);
    problem.tiles.push_back(
        problem_make(random, layout, {GAIA_INT16, 0.0}, 1, false, true).tiles[0]);
    problem.tiles.push_back(
        problem_make(random, layout, {GAIA_FLOAT64, 0.1}, 4, true, false).tiles[0]);
    check(target, problem, "parts under different planes");
}

} // namespace

std::vector<Case> plane_cases()
{
    return {{"PlaneTypes", plane_types},
            {"PlanesWithHoles", planes_with_holes},
            {"PlanesOfLongRows", planes_of_long_rows},
            {"PlanesOfZerosAndOnes", planes_of_zeros_and_ones},
            {"ExtremesUnderAPlane", extremes_under_a_plane},
            {"PlanesAtTheEnds", planes_at_the_ends},
            {"PlanesMixed", planes_mixed}};
}

} // namespace contract
