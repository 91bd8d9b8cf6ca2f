// SPDX-License-Identifier: MIT
//
// Composites: layers, parts and the documents, from sums that are set by hand.
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include <jansson.h>

extern "C" {
#include "composite.h"
#include "composite_json.h"
#include "composite_stream.h"
#include "leaderboard.h"
}

namespace
{

std::vector<double> Layers(const std::vector<double> &levels, std::vector<char> there = {})
{
    std::vector<double> weights(levels.size(), -1.0);
    bool is_there[16] = {};
    for (size_t i = 0; i < there.size(); i++) {
        is_there[i] = there[i] != 0;
    }
    composite_layers(levels.data(), there.empty() ? nullptr : is_there, levels.size(),
                     weights.data());
    return weights;
}

TEST(Composite, LayersAreHalfTheDistanceToEachNeighbour)
{
    EXPECT_EQ(Layers({500}), std::vector<double>{1.0});
    EXPECT_EQ(Layers({500, 850}), (std::vector<double>{0.5, 0.5}));
    // 100, (100 + 300), 300 of 800.
    EXPECT_EQ(Layers({200, 400, 1000}), (std::vector<double>{0.125, 0.5, 0.375}));
    // Without the middle one the outer two are neighbours.
    EXPECT_EQ(Layers({200, 400, 1000}, {1, 0, 1}), (std::vector<double>{0.5, 0.0, 0.5}));
    EXPECT_EQ(Layers({200, 400}, {0, 1}), (std::vector<double>{0.0, 1.0}));
    EXPECT_EQ(Layers({200, 400}, {0, 0}), (std::vector<double>{0.0, 0.0}));
}

const char *const kProfile = R"({"schema": "gaia.profile/1", "name": "p", "description": "d",
 "variables": [{"name": "2t", "weight": 3, "clone": {"delta": 4, "unit": "K2"}},
               {"name": "q", "weight": 1, "levels": [500, 850], "non_negative": true}],
 "leads": [6, 12], "regions": ["global"], "weights": ["cos"], "metrics": ["mse"],
 "missing": {"points": "pairwise", "variable": "leave_out", "level": "LEVEL", "lead": "LEAD"},
 "needs": ["truth", "climatology", "reference"],
 "composite": {"kind": "day1", "region": "global", "weighting": "cos", "baseline": "reference",
  "variable_mean": "MEAN", "skill": {"weight": 0.6, "min": 0, "max": 1,
  "zero_baseline": {"perfect": 1, "imperfect": "-inf"}}, "acc": {"weight": 0.4, "add": 1, "divide_by": 2},
  "clone": {"gamma": 1, "alarm_share": 0.5, "cap": 0.05},
  "checks": {"pattern_correlation_min": 0.3, "acc_min": 0.6, "failed": "FAILED"}, "pass_at": 0.1,
  "overall": {"era5_weight": 0.95, "day1_weight": 0.05, "day1_alone_factor": 0.2, "day1_alone_max": 0.05}}})";

// Sums of ten points of weight 1: errors of +-`error` without mean, anomalies with correlation 1,
// and mean squares of the reference's error and of its distance from the forecast.
gaia_moments Sums(double error, double baseline, double apart, double low = 1.0)
{
    gaia_moments m = {};
    for (gaia_moment n :
         {GAIA_MOMENT_POINTS, GAIA_MOMENT_ERROR_N, GAIA_MOMENT_ERROR_W, GAIA_MOMENT_ANOMALY_N,
          GAIA_MOMENT_ANOMALY_W, GAIA_MOMENT_REFERENCE_N, GAIA_MOMENT_REFERENCE_W,
          GAIA_MOMENT_TRUTH_REFERENCE_N, GAIA_MOMENT_TRUTH_REFERENCE_W}) {
        m.sum[n] = 10;
    }
    m.sum[GAIA_MOMENT_ERROR_D2] = 10 * error * error;
    m.sum[GAIA_MOMENT_ERROR_O2] = 1000;
    m.sum[GAIA_MOMENT_ANOMALY_A2] = m.sum[GAIA_MOMENT_ANOMALY_AB] = 40;
    m.sum[GAIA_MOMENT_ANOMALY_B2] = 40;
    m.sum[GAIA_MOMENT_TRUTH_REFERENCE_RO2] = 10 * baseline;
    m.sum[GAIA_MOMENT_REFERENCE_FR2] = 10 * apart;
    m.sum[GAIA_MOMENT_FORECAST_MIN] = low;
    m.sum[GAIA_MOMENT_FORECAST_MAX] = 5;
    return m;
}

