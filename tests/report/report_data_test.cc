// SPDX-License-Identifier: MIT
//
// The document of a page: its numbers are those of the scores and comparisons of the same sums.
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "report_document.h"

extern "C" {
#include "compare.h"
#include "derive.h"
#include "metric.h"
#include "text.h"
}

namespace
{

using ReportData = ReportDocument;

TEST_F(ReportData, ValuesAreTheAggregatesOfScores)
{
    const Json root = document({});
    const char *const wanted[] = {"rmse", "mae", "bias"};
    derive_filter filter = {};
    filter.n_metrics = 3;
    filter.metrics = wanted;
    std::map<std::string, double> scores;
    derive *chosen = nullptr;
    ASSERT_EQ(GAIA_OK, derive_open(file, &filter, &chosen, &err));
    const auto take = [](void *context, const gaia_score *s) {
        if (s->all_times) {
            (*static_cast<std::map<std::string, double> *>(
                context))[std::string(s->forecast) + " " + s->variable + " " + s->region + " " +
                          s->weighting + " " + s->metric] = s->value;
        }
    };
    ASSERT_EQ(GAIA_OK, derive_scores(file, chosen, take, &scores, &err));
    derive_close(chosen);
    const json_t *values = json_object_get(root.get(), "values");
    EXPECT_EQ(2u * 2 * 4 * 3, json_array_size(values));
    for (size_t i = 0; i < json_array_size(values); i++) {
        const json_t *row = json_array_get(values, i);
        const std::string at = key(root.get(), row, 0);
        ASSERT_EQ(1u, scores.count(at)) << at;
        EXPECT_EQ(scores[at], number(row, 8)) << at;
        EXPECT_EQ(6.0, number(row, 7));
    }
}

TEST_F(ReportData, IntervalOfRmseIsTheRootOfThatOfMse)
{
    const char *const both[] = {"rmse", "mse"};
    report_request request = {};
    request.filter.n_metrics = 2;
    request.filter.metrics = both;
    const Json root = document(request);
    std::map<std::string, const json_t *> rows;
    const json_t *values = json_object_get(root.get(), "values");
    for (size_t i = 0; i < json_array_size(values); i++) {
        rows[key(root.get(), json_array_get(values, i), 0)] = json_array_get(values, i);
    }
    const json_t *rmse = rows["b t europe none rmse"];
    const json_t *mse = rows["b t europe none mse"];
    ASSERT_TRUE(rmse != nullptr && mse != nullptr);
    EXPECT_NEAR(std::sqrt(number(mse, 8)), number(rmse, 8), 1e-12);
    EXPECT_NEAR(std::sqrt(number(mse, 10)), number(rmse, 10), 1e-3);
    EXPECT_LT(number(rmse, 9), number(rmse, 8));
    EXPECT_GT(number(rmse, 10), number(rmse, 8));
    // By hand: mse is u^2 + 4 of units 18 to 23, r1 0.49958, t(5) 2.57058.
    EXPECT_NEAR(427.166666667, number(mse, 8), 1e-6);
    EXPECT_NEAR(287.734, number(mse, 9), 1e-3);
    EXPECT_NEAR(566.600, number(mse, 10), 1e-3);
}

// A forecast that lacks a time altogether: its climatology counts at the others only.
TEST_F(ReportData, ClimatologyIsOfTheTimesThatTheForecastHas)
{
    made.p.has_climatology = true;
    for (size_t u = 0; u < made.units.size(); u++) {
        const double time = static_cast<double>(u % 6);
        for (size_t i = 0; i < 4; i++) {
            made.row(u, i).sum[GAIA_MOMENT_TRUTH_CLIMATOLOGY_N] = 10;
            made.row(u, i).sum[GAIA_MOMENT_TRUTH_CLIMATOLOGY_W] = 5;
            made.row(u, i).sum[GAIA_MOMENT_TRUTH_CLIMATOLOGY_B2] = 5 * (100 + time * time);
            if (time == 5) {
                made.row(u, i).sum[GAIA_MOMENT_ERROR_N] = 0;
                made.row(u, i).sum[GAIA_MOMENT_ERROR_W] = 0;
            }
        }
    }
    const char *metric = "mse";
    report_request request = {};
    request.filter.n_metrics = 1;
    request.filter.metrics = &metric;
    for (const gaia_missing missing : {GAIA_MISSING_PAIRWISE, GAIA_MISSING_PROPAGATE}) {
        const bool propagate = missing == GAIA_MISSING_PROPAGATE;
        made.p.missing = missing;
        moments_file_close(file);
        file = nullptr;
        const Json root = document(request);
        const json_t *values = json_object_get(root.get(), "values");
        size_t n = 0;
        for (size_t i = 0; i < json_array_size(values); i++) {
            const json_t *row = json_array_get(values, i);
            if (name(root.get(), "forecasts", row, 0) == "climatology") {
                // By hand: the mean of 100, 101, 104, 109 and 116, r1 0.36782, t(4) 2.77645.
                EXPECT_EQ(5.0, number(row, 7));
                EXPECT_EQ(propagate, std::isnan(number(row, 8)));
                EXPECT_TRUE(propagate || number(row, 8) == 106.0);
                EXPECT_TRUE(propagate || std::fabs(number(row, 9) - 93.9541) < 1e-4)
                    << number(row, 9);
                n++;
            }
        }
        EXPECT_EQ(2u * 4, n);
        const json_t *rows = json_object_get(root.get(), "differences");
        n = 0;
        for (size_t i = 0; i < json_array_size(rows); i++) {
            const json_t *row = json_array_get(rows, i);
            if (name(root.get(), "forecasts", row, 0) == "climatology") {
                EXPECT_EQ(5.0, number(row, 8));
                EXPECT_EQ(106.0, number(row, 9));
                n++;
            }
        }
        EXPECT_EQ(2u * 2 * 4, n);
    }
}

TEST_F(ReportData, DifferencesAreThoseOfComparisons)
{
    const Json root = document({});
    const json_t *rows = json_object_get(root.get(), "differences");
    std::map<std::string, const json_t *> found;
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        found[name(root.get(), "forecasts", row, 0) + ": " + key(root.get(), row, 1)] = row;
    }
    // Each of two against the other; nothing against itself.
    EXPECT_EQ(2u * 2 * 4 * 3, found.size());
    EXPECT_EQ(found.size(), json_array_size(rows));
    EXPECT_EQ(2u, json_array_size(json_object_get(root.get(), "baselines")));
    EXPECT_TRUE(json_is_null(json_object_get(root.get(), "baseline")));
    struct Context {
        std::map<std::string, const json_t *> *found;
        size_t n;
    } context = {&found, 0};
    const auto take = [](void *to, const compare_row *row) {
        Context *c = static_cast<Context *>(to);
        const std::string at = std::string(row->against) + ": " + row->forecast + " " +
                               row->variable + " " + row->region + " " + row->weighting + " " +
                               row->metric;
        const auto hit = c->found->find(at);
        if (hit == c->found->end()) {
            return;
        }
        c->n++;
        const double wanted[] = {row->stats.mean_against, row->stats.difference, row->stats.low,
                                 row->stats.high, row->stats.autocorrelation};
        EXPECT_EQ(row->stats.n, static_cast<size_t>(number(hit->second, 8)));
        for (size_t i = 0; i < 5; i++) {
            EXPECT_NEAR(wanted[i], number(hit->second, 9 + i), 1e-5 * std::fabs(wanted[i]))
                << at << i;
        }
    };
    for (const char *against : {"a", "b"}) {
        compare_request request = {};
        request.file = request.against_file = file;
        request.against = request.against_label = against;
        ASSERT_EQ(GAIA_OK, compare_run(&request, take, &context, &err)) << err.detail;
    }
    EXPECT_EQ(found.size(), context.n);
}

