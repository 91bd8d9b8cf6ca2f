// SPDX-License-Identifier: MIT
//
// Points in polygons: against an independent count of crossings in exact integers, and the rules of
// polygon.h one by one.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

extern "C" {
#include "polygon.h"
}

namespace
{

struct Grid {
    std::vector<double> lat;
    std::vector<double> lon;

    // Rows from north, columns from `west`, both evenly.
    Grid(double north, double south, size_t n_lat, double west, double step, size_t n_lon)
    {
        for (size_t i = 0; i < n_lat; i++) {
            lat.push_back(n_lat < 2 ? north
                                    : north - (north - south) / static_cast<double>(n_lat - 1) *
                                                  static_cast<double>(i));
        }
        for (size_t j = 0; j < n_lon; j++) {
            lon.push_back(std::fmod(west + step * static_cast<double>(j), 360.0));
        }
    }
    gaia_grid view() const
    {
        return {lat.size(), lon.size(), lat.data(), lon.data()};
    }
};

std::vector<double> marked(const Grid &grid, const std::string &text, gaia_status want = GAIA_OK,
                           std::string *why = nullptr)
{
    const gaia_grid view = grid.view();
    std::vector<double> m(grid.lat.size() * grid.lon.size(), -1.0);
    geojson polygons = {};
    gaia_error err = {};
    EXPECT_EQ(geojson_read("p", text.data(), text.size(), &polygons, &err), GAIA_OK) << err.detail;
    EXPECT_EQ(polygons_mark(&polygons, "p", &view, m.data(), &err), want) << err.detail;
    if (why != nullptr) {
        *why = err.detail;
    }
    geojson_free(&polygons);
    return m;
}

std::string polygon(const std::string &rings)
{
    return R"({"type": "Polygon", "coordinates": [)" + rings + "]}";
}

// The points of the grid where `inside` says so.
template <typename F> std::vector<double> wanted(const Grid &grid, F inside)
{
    std::vector<double> m;
    for (const double lat : grid.lat) {
        for (const double lon : grid.lon) {
            m.push_back(inside(lat, lon) ? 1.0 : 0.0);
        }
    }
    return m;
}

// In 64ths of a degree, so that every product is an exact integer.
struct Corner {
    int64_t x, y;
};

// On an edge, or inside by the parity of crossings to the east.
bool inside_exactly(const std::vector<std::vector<Corner>> &rings, int64_t x, int64_t y)
{
    bool inside = false;
    for (const auto &ring : rings) {
        for (size_t i = 0; i < ring.size(); i++) {
            const Corner a = ring[i];
            const Corner b = ring[(i + 1) % ring.size()];
            const int64_t cross = (b.x - a.x) * (y - a.y) - (b.y - a.y) * (x - a.x);
            if (cross == 0 && x >= std::min(a.x, b.x) && x <= std::max(a.x, b.x) &&
                y >= std::min(a.y, b.y) && y <= std::max(a.y, b.y)) {
                return true;
            }
            if ((a.y > y) != (b.y > y) && (b.y > a.y ? cross > 0 : cross < 0)) {
                inside = !inside;
            }
        }
    }
    return inside;
}

TEST(Polygon, RandomRingsAgainstExactIntegers)
{
    std::mt19937_64 random(7);
    const Grid grid(90, -90, 91, 0, 2, 180);
    size_t n_inside = 0;
    for (int round = 0; round < 60; round++) {
        // Corners on whole multiples of the grid's spacing hit points and edges often.
        const int64_t unit = round % 3 == 0 ? 128 : round % 3 == 1 ? 64 : 1;
        std::vector<std::vector<Corner>> rings(1 + random() % 3);
        std::string text;
        for (auto &ring : rings) {
            text += text.empty() ? "[" : ",[";
            const size_t n = 3 + random() % 12;
            for (size_t i = 0; i < n; i++) {
                ring.push_back(
                    {static_cast<int64_t>(random() % (170 * 64 / static_cast<uint64_t>(unit))) *
                         unit,
                     static_cast<int64_t>(random() % (150 * 64 / static_cast<uint64_t>(unit))) *
                             unit -
                         70 * 64});
            }
            for (size_t i = 0; i <= n; i++) {
                char position[96];
                snprintf(position, sizeof position, "%s[%.10f,%.10f]", i > 0 ? "," : "",
                         static_cast<double>(ring[i % n].x) / 64.0,
                         static_cast<double>(ring[i % n].y) / 64.0);
                text += position;
            }
            text += "]";
        }
        const auto have = marked(grid, polygon(text));
        ASSERT_EQ(have, wanted(grid,
                               [&](double lat, double lon) {
                                   return inside_exactly(rings, static_cast<int64_t>(lon * 64),
                                                         static_cast<int64_t>(lat * 64));
                               }))
            << "round " << round << ": " << text;
        n_inside += static_cast<size_t>(std::count(have.begin(), have.end(), 1.0));
    }
    EXPECT_GT(n_inside, 10000u);
}

TEST(Polygon, SignsAreExact)
{
    // 2^-53 off a line through points far away: float64 alone rounds it away.
    const geojson_vertex a = {0.1, 0.1};
    const geojson_vertex b = {300.3, 300.3};
    EXPECT_EQ(orientation(a, b, {12.7, 12.7}), 0);
    EXPECT_EQ(orientation(a, b, {12.7, std::nextafter(12.7, 90.0)}), 1);
    EXPECT_EQ(orientation(a, b, {12.7, std::nextafter(12.7, 0.0)}), -1);
    EXPECT_EQ(orientation(b, a, {12.7, std::nextafter(12.7, 0.0)}), 1);
    std::mt19937_64 random(11);
    std::uniform_real_distribution<double> degrees(-180.0, 180.0);
    for (int i = 0; i < 20000; i++) {
        geojson_vertex p[3];
        for (auto &v : p) {
            v = {degrees(random), degrees(random)};
        }
        if (i % 2 == 0) { // nearly on one line
            const double t = std::ldexp(static_cast<double>(random() % 1024), -10);
            p[2] = {p[0].lon + t * (p[1].lon - p[0].lon), p[0].lat + t * (p[1].lat - p[0].lat)};
        }
        const int side = orientation(p[0], p[1], p[2]);
        EXPECT_EQ(side, orientation(p[1], p[2], p[0]));
        EXPECT_EQ(side, orientation(p[2], p[0], p[1]));
        EXPECT_EQ(side, -orientation(p[1], p[0], p[2]));
    }
}

TEST(Polygon, ABoxIsTheBoxWithItsBounds)
{
    const Grid grid(90, -90, 37, 0, 5, 72);
    EXPECT_EQ(marked(grid, polygon("[[5,10],[45,10],[45,60],[5,60],[5,10]]")),
              wanted(grid, [](double lat, double lon) {
                  return lat >= 10 && lat <= 60 && lon >= 5 && lon <= 45;
              }));
    // The other way round is the same; so is the part that lies west of Greenwich.
    EXPECT_EQ(marked(grid, polygon("[[-30,10],[-30,60],[45,60],[45,10],[-30,10]]")),
              wanted(grid, [](double lat, double lon) {
                  return lat >= 10 && lat <= 60 && (lon >= 330 || lon <= 45);
              }));
}

TEST(Polygon, HolesAreOutsideButForTheirEdges)
{
    const Grid grid(90, -90, 37, 0, 5, 72);
    EXPECT_EQ(marked(grid, polygon("[[0,0],[50,0],[50,50],[0,50],[0,0]],"
                                   "[[10,10],[40,10],[40,40],[10,40],[10,10]]")),
              wanted(grid, [](double lat, double lon) {
                  const bool hole = lat > 10 && lat < 40 && lon > 10 && lon < 40;
                  return lat >= 0 && lat <= 50 && lon >= 0 && lon <= 50 && !hole;
              }));
}

TEST(Polygon, AcrossTheDateLineCutOrGoneOn)
{
    const Grid grid(90, -90, 37, 0, 5, 72);
    const auto want = wanted(grid, [](double lat, double lon) {
        return lat >= -20 && lat <= 20 && lon >= 170 && lon <= 200;
    });
    EXPECT_EQ(marked(grid, polygon("[[170,-20],[200,-20],[200,20],[170,20],[170,-20]]")), want);
    EXPECT_EQ(marked(grid, polygon("[[-190,-20],[-160,-20],[-160,20],[-190,20],[-190,-20]]")),
              want);
    EXPECT_EQ(marked(grid, R"({"type": "MultiPolygon", "coordinates": [
                  [[[170,-20],[180,-20],[180,20],[170,20],[170,-20]]],
                  [[[-180,-20],[-160,-20],[-160,20],[-180,20],[-180,-20]]]]})"),
              want);
}

