// SPDX-License-Identifier: MIT
//
// Verification, finding by finding, with the full text of each.
#include <cmath>
#include <cstring>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <jansson.h>
#include <netcdf.h>

#include "made_file.h"

extern "C" {
#include "content_hash.h"
#include "finding.h"
#include "source_request.h"
#include "text.h"
#include "verify.h"
}

namespace
{

struct Variable {
    std::string name;
    std::string units;
    bool on_levels;
    double value;
};

// A forecast of 5 x 8 points that meets kRequirements; a test spoils one thing.
struct Forecast {
    std::vector<double> inits = {0};
    std::vector<double> steps = {6, 12};
    std::vector<double> levels = {500, 850};
    std::vector<double> lats = {90, 45, 0, -45, -90};
    std::vector<double> lons = {0, 45, 90, 135, 180, 225, 270, 315};
    std::vector<Variable> variables = {{"t", "K", true, 250}, {"msl", "Pa", false, 101325}};
    // Changes values [init][step]([level])[lat][lon] of a variable.
    std::function<void(const std::string &name, std::vector<double> &values)> spoil;

    void write(const std::string &path) const;
};

void must(int code)
{
    ASSERT_EQ(code, NC_NOERR) << nc_strerror(code);
}

void Forecast::write(const std::string &path) const
{
    const char *const names[] = {"time", "step", "level", "latitude", "longitude"};
    const char *const units[] = {"hours since 2017-01-01", "hours", "hPa", "degrees_north",
                                 "degrees_east"};
    const std::vector<double> *const axes[] = {&inits, &steps, &levels, &lats, &lons};
    int file = 0;
    int dimension[5];
    int coordinate[5];
    must(nc_create(path.c_str(), NC_CLOBBER | NC_NETCDF4, &file));
    for (int k = 0; k < 5; k++) {
        must(nc_def_dim(file, names[k], axes[k]->size(), &dimension[k]));
        must(nc_def_var(file, names[k], NC_DOUBLE, 1, &dimension[k], &coordinate[k]));
        must(nc_put_att_text(file, coordinate[k], "units", std::strlen(units[k]), units[k]));
        must(nc_put_var_double(file, coordinate[k], axes[k]->data()));
    }
    must(nc_put_att_text(file, coordinate[0], "standard_name", 23, "forecast_reference_time"));
    for (const Variable &variable : variables) {
        int data = 0;
        const int surface[] = {dimension[0], dimension[1], dimension[3], dimension[4]};
        size_t n = inits.size() * steps.size() * lats.size() * lons.size();
        n *= variable.on_levels ? levels.size() : 1;
        must(nc_def_var(file, variable.name.c_str(), NC_DOUBLE, variable.on_levels ? 5 : 4,
                        variable.on_levels ? dimension : surface, &data));
        if (!variable.units.empty()) {
            must(nc_put_att_text(file, data, "units", variable.units.size(),
                                 variable.units.c_str()));
        }
        std::vector<double> values(n, variable.value);
        if (spoil) {
            spoil(variable.name, values);
        }
        must(nc_put_var_double(file, data, values.data()));
    }
    must(nc_close(file));
}

const char *const kRequirements = R"({"schema": "gaia.requirements/1", "name": "test",
 "leads": {"from": 6, "to": 12, "step": 6}, "init_times": 1, "finite_share": 0.95,
 "grid": {"n_lat": 5, "n_lon": 8, "regular": true, "global": true},
 "variables": [
  {"name": "t", "levels": [500, 850], "units": ["K"], "min": 150, "max": 350, "tolerance": 2},
  {"name": "msl", "units": ["Pa", "hPa"], "min": 80000, "max": 110000}]})";

struct Verdict {
    gaia_status status = GAIA_OK;
    std::string error;
    std::string lines; // of the findings, with the path as FILE
    std::string verdict;
    json_t *json = nullptr;

    Verdict() = default;
    Verdict(Verdict &&other) noexcept
        : status(other.status), error(std::move(other.error)), lines(std::move(other.lines)),
          verdict(std::move(other.verdict)), json(other.json)
    {
        other.json = nullptr;
    }
    ~Verdict()
    {
        json_decref(json);
    }
    json_int_t count(const char *what) const
    {
        return json_integer_value(json_object_get(json_object_get(json, "counts"), what));
    }
};

void replace_all(std::string &text, const std::string &from, const std::string &to)
{
    for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at)) {
        text.replace(at, from.size(), to);
        at += to.size();
    }
}

Verdict verified(const std::vector<std::string> &paths, const std::string &requirements,
                 const std::string &more = "", const walk_options &options = {})
{
    Verdict result;
    gaia_error err = {};
    source_request request = {};
    std::string files;
    for (const std::string &path : paths) {
        files += (files.empty() ? "\"" : ", \"") + path + "\"";
    }
    const std::string json = R"({"schema": "gaia.verify/1", "source": {"files": [)" + files +
                             R"(]}, "requirements": )" + requirements + more + "}";
    result.status = verify_request_parse(json.data(), json.size(), &request, &err);
    if (result.status == GAIA_OK) {
        result.status = verify_forecast(&request, &options, &result.json, &err);
    }
    result.error = err.detail;
    source_request_fini(&request);
    if (result.status != GAIA_OK) {
        return result;
    }
    size_t i = 0;
    json_t *finding = nullptr;
    text lines = {};
    json_array_foreach(json_object_get(result.json, "findings"), i, finding)
    {
        finding_append(&lines, finding);
    }
    result.lines = lines.length > 0 ? lines.s : "";
    text_fini(&lines);
    replace_all(result.lines, paths[0], "FILE");
    result.verdict = json_string_value(json_object_get(result.json, "verdict"));
    EXPECT_EQ(result.verdict == "accepted", result.count("errors") == 0);
    return result;
}

std::string get(const std::string &path)
{
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

class Verify : public ::testing::Test
{
  protected:
    Verdict verify(const std::function<void(Forecast &)> &change,
                   const std::string &requirements = kRequirements, const std::string &more = "",
                   const walk_options &options = {})
    {
        Forecast forecast;
        change(forecast);
        forecast.write(scratch.path("f.nc"));
        return verified({scratch.path("f.nc")}, requirements, more, options);
    }

    // The findings of a forecast that is rejected for them.
    std::string rejected(const std::function<void(Forecast &)> &change)
    {
        const Verdict got = verify(change);
        EXPECT_EQ(got.status, GAIA_OK) << got.error;
        EXPECT_EQ(got.verdict, "rejected") << got.lines;
        return got.lines;
    }

    Scratch scratch;
};

void good(Forecast &)
{
}

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
    EXPECT_NE(got.lines.find("t: units are 'Pa', not 'K'"), std::string::npos) << got.lines;
    EXPECT_EQ(got.lines.find('\n'), got.lines.size() - 1) << got.lines; // one finding
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
    EXPECT_EQ(got.lines.find("error: FILE: z, level 500, init 2017-01-01T00, lead 12 h: FILE"), 0u)
        << got.lines;
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
    EXPECT_EQ(verify([](Forecast &f) { f.lons.resize(2); }, kRequirements, "", {1, 1, {}}).status,
              GAIA_LIMIT);
    EXPECT_EQ(verify(good, kRequirements, R"(, "findings": 0)").error,
              "request.findings: 1 to 1000 is wanted");
}

} // namespace
