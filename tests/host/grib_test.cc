// SPDX-License-Identifier: MIT
//
// GRIB files through the reader: values, axes, coordinates and names, against what ecCodes encoded.

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <string>
#include <tuple>
#include <vector>

#include <eccodes.h>

#include "made_file.h"
#include "made_grib.h"

namespace
{

const double kNaN = std::nan("");
constexpr int64_t k2017_01_01T12 = 1483272000;

void expect_same(const std::vector<double> &have, const std::vector<double> &want)
{
    ASSERT_EQ(have.size(), want.size());
    for (size_t i = 0; i < want.size(); i++) {
        if (std::isnan(want[i])) {
            EXPECT_TRUE(std::isnan(have[i])) << i << ": " << have[i];
        } else {
            EXPECT_EQ(have[i], want[i]) << i;
        }
    }
}

std::vector<double> wavy(size_t n, bool holes)
{
    std::vector<double> values;
    for (size_t i = 0; i < n; i++) {
        const bool hole = holes && i % 7 == 0;
        values.push_back(hole ? kNaN : 250 + static_cast<double>(i * 37 % 101) * 0.5);
    }
    return values;
}

struct Packing {
    int edition;
    const char *name;
};

class GribPacking : public testing::TestWithParam<std::tuple<Packing, bool>>
{
};

TEST_P(GribPacking, ReadsWhatWasEncoded)
{
    const auto [packing, holes] = GetParam();
    const auto wanted = wavy(13 * 24, holes);
    MadeGrib made = made_grib(packing.edition);
    made.set("bitsPerValue", 12).area(13, 24, 60, 0, 0, 345).values(wanted);
    made.set("packingType", packing.name);
    const GribRead got = read_messages({made}, "z");
    ASSERT_EQ(got.status, GAIA_OK) << got.error;
    expect_same(got.values.at(0), made.decoded());
    for (size_t i = 0; i < wanted.size(); i++) {
        EXPECT_EQ(std::isnan(got.values[0][i]), std::isnan(wanted[i])) << i;
        EXPECT_FALSE(std::fabs(got.values[0][i] - wanted[i]) > 2e-2) << i;
    }
}

INSTANTIATE_TEST_SUITE_P(
    Every, GribPacking,
    testing::Combine(
        testing::Values(Packing{1, "grid_simple"}, Packing{1, "grid_ieee"},
                        Packing{1, "grid_second_order"}, Packing{1, "grid_second_order_no_SPD"},
                        Packing{1, "grid_second_order_SPD1"},
                        Packing{1, "grid_second_order_boustrophedonic"}, Packing{2, "grid_simple"},
                        Packing{2, "grid_ccsds"}, Packing{2, "grid_jpeg"}, Packing{2, "grid_png"},
                        Packing{2, "grid_complex"}, Packing{2, "grid_complex_spatial_differencing"},
                        Packing{2, "grid_ieee"}, Packing{2, "grid_simple_log_preprocessing"}),
        testing::Bool()),
    [](const auto &made) {
        const Packing &packing = std::get<0>(made.param);
        return std::string(packing.name) + "_grib" + std::to_string(packing.edition) +
               (std::get<1>(made.param) ? "_bitmap" : "");
    });

// A row of bits, most significant first.
struct Bits {
    std::string bytes;
    size_t used = 0;