TEST(Polygon, AroundAPoleAndAllTheWayRound)
{
    const Grid grid(90, -90, 37, 0, 5, 72);
    EXPECT_EQ(
        marked(grid, polygon("[[-180,-90],[-180,-60],[0,-70],[180,-60],[180,-90],[-180,-90]]")),
        wanted(grid, [](double lat, double lon) {
            const double east = lon > 180 ? lon - 360 : lon;
            return lat <= -70 + std::fabs(east) / 18.0;
        }));
    EXPECT_EQ(marked(grid, polygon("[[-180,-20],[180,-20],[180,20],[-180,20],[-180,-20]]")),
              wanted(grid, [](double lat, double) { return std::fabs(lat) <= 20; }));
    EXPECT_EQ(marked(grid, polygon("[[0,-90],[360,-90],[360,90],[0,90],[0,-90]]")),
              wanted(grid, [](double, double) { return true; }));
}

TEST(Polygon, LongitudesAreRoundedAsTheGridsAre)
{
    // 0.1 degree is no float64: in all conventions its multiples are the same columns.
    Grid grid(10, 0, 11, 0, 0.1, 3600);
    for (size_t j = 0; j < grid.lon.size(); j++) {
        const double west = -180.0 + 0.1 * static_cast<double>(j);
        grid.lon[j] = west < 0 ? west + 360.0 : west;
    }
    std::rotate(grid.lon.begin(), grid.lon.begin() + 1800, grid.lon.end());
    char ring[256];
    const double edge = -180.0 + 0.1 * 1777; // about -2.3
    snprintf(ring, sizeof ring, "[[%.17g,0],[1,0],[1,10],[%.17g,10],[%.17g,0]]", edge, edge, edge);
    const auto m = marked(grid, polygon(ring));
    EXPECT_EQ(m[1777 - 1800 + 3600], 1.0);
    EXPECT_EQ(m[1776 - 1800 + 3600], 0.0);
}

