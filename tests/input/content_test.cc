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
    expect_refused(gaia({"hash", forecast(), "--levels", "500,700"}),
                   forecast() + ": no field at level 700 hPa");
    expect_refused(gaia({"hash", forecast(), "--variables", "t,q"}),
                   forecast() + ": no variable 'q'");
    expect_refused(gaia({"hash", path("gone.nc")}),
                   path("gone.nc") + ": No such file or directory");
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
    EXPECT_EQ(bad.out, "error: " + forecast() +
                           ": t, level 500, init 2017-01-01T00, lead 12 h, [3][3]: 304.121155 is "
                           "above 300; so are 3 points in all\n7 more are not "
                           "listed\nrejected: 8 errors, 0 warnings, 8 fields read\n");
    const Result json = gaia({"verify", forecast(), "--requirements", requirements(300), "--json"});
    EXPECT_EQ(json.status, 3);
    EXPECT_NE(json.out.find("\"verdict\": \"rejected\""), std::string::npos);
    expect_refused(gaia({"verify", path("gone.nc")}),
                   path("gone.nc") + ": No such file or directory");
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
    const std::string said = forecast() +
                             ": key 'forecast.nc' has 2108 bytes with xxh64 8bb89440667cfc9f; the "
                             "manifest " +
                             path("m.json") + " says 2108 bytes with 3d82ffdcf97ae4fa";
    EXPECT_EQ(bad.out, "error: " + said + "\nrejected: 1 error, 0 warnings, 0 fields read\n");
    expect_refused(gaia({"hash", forecast(), "--manifest", path("m.json")}), said);
    EXPECT_EQ(gaia({"hash", forecast()}).status, 0);
}

TEST_F(Content, WrongUseIsExitStatus2)
{
    expect_failed(gaia({"hash"}), 2, "usage: gaia hash FILE... [OPTION]...");
    expect_failed(
        gaia({"hash", forecast(), "--check", "sha256:00"}), 2,
        "--check 'sha256:00': 'gaia-content/1 sha256:' and 64 hexadecimal digits are wanted");
    expect_failed(gaia({"hash", forecast(), "--names", "2t"}), 2,
                  "--names '2t': NAME=IN_FILE with commas is wanted");
    expect_failed(gaia({"hash", forecast(), "--levels", "high"}), 2,
                  "--levels 'high': numbers with commas are wanted");
    expect_failed(gaia({"verify"}), 2, "usage: gaia verify FILE... [OPTION]...");
    expect_failed(gaia({"verify", forecast(), "--step", "soon"}), 2,
                  "--step 'soon': hours are wanted");
    expect_failed(gaia({"verify", forecast(), "--findings", "0"}), 2,
                  "--findings '0': a number from 1 to 1000 is wanted");
}

TEST_F(Content, RequirementsThatAreNoneAreRefused)
{
    put("bad.json", R"({"schema": "gaia.requirements/1", "variables": [{"name": 7}]})");
    expect_refused(gaia({"verify", forecast(), "--requirements", path("bad.json")}),
                   path("bad.json") +
                       ": requirements.variables[0].name: a string is wanted, not an integer");
    put("worse.json", "{");
    expect_refused(gaia({"verify", forecast(), "--requirements", path("worse.json")}),
                   path("worse.json") +
                       ": line 1, column 1: string or '}' expected near end of file");
    expect_refused(gaia({"verify", forecast(), "--requirements", "mars"}),
                   "no requirements 'mars'; there are: gaia");
}
