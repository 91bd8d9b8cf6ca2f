// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <string>

extern "C" {
#include "plan.h"
}

namespace
{

const char *const kPlan = R"({"forecasts": [{"id": "a", "status": "ok", "detail": ""},
    {"id": "b", "status": "file_missing", "detail": "b.nc: no such file"}],
  "variables": ["z", "t2m"], "regions": ["global", "europe"], "weights": ["cos"], "warnings": ["w"],
  "units": [[0, 0, 500.0, 43200, 1483228800], [0, 0, 850.0, 43200, 1483228800], [0, 1, null, 43200, 0]],
  "metrics": "1fffff", "missing": "propagate", "has_climatology": true, "has_reference": false,
  "field_bytes": 29280})";

plan *read(const std::string &text, std::string *error = nullptr)
{
    json_t *json = json_loads(text.c_str(), 0, nullptr);
    plan *made = nullptr;
    gaia_error err = {};
    const gaia_status status = plan_from_json(json, &made, &err);
    EXPECT_EQ(status == GAIA_OK, made != nullptr);
    if (error != nullptr) {
        *error = std::string(gaia_status_name(status)) + ": " + err.detail;
    }
    json_decref(json);
    return made;
}

TEST(Plan, GoesThroughJsonUnchanged)
{
    plan *first = read(kPlan);
    ASSERT_NE(first, nullptr);
    json_t *json = plan_to_json(first);
    char *text = json_dumps(json, JSON_COMPACT);
    plan *second = read(text);
    ASSERT_NE(second, nullptr);
    EXPECT_EQ(second->n_units, 3u);
    EXPECT_EQ(second->units[1].level, 850.0);
    EXPECT_TRUE(std::isnan(second->units[2].level));
    EXPECT_EQ(second->forecasts[1].status, GAIA_FILE_MISSING);
    EXPECT_STREQ(second->forecasts[1].detail, "b.nc: no such file");
    EXPECT_EQ(second->metrics, 0x1fffffu);
    EXPECT_EQ(second->missing, GAIA_MISSING_PROPAGATE);
    EXPECT_EQ(second->field_bytes, 29280u);
    EXPECT_STREQ(second->warnings[0], "w");
    free(text);
    json_decref(json);
    plan_free(first);
    plan_free(second);
}

TEST(Plan, CarriesItsCalendar)
{
    plan *first = read(kPlan);
    ASSERT_NE(first, nullptr);
    EXPECT_EQ(first->calendar, GAIA_CALENDAR_STANDARD);
    for (const gaia_calendar calendar : {GAIA_CALENDAR_NOLEAP, GAIA_CALENDAR_360_DAY}) {
        first->calendar = calendar;
        json_t *json = plan_to_json(first);
        char *text = json_dumps(json, JSON_COMPACT);
        plan *second = read(text);
        ASSERT_NE(second, nullptr);
        EXPECT_EQ(second->calendar, calendar);
        plan_free(second);
        free(text);
        json_decref(json);
    }
    plan_free(first);
    std::string text = kPlan;
    std::string error;
    text.replace(text.find("\"field_bytes\""), 0, "\"calendar\": \"maya\", ");
    EXPECT_EQ(read(text, &error), nullptr);
    EXPECT_EQ(error, "protocol: plan.calendar: there is no 'maya'");
}

TEST(Plan, RefusesWhatBreaksItsPromises)
{
    const auto spoiled = [](const std::string &from, const std::string &to) {
        std::string text = kPlan;
        text.replace(text.find(from), from.size(), to);
        std::string error;
        plan_free(read(text, &error));
        return error;
    };
    EXPECT_EQ(spoiled("[0, 1, null", "[2, 1, null"), "protocol: units[2]: not a unit of this plan");
    EXPECT_EQ(spoiled("[0, 1, null", "[0, 2, null"), "protocol: units[2]: not a unit of this plan");
    EXPECT_EQ(spoiled("[0, 1, null", "[0, -1, null"),
              "protocol: units[2]: not a unit of this plan");
    EXPECT_EQ(spoiled("43200, 0]", "43200, 9e99]"), "protocol: units[2]: not a unit of this plan");
    EXPECT_EQ(spoiled("43200, 0]", "43200, 9000000000000000000]"),
              "protocol: units[2]: not a unit of this plan");
    EXPECT_EQ(spoiled("43200, 0]", "-9223372036854775808, 0]"),
              "protocol: units[2]: not a unit of this plan");
    EXPECT_EQ(spoiled("850.0", "400.0"), "protocol: plan.units[1]: out of order");
    EXPECT_EQ(spoiled("850.0", "500.0"), "protocol: plan.units[1]: out of order");
    EXPECT_EQ(spoiled("\"cos\"", "7"), "protocol: plan.weights[0]: a string is wanted");
    EXPECT_EQ(spoiled("[\"cos\"]", "[]"), "protocol: plan.weights: 0 entries");
    EXPECT_EQ(spoiled("\"regions\"", "\"areas\""), "protocol: plan: key 'regions' is missing");
}

TEST(Plan, RandomBytesNeverHurt)
{
    std::mt19937 rng(11);
    for (int i = 0; i < 5000; i++) {
        std::string text = kPlan;
        for (int k = 0; k < 3; k++) {
            text[rng() % text.size()] = "0123456789[]{},\"-.nulltrue"[rng() % 26];
        }
        json_t *json = json_loads(text.c_str(), 0, nullptr);
        plan *made = nullptr;
        gaia_error err = {};
        if (json != nullptr && plan_from_json(json, &made, &err) == GAIA_OK) {
            for (size_t u = 0; u < made->n_units; u++) {
                ASSERT_LT(made->units[u].forecast, made->n_forecasts);
                ASSERT_LT(made->units[u].variable, made->n_variables);
            }
            plan_free(made);
        }
        json_decref(json);
    }
}

} // namespace