TEST(Polygon, ALimitedAreaAcrossTheOrigin)
{
    const Grid grid(60, 40, 5, 340, 10, 6); // 340 .. 30
    EXPECT_EQ(marked(grid, polygon("[[-15,44],[12,44],[12,56],[-15,56],[-15,44]]")),
              wanted(grid, [](double lat, double lon) {
                  return lat >= 44 && lat <= 56 && (lon >= 345 || lon <= 12);
              }));
}

TEST(Polygon, AnythingOfTheManyIsInside)
{
    const Grid grid(90, -90, 37, 0, 5, 72);
    EXPECT_EQ(marked(grid, R"({"type": "MultiPolygon", "coordinates": [
                  [[[0,0],[20,0],[20,20],[0,20],[0,0]]], [[[10,0],[30,0],[30,20],[10,20],[10,0]]]]})"),
              wanted(grid, [](double lat, double lon) {
                  return lat >= 0 && lat <= 20 && lon >= 0 && lon <= 30;
              }));
    EXPECT_EQ(marked(grid, R"({"type": "FeatureCollection", "features": []})"),
              wanted(grid, [](double, double) { return false; }));
}

TEST(Polygon, RingsThatGoUpAndDownForEverAreRefused)
{
    const Grid grid(90, -90, 1801, 0, 90, 4);
    std::string ring = "[[0,-90]";
    for (int i = 0; i < 60000; i++) {
        ring += ",[1,90],[0,-90]";
    }
    std::string why;
    marked(grid, polygon(ring + "]"), GAIA_FORMAT_UNSUPPORTED, &why);
    EXPECT_EQ(why, "p: its rings cross too many rows of the grid of 1801 x 4 points");
}

} // namespace
