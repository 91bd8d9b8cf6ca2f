// SPDX-License-Identifier: MIT
//
// Files of maps: what is written is read, files join, and whatever is changed is found out.

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include <unistd.h>

extern "C" {
#include "map_file.h"
}

namespace
{

const std::vector<double> kLat = {60, 0, -60};
const std::vector<double> kLon = {350, 0};

map_head head_of(const char *forecast, double level)
{
    map_head head = {};
    head.forecast = forecast;
    head.variable = "z";
    head.units = "m2 s-2";
    head.level = level;
    head.lead_time_s = 43200;
    head.first_init_time_s = 1483228800;
    head.last_init_time_s = 1483272000;
    head.n_times = 2;
    head.calendar = GAIA_CALENDAR_NOLEAP;
    head.grid = {kLat.size(), kLon.size(), kLat.data(), kLon.data()};
    return head;
}

std::vector<double> planes_of(double first)
{
    std::vector<double> planes(MAP_PLANES * 6);
    for (size_t i = 0; i < planes.size(); i++) {
        planes[i] = first + static_cast<double>(i);
    }
    return planes;
}

// The bytes of one map.
std::string written(const map_head &head, const std::vector<double> &planes)
{
    char *bytes = nullptr;
    size_t length = 0;
    gaia_error err = {};
    FILE *stream = open_memstream(&bytes, &length);
    EXPECT_EQ(map_write(stream, &head, planes.data(), &err), GAIA_OK) << err.detail;
    fclose(stream);
    const std::string text(bytes, length);
    free(bytes);
    return text;
}

gaia_status opened(const std::string &bytes, map_file **file, gaia_error *err)
{
    FILE *stream = tmpfile();
    EXPECT_EQ(fwrite(bytes.data(), 1, bytes.size(), stream), bytes.size());
    EXPECT_EQ(fflush(stream), 0);
    const int fd = dup(fileno(stream));
    fclose(stream);
    return map_file_open_fd(fd, "made", file, err);
}

TEST(MapFile, IsReadAsItWasWritten)
{
    const std::string bytes = written(head_of("a", 500), planes_of(1)) +
                              written(head_of("</script> \xc3\xa9 \"", NAN), planes_of(-7.5));
    map_file *file = nullptr;
    gaia_error err = {};
    ASSERT_EQ(opened(bytes, &file, &err), GAIA_OK) << err.detail;
    ASSERT_EQ(map_file_count(file), 2u);
    const map_head *first = map_file_head(file, 0);
    const map_head *second = map_file_head(file, 1);
    EXPECT_STREQ(first->forecast, "a");
    EXPECT_STREQ(second->forecast, "</script> \xc3\xa9 \"");
    EXPECT_EQ(first->level, 500.0);
    EXPECT_TRUE(std::isnan(second->level));
    EXPECT_STREQ(first->units, "m2 s-2");
    EXPECT_EQ(first->lead_time_s, 43200);
    EXPECT_EQ(first->last_init_time_s, 1483272000);
    EXPECT_EQ(first->n_times, 2u);
    EXPECT_EQ(first->calendar, GAIA_CALENDAR_NOLEAP);
    EXPECT_TRUE(map_grid_same(&first->grid, &second->grid));
    EXPECT_EQ(first->grid.lon[0], 350.0);
    std::vector<double> planes(MAP_PLANES * 6);
    ASSERT_EQ(map_file_read(file, 1, planes.data(), &err), GAIA_OK);
    EXPECT_EQ(planes, planes_of(-7.5));
    map_file_close(file);
}

TEST(MapFile, MayBeEmpty)
{
    map_file *file = nullptr;
    gaia_error err = {};
    ASSERT_EQ(opened("", &file, &err), GAIA_OK) << err.detail;
    EXPECT_EQ(map_file_count(file), 0u);
    map_file_close(file);
}

TEST(MapFile, EveryChangedByteAndEveryCutIsFoundOut)
{
    const std::string bytes = written(head_of("a", 500), planes_of(1));
    for (size_t i = 0; i < bytes.size(); i++) {
        std::string changed = bytes;
        changed[i] = static_cast<char>(changed[i] ^ (1 << (i % 8)));
        map_file *file = nullptr;
        gaia_error err = {};
        ASSERT_EQ(opened(changed, &file, &err), GAIA_FILE_DAMAGED) << "byte " << i;
        ASSERT_NE(std::string(err.detail).find("made: map 0: "), std::string::npos) << err.detail;
    }
    for (size_t length = 1; length < bytes.size(); length++) {
        map_file *file = nullptr;
        gaia_error err = {};
        ASSERT_EQ(opened(bytes.substr(0, length), &file, &err), GAIA_FILE_DAMAGED) << length;
        ASSERT_EQ(opened(bytes + bytes.substr(0, length), &file, &err), GAIA_FILE_DAMAGED);
        ASSERT_NE(std::string(err.detail).find("made: map 1: "), std::string::npos) << err.detail;
    }
}

// What a hash cannot tell: a writer that means ill.
TEST(MapFile, AxesAndNamesMustMakeSense)
{
    const std::vector<std::vector<double>> lats = {
        {60, 60, 0}, {91, 0, -1}, {0, 1, 2}, {NAN, 0, -1}};
    for (const std::vector<double> &lat : lats) {
        map_head head = head_of("a", 500);
        head.grid.lat = lat.data();
        map_file *file = nullptr;
        gaia_error err = {};
        EXPECT_EQ(opened(written(head, planes_of(1)), &file, &err), GAIA_FILE_DAMAGED) << lat[0];
    }
    for (const double lon : {-1.0, 360.0, double(NAN)}) {
        const std::vector<double> lons = {lon, 0};
        map_head head = head_of("a", 500);
        head.grid.lon = lons.data();
        map_file *file = nullptr;
        gaia_error err = {};
        EXPECT_EQ(opened(written(head, planes_of(1)), &file, &err), GAIA_FILE_DAMAGED) << lon;
    }
    const std::vector<std::vector<double>> turns = {
        {10, 10}, {10, 5, 10}, {350, 0, 350}, {3, 2, 1}};
    for (const std::vector<double> &lons : turns) { /* twice the same place, or the way back */
        map_head head = head_of("a", 500);
        head.grid.n_lon = lons.size();
        head.grid.lon = lons.data();
        map_file *file = nullptr;
        gaia_error err = {};
        std::vector<double> planes(MAP_PLANES * 3 * lons.size());
        EXPECT_EQ(opened(written(head, planes), &file, &err), GAIA_FILE_DAMAGED) << lons.back();
    }
    map_head head = head_of("a", 500);
    head.lead_time_s = INT64_MAX;
    map_file *file = nullptr;
    gaia_error err = {};
    EXPECT_EQ(opened(written(head, planes_of(1)), &file, &err), GAIA_FILE_DAMAGED);
}

TEST(MapFile, NoTimeIsNoValue)
{
    EXPECT_TRUE(std::isnan(map_mean_error(0, 0)));
    EXPECT_TRUE(std::isnan(map_rmse(0, 0)));
    EXPECT_EQ(map_mean_error(4, -6), -1.5);
    EXPECT_EQ(map_rmse(4, 64), 4.0);
}

} // namespace