struct Unit {
    uint32_t variable;
    double level;
    int64_t lead;
    int64_t init;
    gaia_moments sums;
};

std::string Replace(std::string text, const std::string &from, const std::string &to)
{
    return text.replace(text.find(from), from.size(), to);
}

void TakeDocument(void *context, size_t, const char *json, size_t length)
{
    static_cast<std::vector<std::string> *>(context)->emplace_back(json, length);
}

// The document of one forecast "a" with these units.
json_t *Document(const std::vector<Unit> &units, const std::string &level = "fail",
                 const std::string &lead = "zero", const std::string &mean = "weighted",
                 const std::string &failed = "not_passed")
{
    std::string profile =
        Replace(Replace(Replace(Replace(kProfile, "LEVEL", level), "LEAD", lead), "MEAN", mean),
                "FAILED", failed);
    const std::string text =
        "{\"schema\": \"gaia.job/1\", \"forecasts\": [{\"id\": \"a\", \"files\": [\"f\"]}], "
        "\"truth\": {\"files\": [\"t\"]}, \"climatology\": {\"files\": [\"c\"]}, "
        "\"reference\": {\"files\": [\"r\"]}, \"profile\": " +
        profile + "}";
    gaia_job *job = nullptr;
    gaia_error err = {};
    EXPECT_EQ(gaia_job_parse(text.data(), text.size(), &job, &err), GAIA_OK) << err.detail;
    plan_forecast forecasts[] = {{"a", GAIA_OK, ""}};
    const char *variables[] = {"2t", "q"};
    const char *regions[] = {"europe", "global"};
    const char *weights[] = {"cos"};
    std::vector<gaia_unit> list;
    for (const Unit &unit : units) {
        list.push_back({0, unit.variable, unit.level, unit.lead * 3600, unit.init});
    }
    plan p = {};
    p.n_forecasts = 1;
    p.forecasts = forecasts;
    p.n_variables = 2;
    p.variables = variables;
    p.n_regions = 2;
    p.regions = regions;
    p.n_weights = 1;
    p.weights = weights;
    p.units = list.data();
    p.n_units = list.size();
    std::vector<std::string> documents;
    const composite_sink sink = {&documents, TakeDocument};
    composite_stream *stream = nullptr;
    EXPECT_EQ(composite_stream_open(job, &p, &sink, &stream, &err), GAIA_OK) << err.detail;
    for (size_t i = 0; i < units.size(); i++) {
        const gaia_moments rows[2] = {{}, units[i].sums};
        EXPECT_EQ(composite_stream_unit(stream, i, rows, &err), GAIA_OK) << err.detail;
    }
    EXPECT_EQ(composite_stream_end(stream, &err), GAIA_OK) << err.detail;
    composite_stream_close(stream);
    gaia_job_free(job);
    EXPECT_EQ(documents.size(), 1u);
    json_t *json = json_loads(documents[0].c_str(), 0, nullptr);
    EXPECT_NE(json, nullptr) << documents[0];
    return json;
}

json_t *At(json_t *document, size_t time, size_t lead, size_t variable = 99, size_t level = 99)
{
    json_t *at = json_array_get(json_object_get(document, "times"), time);
    at = json_array_get(json_object_get(at, "leads"), lead);
    at = variable < 99 ? json_array_get(json_object_get(at, "variables"), variable) : at;
    return level < 99 ? json_array_get(json_object_get(at, "levels"), level) : at;
}

