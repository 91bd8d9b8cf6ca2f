// SPDX-License-Identifier: MIT
//
// Verification of what a forecast is made of, finding by finding, with the full text of each.
#include <string>

extern "C" {
#include "content_hash.h"
}

#include "verified.h"

namespace
{

TEST_F(Verify, AcceptsWhatIsAsRequired)
{
    const Verdict got = verify(good);
    ASSERT_EQ(got.status, GAIA_OK) << got.error;
    EXPECT_EQ(got.lines, "");
    EXPECT_EQ(got.verdict, "accepted");
    json_t *want =
        json_pack("{s:s, s:s, s:s, s:s, s:[], s:{s:i, s:i, s:i, s:{}}, s:{s:i, s:i}, s:i, s:i,"
                  " s:[{s:s, s:f, s:i, s:f, s:f, s:f}, {s:s, s:f, s:i, s:f, s:f, s:f},"
                  " {s:s, s:n, s:i, s:f, s:f, s:f}]}",
                  "schema", "gaia.verdict/1", "verdict", "accepted", "requirements", "test",
                  "source", "source", "findings", "counts", "errors", 0, "warnings", 0, "unlisted",
                  0, "by_kind", "grid", "n_lat", 5, "n_lon", 8, "n_fields", 6, "n_points", 40,
                  "fields", "variable", "t", "level", 500.0, "n_fields", 2, "min", 250.0, "max",
                  250.0, "finite_share", 1.0, "variable", "t", "level", 850.0, "n_fields", 2, "min",
                  250.0, "max", 250.0, "finite_share", 1.0, "variable", "msl", "level", "n_fields",
                  2, "min", 101325.0, "max", 101325.0, "finite_share", 1.0);
    ASSERT_NE(want, nullptr);
    EXPECT_TRUE(json_equal(got.json, want)) << json_dumps(got.json, JSON_INDENT(1));
    json_decref(want);
}

TEST_F(Verify, FindsVariablesThatAreMissing)
{
    EXPECT_EQ(rejected([](Forecast &f) { f.variables.erase(f.variables.begin()); }),
              "error: t: FILE: no variable 't'; there are: msl\n");
    EXPECT_EQ(rejected([](Forecast &f) {
                  f.variables = {{"q", "1", true, 0}};
              }),
              "error: t: FILE: no variable 't'; there are: q\n"
              "error: msl: FILE: no variable 'msl'; there are: q\n");
}

TEST_F(Verify, FindsASourceThatCannotBeRead)
{
    // A file that is not there, or not to be had, says nothing of the forecast.
    const Verdict gone = verified({scratch.path("gone.nc")}, kRequirements);
    EXPECT_EQ(gone.status, GAIA_FILE_MISSING);
    EXPECT_EQ(gone.verdict, "");
    EXPECT_EQ(gone.error, scratch.path("gone.nc") + ": No such file or directory");
    EXPECT_EQ(rejected([](Forecast &f) {
                  f.lats = {90, 45, 50, -45, -90};
              }),
              "error: FILE: variable 't': latitude is not monotonic: [2] = 50 after [1] = 45\n");
}

TEST_F(Verify, FindsOtherUnitsAndNone)
{
    EXPECT_EQ(rejected([](Forecast &f) { f.variables[0].units = "degC"; }),
              "error: FILE: t: units are 'degC', not 'K'\n");
    EXPECT_EQ(rejected([](Forecast &f) { f.variables[1].units = ""; }),
              "error: FILE: msl: units are '', not 'Pa'\n");
    EXPECT_EQ(verify([](Forecast &f) { f.variables[1].units = "hPa"; }).lines, "");
}

TEST_F(Verify, FindsOtherUnitsInLaterFilesToo)
{
    Forecast first;
    Forecast second;
    first.steps = {6};
    second.steps = {12};
    second.variables[0].units = "Pa";
    first.write(scratch.path("1.nc"));
    second.write(scratch.path("2.nc"));
    const Verdict got = verified({scratch.path("1.nc"), scratch.path("2.nc")}, kRequirements);
    EXPECT_EQ(got.verdict, "rejected");
    EXPECT_EQ(got.lines, "error: FILE, ...: t: units are 'Pa', not 'K'\n");
}

TEST_F(Verify, FindsAnotherGrid)
{
    EXPECT_EQ(rejected([](Forecast &f) {
                  f.lats = {90, 0, -90};
              }),
              "error: FILE: 3 latitudes, not 5\n");
    EXPECT_EQ(rejected([](Forecast &f) {
                  f.lons = {0, 90, 180, 270};
              }),
              "error: FILE: 4 longitudes, not 8\n");
    EXPECT_EQ(rejected([](Forecast &f) { f.lats[1] = 44; }),
              "error: FILE: latitude[1] = 44 is -46 from the one before, where the mean is -45\n");
    EXPECT_EQ(rejected([](Forecast &f) { f.lons[7] = 316; }),
              "error: FILE: longitude[1] = 45 is 45 from the one before, where the mean is "
              "45.1428571\n");
    EXPECT_EQ(rejected([](Forecast &f) {
                  f.lats = {80, 70, 60, 50, 40};
              }),
              "error: FILE: latitudes go from 80 to 40, not from pole to pole\n");
    EXPECT_EQ(rejected([](Forecast &f) { f.lons = {350, 355, 0, 5, 10, 15, 20, 25}; }),
              "error: FILE: 8 longitudes from 350 by 5 do not go all the way round\n");
}

// Centres of cells begin half a row from the pole.
TEST_F(Verify, TakesAGlobeOfCells)
{
    EXPECT_EQ(verify([](Forecast &f) {
                  f.lats = {72, 36, 0, -36, -72};
                  f.lons = {22.5, 67.5, 112.5, 157.5, 202.5, 247.5, 292.5, 337.5};
              }).lines,
              "");
}

TEST_F(Verify, FindsInitTimes)
{
    const char *const any = R"({"schema": "gaia.requirements/1", "variables": [{"name": "msl"}]})";
    const Verdict many = verify(
        [](Forecast &f) {
            f.steps = {6};
            f.variables = {{"msl", "Pa", false, 100000}};
            f.inits.resize(1001);
            for (size_t i = 0; i < f.inits.size(); i++) {
                f.inits[i] = static_cast<double>(i);
            }
        },
        any);
    EXPECT_EQ(many.lines, "error: FILE: init times: 1001, not 1 to 1000\n");
    EXPECT_EQ(rejected([](Forecast &f) {
                  f.inits = {0, 12};
              }),
              "error: FILE: init times: 2, not 1\n");
}

TEST_F(Verify, FindsMissingLevelsAndLeadTimes)
{
    EXPECT_EQ(rejected([](Forecast &f) {
                  f.levels = {500, 700};
              }),
              "error: FILE: t, level 850: no field at this level; there are: 500, 700\n");
    EXPECT_EQ(rejected([](Forecast &f) {
                  f.steps = {6, 18};
              }),
              "error: FILE: t, level 500, init 2017-01-01T00: 1 of 2 lead times are missing: 12 h\n"
              "error: FILE: t, level 850, init 2017-01-01T00: 1 of 2 lead times are missing: 12 h\n"
              "error: FILE: msl, init 2017-01-01T00: 1 of 2 lead times are missing: 12 h\n");
}

// Without a list of lead times, those of any field are required of every field, step by step.
TEST_F(Verify, FindsGapsBetweenLeadTimes)
{
    const char *const open = R"({"schema": "gaia.requirements/1", "lead_step": 6, "variables": [
     {"name": "t", "levels": [500, 850]}, {"name": "msl"}]})";
    EXPECT_EQ(verify([](Forecast &f) { f.steps = {6, 12, 18}; }, open).lines, "");
    EXPECT_EQ(verify(
                  [](Forecast &f) {
                      f.steps = {6, 12, 24};
                  },
                  open)
                  .lines,
              "error: FILE, lead 24 h: it follows the lead time before by 12 h, not by 6 h\n");
    Forecast surface;
    surface.variables = {{"msl", "Pa", false, 100000}};
    Forecast upper;
    upper.variables = {{"t", "K", true, 250}};
    upper.steps = {12};
    surface.write(scratch.path("surface.nc"));
    upper.write(scratch.path("upper.nc"));
    EXPECT_EQ(verified({scratch.path("surface.nc"), scratch.path("upper.nc")}, open).lines,
              "error: FILE, ...: t, level 500, init 2017-01-01T00: 1 of 2 lead times are missing: "
              "6 h\n"
              "error: FILE, ...: t, level 850, init 2017-01-01T00: 1 of 2 lead times are missing: "
              "6 h\n");
}