TEST_F(ReportData, AnotherFileComesAsABaselineOfItsOwn)
{
    MomentsCase more;
    ASSERT_EQ(GAIA_OK, moments_open(more.bytes(), &other, &err));
    report_request request = {};
    request.against_file = other;
    request.against = "b";
    request.against_label = "old:b";
    const Json root = document(request);
    const json_t *forecasts = json_object_get(root.get(), "forecasts");
    ASSERT_EQ(3u, json_array_size(forecasts));
    EXPECT_STREQ("against",
                 json_string_value(json_object_get(json_array_get(forecasts, 2), "kind")));
    EXPECT_STREQ("old:b", json_string_value(json_object_get(json_array_get(forecasts, 2), "id")));
    EXPECT_EQ(2, json_integer_value(json_object_get(root.get(), "baseline")));
    EXPECT_EQ(3u, json_array_size(json_object_get(root.get(), "baselines")));
    // b is as good as b, to the last bit.
    size_t seen = 0;
    const json_t *rows = json_object_get(root.get(), "differences");
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        if (number(row, 0) == 2.0 && number(row, 1) == 1.0) {
            EXPECT_EQ(0.0, number(row, 10));
            seen++;
        }
    }
    EXPECT_EQ(2u * 4 * 3, seen);
}

TEST_F(ReportData, ABaselineOfTheSameFileNeedNotBeOnThePage)
{
    const char *only = "a";
    report_request request = {};
    request.against = request.against_label = "b";
    const Json both = document(request);
    EXPECT_EQ(1, json_integer_value(json_object_get(both.get(), "baseline")));
    EXPECT_EQ(2u, json_array_size(json_object_get(both.get(), "forecasts")));
    request.filter.n_forecasts = 1;
    request.filter.forecasts = &only;
    const Json one = document(request);
    EXPECT_EQ(1, json_integer_value(json_object_get(one.get(), "baseline")));
    const json_t *b = json_array_get(json_object_get(one.get(), "forecasts"), 1);
    EXPECT_STREQ("against", json_string_value(json_object_get(b, "kind")));
    // a against b as on the page of both, row by row.
    const json_t *rows = json_object_get(one.get(), "differences");
    EXPECT_EQ(2u * 4 * 3, json_array_size(rows));
    for (size_t i = 0; i < json_array_size(rows); i++) {
        EXPECT_TRUE(json_equal(json_array_get(rows, i),
                               json_array_get(json_object_get(both.get(), "differences"), i)));
    }
}

