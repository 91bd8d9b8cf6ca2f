// SPDX-License-Identifier: MIT
//
// Reading requirements: what is wrong with them is named by its path; those of Gaia are whole.
#include <cmath>
#include <string>

#include <gtest/gtest.h>
#include <jansson.h>

extern "C" {
#include "requirements.h"
}

namespace
{

std::string requirements_error(const std::string &members)
{
    gaia_error err = {};
    requirements read = {};
    json_error_t at;
    json_t *root =
        json_loads((R"({"schema": "gaia.requirements/1")" + members + "}").c_str(), 0, &at);
    EXPECT_NE(root, nullptr) << at.text;
    const gaia_status status = requirements_read(root, &read, &err);
    EXPECT_EQ(status == GAIA_OK, err.detail[0] == '\0');
    json_decref(root);
    requirements_fini(&read);
    return err.detail;
}

TEST(Requirements, SayWhatIsWrongWithThem)
{
    const std::string t = R"(, "variables": [{"name": "t"}])";
    EXPECT_EQ(requirements_error(t), "");
    EXPECT_EQ(requirements_error(""), "requirements: key 'variables' is missing");
    EXPECT_EQ(requirements_error(R"(, "variables": [])"),
              "requirements.variables: 1 to 256 are wanted");
    EXPECT_EQ(requirements_error(R"(, "variables": [{"name": "t", "min": 2, "max": 1}])"),
              "requirements.variables[0]: min 2 is above max 1");
    EXPECT_EQ(requirements_error(R"(, "variables": [{"name": "t", "levels": [1, 2]}, )"
                                 R"({"name": "u", "levels": [2]}, {"name": "t", "levels": [2]}])"),
              "requirements.variables[2]: 't' at one of its levels is required by variables[0] "
              "too");
    EXPECT_EQ(requirements_error(R"(, "variables": [{"name": "t", "tolerance": -1}])"),
              "requirements.variables[0].tolerance: it is negative");
    EXPECT_EQ(requirements_error(t + R"(, "finite_share": 2)"),
              "requirements.finite_share: 0 to 1 is wanted");
    EXPECT_EQ(requirements_error(t + R"(, "leads": {"from": 6, "to": 240, "step": 0})"),
              "requirements.leads: from 6 to 240 by 0 is no range of 1 to 100000 lead times");
    EXPECT_EQ(requirements_error(t + R"(, "lead_step": -6)"),
              "requirements.lead_step: out of range");
    EXPECT_EQ(requirements_error(R"(, "variables": [{"name": ""}])"),
              "requirements.variables[0].name: it is empty");
    EXPECT_EQ(requirements_error(R"(, "variables": [{"name": "t", "levels": [5, "x"]}])"),
              "requirements.variables[0].levels[1]: a number up to 1e+06 is wanted, not a string");
    EXPECT_EQ(requirements_error(t + R"(, "leads": {"from": 6, "to": 240})"),
              "requirements.leads: key 'step' is missing");
    EXPECT_EQ(requirements_error(t + R"(, "grid": {"n_lat": -1})"),
              "requirements.grid.n_lat: 0 to 1000000 is wanted");
    EXPECT_EQ(requirements_error(t + R"(, "grid": {"global": 1})"),
              "requirements.grid.global: a boolean is wanted, not an integer");
    EXPECT_EQ(requirements_error(t + R"(, "lead": [6])"), "requirements: unknown key 'lead'");
}

TEST(Requirements, OfGaiaComeWithTheProgram)
{
    requirements gaia = {};
    gaia_error err = {};
    ASSERT_EQ(requirements_named("gaia", &gaia, &err), GAIA_OK) << err.detail;
    EXPECT_STREQ(gaia.name, "gaia");
    ASSERT_EQ(gaia.n_leads, 40u);
    EXPECT_EQ(gaia.leads_s[0], 6 * 3600);
    EXPECT_EQ(gaia.leads_s[39], 240 * 3600);
    EXPECT_TRUE(gaia.global && gaia.regular);
    size_t n_fields = 0;
    for (size_t i = 0; i < gaia.n_variables; i++) {
        const requirement &r = gaia.variables[i];
        n_fields += r.n_levels == 0 ? 1 : r.n_levels;
        EXPECT_GT(r.n_units, 0u) << r.name;
        EXPECT_TRUE(std::isfinite(r.min) && std::isfinite(r.max)) << r.name;
        EXPECT_EQ(r.finite_share, 1.0);
    }
    EXPECT_EQ(n_fields, 4u + 5u * 13u);
    requirements_fini(&gaia);
}

} // namespace
