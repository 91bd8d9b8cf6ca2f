// SPDX-License-Identifier: MIT
//
// What variables are called: one quantity behind every model's names, and no name with two
// meanings.
extern "C" {
#include "variable_name.h"
}

#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace
{

std::string canonical(const char *name)
{
    const char *found = variable_canonical(name);
    return found != nullptr ? found : "";
}

TEST(VariableName, NamesOfEveryModelMeanOneQuantity)
{
    const std::vector<std::vector<const char *>> same = {
        {"2t", "t2m", "T2M", "2m_temperature", "tmp2m", "tas"},
        {"msl", "mean_sea_level_pressure", "prmsl", "prmslmsl", "MSLP"},
        {"10u", "u10", "ugrd10m", "10m_u_component_of_wind"},
        {"10v", "v10", "vgrd10m", "10m_v_component_of_wind"},
        {"t", "temperature", "tmpprs"},
        {"u", "ugrdprs", "u_component_of_wind"},
        {"v", "vgrdprs", "v_component_of_wind"},
        {"w", "vertical_velocity"},
        {"z", "geopotential"},
        {"gh", "geopotential_height", "hgt", "hgtprs", "zg"},
        {"q", "spfhprs", "specific_humidity"},
        {"r", "relative_humidity", "rhprs"},
        {"tp", "total_precipitation"},
        {"sst", "sea_surface_temperature"},
        {"sp", "surface_pressure", "pressfc"},
        {"tcwv", "total_column_water_vapour"},
    };
    for (const auto &names : same) {
        for (const char *name : names) {
            EXPECT_EQ(canonical(name), names[0]) << name;
            EXPECT_TRUE(variable_same(name, names.back())) << name;
        }
    }
}

TEST(VariableName, NamesThatAreMuchAlikeMeanDifferentThings)
{
    EXPECT_FALSE(variable_same("t", "t2m"));
    EXPECT_FALSE(variable_same("z", "gh"));
    EXPECT_FALSE(variable_same("u", "10u"));
    EXPECT_FALSE(variable_same("sp", "msl"));
    EXPECT_FALSE(variable_same("q", "r"));
    EXPECT_EQ(canonical("temperatur"), "");
    EXPECT_EQ(canonical(""), "");
    EXPECT_TRUE(variable_same("my_variable", "my_variable"));
    EXPECT_FALSE(variable_same("my_variable", "another"));
    EXPECT_FALSE(variable_same("my_variable", "t"));
}

TEST(VariableName, GeopotentialAndItsHeightAreRelated)
{
    EXPECT_TRUE(variable_related("geopotential", "hgtprs"));
    EXPECT_TRUE(variable_related("gh", "z"));
    EXPECT_FALSE(variable_related("z", "geopotential"));
    EXPECT_FALSE(variable_related("z", "t"));
    EXPECT_EQ(variable_kind("phi"), VARIABLE_GEOPOTENTIAL);
    EXPECT_EQ(variable_kind("zg"), VARIABLE_GEOPOTENTIAL_HEIGHT);
    EXPECT_EQ(variable_kind("t"), VARIABLE_PLAIN);
    EXPECT_EQ(variable_kind("unheard_of"), VARIABLE_PLAIN);
    EXPECT_STREQ(variable_units("hgt"), "m");
    EXPECT_EQ(variable_units("unheard_of"), nullptr);
}

// Walks the whole table through the aliases of the names that the tests above know.
TEST(VariableName, EveryAliasLeadsBackToItsRow)
{
    std::set<std::string> seen;
    for (const char *row :
         {"2t", "2d",   "msl",  "sp",  "10u", "10v", "100u", "100v", "10si", "sst", "skt",
          "tp", "tcwv", "pwat", "tcc", "lsm", "ci",  "t",    "u",    "v",    "w",   "z",
          "gh", "q",    "r",    "vo",  "d",   "pv",  "clwc", "ciwc", "o3"}) {
        EXPECT_STREQ(variable_alias(row, 0), row);
        for (size_t i = 0; variable_alias(row, i) != nullptr; i++) {
            const std::string alias = variable_alias(row, i);
            EXPECT_EQ(canonical(alias.c_str()), row) << alias;
            EXPECT_TRUE(seen.insert(alias).second) << alias << " is there twice";
        }
    }
    EXPECT_EQ(variable_alias("unheard_of", 0), nullptr);
    EXPECT_EQ(variable_alias("2t", 1000), nullptr);
}

} // namespace