TEST_F(ReportData, NamesOfFilesNeedNotBeText)
{
    MomentsCase more;
    ASSERT_EQ(GAIA_OK, moments_open(more.bytes(), &other, &err));
    report_request request = {};
    request.against_file = other;
    request.against = "b";
    request.against_label = "old\xff.gm:b";
    request.source = "\xfe.gm";
    request.title = "caf\xe9";
    const Json root = document(request);
    EXPECT_STREQ("?.gm",
                 json_string_value(json_object_get(json_object_get(root.get(), "source"), "name")));
    EXPECT_STREQ("old?.gm:b",
                 json_string_value(json_object_get(
                     json_array_get(json_object_get(root.get(), "forecasts"), 2), "id")));
    EXPECT_STREQ("caf?", json_string_value(json_object_get(root.get(), "title")));
}

TEST_F(ReportData, WhatVerificationFoundIsTold)
{
    const std::string one = R"({"schema": "gaia.verdict/1", "source": "a", "verdict": "rejected",
        "counts": {"errors": 2, "warnings": 0, "unlisted": 1, "by_kind": {"units": 2}},
        "findings": [{"severity": "error", "kind": "units", "variable": "2t", "level": null,
                      "i_lat": 1, "what": "K is wanted"}], "n_fields": 7})";
    report_request request = {};
    for (const std::string &all : {one, "[" + one + "]"}) {
        request.verdicts = all.c_str();
        request.verdicts_length = all.size();
        const Json root = document(request);
        char *dumped = json_dumps(json_object_get(root.get(), "verdicts"), JSON_SORT_KEYS);
        EXPECT_STREQ(R"([{"errors": 2, "findings": [{"kind": "units", "level": null, )"
                     R"("severity": "error", "variable": "2t", "what": "K is wanted"}], )"
                     R"("source": "a", "unlisted": 1, "verdict": "rejected", "warnings": 0}])",
                     dumped);
        free(dumped);
    }
    request.verdicts = nullptr;
    EXPECT_EQ(0u, json_array_size(json_object_get(document(request).get(), "verdicts")));
    for (const auto &[bad, why] :
         {std::pair("[7]", "verdicts[0]: an object is wanted, not an integer"),
          std::pair("{}", "verdicts[0]: key 'schema' is missing"),
          std::pair(R"({"schema": "gaia.composite/1"})",
                    "verdicts[0].schema: 'gaia.verdict/1' is wanted, not "
                    "'gaia.composite/1'")}) {
        request.verdicts = bad;
        request.verdicts_length = strlen(bad);
        EXPECT_EQ(GAIA_JOB_INVALID, refused(request));
        EXPECT_STREQ(why, err.detail);
    }
}