    void put(long value, unsigned n)
    {
        for (unsigned i = n; i-- > 0; used++) {
            bytes.resize(used / 8 + 1);
            const unsigned bit = static_cast<unsigned>(value >> i & 1) << (7 - used % 8);
            bytes[used / 8] = static_cast<char>(static_cast<unsigned char>(bytes[used / 8]) | bit);
        }
    }
    void whole_octet()
    {
        used = bytes.size() * 8;
    }
};

// Section 5 of template 5.3: groups of four values, (100 + X / 2) / 10.
std::string representation_of(size_t n_groups)
{
    Bits representation;
    for (long octet : {0, 0, 0, 49, 5, 0, 0, 0, 12, 0, 3}) {
        representation.put(octet, 8);
    }
    representation.put(0x42c80000, 32); // reference value 100
    representation.put(0x8001, 16);     // times 2^-1
    representation.put(1, 16);          // over 10^1
    for (long octet : {10, 0, 1, 1}) {  // bits, float, general groups, missing values
        representation.put(octet, 8);
    }
    representation.put(0, 32);
    representation.put(0, 32);
    representation.put(static_cast<long>(n_groups), 32);
    representation.put(0, 8);
    representation.put(4, 8);
    representation.put(4, 32);
    representation.put(1, 8);
    representation.put(4, 32);
    for (long octet : {0, 2, 2}) { // bits of lengths, order, octets of a descriptor
        representation.put(octet, 8);
    }
    return representation.bytes;
}

// Template 5.3 by hand, as NCEP writes it and ecCodes does not: second differences, and a group
// whose values are all missing. `stored` are the packed numbers, -1 where missing.
std::string differences_message(const std::vector<long> &stored)
{
    constexpr unsigned kWidth = 9;
    constexpr long kAllOnes = (1 << kWidth) - 1;
    const long bias = -40;
    std::vector<long> rest; // of the second differences, less the bias
    std::vector<long> seen;
    for (long value : stored) {
        const size_t n = seen.size();
        rest.push_back(value < 0 ? kAllOnes
                       : n < 2   ? 0
                                 : value - 2 * seen[n - 1] + seen[n - 2] - bias);
        if (value >= 0) {
            seen.push_back(value);
        }
    }
    Bits data;
    data.put(seen[0], 16);
    data.put(seen[1], 16);
    data.put(0x8000 - bias, 16);
    const size_t n_groups = stored.size() / 4;
    for (size_t i = 0; i < n_groups; i++) {
        data.put(0, 10); // each group's reference
    }
    data.whole_octet();
    for (size_t i = 0; i < n_groups; i++) {
        data.put(kWidth, 4);
    }
    data.whole_octet(); // no bits for the lengths: all are the reference length
    for (long value : rest) {
        data.put(value, kWidth);
    }
    const std::string whole = made_grib(2).bytes();
    std::string bytes = whole.substr(0, whole.size() - 4 - (5 + 24) - 6 - 21);
    bytes += representation_of(n_groups) + std::string("\0\0\0\6\6\xff\0\0\0", 9);
    bytes += static_cast<char>(5 + data.bytes.size());
    bytes += '\7' + data.bytes + "7777";
    bytes[15] = static_cast<char>(bytes.size());
    return bytes;
}

TEST(Grib, SecondDifferencesWithMissingValues)
{
    const std::vector<long> stored = {200, 210, 215, 190, -1, -1, -1, -1, 180, 185, 200, 207};
    const Scratch scratch;
    write_file(scratch.path("a.grib"), differences_message(stored));
    const GribRead got = read_grib(scratch.path("a.grib"), "z");
    ASSERT_EQ(got.status, GAIA_OK) << got.error;
    for (size_t i = 0; i < stored.size(); i++) {
        const double value = got.values.at(0)[i];
        if (stored[i] < 0) {
            EXPECT_TRUE(std::isnan(value)) << i;
        } else {
            EXPECT_NEAR(value, (100 + static_cast<double>(stored[i]) / 2) / 10, 1e-12) << i;
        }
    }
}

TEST(Grib, ConstantFieldsWithAndWithoutHolesAndAllMissing)
{
    for (int edition : {1, 2}) {
        const std::vector<std::vector<double>> fields = {std::vector<double>(12, 273.25),
                                                         {1, 1, 1, kNaN, 1, 1, 1, 1, kNaN, 1, 1, 1},
                                                         std::vector<double>(12, kNaN)};
        for (const auto &field : fields) {
            const GribRead got = read_messages({made_grib(edition).values(field)}, "z");
            ASSERT_EQ(got.status, GAIA_OK) << got.error;
            expect_same(got.values.at(0), field);
        }
    }
}

// The same field in each of the eight ways that a message may scan.
TEST(Grib, EveryScanningModeIsPlacedTheSame)
{
    const auto value = [](int i, int j) { return 100.0 + 10 * i + j; }; // row, column of the map
    for (int mode = 0; mode < 16; mode++) {
        const int edition = mode % 2 + 1;
        const bool west = (mode & 2) != 0;
        const bool north = (mode & 4) != 0;
        const bool columns = (mode & 8) != 0;
        std::vector<double> values;
        for (int k = 0; k < 12; k++) {
            const int i = columns ? k % 3 : k / 4;
            const int j = columns ? k / 3 : k % 4;
            values.push_back(value(north ? 2 - i : i, west ? 3 - j : j));
        }
        MadeGrib made = made_grib(edition);
        made.set("iScansNegatively", west).set("jScansPositively", north);
        made.set("jPointsAreConsecutive", columns);
        made.area(3, 4, north ? 0 : 60, west ? 270 : 0, north ? 60 : 0, west ? 0 : 270);
        const GribRead got = read_messages({made.values(values)}, "z");
        ASSERT_EQ(got.status, GAIA_OK) << got.error;
        EXPECT_EQ(got.lat, (std::vector<double>{60, 30, 0}));
        EXPECT_EQ(got.lon, (std::vector<double>{0, 90, 180, 270}));
        for (int k = 0; k < 12; k++) {
            EXPECT_NEAR(got.values.at(0)[static_cast<size_t>(k)], value(k / 4, k % 4), 1e-3)
                << mode;
        }
    }
}

TEST(Grib, AxesAreTheNearestFloat64OfEachDecimal)
{
    for (int edition : {1, 2}) {
        MadeGrib made = made_grib(edition);
        made.area(403, 71, 50.1, -3.5, 9.9, 3.5).values(std::vector<double>(403 * 71, 1));
        const GribRead got = read_messages({made}, "z");
        ASSERT_EQ(got.status, GAIA_OK) << got.error;
        for (int i = 0; i < 403; i++) {
            EXPECT_EQ(got.lat.at(static_cast<size_t>(i)), (501 - i) / 10.0);
        }
        EXPECT_EQ(got.lon.front(), 356.5); // a limited area begins after its gap
        EXPECT_EQ(got.lon.at(1), 356.6);
        EXPECT_EQ(got.lon.back(), 3.5);
    }
}

TEST(Grib, CyclicColumnIsDroppedAndThirdsOfADegreeAreSpread)
{
    MadeGrib cyclic = made_grib(1);
    cyclic.area(2, 5, 30, 0, 0, 360).values({1, 2, 3, 4, 1, 5, 6, 7, 8, 5});
    GribRead got = read_messages({cyclic}, "z");
    ASSERT_EQ(got.status, GAIA_OK) << got.error;
    EXPECT_EQ(got.lon, (std::vector<double>{0, 90, 180, 270}));

    MadeGrib thirds = made_grib(1);
    thirds.area(1, 1080, 10, 0, 10, 359.667).values(std::vector<double>(1080, 1));
    thirds.set("ijDirectionIncrementGiven", 1).set("iDirectionIncrement", 333);
    thirds.set("jDirectionIncrement", 333);
    got = read_messages({thirds}, "z");
    ASSERT_EQ(got.status, GAIA_OK) << got.error;
    EXPECT_EQ(got.lon.size(), 1080U);
    EXPECT_NEAR(got.lon.at(540), 180.0, 1e-3);
}

TEST(Grib, GaussianLatitudesWholeAndCut)
{
    std::vector<double> all(64);
    ASSERT_EQ(codes_get_gaussian_latitudes(32, all.data()), 0);
    for (int edition : {1, 2}) {
        for (bool north : {false, true}) {
            for (long rows : {64L, 20L}) {
                const size_t from = rows == 64 ? 0 : 5;
                std::vector<double> want(all.begin() + static_cast<long>(from),
                                         all.begin() + static_cast<long>(from) + rows);
                MadeGrib made(edition == 1 ? "regular_gg_pl_grib1" : "regular_gg_pl_grib2");
                made.set("shortName", "t").set("N", 32).set("jScansPositively", north);
                made.area(rows, 128, north ? want.back() : want.front(), 0,
                          north ? want.front() : want.back(), 357.188);
                made.values(std::vector<double>(static_cast<size_t>(rows) * 128, 1));
                const GribRead got = read_messages({made}, "t");
                ASSERT_EQ(got.status, GAIA_OK) << got.error;
                EXPECT_EQ(got.lat, want);
            }
        }
    }
}

TEST(Grib, StepsOfEveryUnitEndTheLead)
{
    struct Case {
        int edition;
        long unit;
        long step;
        int64_t lead_s;
    };
    for (const Case &c : {Case{1, 1, 120, 432000}, Case{1, 2, 5, 432000}, Case{1, 0, 90, 5400},
                          Case{1, 12, 3, 129600}, Case{2, 1, 6, 21600}, Case{2, 0, 45, 2700},
                          Case{2, 2, 10, 864000}, Case{2, 11, 3, 64800}, Case{2, 13, 90, 90}}) {
        MadeGrib made = made_grib(c.edition);
        made.set(c.edition == 1 ? "unitOfTimeRange" : "indicatorOfUnitOfTimeRange", c.unit);
        made.set(c.edition == 1 ? "P1" : "forecastTime", c.step);
        const GribRead got = read_messages({made}, "z");
        ASSERT_EQ(got.fields.size(), 1U) << got.error;
        EXPECT_TRUE(got.fields[0].has_time && got.fields[0].has_lead);
        EXPECT_EQ(got.fields[0].time_s, k2017_01_01T12);
        EXPECT_EQ(got.fields[0].lead_time_s, c.lead_s) << c.edition << ' ' << c.unit;
    }
    for (int edition : {1, 2}) {
        MadeGrib accumulated(edition == 1 ? "regular_ll_sfc_grib1" : "regular_ll_sfc_grib2");
        accumulated.set("stepType", "accum").set("shortName", "tp").set("stepRange", "6-12");
        const GribRead got = read_messages({accumulated}, "tp");
        ASSERT_EQ(got.fields.size(), 1U) << got.error;
        EXPECT_EQ(got.fields[0].lead_time_s, 12 * 3600);
    }
}

TEST(Grib, AnalysesHaveNoLeadUnlessThereAreForecasts)
{
    MadeGrib analysis = made_grib(1);
    MadeGrib forecast = made_grib(1);
    analysis.set("dataType", "an").set("stepRange", "0");
    forecast.set("dataType", "fc").set("stepRange", "6");
    GribRead got = read_messages({analysis}, "z");
    ASSERT_EQ(got.fields.size(), 1U) << got.error;
    EXPECT_FALSE(got.fields[0].has_lead);
    got = read_messages({analysis, forecast}, "z");
    ASSERT_EQ(got.fields.size(), 2U) << got.error;
    EXPECT_TRUE(got.fields[0].has_lead && got.fields[1].has_lead);
}

TEST(Grib, SeveralValidHoursAreAnHourAxis)
{
    MadeGrib noon = made_grib(2);
    MadeGrib midnight = made_grib(2);
    midnight.set("dataTime", 0);
    EXPECT_FALSE(read_messages({noon}, "z").fields.at(0).has_hour);
    const GribRead got = read_messages({noon, midnight}, "z");
    ASSERT_EQ(got.fields.size(), 2U) << got.error;
    EXPECT_TRUE(got.fields[0].has_hour);
    EXPECT_EQ(got.fields[0].hour, 12);
    EXPECT_EQ(got.fields[1].hour, 0);
}

TEST(Grib, OneNameOnTwoGridsIsTwoVariables)
{
    MadeGrib other = made_grib(1);
    other.area(2, 2, 60, 0, 0, 180).values({1, 2, 3, 4}).set("level", 850);
    const GribRead got = read_messages({made_grib(1), other}, "z");
    ASSERT_EQ(got.fields.size(), 2U) << got.error;
    EXPECT_NE(got.fields[0].variable, got.fields[1].variable);
    expect_same(got.values[1], {1, 2, 3, 4});
}

TEST(Grib, EveryVariableIsListedWithoutAName)
{
    MadeGrib t = made_grib(1);
    t.set("shortName", "t");
    MadeGrib reduced("reduced_gg_pl_32_grib1");
    reduced.set("shortName", "q");
    const GribRead got = read_messages({made_grib(1), t, reduced}, "");
    ASSERT_EQ(got.status, GAIA_OK) << got.error;
    EXPECT_EQ(got.names, (std::vector<std::string>{"z", "t"}));
}

// Fields of one message share its grid, and here also the bitmap of the first.
TEST(Grib, MessagesOfSeveralFields)
{
    const std::vector<double> holed = {kNaN, 1, 2, 3, 4, kNaN, 6, 7, 8, 9, 10, 11};
    MadeGrib first = made_grib(2);
    MadeGrib second = made_grib(2);
    first.values(holed);
    second.set("level", 850).values(holed);
    codes_multi_handle *multi = codes_grib_multi_handle_new(nullptr);
    ASSERT_EQ(codes_grib_multi_handle_append(first.handle(), 0, multi), 0);
    ASSERT_EQ(codes_grib_multi_handle_append(second.handle(), 4, multi), 0);
    const Scratch scratch;
    const std::string path = scratch.path("multi.grib");
    FILE *file = std::fopen(path.c_str(), "wb");
    ASSERT_EQ(codes_grib_multi_handle_write(multi, file), 0);
    std::fclose(file);
    codes_grib_multi_handle_delete(multi);
    GribRead got = read_grib(path, "z");
    ASSERT_EQ(got.fields.size(), 2U) << got.error;
    EXPECT_EQ(got.fields[1].level, 850);
    expect_same(got.values[0], first.decoded());
    expect_same(got.values[1], second.decoded());

    // The second bitmap becomes "as before": 2 octets of map less.
    std::string bytes = first.bytes();
    bytes.resize(bytes.size() - 4);
    const std::string other = second.bytes();
    const size_t sections = 16 + 21 + 72; // of section 4
    const size_t bitmap = other.size() - 4 - (5 + 20) - (6 + 2);
    bytes += other.substr(sections, bitmap - sections) + std::string("\0\0\0\6\6\xfe", 6) +
             other.substr(bitmap + 8);
    ASSERT_LT(bytes.size(), 256U * 256U);
    bytes[14] = static_cast<char>(bytes.size() >> 8);
    bytes[15] = static_cast<char>(bytes.size() & 255);
    write_file(path, bytes);
    got = read_grib(path, "z");
    ASSERT_EQ(got.fields.size(), 2U) << got.error;
    expect_same(got.values[1], second.decoded());
}

// Beyond 8 MB edition 1 counts its length in units of 120 bytes.
TEST(Grib, LargeMessageOfEdition1)
{
    std::vector<double> values(2200 * 2500);
    for (size_t i = 0; i < values.size(); i++) {
        values[i] = static_cast<double>(i % 4093);
    }
    MadeGrib made = made_grib(1);
    made.set("bitsPerValue", 13).area(2200, 2500, 60, 0, 0, 350).values(values);
    ASSERT_GT(made.bytes().size(), 8U << 20);
    const GribRead got = read_messages(
        {made, made_grib(1).set("level", 850).area(2200, 2500, 60, 0, 0, 350).values(values)}, "z");
    ASSERT_EQ(got.fields.size(), 2U) << got.error;
    expect_same(got.values[0], made.decoded());
}

} // namespace
