// SPDX-License-Identifier: MIT
//
// Verification of a forecast's values, with the full text of each finding.
#include <cmath>
#include <fstream>
#include <iterator>
#include <string>

#include "verified.h"

namespace
{

std::string get(const std::string &path)
{
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

TEST_F(Verify, FindsMissingValues)
{
    // t [step][level][lat][lon]: the second step's first level.
    const auto holes = [](size_t n) {
        return [n](Forecast &f) {
            f.spoil = [n](const std::string &name, std::vector<double> &values) {
                for (size_t k = 0; name == "t" && k < n; k++) {
                    values[80 + 8 * k + 3] = k % 2 == 0 ? std::nan("") : HUGE_VAL;
                }
            };
        };
    };
    EXPECT_EQ(rejected(holes(3)),
              "error: FILE: t, level 500, init 2017-01-01T00, lead 12 h, [0][3]: no value here; 37 "
              "of 40 points have one, a share of 0.925, where 0.95 is required\n");
    const Verdict some = verify(holes(2));
    EXPECT_EQ(some.verdict, "accepted");
    EXPECT_EQ(some.lines, "warning: FILE: t, level 500, init 2017-01-01T00, lead 12 h, [0][3]: no "
                          "value here; 38 of 40 points have one\n");
    EXPECT_EQ(some.count("warnings"), 1);
    const json_t *t500 = json_array_get(json_object_get(some.json, "fields"), 0);
    EXPECT_EQ(json_real_value(json_object_get(t500, "finite_share")), 78.0 / 80.0);
}

TEST_F(Verify, FindsNothingButHoles)
{
    const Verdict got = verify([](Forecast &f) {
        f.spoil = [](const std::string &name, std::vector<double> &values) {
            values.assign(values.size(), name == "msl" ? std::nan("") : 250.0);
        };
    });
    EXPECT_EQ(got.verdict, "rejected");
    EXPECT_EQ(got.lines,
              "error: FILE: msl, init 2017-01-01T00, lead 6 h, [0][0]: no value here; 0 of 40 "
              "points have one, a share of 0, where 0.95 is required\n"
              "error: FILE: msl, init 2017-01-01T00, lead 12 h, [0][0]: no value here; 0 of 40 "
              "points have one, a share of 0, where 0.95 is required\n");
    const json_t *msl = json_array_get(json_object_get(got.json, "fields"), 2);
    EXPECT_TRUE(json_is_null(json_object_get(msl, "min")));
    EXPECT_EQ(json_real_value(json_object_get(msl, "finite_share")), 0.0);
}

TEST_F(Verify, FindsValuesBeyondTheirBounds)
{
    const auto put = [](const std::string &variable, size_t at, double x) {
        return [=](Forecast &f) {
            f.spoil = [=](const std::string &name, std::vector<double> &values) {
                if (name == variable) {
                    values[at] = x;
                    values[at + 1] = x > 0 ? 0.99 * x : 1.01 * x;
                }
            };
        };
    };
    EXPECT_EQ(
        rejected(put("t", 40 + 8 * 2 + 5, 412.5)),
        "error: FILE: t, level 850, init 2017-01-01T00, lead 6 h, [2][5]: 412.5 is above 350; "
        "so are 2 points in all\n");
    EXPECT_EQ(
        rejected(put("msl", 40, 79999)),
        "error: FILE: msl, init 2017-01-01T00, lead 12 h, [0][1]: 79199.01 is below 80000; so "
        "are 2 points in all\n");
    const Verdict close = verify(put("t", 0, 352));
    EXPECT_EQ(close.verdict, "accepted");
    EXPECT_EQ(close.lines, "warning: FILE: t, level 500, init 2017-01-01T00, lead 6 h, [0][0]: 352 "
                           "is above 350, within the tolerance of 2\n");
    const Verdict low = verify(put("t", 1, 148.5 / 0.99));
    EXPECT_EQ(low.lines, "warning: FILE: t, level 500, init 2017-01-01T00, lead 6 h, [0][2]: 148.5 "
                         "is below 150, within the tolerance of 2\n");
}

// What Gaia itself requires: no negative humidity, temperatures and pressures of this earth.
TEST_F(Verify, FindsHumidityBelowZeroAndOtherBoundsOfGaia)
{
    const char *const bounds = R"({"schema": "gaia.requirements/1", "variables": [
     {"name": "q", "levels": [500, 850], "units": ["kg kg-1"], "min": 0},
     {"name": "2t", "min": 150, "max": 350}]})";
    const auto of = [](double q, double t2m) {
        return [=](Forecast &f) {
            f.steps = {6};
            f.variables = {{"q", "kg kg-1", true, 0.001}, {"2t", "K", false, 280}};
            f.spoil = [=](const std::string &name, std::vector<double> &values) {
                values[10] = name == "q" ? q : t2m;
            };
        };
    };
    EXPECT_EQ(verify(of(0, 150), bounds).lines, "");
    EXPECT_EQ(verify(of(-1e-9, 280), bounds).lines,
              "error: FILE: q, level 500, init 2017-01-01T00, lead 6 h, [1][2]: -1e-09 is below 0; "
              "so is no other point\n");
    EXPECT_EQ(verify(of(0, 149), bounds).lines,
              "error: FILE: 2t, init 2017-01-01T00, lead 6 h, [1][2]: 149 is below 150; so is no "
              "other point\n");
}

// A chunk of a compressed variable is overwritten: its field is lost, the others are verified.
TEST_F(Verify, FindsAFieldThatCannotBeRead)
{
    MadeFile made;
    made.deflate = 4;
    made.write(scratch.path("d.nc"));
    std::string bytes = get(scratch.path("d.nc"));
    const size_t at = bytes.find("\x78\x5e"); // zlib's head: the first chunk's
    ASSERT_NE(at, std::string::npos);
    bytes.replace(at, 40, std::string(40, 'x'));
    std::ofstream(scratch.path("d.nc"), std::ios::binary) << bytes;
    const char *const any = R"({"schema": "gaia.requirements/1", "variables": [
     {"name": "z", "levels": [500, 850]}]})";
    const Verdict got = verified({scratch.path("d.nc")}, any, R"(, "content_hash": true)");
    EXPECT_EQ(got.status, GAIA_OK) << got.error;
    EXPECT_EQ(got.verdict, "rejected");
    EXPECT_EQ(got.lines, "error: FILE: z, level 500, init 2017-01-01T00, lead 12 h: FILE: variable "
                         "'z': field 0 cannot be read: NetCDF: HDF error\n");
    EXPECT_EQ(got.count("errors"), 1);
    EXPECT_EQ(json_integer_value(json_object_get(got.json, "n_fields")), 7);
    EXPECT_TRUE(json_is_null(json_object_get(got.json, "content_hash")));
}

TEST_F(Verify, ListsTheFirstOfManyAndCountsAll)
{
    const auto hot = [](Forecast &f) { f.variables[0].value = 400; };
    const Verdict got = verify(hot, kRequirements, R"(, "findings": 3)");
    EXPECT_EQ(json_array_size(json_object_get(got.json, "findings")), 3u);
    EXPECT_EQ(got.count("errors"), 4);
    EXPECT_EQ(got.count("unlisted"), 1);
    const json_t *by_kind = json_object_get(json_object_get(got.json, "counts"), "by_kind");
    EXPECT_EQ(json_integer_value(json_object_get(by_kind, "above_maximum")), 4);
    for (unsigned n = 1; n <= 5; n += 2) {
        EXPECT_EQ(verify(hot, kRequirements, R"(, "findings": 3)", {0, n, {}}).lines, got.lines);
    }
}

} // namespace