std::vector<Unit> Whole()
{
    return {{0, NAN, 6, 0, Sums(1, 4, 9)}, {0, NAN, 12, 0, Sums(1, 2, 9)},
            {1, 500, 6, 0, Sums(1, 4, 9)}, {1, 500, 12, 0, Sums(1, 2, 9)},
            {1, 850, 6, 0, Sums(0, 4, 9)}, {1, 850, 12, 0, Sums(1, 1, 9)}};
}

TEST(Composite, AveragesLevelsVariablesAndLeads)
{
    json_t *d = Document(Whole());
    // Skills: 2t 0.75, 0.5; q 0.75 and 1 at 6 h, 0.5 and 0 at 12 h. acc 1 everywhere.
    const double six = (3 * 0.75 + (0.75 + 1.0) / 2) / 4;
    const double twelve = (3 * 0.5 + (0.5 + 0.0) / 2) / 4;
    EXPECT_DOUBLE_EQ(composite_number(At(d, 0, 0), "skill"), six);
    EXPECT_DOUBLE_EQ(composite_number(At(d, 0, 1), "skill"), twelve);
    EXPECT_DOUBLE_EQ(composite_number(d, "score"), 0.6 * (six + twelve) / 2 + 0.4);
    EXPECT_DOUBLE_EQ(composite_number(At(d, 0, 0, 0), "weight"), 0.75);
    EXPECT_TRUE(json_is_true(json_object_get(d, "passed")));
    EXPECT_DOUBLE_EQ(composite_number(d, "overall"), 0.01);
    EXPECT_EQ(json_array_size(json_object_get(d, "reasons")), 0u);
    json_decref(d);
    d = Document(Whole(), "fail", "zero", "plain");
    EXPECT_DOUBLE_EQ(composite_number(At(d, 0, 0), "skill"), (0.75 + 0.875) / 2);
    json_decref(d);
}

TEST(Composite, AMissingLevelCountsZeroOrIsLeftOut)
{
    std::vector<Unit> units = Whole();
    units.erase(units.begin() + 4); // q at 850 hPa, 6 h
    json_t *d = Document(units);
    EXPECT_DOUBLE_EQ(composite_number(At(d, 0, 0, 1), "skill"), 0.375);
    EXPECT_DOUBLE_EQ(composite_number(At(d, 0, 0, 1), "acc"), 0.5);
    EXPECT_DOUBLE_EQ(composite_number(At(d, 0, 0, 1, 1), "layer_weight"), 0.5);
    EXPECT_TRUE(json_is_false(json_object_get(At(d, 0, 0, 1, 1), "present")));
    json_decref(d);
    d = Document(units, "leave_out");
    EXPECT_DOUBLE_EQ(composite_number(At(d, 0, 0, 1), "skill"), 0.75);
    EXPECT_DOUBLE_EQ(composite_number(At(d, 0, 0, 1, 1), "layer_weight"), 0.0);
    json_decref(d);
}

TEST(Composite, AMissingLeadCountsZeroOrIsLeftOut)
{
    const std::vector<Unit> units = {{0, NAN, 6, 0, Sums(1, 4, 9)},
                                     {1, 500, 6, 0, Sums(1, 4, 9)},
                                     {1, 850, 6, 0, Sums(1, 4, 9)}};
    json_t *d = Document(units);
    EXPECT_DOUBLE_EQ(composite_number(d, "score"), (0.6 * 0.75 + 0.4) / 2);
    EXPECT_TRUE(json_is_false(json_object_get(At(d, 0, 1), "present")));
    EXPECT_STREQ(json_string_value(json_array_get(json_object_get(d, "reasons"), 0)),
                 "1 of 2 leads missing");
    json_decref(d);
    d = Document(units, "fail", "leave_out");
    EXPECT_DOUBLE_EQ(composite_number(d, "score"), 0.6 * 0.75 + 0.4);
    json_decref(d);
    // One variable of a lead that is there.
    d = Document({{0, NAN, 6, 0, Sums(1, 4, 9)}});
    EXPECT_DOUBLE_EQ(composite_number(At(d, 0, 0), "skill"), 0.75 * 0.75);
    json_decref(d);
    d = Document({{0, NAN, 6, 0, Sums(1, 4, 9)}}, "fail", "leave_out");
    EXPECT_DOUBLE_EQ(composite_number(At(d, 0, 0), "skill"), 0.75);
    json_decref(d);
}

