// SPDX-License-Identifier: MIT
//
// GeoJSON as strangers write it: what is read of it, and what each fault is called.
#include <gtest/gtest.h>

#include <string>

extern "C" {
#include "geojson.h"
}

namespace
{

const std::string kRing = "[[0,0],[10,0],[10,10],[0,0]]";

// The error's status name and detail; "" if there is none.
std::string error_of(const std::string &text)
{
    geojson polygons = {};
    gaia_error err = {};
    const gaia_status status = geojson_read("b.geojson", text.data(), text.size(), &polygons, &err);
    if (status != GAIA_OK) {
        EXPECT_EQ(polygons.vertices, nullptr);
        return std::string(gaia_status_name(status)) + ": " + err.detail;
    }
    geojson_free(&polygons);
    return "";
}

std::string polygon(const std::string &rings)
{
    return R"({"type": "Polygon", "coordinates": [)" + rings + "]}";
}

std::string feature(const std::string &geometry)
{
    return R"({"type": "Feature", "properties": {"name": "x"}, "geometry": )" + geometry + "}";
}

TEST(GeoJson, EveryTypeGivesItsRings)
{
    const std::string two = R"({"type": "MultiPolygon", "coordinates": [[)" + kRing + "," + kRing +
                            "], [" + kRing + "]]}";
    const struct {
        std::string text;
        size_t n_polygons, n_rings;
    } cases[] = {{polygon(kRing), 1, 1},
                 {polygon(kRing + "," + kRing), 1, 2},
                 {two, 2, 3},
                 {feature(two), 2, 3},
                 {R"({"type": "FeatureCollection", "features": [)" + feature(polygon(kRing)) + "," +
                      feature(two) + "]}",
                  3, 4},
                 {R"({"type": "FeatureCollection", "features": []})", 0, 0}};
    for (const auto &c : cases) {
        geojson polygons = {};
        gaia_error err = {};
        ASSERT_EQ(geojson_read("b", c.text.data(), c.text.size(), &polygons, &err), GAIA_OK)
            << err.detail;
        EXPECT_EQ(polygons.n_polygons, c.n_polygons);
        ASSERT_EQ(polygons.n_rings, c.n_rings);
        EXPECT_EQ(polygons.n_vertices, 4 * c.n_rings);
        for (size_t i = 0; i < c.n_rings; i++) {
            EXPECT_EQ(polygons.rings[i].first, 4 * i);
            EXPECT_EQ(polygons.vertices[4 * i + 1].lon, 10.0);
            EXPECT_EQ(polygons.vertices[4 * i + 1].lat, 0.0);
        }
        geojson_free(&polygons);
    }
}

TEST(GeoJson, FaultsNameFeaturePolygonRingAndPosition)
{
    EXPECT_EQ(error_of(polygon(kRing + ",[[0,0],[1,0],[1,1],[0,1]]")),
              "file_damaged: b.geojson: polygon 0, ring 1: it is not closed: it begins at [0, 0] "
              "and ends at [0, 1]");
    EXPECT_EQ(error_of(polygon("[[0,0],[1,0],[0,0]]")),
              "file_damaged: b.geojson: polygon 0, ring 0: four positions at least are wanted, the "
              "last like the first");
    EXPECT_EQ(error_of(R"({"type": "FeatureCollection", "features": [)" + feature(polygon(kRing)) +
                       "," +
                       feature(R"({"type": "MultiPolygon", "coordinates": [[)" + kRing + "], [" +
                               kRing + ", [[0,0],[1,91],[1,1],[0,0]]]]}") +
                       "]}"),
              "file_damaged: b.geojson: features[1], polygon 1, ring 1: position 1: latitude 91 is "
              "not within -90 .. 90");
    EXPECT_EQ(error_of(polygon("[[0,0],[541,0],[1,1],[0,0]]")),
              "file_damaged: b.geojson: polygon 0, ring 0: position 1: longitude 541 is not within "
              "-540 .. 540");
    EXPECT_EQ(error_of(polygon("[[0,0],[1,\"a\"],[1,1],[0,0]]")),
              "file_damaged: b.geojson: polygon 0, ring 0: position 1: an array of longitude and "
              "latitude is wanted");
    EXPECT_EQ(error_of(polygon("[[0,0],[1],[1,1],[0,0]]")),
              "file_damaged: b.geojson: polygon 0, ring 0: position 1: an array of longitude and "
              "latitude is wanted");
    EXPECT_EQ(error_of(polygon("7")),
              "file_damaged: b.geojson: polygon 0, ring 0: an array of positions is wanted");
    EXPECT_EQ(error_of(polygon("")),
              "file_damaged: b.geojson: polygon 0, ring 0: a polygon is an array of rings");
    EXPECT_EQ(error_of(polygon("[[170,0],[-170,0],[-170,5],[170,0]]")),
              "file_damaged: b.geojson: polygon 0, ring 0: position 1: the edge to it spans 340 "
              "degrees of longitude; cut the ring at the date line, go on past 180, or put a "
              "position between");
}

TEST(GeoJson, OtherThingsAreNamed)
{
    EXPECT_EQ(error_of("[]"), "file_damaged: b.geojson: an object is wanted, not an array");
    EXPECT_EQ(error_of("{}"), "file_damaged: b.geojson: a Polygon or MultiPolygon is wanted, not "
                              "what has no type");
    EXPECT_EQ(error_of(R"({"type": "Point", "coordinates": [1, 2]})"),
              "file_damaged: b.geojson: a Polygon or MultiPolygon is wanted, not a Point");
    EXPECT_EQ(error_of(R"({"type": "FeatureCollection", "features": [)" + feature("null") + "]}"),
              "file_damaged: b.geojson: features[0]: a Polygon or MultiPolygon is wanted, not what "
              "has no type");
    EXPECT_EQ(error_of(R"({"type": "FeatureCollection", "features": [7]})"),
              "file_damaged: b.geojson: features[0]: a Feature is wanted");
    EXPECT_EQ(error_of(R"({"type": "FeatureCollection"})"),
              "file_damaged: b.geojson: a FeatureCollection has an array of features");
    EXPECT_EQ(error_of(R"({"type": "MultiPolygon"})"),
              "file_damaged: b.geojson: a MultiPolygon has an array of coordinates");
    EXPECT_EQ(error_of(polygon("[[0,0],[NaN,0],[1,1],[0,0]]")),
              "file_damaged: b.geojson: line 1, column 47: invalid token");
    EXPECT_EQ(error_of(polygon("[[0,0],[1e999,0],[1,1],[0,0]]")),
              "file_damaged: b.geojson: line 1, column 49: real number overflow");
    EXPECT_EQ(error_of(""),
              "file_damaged: b.geojson: line 1, column 0: '[' or '{' expected near end of file");
    EXPECT_EQ(error_of(std::string(100000, '[')),
              "file_damaged: b.geojson: line 1, column 2049: maximum parsing depth reached");
}

TEST(GeoJson, AHalfTurnAWholeOneAndAPoleAreClear)
{
    EXPECT_EQ(error_of(polygon("[[-180,0],[0,0],[180,0],[180,5],[-180,5],[-180,0]]")), "");
    EXPECT_EQ(error_of(polygon("[[-179,-60],[0,-60],[179,-60],[179,-90],[-179,-90],[-179,-60]]")),
              "");
    EXPECT_EQ(error_of(polygon("[[170,0],[190,0],[190,5],[170,5],[170,0]]")), "");
}

TEST(GeoJson, TooManyPositionsAreRefusedBeforeTheyAreValues)
{
    std::string ring = "[[0,0]";
    for (int i = 0; i < GEOJSON_VERTICES_MAX; i++) {
        ring += ",[1,1]";
    }
    EXPECT_EQ(error_of(polygon(ring + ",[0,0]]")),
              "format_unsupported: b.geojson: more than 500000 positions");
    EXPECT_EQ(error_of(std::string(1 << 20, '[')),
              "format_unsupported: b.geojson: more than 500000 positions");
}

} // namespace
