// SPDX-License-Identifier: MIT
//
// Coordinates of Zarr stores: times and leads in every form, levels, scalars, and what is refused.

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "made_file.h"
#include "made_store.h"
#include "zarr_store_reader.h"

namespace
{

struct Axis {
    std::string name;
    std::string type;
    std::string attributes;
    std::vector<double> values;
    bool scalar = false;
    std::string fill = "null";
};

// Reads a store of array v over the axes in order (scalars aside).
ReadStore read_axes(const std::vector<Axis> &axes, int version = 2,
                    const std::string &attributes = "")
{
    const Scratch scratch;
    MadeStore store(scratch.path("s.zarr"), version, true);
    MadeArray v;
    v.shape.clear();
    v.dimensions.clear();
    v.attributes = attributes;
    for (const Axis &axis : axes) {
        MadeArray a;
        a.name = axis.name;
        a.type = axis.type;
        a.attributes = axis.attributes;
        a.values = axis.values;
        a.fill = axis.fill;
        a.shape.clear();
        a.dimensions.clear();
        if (!axis.scalar) {
            a.shape = {axis.values.size()};
            a.dimensions = {axis.name};
            v.shape.push_back(axis.values.size());
            v.dimensions.push_back(axis.name);
        }
        a.chunk = a.shape;
        store.add(a);
    }
    v.chunk = v.shape;
    store.add(v);
    store.finish();
    return read_store(store.path);
}

const Axis kLat = {"lat", "f4", "\"units\": \"degrees_north\"", {10, 0, -10}};
const Axis kLon = {"lon", "f4", "\"units\": \"degrees_east\"", {0, 90, 180, 270}};
const Axis kTime = {"time", "i8", "\"units\": \"hours since 2000-01-01\"", {0, 12}};

constexpr int64_t kDay2000 = 946684800;

TEST(ZarrAxis, InitAndLeadTimesInEveryForm)
{
    const std::vector<Axis> times = {
        kTime,
        {"init_time",
         "i4",
         "\"units\": \"days since 2000-01-01\", \"calendar\": \"gregorian\"",
         {0, 1}},
        {"time", "M8[ns]", "", {946684800e9, 946728000e9}},
        {"time", "M8[s]", "", {946684800, 946728000}},
        {"time", "M8[h]", "", {262968, 262980}},
        {"time", "M8[D]", "", {10957, 10958}},
    };
    const std::vector<Axis> leads = {
        {"prediction_timedelta", "i8", "\"units\": \"hours\"", {6, 24}},
        {"prediction_timedelta", "i8", "\"units\": \"nanoseconds\"", {21600e9, 86400e9}},
        {"prediction_timedelta", "m8[ns]", "", {21600e9, 86400e9}},
        {"step", "m8[h]", "", {6, 24}},
        {"lead_time", "m8[m]", "", {360, 1440}},
    };
    for (const int version : {2, 3}) {
        for (const Axis &time : times) {
            for (const Axis &lead : leads) {
                SCOPED_TRACE(time.type + " " + lead.type);
                const ReadStore read = read_axes({time, lead, kLat, kLon}, version);
                ASSERT_EQ(read.status, GAIA_OK) << read.error;
                ASSERT_EQ(read.fields.size(), 4u);
                const reader_field &last = read.fields[3].field;
                const int64_t apart = time.values[1] == 1 || time.type == "M8[D]" ? 86400 : 43200;
                EXPECT_TRUE(last.has_time && last.has_lead);
                EXPECT_EQ(read.fields[0].field.time_s, kDay2000);
                EXPECT_EQ(last.time_s, kDay2000 + apart);
                EXPECT_EQ(read.fields[0].field.lead_time_s, 6 * 3600);
                EXPECT_EQ(last.lead_time_s, 24 * 3600);
            }
        }
    }
}

TEST(ZarrAxis, LevelsAreInHectopascals)
{
    const Axis pa = {"plev", "f8", "\"units\": \"Pa\"", {50000, 85000}};
    const Axis hpa = {"level", "i8", "\"units\": \"hPa\"", {500, 850}};
    const Axis meaning = {
        "z_axis", "u2", "\"standard_name\": \"air_pressure\", \"units\": \"mb\"", {500, 850}};
    for (const Axis &level : {pa, hpa, meaning}) {
        const ReadStore read = read_axes({kTime, level, kLat, kLon});
        ASSERT_EQ(read.fields.size(), 4u) << read.error;
        EXPECT_EQ(read.fields[2].field.level, 500);
        EXPECT_EQ(read.fields[3].field.level, 850);
    }
}

TEST(ZarrAxis, ScalarsBelongWhereTheAttributeSaysSo)
{
    const Axis init = {"init_time", "i4", "\"units\": \"days since 2000-01-01\"", {2}, true};
    const Axis valid = {"valid_time", "i4", "\"units\": \"days since 2000-01-01\"", {3}, true};
    const Axis level = {"level", "f4", "\"units\": \"hPa\"", {500}, true};
    for (const int version : {2, 3}) {
        ReadStore read = read_axes({init, level, valid, kLat, kLon}, version);
        ASSERT_EQ(read.fields.size(), 1u) << read.error;
        EXPECT_EQ(read.fields[0].field.time_s, kDay2000 + 2 * 86400);
        EXPECT_EQ(read.fields[0].field.level, 500);
        read = read_axes({init, level, valid, kLat, kLon}, version,
                         "\"coordinates\": \"valid_time other\"");
        ASSERT_EQ(read.fields.size(), 1u) << read.error;
        EXPECT_EQ(read.fields[0].field.time_s, kDay2000 + 3 * 86400);
        EXPECT_TRUE(std::isnan(read.fields[0].field.level));
    }
}

TEST(ZarrAxis, AValidTimeLessTheLeadTimeIsTheInitTime)
{
    const Axis valid = {"valid_time", "i4", "\"units\": \"hours since 2000-01-01\"", {12, 18}};
    const Axis step = {"step", "i4", "\"units\": \"hours\"", {6, 12, 24}};
    const Axis moment = {"valid_time", "i4", "\"units\": \"hours since 2000-01-01\"", {18}, true};
    for (const int version : {2, 3}) {
        const ReadStore both = read_axes({valid, step, kLat, kLon}, version);
        const ReadStore scalar = read_axes({moment, step, kLat, kLon}, version);
        const ReadStore alone = read_axes({valid, kLat, kLon}, version);
        ASSERT_EQ(both.fields.size(), 6u) << both.error;
        ASSERT_EQ(scalar.fields.size(), 3u) << scalar.error;
        ASSERT_EQ(alone.fields.size(), 2u) << alone.error;
        for (size_t i = 0; i < 6; i++) {
            const int64_t lead_s = static_cast<int64_t>(step.values[i % 3]) * 3600;
            const int64_t valid_s = static_cast<int64_t>(valid.values[i / 3]) * 3600;
            EXPECT_EQ(both.fields[i].field.lead_time_s, lead_s);
            EXPECT_EQ(both.fields[i].field.time_s, kDay2000 + valid_s - lead_s);
            if (i < 3) {
                EXPECT_EQ(scalar.fields[i].field.time_s, kDay2000 + 18 * 3600 - lead_s);
            }
        }
        EXPECT_EQ(alone.fields[1].field.time_s, kDay2000 + 18 * 3600);
    }
}

TEST(ZarrAxis, AScalarInitTimeIsThatOfValidTimes)
{
    const std::string since = "\"units\": \"hours since 2000-01-01\"";
    const Axis time = {"time", "i4", since, {12, 18}};
    const Axis init = {"forecast_reference_time", "i4", since, {6}, true};
    const Axis step = {"step", "i4", "\"units\": \"hours\"", {6}, true};
    for (const int version : {2, 3}) {
        ReadStore read = read_axes({time, init, kLat, kLon}, version);
        ASSERT_EQ(read.fields.size(), 2u) << read.error;
        EXPECT_TRUE(read.fields[1].field.has_init);
        EXPECT_EQ(read.fields[1].field.init_s, kDay2000 + 6 * 3600);
        EXPECT_EQ(read.fields[1].field.time_s, kDay2000 + 18 * 3600);
        read = read_axes({time, init, step, kLat, kLon}, version); // its times are init times
        ASSERT_EQ(read.fields.size(), 2u) << read.error;
        EXPECT_FALSE(read.fields[0].field.has_init);
        read = read_axes({time, init, kLat, kLon}, version, "\"coordinates\": \"other\"");
        ASSERT_EQ(read.fields.size(), 2u) << read.error;
        EXPECT_FALSE(read.fields[0].field.has_init);
    }
}

// WeatherBench2's: hours and days of the year, without units, in whole numbers.
TEST(ZarrAxis, ClimatologiesPerHourAndDayOfTheYear)
{
    const Axis hour = {"hour", "i8", "", {0, 6, 12, 18}};
    const Axis day = {"dayofyear", "i8", "", {1, 59, 366}};
    const Axis level = {"level", "i4", "\"units\": \"hPa\"", {500, 850}};
    for (const int version : {2, 3}) {
        const ReadStore read = read_axes({hour, day, level, kLat, kLon}, version);
        ASSERT_EQ(read.fields.size(), 24u) << read.error;
        const std::vector<double> values = counting(24 * 12);
        for (size_t i = 0; i < read.fields.size(); i++) {
            const reader_field &field = read.fields[i].field;
            EXPECT_TRUE(field.has_hour && field.has_day);
            EXPECT_FALSE(field.has_month || field.has_time);
            EXPECT_EQ(field.hour, static_cast<int>(6 * (i / 6)));
            EXPECT_EQ(field.day_of_year, static_cast<int>(day.values[i / 2 % 3]));
            EXPECT_EQ(field.level, level.values[i % 2]);
            EXPECT_EQ(read.fields[i].values.front(), values[12 * i]);
        }
    }
    const Axis month = {"month", "u2", "", {1, 12, 13, 2.0}};
    const ReadStore months = read_axes({month, kLat, kLon});
    ASSERT_EQ(months.fields.size(), 4u) << months.error;
    EXPECT_EQ(months.fields[1].field.month, 12);
    EXPECT_EQ(months.fields[2].field.month, -1);
    const Axis since = {"month", "i8", "\"units\": \"hours since 2000-01-01\"", {0, 12}};
    const ReadStore times = read_axes({since, kLat, kLon});
    ASSERT_EQ(times.fields.size(), 2u) << times.error;
    EXPECT_TRUE(times.fields[1].field.has_time);
    EXPECT_FALSE(times.fields[1].field.has_month);
}

TEST(ZarrAxis, ANominalTimeAxisOfTwelveEntriesIsOfMonths)
{
    std::vector<double> days;
    for (int i = 0; i < 12; i++) {
        days.push_back(15 + 30.4 * i);
    }
    const std::string units = "\"units\": \"days since 2001-01-01\"";
    const Axis nominal = {"time", "f8", units + ", \"climatology\": \"bounds\"", days};
    const ReadStore read = read_axes({nominal, kLat, kLon});
    ASSERT_EQ(read.fields.size(), 12u) << read.error;
    for (int i = 0; i < 12; i++) {
        EXPECT_TRUE(read.fields[static_cast<size_t>(i)].field.has_month);
        EXPECT_EQ(read.fields[static_cast<size_t>(i)].field.month, i + 1);
    }
    const Axis plain = {"time", "f8", units, days};
    EXPECT_FALSE(read_axes({plain, kLat, kLon}).fields.at(0).field.has_month);
}

TEST(ZarrAxis, AGridIsPlacedCanonically)
{
    const Axis south = {"lat", "f8", "\"units\": \"degrees_north\"", {-10, 0, 10}};
    const Axis west = {"lon", "f8", "\"units\": \"degrees_east\"", {-180, -90, 0, 90}};
    const ReadStore read = read_axes({south, west});
    ASSERT_EQ(read.status, GAIA_OK) << read.error;
    const std::vector<double> c = counting(12);
    expect_values(read, {c[10], c[11], c[8], c[9], c[6], c[7], c[4], c[5], c[2], c[3], c[0], c[1]});
}

TEST(ZarrAxis, PackedCoordinatesAreUnpackedAsDataAre)
{
    const Axis time = {"time",
                       "i2",
                       "\"units\": \"hours since 2000-01-01\", \"scale_factor\": 12, "
                       "\"add_offset\": -12.0, \"valid_max\": 1",
                       {1, 2}};
    const Axis lat = {
        "lat", "i1", "\"units\": \"degrees_north\", \"scale_factor\": 0.25", {40, 0, -40}};
    for (const int version : {2, 3}) {
        const ReadStore read = read_axes({time, lat, kLon}, version);
        ASSERT_EQ(read.fields.size(), 2u) << read.error;
        EXPECT_EQ(read.fields[1].field.time_s, kDay2000 + 12 * 3600);
        EXPECT_EQ(read.lat, (std::vector<double>{10, 0, -10}));
    }
}

// zarr-python writes a fill_value of 0 unless told otherwise.
TEST(ZarrAxis, TheFillValueOfACoordinateIsAValue)
{
    Axis lat = kLat;
    lat.fill = "0";
    for (const int version : {2, 3}) {
        EXPECT_EQ(read_axes({lat, kLon}, version).lat, (std::vector<double>{10, 0, -10}));
    }
}

TEST(ZarrAxis, WhatIsRefused)
{
    const struct {
        std::vector<Axis> axes;
        gaia_status status;
        const char *error;
    } cases[] = {
        {{{"time", "i8", "", {0, 1}}, kLat, kLon},
         GAIA_AXIS_INVALID,
         "STORE: axis 'time' has no units"},
        {{{"level", "i8", "\"units\": \"m\"", {0, 1}}, kLat, kLon},
         GAIA_AXIS_INVALID,
         "STORE: axis 'level': units 'm' are no pressure (hPa, millibars, Pa)"},
        {{{"time", "i8", "\"units\": \"hours since then\"", {0, 1}}, kLat, kLon},
         GAIA_AXIS_INVALID,
         "STORE: axis 'time': units 'hours since then' are not of the form 'hours since 1900-01-01 "
         "00:00'"},
        {{{"time", "M8[ns]", "", {0, -9223372036854775808.0}}, kLat, kLon},
         GAIA_AXIS_INVALID,
         "STORE: axis 'time': [1] = nan is no time"},
        {{{"time", "i8", "\"units\": \"hours since 2000-01-01\"", {12, 12}}, kLat, kLon},
         GAIA_AXIS_INVALID,
         "STORE: axis 'time' is not monotonic: [1] = 12 after [0] = 12"},
        {{{"time", "i8", "\"units\": \"hours since 2000-01-01\", \"missing_value\": 12", {0, 12}},
          kLat,
          kLon},
         GAIA_AXIS_INVALID,
         "STORE: axis 'time': [1] = 12 is missing"},
        {{{"lat", "f4", "\"units\": \"degrees_north\", \"_FillValue\": 10.0", {10, 0}}, kLon},
         GAIA_AXIS_INVALID,
         "STORE: axis 'lat': [0] = 10 is missing"},
        {{{"lat", "f4", "\"units\": \"degrees_north\", \"scale_factor\": \"2\"", {10, 0}}, kLon},
         GAIA_FILE_DAMAGED,
         "STORE: axis 'lat': attribute scale_factor is no number"},
        {{{"member", "i8", "", {0, 1}}, kLat, kLon},
         GAIA_FORMAT_UNSUPPORTED,
         "STORE: variable 'v': dimension 'member' (2) is none of time, step, level, hour, "
         "dayofyear, month"},
        {{kTime, {"init_time", "i8", "\"units\": \"days since 2000-01-01\"", {1, 2}}, kLat, kLon},
         GAIA_FORMAT_UNSUPPORTED,
         "STORE: variable 'v': dimensions 'time' and 'init_time' mean the same"},
        {{kLat, kTime, kLon},
         GAIA_AXIS_INVALID,
         "STORE: variable 'v': its last two dimensions must be latitude and longitude with "
         "coordinates"},
        {{{"lat", "f4", "\"units\": \"rad\"", {1, 0}}, kLon},
         GAIA_AXIS_INVALID,
         "STORE: axis 'lat': units 'rad' are not degrees"},
        {{{"lat", "f4", "\"units\": \"degrees_north\"", {10, 20, 15}}, kLon},
         GAIA_AXIS_INVALID,
         "STORE: variable 'v': latitude is not monotonic: [2] = 15 after [1] = 20"},
    };
    for (const auto &row : cases) {
        const ReadStore read = read_axes(row.axes);
        EXPECT_EQ(read.status, row.status);
        EXPECT_EQ(read.error, row.error);
    }
}

TEST(ZarrAxis, ACoordinateOfAnotherLength)
{
    const Scratch scratch;
    MadeStore store(scratch.path("s.zarr"), 3, false);
    MadeArray v;
    v.shape = {2, 4, 5, 7};
    store.add(v);
    store.add_coordinates();
    store.finish();
    const ReadStore read = read_store(store.path);
    EXPECT_EQ(read.status, GAIA_AXIS_INVALID);
    EXPECT_EQ(read.error, "STORE: axis 'level' has 3 entries; the dimension has 4");
}

TEST(ZarrAxis, ADimensionWithoutACoordinate)
{
    const Scratch scratch;
    MadeStore store(scratch.path("s.zarr"), 3, false);
    MadeArray v;
    v.dimensions[0] = "valid";
    store.add(v);
    store.add_coordinates();
    store.finish();
    const ReadStore read = read_store(store.path);
    EXPECT_EQ(read.status, GAIA_FORMAT_UNSUPPORTED);
    EXPECT_EQ(read.error,
              "STORE: variable 'v': dimension 'valid' (2) has no coordinate variable that says "
              "which of time, step, level, hour, dayofyear, month it is");
}

} // namespace