TEST_F(Verify, TimesAreSaidInTheForecastsCalendar)
{
    const Verdict got = verify([](Forecast &f) {
        f.calendar = "360_day";
        f.inits = {59 * 24};
        f.variables = {{"t", "K", true, 250}, {"msl", "Pa", false, 70000}};
        f.steps = {12};
    });
    EXPECT_EQ(got.lines,
              "error: FILE: t, level 500, init 2017-02-30T00: 1 of 2 lead times are missing: 6 h\n"
              "error: FILE: t, level 850, init 2017-02-30T00: 1 of 2 lead times are missing: 6 h\n"
              "error: FILE: msl, init 2017-02-30T00: 1 of 2 lead times are missing: 6 h\n"
              "error: FILE: msl, init 2017-02-30T00, lead 12 h, [0][0]: 70000 is below 80000; so "
              "are 40 points in all\n");
}

TEST_F(Verify, HashesWhatIsRequired)
{
    Forecast more;
    more.steps = {6, 12, 18}; // 18 h and q are not asked for
    more.variables.push_back({"q", "1", true, 0.01});
    more.write(scratch.path("more.nc"));
    const Verdict less = verify(good, kRequirements, R"(, "content_hash": true)");
    const Verdict part =
        verified({scratch.path("more.nc")}, kRequirements, R"(, "content_hash": true)");
    const char *hash = json_string_value(json_object_get(less.json, "content_hash"));
    ASSERT_NE(hash, nullptr);
    EXPECT_STREQ(json_string_value(json_object_get(part.json, "content_hash")), hash);
    const std::string json =
        R"({"schema": "gaia.hash/1", "source": {"files": [")" + scratch.path("f.nc") + "\"]}}";
    source_request request = {};
    gaia_error err = {};
    json_t *document = nullptr;
    const walk_options options = {};
    ASSERT_EQ(hash_request_parse(json.data(), json.size(), &request, &err), GAIA_OK) << err.detail;
    ASSERT_EQ(content_hash(&request, &options, &document, &err), GAIA_OK) << err.detail;
    EXPECT_STREQ(json_string_value(json_object_get(document, "hash")), hash);
    json_decref(document);
    source_request_fini(&request);
}