TEST_F(ReportData, NoTextHasHiddenCharacters)
{
    const std::string composites = R"([{"schema": "gaia.composite/1", "forecast": "a\u202e",
        "profile": {"name": "p\u001b[31m"}, "reasons": ["low\u200bskill"], "times": []}])";
    const char *warnings[] = {"region \xe2\x81\xa6ten"};
    made.p.warnings = warnings;
    made.p.n_warnings = 1;
    report_request request = {};
    request.title = "a\xe2\x80\xaetitle\xe2\x80\xa8";
    request.composites = composites.c_str();
    request.composites_length = composites.size();
    const Json root = document(request);
    char *dumped = json_dumps(root.get(), 0);
    for (const char *wanted :
         {"\"region ?ten\"", "\"a?title \"", "\"a?\"", "\"p [31m\"", "\"low?skill\""}) {
        EXPECT_NE(nullptr, strstr(dumped, wanted)) << wanted;
    }
    EXPECT_TRUE(text_is_clean(dumped));
    free(dumped);
}

TEST_F(ReportData, ReferenceAndClimatologyAreBaselinesForErrors)
{
    made.p.has_reference = true;
    for (size_t u = 0; u < made.units.size(); u++) {
        for (size_t i = 0; i < 4; i++) {
            made.row(u, i).sum[GAIA_MOMENT_TRUTH_REFERENCE_N] = 10;
            made.row(u, i).sum[GAIA_MOMENT_TRUTH_REFERENCE_W] = 5;
            made.row(u, i).sum[GAIA_MOMENT_TRUTH_REFERENCE_RO2] = 5.0 * 49;
        }
    }
    const Json root = document({});
    const json_t *forecasts = json_object_get(root.get(), "forecasts");
    ASSERT_EQ(3u, json_array_size(forecasts));
    EXPECT_STREQ("reference",
                 json_string_value(json_object_get(json_array_get(forecasts, 2), "kind")));
    size_t n_values = 0;
    size_t n_differences = 0;
    const json_t *values = json_object_get(root.get(), "values");
    for (size_t i = 0; i < json_array_size(values); i++) {
        const json_t *row = json_array_get(values, i);
        if (number(row, 0) == 2.0) {
            EXPECT_EQ("rmse", name(root.get(), "metrics", row, 6));
            EXPECT_EQ(7.0, number(row, 8));
            n_values++;
        }
    }
    const json_t *rows = json_object_get(root.get(), "differences");
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        if (number(row, 0) == 2.0) {
            EXPECT_EQ(7.0, number(row, 9));
            n_differences++;
        }
    }
    EXPECT_EQ(2u * 4, n_values); // once for both forecasts
    EXPECT_EQ(2u * 2 * 4, n_differences);
}

TEST_F(ReportData, CoverageCountsWhatIsThere)
{
    ASSERT_EQ(GAIA_OK, moments_open(made.bytes(5), &file, &err)) << err.detail; // a lacks one of z
    const Json root = document({});
    const json_t *a = json_array_get(json_object_get(root.get(), "forecasts"), 0);
    EXPECT_EQ(12, json_integer_value(json_object_get(root.get(), "fields")));
    EXPECT_EQ(11, json_integer_value(json_object_get(a, "fields")));
    EXPECT_EQ(6, json_integer_value(json_object_get(a, "init_times")));
    EXPECT_STREQ("1970-01-01T00", json_string_value(json_object_get(a, "first")));
    EXPECT_STREQ("1970-01-03T12", json_string_value(json_object_get(a, "last")));
    EXPECT_EQ(110.0, json_number_value(json_object_get(a, "points")));
    const json_t *source = json_object_get(root.get(), "source");
    EXPECT_EQ(16u, json_string_length(json_object_get(source, "hash")));
    EXPECT_STREQ(gaia_version(), json_string_value(json_object_get(source, "program")));
}