TEST(Composite, APenaltyCapsAndHalfOfDeltaAlarms)
{
    std::vector<Unit> units = Whole();
    units[0].sums = Sums(1, 4, 3); // delta is 4
    json_t *d = Document(units);
    EXPECT_DOUBLE_EQ(composite_number(At(d, 0, 0, 0, 0), "penalty"), 0.25);
    EXPECT_TRUE(json_is_false(json_object_get(At(d, 0, 0, 0, 0), "clone_alarm")));
    EXPECT_DOUBLE_EQ(composite_number(At(d, 0, 0, 0, 0), "part_skill"), 0.5);
    EXPECT_DOUBLE_EQ(composite_number(d, "score"), 0.05);
    EXPECT_TRUE(json_is_false(json_object_get(d, "passed")));
    EXPECT_DOUBLE_EQ(composite_number(d, "overall"), 0.0);
    json_decref(d);
    units[0].sums = Sums(1, 4, 1.9);
    d = Document(units);
    EXPECT_TRUE(json_is_true(json_object_get(At(d, 0, 0, 0, 0), "clone_alarm")));
    json_decref(d);
    units[0].sums = Sums(1, 4, 4);
    d = Document(units);
    EXPECT_GT(composite_number(d, "score"), 0.5);
    json_decref(d);
}

TEST(Composite, AFailedCheckIsNotPassedUnlessItIsOnlyNoted)
{
    std::vector<Unit> units = Whole();
    units[2].sums = Sums(1, 4, 9, -0.5);
    json_t *d = Document(units);
    EXPECT_TRUE(json_is_false(json_object_get(d, "passed")));
    EXPECT_GT(composite_number(d, "score"), 0.5);
    const json_t *check = json_array_get(json_object_get(At(d, 0, 0, 1, 0), "checks"), 0);
    EXPECT_STREQ(json_string_value(json_object_get(check, "check")), "non_negative");
    EXPECT_TRUE(json_is_false(json_object_get(check, "passed")));
    EXPECT_EQ(composite_number(check, "lowest"), -0.5);
    json_decref(d);
    d = Document(units, "fail", "zero", "weighted", "noted");
    EXPECT_TRUE(json_is_true(json_object_get(d, "passed")));
    json_decref(d);
    units[2].sums = gaia_moments{}; // nothing present: no value is no good value
    units[2].sums.sum[GAIA_MOMENT_FORECAST_MIN] = NAN;
    d = Document(units);
    EXPECT_EQ(composite_number(At(d, 0, 0, 1, 0), "part_skill"), 0.0);
    EXPECT_TRUE(json_is_null(json_object_get(At(d, 0, 0, 1, 0), "skill")));
    EXPECT_EQ(json_integer_value(
                  json_object_get(json_array_get(json_object_get(d, "times"), 0), "checks_failed")),
              3);
    json_decref(d);
}

TEST(Composite, ABaselineWithoutError)
{
    std::vector<Unit> units = Whole();
    units[0].sums = Sums(0, 0, 9);
    units[1].sums = Sums(1, 0, 9);
    json_t *d = Document(units);
    EXPECT_EQ(composite_number(At(d, 0, 0, 0, 0), "skill"), 1.0);
    EXPECT_EQ(composite_number(At(d, 0, 1, 0, 0), "skill"), -HUGE_VAL);
    EXPECT_EQ(composite_number(At(d, 0, 1, 0, 0), "part_skill"), 0.0);
    EXPECT_TRUE(json_is_true(json_object_get(At(d, 0, 1, 0, 0), "clamped")));
    json_decref(d);
}

