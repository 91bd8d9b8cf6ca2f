/* SPDX-License-Identifier: MIT
 *
 * Scores derived from stored sums are those that a job gets that asked for them: byte for byte,
 * from a file and from the scheduler, on real data.
 */
#include <filesystem>
#include <string>
#include <vector>

#include "stack.h"

namespace
{

const char *const more_regions = ",\"regions\":[\"global\",\"n.hem\",\"tropics\",\"s.hem\"],"
                                 "\"weights\":[\"cos\",\"none\"]";

class Sums : public Stack
{
  protected:
    /* Submits the job, waits until it has succeeded, and returns its id. */
    std::string done(const std::string &path)
    {
        const Ended submitted = gaia({"submit", path});
        EXPECT_EQ(0, submitted.status) << submitted.err;
        const std::string id = submitted.out.substr(0, submitted.out.find('\n'));
        EXPECT_TRUE(wait_until([&] { return state_of(id) == "succeeded"; })) << state_of(id);
        return id;
    }

    /* A job of two forecasts of a series: persistence of one and of two times the lead. */
    std::string series()
    {
        const std::string data = GAIA_TEST_DATA "/uk_2019_t2m/";
        const std::string path = directory + "/series.json";
        file_put(path, "{\"schema\":\"gaia.job/1\",\"forecasts\":[{\"id\":\"once\",\"files\":[\"" +
                           data + "forecast.nc\"]},{\"id\":\"twice\",\"files\":[\"" + data +
                           "reference.nc\"]}],\"truth\":{\"files\":[\"" + data + "truth.nc\"]}}");
        return path;
    }
};

TEST_F(Sums, DerivedAreTheBytesOfAJobThatAskedForThem)
{
    up(2);
    struct Choice {
        std::string json;
        std::vector<std::string> options;
    };
    const std::vector<Choice> choices = {
        {",\"metrics\":[\"all\"],\"missing\":\"propagate\"" + std::string(more_regions),
         {"--metrics", "all", "--missing", "propagate"}},
        {",\"metrics\":[\"rmse\",\"acc_centred\"],\"regions\":[\"tropics\",\"global\"],"
         "\"weights\":[\"none\"],\"leads\":[24],\"levels\":[850],\"variables\":[\"t\",\"z\"]",
         {"--metrics", "rmse,acc_centred", "--regions", "tropics,global", "--weights", "none",
          "--leads", "24", "--levels", "850", "--variables", "t,z"}}};
    const std::string stored = job("era5_2017_missing", 2, more_regions);
    const std::string id = done(stored);
    ASSERT_EQ(0, gaia({"score", "--job", stored, "--moments-out", "sums.gm"}).status);
    for (const Choice &choice : choices) {
        for (const char *format : {"csv", "table", "json"}) {
            const std::string path = job("era5_2017_missing", 2, choice.json);
            const Ended direct = gaia({"score", "--job", path, "--format", format});
            ASSERT_EQ(0, direct.status) << direct.err;
            for (const std::string &source : {id, std::string("sums.gm")}) {
                std::vector<std::string> words = {"scores", source, "--format", format};
                words.insert(words.end(), choice.options.begin(), choice.options.end());
                const Ended derived = gaia(words);
                EXPECT_EQ(0, derived.status) << derived.err;
                EXPECT_TRUE(direct.out == derived.out) << source << " as " << format;
            }
        }
    }
}

TEST_F(Sums, AFileSaysWhatTheSchedulerSays)
{
    up(1);
    const std::string id = done(series());
    ASSERT_EQ(0, gaia({"score", "--job", series(), "--moments-out", "sums.gm"}).status);
    const Ended file = gaia({"scores", "sums.gm", "--against", "twice", "--format", "csv"});
    EXPECT_EQ(0, file.status) << file.err;
    const Ended one = gaia({"scores", id, "--against", "twice", "--format", "csv"});
    EXPECT_EQ(file.out, one.out);
    const Ended two = gaia({"scores", "sums.gm", "--forecasts", "once", "--against", id + ":twice",
                            "--format", "csv"});
    EXPECT_EQ(0, two.status) << two.err;
    std::string renamed = two.out;
    for (size_t at = 0; (at = renamed.find(id + ":")) != std::string::npos;) {
        renamed.erase(at, id.size() + 1);
    }
    EXPECT_EQ(file.out, renamed);
    EXPECT_NE(std::string::npos, file.out.find("once,twice,t2m,,24,global,cos,rmse,36,0,0,"))
        << file.out;
}

TEST_F(Sums, ForecastsThatFailedAreNotThere)
{
    up(1);
    const std::string data = GAIA_TEST_DATA "/uk_2019_t2m/";
    const std::string path = directory + "/some.json";
    file_put(path, "{\"schema\":\"gaia.job/1\",\"forecasts\":[{\"id\":\"bad\",\"files\":[\"" +
                       directory + "/none.nc\"]},{\"id\":\"good\",\"files\":[\"" + data +
                       "forecast.nc\"]}],\"truth\":{\"files\":[\"" + data + "truth.nc\"]}}");
    const std::string id = done(path);
    const Ended direct =
        gaia({"score", "--job", path, "--format", "csv", "--moments-out", "sums.gm"});
    EXPECT_EQ(3, direct.status);
    for (const std::string &source : {id, std::string("sums.gm")}) {
        const Ended derived =
            gaia({"scores", source, "--forecasts", "bad,good", "--format", "csv"});
        EXPECT_EQ(0, derived.status) << derived.err;
        EXPECT_TRUE(direct.out == derived.out) << source;
    }
}

TEST_F(Sums, WhatCannotBeDerivedIsSaid)
{
    up(1);
    const std::string id = done(series());
    const Ended region = gaia({"scores", id, "--regions", "europe"});
    EXPECT_EQ(3, region.status);
    EXPECT_EQ("gaia: job " + id + ": no sums of region 'europe'; there are: global, n.hem\n",
              region.err);
    const Ended against = gaia({"scores", id, "--against", "nobody"});
    EXPECT_EQ(3, against.status);
    EXPECT_EQ("gaia: --against 'nobody': neither a forecast of job " + id + " nor a file or job\n",
              against.err);
    EXPECT_EQ(3, gaia({"scores", "0123456789abcdef", "--metrics", "all"}).status);
    EXPECT_EQ(3, gaia({"scores", "none.gm", "--metrics", "all"}).status);
    EXPECT_EQ(2, gaia({"scores", id, "--missing", "guess"}).status);
    EXPECT_EQ(2, gaia({"scores", id, "--leads", "soon"}).status);
    const std::string bad = directory + "/bad.json";
    file_put(bad,
             "{\"schema\":\"gaia.job/1\",\"forecasts\":[{\"id\":\"f\",\"files\":[\"none.nc\"]}],"
             "\"truth\":{\"files\":[\"none.nc\"]}}");
    const Ended submitted = gaia({"submit", bad});
    const std::string failed = submitted.out.substr(0, submitted.out.find('\n'));
    ASSERT_TRUE(wait_until([&] { return state_of(failed) == "failed"; }));
    const Ended none = gaia({"scores", failed, "--metrics", "all"});
    EXPECT_EQ(3, none.status);
    EXPECT_EQ("gaia: job " + failed + " has no results: it is failed: " + directory +
                  "/none.nc: No such file or directory\n",
              none.err);
}

/* A file that is not there whole is not there at all. */
TEST_F(Sums, NoFileIsLeftOfAFailedRun)
{
    file_put(directory + "/old.gm", "old");
    const Ended ended = gaia({"score", "none.nc", "none.nc", "--moments-out", "old.gm"});
    EXPECT_EQ(3, ended.status);
    EXPECT_EQ("old", file_text(directory + "/old.gm"));
    const Ended nowhere = gaia({"score", "--job", series(), "--moments-out", "no/such/sums.gm"});
    EXPECT_EQ(5, nowhere.status);
    EXPECT_EQ("gaia: no/such/sums.gm: No such file or directory\n", nowhere.err);
}

} // namespace
