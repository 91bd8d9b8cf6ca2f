// SPDX-License-Identifier: MIT
//
// Profiles: those that ship, and what is said of one that is wrong.
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include <gaia/job.h>

extern "C" {
#include "profile.h"
}

namespace
{

std::string shipped(const std::string &name)
{
    for (size_t i = 0; profile_shipped_name(i) != nullptr; i++) {
        if (name == profile_shipped_name(i)) {
            return profile_shipped_text(i);
        }
    }
    ADD_FAILURE() << name;
    return "";
}

std::string replaced(std::string text, const std::string &from, const std::string &to)
{
    const size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return at != std::string::npos ? text.replace(at, from.size(), to) : text;
}

// The error's status name and detail.
std::string error_of(const std::string &json)
{
    gaia_profile *profile = nullptr;
    gaia_error err = {};
    const gaia_status status = profile_parse("p.json", json.data(), json.size(), &profile, &err);
    EXPECT_NE(status, GAIA_OK);
    EXPECT_EQ(profile, nullptr);
    profile_free(profile);
    return std::string(gaia_status_name(status)) + ": " + err.detail;
}

std::string hash_of(const std::string &json)
{
    gaia_profile *profile = nullptr;
    gaia_error err = {};
    EXPECT_EQ(profile_parse("p", json.data(), json.size(), &profile, &err), GAIA_OK) << err.detail;
    const std::string hash = profile != nullptr ? profile->hash : "";
    profile_free(profile);
    return hash;
}

TEST(Profile, FourShipAndEachIsNamedAsItsFile)
{
    std::vector<std::string> names;
    for (size_t i = 0; profile_shipped_name(i) != nullptr; i++) {
        gaia_profile *profile = nullptr;
        gaia_error err = {};
        names.push_back(profile_shipped_name(i));
        ASSERT_EQ(profile_find(profile_shipped_name(i), &profile, &err), GAIA_OK) << err.detail;
        EXPECT_EQ(names.back(), profile->name);
        profile_free(profile);
    }
    EXPECT_EQ(names, (std::vector<std::string>{"gaia-day1", "gaia-era5", "weatherbench2", "wmo"}));
    EXPECT_EQ(profile_shipped_text(names.size()), nullptr);
}

TEST(Profile, HasBandsInPlaceOfTheirFamily)
{
    const std::string json = replaced(shipped("gaia-day1"), "\"regions\": [\"global\"]",
                                      "\"regions\": [\"zonal:30\", \"global\"]");
    gaia_profile *p = nullptr;
    gaia_error err = {};
    ASSERT_EQ(profile_parse("p", json.data(), json.size(), &p, &err), GAIA_OK) << err.detail;
    ASSERT_EQ(p->n_regions, 7u);
    EXPECT_STREQ(p->regions[0], "zonal_60n_90n");
    EXPECT_STREQ(p->regions[5], "zonal_90s_60s");
    EXPECT_STREQ(p->regions[6], "global");
    profile_free(p);
}

TEST(Profile, ReadsEveryNumber)
{
    gaia_profile *p = nullptr;
    gaia_error err = {};
    ASSERT_EQ(profile_find("gaia-day1", &p, &err), GAIA_OK) << err.detail;
    const composite_spec &c = p->composite;
    EXPECT_EQ(c.kind, COMPOSITE_DAY1);
    EXPECT_EQ(c.baseline, BASELINE_REFERENCE);
    EXPECT_EQ(c.skill_weight, 0.6);
    EXPECT_EQ(c.skill_max, 1.0);
    EXPECT_EQ(c.zero_perfect, 1.0);
    EXPECT_EQ(c.zero_imperfect, -HUGE_VAL);
    EXPECT_EQ(c.acc_weight, 0.4);
    EXPECT_EQ(c.acc_divide_by, 2.0);
    EXPECT_EQ(c.clone_gamma, 1.0);
    EXPECT_EQ(c.clone_alarm_share, 0.5);
    EXPECT_EQ(c.clone_cap, 0.05);
    EXPECT_EQ(c.pattern_correlation_min, 0.3);
    EXPECT_EQ(c.acc_min, 0.6);
    EXPECT_EQ(c.pass_at, 0.1);
    EXPECT_EQ(c.era5_weight, 0.95);
    EXPECT_EQ(c.day1_weight, 0.05);
    EXPECT_EQ(c.day1_alone_factor, 0.2);
    EXPECT_EQ(c.day1_alone_max, 0.05);
    EXPECT_TRUE(c.failed_check_fails && c.is_weighted && p->needs_climatology &&
                p->needs_reference);
    EXPECT_EQ(p->lead_rule, PROFILE_ZERO);
    EXPECT_EQ(p->variable_rule, PROFILE_FAIL);
    const profile_variable *z = profile_variable_find(p, "z");
    ASSERT_NE(z, nullptr);
    EXPECT_EQ(z->weight, 0.10);
    EXPECT_EQ(z->clone_delta, 100.0);
    EXPECT_EQ(z->clone_field_per_unit, 9.80665);
    EXPECT_EQ(z->clone_level, 500.0);
    EXPECT_TRUE(profile_wants(p, "z", 500) && !profile_wants(p, "z", 850));
    EXPECT_TRUE(profile_wants(p, "2t", NAN) && profile_wants(p, "t", 850));
    EXPECT_EQ(profile_variable_find(p, "t2m"), profile_variable_find(p, "2t"));
    EXPECT_EQ(profile_variable_find(p, "nothing"), nullptr);
    profile_free(p);
}

TEST(Profile, HashIsOfWhatItSaysNotOfHowItIsWritten)
{
    const std::string text = shipped("gaia-day1");
    const std::string hash = hash_of(text);
    EXPECT_EQ(hash.substr(0, 9), "xxh3-128:");
    EXPECT_EQ(hash.size(), 9u + 32u);
    EXPECT_EQ(hash, hash_of(replaced(text, "[6, 12]", "[6.0,\n 12]")));
    EXPECT_EQ(hash, hash_of(replaced(replaced(text, "\"pass_at\": 0.1,", ""), "\"kind\": \"day1\"",
                                     "\"pass_at\": 1e-1, \"kind\": \"day1\"")));
    EXPECT_NE(hash, hash_of(replaced(text, "\"pass_at\": 0.1", "\"pass_at\": 0.11")));
}

// What is replaced in gaia-day1, by what, and what is said then.
const struct {
    const char *from;
    const char *to;
    const char *error;
} kWrong[] = {
    {"gaia.profile/1", "gaia.profile/2",
     "job_invalid: profile.schema: 'gaia.profile/1' is wanted, not 'gaia.profile/2'"},
    {"\"leads\"", "\"lead\"", "job_invalid: profile: unknown key 'lead'"},
    {"\"pass_at\": 0.1,", "", "job_invalid: profile.composite: key 'pass_at' is missing"},
    {"\"pass_at\": 0.1,", "\"pass_at\": \"x\",",
     "job_invalid: profile.composite.pass_at: a number is wanted, not a string"},
    {"\"gamma\": 1", "\"gamma\": -1",
     "job_invalid: profile.composite.clone.gamma: -1 is not from 0 to 1e+06"},
    {"\"weight\": 0.25", "\"weight\": true",
     "job_invalid: profile.variables[0].weight: a number is wanted, not a boolean"},
    {"\"name\": \"msl\"", "\"name\": \"2t\"",
     "job_invalid: profile.variables[1].name: '2t' is there twice"},
    {"\"name\": \"2t\"", "\"name\": \"t2m\"",
     "job_invalid: profile.variables[0].name: 't2m' is called '2t' in profiles"},
    {"[500, 850]", "[850, 500]",
     "job_invalid: profile.variables[4].levels[1]: 500 does not come after 850: numbers "
     "ascend"},
    {"\"min\": 170, \"max\": 340", "\"min\": 170, \"max\": 100",
     "job_invalid: profile.variables[0].bounds.max: 100 is not from 170 to 1e+30"},
    {"\"delta\": 0.0025", "\"delta\": 0",
     "job_invalid: profile.variables[0].clone.delta: 0 is not from 1e-30 to 1e+30"},
    {"\"leads\": [6, 12]", "\"leads\": []",
     "job_invalid: profile.leads: 1 to 4096 entries are wanted, not 0"},
    {"\"leads\": [6, 12]", "\"leads\": [6, \"x\"]",
     "job_invalid: profile.leads[1]: a number is wanted, not a string"},
    {"\"regions\": [\"global\"]", "\"regions\": [\"mars\"]",
     "region_unknown: profile.regions[0]: no such region 'mars'"},
    {"\"regions\": [\"global\"]", "\"regions\": [\"zonal:50\", \"global\"]",
     "region_unknown: profile.regions: no such bands of latitude 'zonal:50'; 'zonal:WIDTH' asks "
     "for all bands of 1, 2, 3, 4, 5, 6, 9, 10, 12, 15, 18, 20, 30 degrees ('zonal': of 5), and "
     "'zonal_40n_45n' or 'zonal_45s_40s' for one"},
    {"\"weights\": [\"cos\"]", "\"weights\": [\"sin\"]",
     "weighting_unknown: profile.weights[0]: no such weighting 'sin'"},
    {"\"metrics\": [\"n_valid\"", "\"metrics\": [\"luck\"",
     "metric_unknown: profile.metrics: no such metric 'luck'"},
    {"\"lead\": \"zero\"", "\"lead\": \"guess\"",
     "job_invalid: profile.missing.lead: 'fail' or 'zero' or 'leave_out' is wanted, not "
     "'guess'"},
    {"\"variable\": \"fail\"", "\"variable\": \"zero\"",
     "job_invalid: profile.missing.variable: 'fail' or 'leave_out' is wanted, not 'zero'"},
    {"\"truth\", \"climatology\"", "\"truth\", \"luck\"",
     "job_invalid: profile.needs[1]: 'truth', 'climatology' or 'reference' is wanted, not "
     "'luck'"},
    {"\"truth\", \"climatology\"", "\"truth\"",
     "job_invalid: profile.composite: needs a climatology, which 'needs' does not name"},
    {", \"reference\"]", "]",
     "job_invalid: profile.composite: needs a reference, which 'needs' does not name"},
    {"\"region\": \"global\"", "\"region\": \"tropics\"",
     "job_invalid: profile.composite.region: 'tropics' is not among the profile's regions"},
    {"\"weighting\": \"cos\"", "\"weighting\": \"none\"",
     "job_invalid: profile.composite.weighting: 'none' is not among the profile's weights"},
    {"\"kind\": \"day1\"", "\"kind\": \"luck\"",
     "job_invalid: profile.composite.kind: 'day1' or 'lead_mean' is wanted, not 'luck'"},
    {"\"kind\": \"day1\"", "\"kind\": \"lead_mean\"",
     "job_invalid: profile.composite: unknown key 'clone'"},
    {"\"imperfect\": \"-inf\"", "\"imperfect\": \"inf\"",
     "job_invalid: profile.composite.skill.zero_baseline.imperfect: '-inf' is wanted, not "
     "'inf'"},
    {"\"non_negative\": true", "\"non_negative\": 1",
     "job_invalid: profile.variables[6].non_negative: a boolean is wanted, not an integer"},
    {"\"name\": \"gaia-day1\"", "\"name\": \"\"", "job_invalid: profile.name: is empty"},
    {"\"variables\": [", "\"variables\": [7, ",
     "job_invalid: profile.variables[0]: an object is wanted, not an integer"},
};

TEST(Profile, SaysWhereItIsWrong)
{
    const std::string day1 = shipped("gaia-day1");
    for (const auto &c : kWrong) {
        EXPECT_EQ(error_of(replaced(day1, c.from, c.to)), c.error);
    }
    EXPECT_EQ(error_of("[]"), "job_invalid: profile: an object is wanted, not an array");
    EXPECT_EQ(error_of("{\"a\":"),
              "job_invalid: p.json: line 1, column 5: unexpected token near end of file");
    gaia_profile *none = nullptr;
    gaia_error err = {};
    EXPECT_EQ(profile_find("gaia-day2", &none, &err), GAIA_JOB_INVALID);
    EXPECT_STREQ(err.detail, "no such profile 'gaia-day2'; there are: gaia-day1, gaia-era5, "
                             "weatherbench2, wmo");
}

// ---- Jobs with profiles ----

std::string job_text(const std::string &more, bool all = true)
{
    return "{\"schema\": \"gaia.job/1\", \"forecasts\": [{\"id\": \"a\", \"files\": [\"f\"]}], "
           "\"truth\": {\"files\": [\"t\"]}" +
           std::string(all ? ", \"climatology\": {\"files\": [\"c\"]}, "
                             "\"reference\": {\"files\": [\"r\"]}"
                           : "") +
           more + "}";
}

std::string job_error(const std::string &json)
{
    gaia_job *job = nullptr;
    gaia_error err = {};
    const gaia_status status = gaia_job_parse(json.data(), json.size(), &job, &err);
    EXPECT_NE(status, GAIA_OK);
    gaia_job_free(job);
    return err.detail;
}

TEST(Profile, FillsWhatAJobLeavesOpen)
{
    gaia_job *job = nullptr;
    gaia_error err = {};
    const std::string json = job_text(", \"profile\": \"gaia-day1\"");
    ASSERT_EQ(gaia_job_parse(json.data(), json.size(), &job, &err), GAIA_OK) << err.detail;
    ASSERT_EQ(job->n_variables, 9u);
    EXPECT_STREQ(job->variables[0], "2t");
    ASSERT_EQ(job->n_leads, 2u);
    EXPECT_EQ(job->leads_s[1], 12 * 3600);
    EXPECT_EQ(job->n_levels, 0u);
    EXPECT_STREQ(job->regions[0], "global");
    EXPECT_EQ(job->profile->modified, 0u);
    gaia_job_free(job);
}

TEST(Profile, ListsOfAJobTakeThePlaceOfItsOwn)
{
    gaia_job *job = nullptr;
    gaia_error err = {};
    const std::string json =
        job_text(", \"profile\": " + shipped("gaia-day1") +
                 ", \"variables\": [\"t\", \"luck\"], \"levels\": [850, 500, 700, 500], "
                 "\"leads\": [12], \"missing\": \"propagate\"");
    ASSERT_EQ(gaia_job_parse(json.data(), json.size(), &job, &err), GAIA_OK) << err.detail;
    const gaia_profile *p = job->profile;
    EXPECT_EQ(p->modified, 1u << PROFILE_VARIABLES | 1u << PROFILE_LEVELS | 1u << PROFILE_LEADS |
                               1u << PROFILE_MISSING);
    ASSERT_EQ(p->n_variables, 2u);
    EXPECT_EQ(p->variables[0].weight, 0.15);
    ASSERT_EQ(p->variables[0].n_levels, 3u);
    EXPECT_EQ(p->variables[0].levels[1], 700.0);
    EXPECT_EQ(p->variables[1].weight, 0.0);
    EXPECT_EQ(p->n_leads, 1u);
    EXPECT_EQ(job->missing, GAIA_MISSING_PROPAGATE);
    gaia_job_free(job);
}

TEST(Profile, SaysWhatAJobLacks)
{
    EXPECT_EQ(job_error(job_text(", \"profile\": \"gaia-day2\"")),
              "job.profile: no such profile 'gaia-day2'; there are: gaia-day1, gaia-era5, "
              "weatherbench2, wmo");
    EXPECT_EQ(job_error(job_text(", \"profile\": 7")),
              "job.profile: a name or an object is wanted, not an integer");
    EXPECT_EQ(job_error(job_text(", \"profile\": {\"x\": 1}")), "job.profile: unknown key 'x'");
    EXPECT_EQ(job_error(job_text(", \"profile\": \"gaia-day1\"", false)),
              "job: profile 'gaia-day1' needs a climatology");
    EXPECT_EQ(job_error(job_text(", \"climatology\": {\"files\": [\"c\"]}, "
                                 "\"profile\": \"gaia-day1\"",
                                 false)),
              "job: profile 'gaia-day1' needs a reference");
    EXPECT_EQ(job_error(job_text(", \"profile\": \"gaia-day1\", \"regions\": [\"europe\"]")),
              "job.regions: the composite of profile 'gaia-day1' needs region 'global'");
    EXPECT_EQ(job_error(job_text(", \"profile\": \"gaia-day1\", \"weights\": [\"none\"]")),
              "job.weights: the composite of profile 'gaia-day1' needs weighting 'cos'");
    EXPECT_EQ(job_error(job_text(", \"profile\": \"gaia-day1\", \"variables\": [\"luck\"]")),
              "job.variables: none of them has a weight in profile 'gaia-day1'");
    std::string many = "1";
    for (int i = 0; i < 5000; i++) {
        many += ", " + std::to_string(i + 2);
    }
    EXPECT_EQ(job_error(job_text(", \"profile\": \"gaia-era5\", \"levels\": [" + many + "]")),
              "job.levels: at most 4096 entries with a profile, not 5001");
    EXPECT_EQ(job_error(job_text(", \"profile\": \"gaia-era5\", \"leads\": [" + many + "]")),
              "job.leads: at most 4096 entries with a profile, not 5001");
    EXPECT_EQ(job_error(job_text(", \"day1_passed\": [\"a\"]")),
              "job.day1_passed: needs a profile");
}

} // namespace