TEST(Composite, InitTimesAreApartAndTheirMeanIsTheScore)
{
    json_t *d = Document({{0, NAN, 6, 0, Sums(1, 4, 9)},
                          {0, NAN, 6, 86400, Sums(1, 2, 9)},
                          {0, NAN, 12, 0, Sums(1, 4, 9)},
                          {1, 500, 6, -86400, Sums(1, 4, 9)}},
                         "leave_out", "leave_out");
    const json_t *times = json_object_get(d, "times");
    ASSERT_EQ(json_array_size(times), 3u);
    EXPECT_STREQ(json_string_value(json_object_get(json_array_get(times, 0), "init_time")),
                 "1969-12-31T00");
    EXPECT_DOUBLE_EQ(composite_number(json_array_get(times, 2), "score"), 0.6 * 0.5 + 0.4);
    EXPECT_DOUBLE_EQ(composite_number(d, "score"), (0.85 + 0.85 + 0.7) / 3);
    EXPECT_DOUBLE_EQ(composite_number(d, "score_min"), 0.7);
    json_decref(d);
}

// ---- What is read of documents ----

std::string ReadError(const std::string &text)
{
    json_t *documents = nullptr;
    gaia_error err = {};
    EXPECT_EQ(composites_read("c.json", text.data(), text.size(), &documents, &err),
              GAIA_JOB_INVALID);
    EXPECT_EQ(documents, nullptr);
    gaia_error heads = {};
    EXPECT_EQ(composites_heads_read("c.json", text.data(), text.size(), &documents, &heads),
              GAIA_JOB_INVALID);
    EXPECT_EQ(documents, nullptr);
    EXPECT_STREQ(heads.detail, err.detail);
    return err.detail;
}

TEST(Composite, DocumentsOfStrangersAreChecked)
{
    EXPECT_EQ(ReadError("7"), "c.json: line 1, column 1: '[' or '{' expected");
    EXPECT_EQ(ReadError("[7]"), "c.json[0]: an object is wanted, not an integer");
    EXPECT_EQ(ReadError("{}"), "c.json[0]: key 'schema' is missing");
    EXPECT_EQ(ReadError("[{\"schema\": \"gaia.job/1\"}]"),
              "c.json[0].schema: 'gaia.composite/1' is wanted, not 'gaia.job/1'");
    EXPECT_EQ(ReadError("[{\"schema\": \"gaia.composite/1\"}]"),
              "c.json[0]: key 'forecast' is missing");
    EXPECT_EQ(ReadError("{\"composites\": 7}"),
              "c.json: an array of composites is wanted, not an integer");
    const std::string good =
        "{\"schema\": \"gaia.composite/1\", \"forecast\": \"a\", \"times\": []}";
    const struct {
        const char *tail;
        const char *error;
    } tails[] = {{"", "61: ']' expected near end of file"},
                 {",", "62: ']' expected near end of file"},
                 {",]", "63: unexpected token"},
                 {" ] x", "65: end of file expected"},
                 {"]]", "63: end of file expected"}};
    for (const auto &row : tails) {
        EXPECT_EQ(ReadError("[" + good + row.tail),
                  std::string("c.json: line 1, column ") + row.error);
    }
    EXPECT_EQ(ReadError("[" + good + ", 7]"), "c.json[1]: an object is wanted, not an integer");
}

