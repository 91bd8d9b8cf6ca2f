// SPDX-License-Identifier: MIT
//
// Bands of latitude in the document of a page: their values, and what they are left out of.
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "report_document.h"

namespace
{

using ReportBands = ReportDocument;

TEST_F(ReportBands, BandsOfLatitudeHaveValuesAndNoDifferences)
{
    const char *regions[] = {"zonal_30n_60n", "global"};
    made.p.regions = regions;
    made.p.has_reference = true;
    for (size_t u = 0; u < made.units.size(); u++) {
        for (size_t i = 0; i < 4; i++) {
            made.row(u, i).sum[GAIA_MOMENT_TRUTH_REFERENCE_N] = 10;
            made.row(u, i).sum[GAIA_MOMENT_TRUTH_REFERENCE_W] = 5;
            made.row(u, i).sum[GAIA_MOMENT_TRUTH_REFERENCE_RO2] = 5.0 * 49;
            made.row(u, i).sum[GAIA_MOMENT_POINTS] = i < 2 ? 3 : 10;
        }
    }
    const Json root = document({});
    const Json wanted(json_pack("[[i, i, i]]", 0, 30, 60), &json_decref);
    EXPECT_TRUE(json_equal(wanted.get(), json_object_get(root.get(), "bands")));
    std::map<std::string, int> values;
    const json_t *rows = json_object_get(root.get(), "values");
    for (size_t i = 0; i < json_array_size(rows); i++) {
        values[name(root.get(), "regions", json_array_get(rows, i), 4)]++;
    }
    // Of two forecasts and two variables under two weightings three metrics, and RMSE once more of
    // the reference.
    EXPECT_EQ((std::map<std::string, int>{{"global", 24 + 4}, {"zonal_30n_60n", 24 + 4}}), values);
    rows = json_object_get(root.get(), "differences");
    EXPECT_EQ(2u * 2 * 2 * 3 + 2 * 2 * 2, json_array_size(rows)); // from another, the reference
    for (size_t i = 0; i < json_array_size(rows); i++) {
        EXPECT_EQ("global", name(root.get(), "regions", json_array_get(rows, i), 5));
    }
    // What a forecast has is counted where it is whole.
    const json_t *a = json_array_get(json_object_get(root.get(), "forecasts"), 0);
    EXPECT_EQ(120.0, json_number_value(json_object_get(a, "points")));
}

TEST_F(ReportBands, AnotherFileNeedNotHaveTheBands)
{
    MomentsCase more; // global and europe
    ASSERT_EQ(GAIA_OK, moments_open(more.bytes(), &other, &err));
    const char *regions[] = {"global", "zonal_30n_60n"};
    made.p.regions = regions;
    report_request request = {};
    request.against_file = other;
    request.against = request.against_label = "b";
    const Json whole = document(request);
    const char *chosen[] = {"global", "zonal:30"};
    request.filter.n_regions = 2;
    request.filter.regions = chosen;
    const Json root = document(request);
    const json_t *rows = json_object_get(root.get(), "differences");
    EXPECT_EQ(2u * 2 * 2 * 3 * 2, json_array_size(rows)); // from the other's b and one another
    EXPECT_EQ(json_array_size(rows), json_array_size(json_object_get(whole.get(), "differences")));
    EXPECT_EQ(1u, json_array_size(json_object_get(root.get(), "bands")));
}

TEST_F(ReportBands, BandsAloneAreRegionsLikeOthers)
{
    const char *regions[] = {"zonal_0n_30n", "zonal_30s_0s"};
    made.p.regions = regions;
    const Json root = document({});
    const Json wanted(json_pack("[[i, i, i], [i, i, i]]", 0, 0, 30, 1, -30, 0), &json_decref);
    EXPECT_TRUE(json_equal(wanted.get(), json_object_get(root.get(), "bands")));
    EXPECT_EQ(2u * 2 * 4 * 3, json_array_size(json_object_get(root.get(), "values")));
    EXPECT_EQ(2u * 2 * 4 * 3, json_array_size(json_object_get(root.get(), "differences")));
}

TEST_F(ReportBands, BandsAreLeftOutWhereThePageWouldBeTooLarge)
{
    std::vector<std::string> names = {"global"};
    std::vector<const char *> texts;
    for (int i = -90; i < 90; i++) {
        names.push_back("zonal_" + std::to_string(std::abs(i)) + (i < 0 ? "s_" : "n_") +
                        std::to_string(std::abs(i + 1)) + (i < 0 ? "s" : "n"));
    }
    for (const std::string &one : names) {
        texts.push_back(one.c_str());
    }
    made.p.n_regions = 181;
    made.p.regions = texts.data();
    made.p.weights = texts.data();
    for (const size_t n_weights : {50u, 100u}) { // 108,000 and 216,000 values of bands
        made.p.n_weights = n_weights;
        text out = {};
        ASSERT_EQ(GAIA_OK, moments_head_write(&made.p, &out, &err)) << err.detail;
        const std::vector<gaia_moments> rows(181 * n_weights, made.row(0, 0));
        for (size_t u = 0; u < made.units.size(); u += 6) { // one init time
            moments_record_write(&made.units[u], rows.data(), rows.size(), &out);
        }
        const std::string bytes =
            sealed(std::string(out.s, out.length) + std::string(MOMENTS_TAIL_BYTES, ' '));
        text_fini(&out);
        moments_file_close(file);
        ASSERT_EQ(GAIA_OK, moments_open(bytes, &file, &err)) << err.detail;
        const Json root = document({});
        const bool fits = n_weights == 50;
        const json_t *warnings = json_object_get(root.get(), "warnings");
        EXPECT_EQ(fits ? 180u : 0, json_array_size(json_object_get(root.get(), "bands")));
        EXPECT_EQ(fits ? 181u : 1, json_array_size(json_object_get(root.get(), "regions")));
        EXPECT_EQ((fits ? 181u : 1) * n_weights * 4 * 3,
                  json_array_size(json_object_get(root.get(), "values")));
        EXPECT_EQ(n_weights * 4 * 3, json_array_size(json_object_get(root.get(), "differences")));
        ASSERT_EQ(fits ? 0u : 1, json_array_size(warnings));
        if (!fits) {
            EXPECT_STREQ("Bands of latitude are left out: the page would be too large. "
                         "--forecasts, --variables, --levels, --leads, --weights and --metrics "
                         "choose some of it.",
                         json_string_value(json_array_get(warnings, 0)));
        }
    }
}

} // namespace