TEST_F(Verify, FailsWhereItIsNotTheForecastsFault)
{
    EXPECT_EQ(verify(good, "\"mars\"").error, "no requirements 'mars'; there are: gaia");
    EXPECT_EQ(verify(good, "7").error, "request.requirements: a name or an object is wanted");
    const Verdict little =
        verify([](Forecast &f) { f.lons.resize(2); }, kRequirements, "", {1, 1, {}});
    EXPECT_EQ(little.status, GAIA_LIMIT);
    EXPECT_EQ(little.error,
              scratch.path("f.nc") + ": fields of 5 x 2 points do not fit into 1 bytes of memory");
    const auto request = [](const std::string &text) {
        source_request parsed = {};
        gaia_error err = {};
        EXPECT_EQ(verify_request_parse(text.data(), text.size(), &parsed, &err), GAIA_JOB_INVALID);
        return std::string(err.detail);
    };
    EXPECT_EQ(request(R"({"schema": "gaia.hash/1"})"),
              "request.schema: 'gaia.verify/1' is wanted, not 'gaia.hash/1'");
    EXPECT_EQ(request(R"({"schema": "gaia.verify/1"})"), "request: key 'source' is missing");
    EXPECT_EQ(verify(good, kRequirements, R"(, "findings": 0)").error,
              "request.findings: 1 to 1000 is wanted");
}

} // namespace