// The heads are the documents without their times, in whatever form these come.
TEST(Composite, HeadsAreDocumentsWithoutTheirTimes)
{
    const std::string b = R"({"schema": "gaia.composite/1", "score": 0.5, "forecast": "b\"]",)"
                          R"( "times": [{"leads": [1, [2], "]"]}]})";
    const std::string a = R"({"times":[{}],"forecast":"a","schema":"gaia.composite/1"})";
    for (const std::string &text :
         {b, "[" + b + "]", " \t[\r\n" + b + " ,\n" + a + "\n]\n", "[" + a + "," + b + "]",
          "{\"scores\": [], \"composites\": [" + a + "]}", std::string("[]"),
          std::string("[ ]\n")}) {
        json_t *whole = nullptr;
        json_t *heads = nullptr;
        gaia_error err = {};
        ASSERT_EQ(composites_read("c", text.data(), text.size(), &whole, &err), GAIA_OK) << text;
        ASSERT_EQ(composites_heads_read("c", text.data(), text.size(), &heads, &err), GAIA_OK)
            << err.detail;
        for (size_t i = 0; i < json_array_size(whole); i++) {
            EXPECT_EQ(json_array_size(json_object_get(json_array_get(heads, i), "times")), 0u);
            json_object_set_new(json_array_get(whole, i), "times", json_array());
        }
        EXPECT_TRUE(json_equal(whole, heads)) << text;
        json_decref(whole);
        json_decref(heads);
    }
}

// Anything may be absent or of another type: it reads as no value, and nothing breaks.
TEST(Composite, AHollowDocumentIsStillExplained)
{
    for (const char *more : {"", ", \"score\": \"x\"",
                             ", \"reasons\": [7, null], \"profile\": {\"modified\": [1, {}]}",
                             ", \"parameters\": [], \"passed\": 3"}) {
        for (const char *times :
             {"[]", "[7]", "[{}]", "[{\"leads\": [{}, 7, {\"variables\": [7, {\"weight\": 1}]}]}]",
              "[{\"leads\": [{\"present\": false, \"lead_hours\": \"x\", \"variables\": "
              "[{\"counts\": true, \"levels\": [7, {\"penalty\": 1, \"checks\": [7, {\"passed\": "
              "false}]}]}]}]}]"}) {
            const std::string text =
                std::string("{\"schema\": \"gaia.composite/1\", \"forecast\": \"a\", \"times\": ") +
                times + more + "}";
            json_t *documents = nullptr;
            struct text out = {};
            gaia_error err = {};
            ASSERT_EQ(composites_read("c", text.data(), text.size(), &documents, &err), GAIA_OK)
                << err.detail;
            EXPECT_EQ(explain_write(documents, nullptr, &out, &err), GAIA_OK) << err.detail;
            EXPECT_EQ(leaderboard_write(documents, &out, &err), GAIA_OK) << err.detail;
            EXPECT_NE(std::string(out.s).find("Forecast a has a"), std::string::npos);
            text_fini(&out);
            json_decref(documents);
        }
    }
}

TEST(Composite, RanksByScoreAndKeepsTheOrderOfEquals)
{
    std::string text = "[";
    for (const char *entry : {"\"low\", \"score\": 0.1", "\"none\", \"score\": null",
                              "\"b\", \"score\": 0.5", "\"a\", \"score\": 0.5"}) {
        text += std::string(text.size() > 1 ? "," : "") +
                "{\"schema\": \"gaia.composite/1\", \"times\": [], \"profile\": {\"name\": \"p\"}, "
                "\"forecast\": " +
                entry + "}";
    }
    text += "]";
    json_t *documents = nullptr;
    struct text out = {};
    gaia_error err = {};
    ASSERT_EQ(composites_read("c", text.data(), text.size(), &documents, &err), GAIA_OK);
    ASSERT_EQ(leaderboard_write(documents, &out, &err), GAIA_OK);
    EXPECT_STREQ(out.s, "\np\nrank  forecast  composite    overall  pass  why\n"
                        "   1  b               0.5          -  -\n"
                        "   2  a               0.5          -  -\n"
                        "   3  low             0.1          -  -\n"
                        "   4  none              -          -  -\n");
    text_fini(&out);
    json_decref(documents);
}

} // namespace
