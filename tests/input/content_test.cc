// SPDX-License-Identifier: MIT
//
// `gaia hash` and `gaia verify` from outside: options, output and exit statuses.
#include <string>

#include "program.h"

class Content : public Program
{
  protected:
    // Requirements that the sample forecast meets, up to `max`.
    std::string requirements(int max) const
    {
        put("wanted.json",
            R"({"schema": "gaia.requirements/1", "leads": [12, 24], "init_times": 2,
                "variables": [{"name": "t", "levels": [500, 850], "units": ["K"],
                               "max": )" +
                std::to_string(max) + "}]}");
        return path("wanted.json");
    }
};

TEST_F(Content, AHashIsPrintedAndChecked)
{
    const Result made = gaia({"hash", forecast()});
    ASSERT_EQ(made.status, 0) << made.err;
    EXPECT_EQ(made.err, "");
    const std::string hash = made.out.substr(0, made.out.size() - 1);
    EXPECT_EQ(hash.size(), 22u + 64u);
    EXPECT_EQ(gaia({"hash", forecast(), "--check", hash}).status, 0);
    const Result other = gaia({"hash", truth(), "--role", "truth", "--check", hash});
    EXPECT_EQ(other.status, 3);
    EXPECT_EQ(other.err, "gaia: " + truth() + ": the content is " +
                             other.out.substr(0, other.out.size() - 1) + ", not " + hash + "\n");
    const Result json = gaia({"hash", forecast(), "--json", "--fields"});
    EXPECT_NE(json.out.find("\"hash\": \"" + hash + "\""), std::string::npos);
    EXPECT_NE(json.out.find("\"n_fields\": 8"), std::string::npos);
    EXPECT_NE(json.out.find("\"lead\": 24.0"), std::string::npos);
}

TEST_F(Content, NoFieldIsHashedOfAForecastThatLacksOne)
{
    expect_refused(gaia({"hash", forecast(), "--levels", "500,700"}), {"level 700", "forecast.nc"});
    expect_refused(gaia({"hash", forecast(), "--variables", "t,q"}), {"'q'"});
    expect_refused(gaia({"hash", path("gone.nc")}), {"gone.nc"});
}

TEST_F(Content, AVerdictIsTheExitStatus)
{
    const Result good = gaia({"verify", forecast(), "--requirements", requirements(310)});
    EXPECT_EQ(good.status, 0);
    EXPECT_EQ(good.out, "accepted: 0 errors, 0 warnings, 8 fields read\n");
    const Result bad =
        gaia({"verify", forecast(), "--requirements", requirements(300), "--findings", "1"});
    EXPECT_EQ(bad.status, 3);
    EXPECT_EQ(bad.err, "");
    EXPECT_EQ(
        bad.out.find("error: " + forecast() + ": t, level 500, init 2017-01-01T00, lead 12 h"), 0u)
        << bad.out;
    EXPECT_NE(
        bad.out.find("\n7 more are not listed\nrejected: 8 errors, 0 warnings, 8 fields read\n"),
        std::string::npos)
        << bad.out;
    const Result json = gaia({"verify", forecast(), "--requirements", requirements(300), "--json"});
    EXPECT_EQ(json.status, 3);
    EXPECT_NE(json.out.find("\"verdict\": \"rejected\""), std::string::npos);
    EXPECT_EQ(gaia({"verify", path("gone.nc")}).status, 3);
}

TEST_F(Content, AVerdictHasTheHashOfWhatIsRequired)
{
    const Result hash = gaia({"hash", forecast()});
    const Result good = gaia({"verify", forecast(), "--requirements", requirements(310), "--hash"});
    EXPECT_EQ(good.out, hash.out + "accepted: 0 errors, 0 warnings, 8 fields read\n");
}

TEST_F(Content, OtherInitTimesAreLeftOut)
{
    const Result one = gaia({"hash", forecast(), "--init", "2017-01-01T12"});
    EXPECT_EQ(one.status, 0) << one.err;
    EXPECT_EQ(gaia({"hash", forecast(), "--times", "2017-01-01T12"}).out, one.out);
    const Result verified = gaia(
        {"verify", forecast(), "--requirements", requirements(310), "--init", "2017-01-01T12"});
    EXPECT_EQ(verified.out, "error: " + forecast() + ": init times: 1, not 2\n" +
                                "rejected: 1 error, 0 warnings, 4 fields read\n");
}

// A bit that no requirement notices is noticed by the manifest.
TEST_F(Content, WhatIsReadIsHeldToItsManifest)
{
    const std::string wanted = requirements(310);
    ASSERT_EQ(gaia({"manifest", "make", forecast(), "--out", path("m.json")}).status, 0);
    const std::vector<std::string> verify = {"verify", forecast(),   "--requirements",
                                             wanted,   "--manifest", path("m.json")};
    const Result good = gaia(verify);
    EXPECT_EQ(good.status, 0) << good.out << good.err;
    std::string bytes = get("forecast.nc");
    bytes.back() = static_cast<char>(bytes.back() ^ 1);
    put("forecast.nc", bytes);
    const Result bad = gaia(verify);
    EXPECT_EQ(bad.status, 3);
    EXPECT_NE(bad.out.find("the manifest " + path("m.json") + " says"), std::string::npos)
        << bad.out;
    EXPECT_NE(bad.out.find("rejected: 1 error, 0 warnings"), std::string::npos) << bad.out;
    expect_refused(gaia({"hash", forecast(), "--manifest", path("m.json")}), {"the manifest"});
    EXPECT_EQ(gaia({"hash", forecast()}).status, 0);
}

TEST_F(Content, WrongUseIsExitStatus2)
{
    expect_failed(gaia({"hash"}), 2, {"usage"});
    expect_failed(gaia({"hash", forecast(), "--check", "sha256:00"}), 2, {"--check", "sha256:00"});
    expect_failed(gaia({"hash", forecast(), "--names", "2t"}), 2, {"--names", "2t"});
    expect_failed(gaia({"hash", forecast(), "--levels", "high"}), 2, {"--levels", "high"});
    expect_failed(gaia({"verify"}), 2, {"usage"});
    expect_failed(gaia({"verify", forecast(), "--step", "soon"}), 2, {"--step", "soon"});
    expect_failed(gaia({"verify", forecast(), "--findings", "0"}), 2, {"--findings"});
}

TEST_F(Content, RequirementsThatAreNoneAreRefused)
{
    put("bad.json", R"({"schema": "gaia.requirements/1", "variables": [{"name": 7}]})");
    expect_refused(gaia({"verify", forecast(), "--requirements", path("bad.json")}),
                   {"requirements.variables[0].name"});
    put("worse.json", "{");
    expect_refused(gaia({"verify", forecast(), "--requirements", path("worse.json")}),
                   {"worse.json: line 1"});
    expect_refused(gaia({"verify", forecast(), "--requirements", "mars"}), {"'mars'", "gaia"});
}