TEST_F(ReportData, NoValueIsNullAndAFailureIsTold)
{
    for (size_t i = 0; i < 4; i++) {
        made.row(0, i).sum[GAIA_MOMENT_ERROR_W] = 0.0; // of a, z, the first time: no value
    }
    made.p.missing = GAIA_MISSING_PROPAGATE;
    made.p.forecasts[1].status = GAIA_FILE_DAMAGED;
    made.p.forecasts[1].detail = "f.nc: cut short";
    const char *warnings[] = {"region dot is left out"};
    made.p.warnings = warnings;
    made.p.n_warnings = 1;
    const Json root = document({});
    const json_t *row = json_array_get(json_object_get(root.get(), "values"), 0);
    EXPECT_TRUE(json_is_null(json_array_get(row, 8)));
    EXPECT_TRUE(json_is_null(json_array_get(row, 9)));
    const json_t *b = json_array_get(json_object_get(root.get(), "forecasts"), 1);
    EXPECT_STREQ("f.nc: cut short", json_string_value(json_object_get(b, "detail")));
    EXPECT_STREQ("propagate", json_string_value(json_object_get(root.get(), "missing")));
    const json_t *told = json_object_get(root.get(), "warnings");
    ASSERT_EQ(1u, json_array_size(told));
    EXPECT_STREQ(warnings[0], json_string_value(json_array_get(told, 0)));
}

TEST_F(ReportData, WhatHasNoPlaceIsRefused)
{
    ASSERT_EQ(GAIA_OK, moments_open(made.bytes(), &file, &err));
    const char *metric = "msess_ref";
    report_request request = {};
    request.filter.n_metrics = 1;
    request.filter.metrics = &metric;
    EXPECT_EQ(GAIA_USAGE, refused(request));
    EXPECT_STREQ("metric 'msess_ref' has no place on the page: rmse, acc_centred, bias, mae, mse, "
                 "acc_uncentred and pearson have",
                 err.detail);
    metric = "nonsense";
    EXPECT_EQ(GAIA_METRIC_UNKNOWN, refused(request));
    metric = "acc_centred"; // without a climatology
    EXPECT_EQ(GAIA_USAGE, refused(request));
    request = {};
    request.composites = "[{\"schema\": \"other/1\"}]";
    request.composites_length = strlen(request.composites);
    EXPECT_EQ(GAIA_JOB_INVALID, refused(request));
}

TEST_F(ReportData, TooManyValuesAreALimit)
{
    // 256 regions under 200 weightings: 3 metrics of 51,200 rows are too many at the third lead.
    std::vector<std::string> names;
    std::vector<const char *> texts;
    for (int i = 0; i < 256; i++) {
        names.push_back("r" + std::to_string(i));
    }
    for (const std::string &one : names) {
        texts.push_back(one.c_str());
    }
    made.p.n_regions = 256;
    made.p.regions = texts.data();
    made.p.n_weights = 200;
    made.p.weights = texts.data();
    text out = {};
    ASSERT_EQ(GAIA_OK, moments_head_write(&made.p, &out, &err)) << err.detail;
    const std::vector<gaia_moments> rows(256 * 200, made.row(0, 0));
    for (const size_t u : {0u, 6u, 12u}) {
        moments_record_write(&made.units[u], rows.data(), rows.size(), &out);
    }
    const std::string bytes =
        sealed(std::string(out.s, out.length) + std::string(MOMENTS_TAIL_BYTES, ' '));
    text_fini(&out);
    ASSERT_EQ(GAIA_OK, moments_open(bytes, &file, &err)) << err.detail;
    EXPECT_EQ(GAIA_LIMIT, refused({}));
    EXPECT_STREQ("more than 400000 values for one page: choose some by --forecasts, --variables, "
                 "--levels, --leads, --regions, --weights or --metrics",
                 err.detail);
}

} // namespace
