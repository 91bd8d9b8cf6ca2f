/* SPDX-License-Identifier: MIT
 *
 * The stack when nothing goes wrong with it: the same bytes as `gaia score`, and what each command
 * says.
 */
#include <unistd.h>

#include <filesystem>
#include <string>

#include "sample.h"
#include "stack.h"

namespace
{

TEST_F(Stack, UpIsDoneOnceAndDownLeavesNothing)
{
    up(2);
    EXPECT_EQ(1u, children("gaia-scheduler").size());
    EXPECT_EQ(2u, children("gaia-executor").size());
    const pid_t first = node();
    const Ended again = gaia({"up"});
    EXPECT_EQ(0, again.status);
    EXPECT_NE(std::string::npos, again.out.find("already"));
    EXPECT_EQ(first, node());
    EXPECT_EQ(0, gaia({"down"}).status);
    EXPECT_FALSE(std::filesystem::exists(state + "/node.pid"));
    EXPECT_FALSE(std::filesystem::exists(state + "/scheduler.json"));
    const Ended none = gaia({"down"});
    EXPECT_EQ(0, none.status);
    EXPECT_NE(std::string::npos, none.out.find("not up"));
}

TEST_F(Stack, TheStateIsForItsOwnerOnly)
{
    up(1);
    namespace fs = std::filesystem;
    for (const char *name : {"", "/secret", "/scheduler.json", "/log/node.log", "/log/node",
                             "/log/scheduler/application.log", "/node.pid"}) {
        EXPECT_EQ(fs::perms::none, fs::status(state + name).permissions() &
                                       (fs::perms::group_all | fs::perms::others_all))
            << name;
    }
    EXPECT_EQ(64u, file_text(state + "/secret").size());
}

/* The stored scores are counts of days; what dates they are the plan says. */
TEST_F(Stack, AModelsCalendarGoesThroughTheQueue)
{
    Sample forecast = forecast_sample();
    Sample truth = truth_sample();
    for (Sample *sample : {&forecast, &truth}) {
        sample->axis("time").calendar = "360_day";
        sample->axis("time").units = "hours since 2018-02-29";
    }
    forecast.write(directory + "/f.nc");
    truth.write(directory + "/t.nc");
    file_put(directory + "/job.json",
             R"({"schema": "gaia.job/1", "forecasts": [{"id": "f", "files": [")" + directory +
                 R"(/f.nc"]}], "truth": {"files": [")" + directory + R"(/t.nc"]}})");
    up(1);
    for (const char *format : {"csv", "json"}) {
        const Ended one = gaia({"score", "--job", directory + "/job.json", "--format", format});
        const Ended two = gaia({"submit", directory + "/job.json", "--wait", "--format", format});
        EXPECT_EQ(0, one.status) << one.err;
        EXPECT_EQ(0, two.status) << two.err;
        EXPECT_NE(std::string::npos, one.out.find("2018-02-30T00")) << one.out;
        EXPECT_EQ(one.out, two.out);
    }
}

TEST_F(Stack, SubmitGivesTheBytesOfScore)
{
    up(2);
    const std::string all = ",\"regions\":[\"global\",\"n.hem\",\"tropics\",\"s.hem\",\"europe\"],"
                            "\"weights\":[\"cos\",\"area_wb2\",\"area_wbx\",\"none\"],"
                            "\"metrics\":[\"all\"]";
    /* The truth of one time is the mask: warm is where it was 283 K at least. */
    file_put(directory + "/south.geojson",
             R"({"type":"Polygon","coordinates":[[[-6,50],[2,50],[2,52.6],[-3,53.1],[-6,50]]]})");
    const std::string cut =
        R"(,"regions":["europe",{"name":"box","box":{"north":55,"south":51,"west":-4,"east":1}},
           {"name":"south","polygon":"south.geojson"},"global_warm","south_warm","ausnz"],
           "masks":{"warm":{"files":[")" GAIA_TEST_DATA
        R"(/uk_2019_t2m/truth.nc"],"threshold":283,"select":{"init":"2019-03-05T12"}}})";
    for (const std::string &path :
         {job("era5_2017_persistence", 1), job("uk_2019_t2m", 3, all), job("uk_2019_t2m", 4, cut),
          job("era5_2017_missing", 2, all + ",\"missing\":\"propagate\""),
          job("eraint_monthly", 1)}) {
        for (const char *format : {"csv", "table", "json"}) {
            const Ended one = gaia({"score", "--job", path, "--format", format, "--threads", "1"});
            const Ended two = gaia({"submit", path, "--wait", "--format", format});
            EXPECT_EQ(0, one.status) << one.err;
            EXPECT_EQ(0, two.status) << two.err;
            EXPECT_FALSE(one.out.empty());
            EXPECT_TRUE(one.out == two.out) << path << " as " << format;
            EXPECT_EQ(one.err, two.err);
        }
    }
}

TEST_F(Stack, SubmitGivesTheCompositesOfScore)
{
    up(2);
    const std::string path =
        job("era5_2017_persistence", 3,
            ",\"profile\":\"gaia-era5\",\"variables\":[\"z\"],\"levels\":[500],"
            "\"leads\":[12,24,48],\"day1_passed\":[\"f1\"]");
    for (const char *format : {"csv", "table", "json"}) {
        const Ended one = gaia({"score", "--job", path, "--format", format, "--threads", "1",
                                "--composite-out", "one.json"});
        const Ended two =
            gaia({"submit", path, "--wait", "--format", format, "--composite-out", "two.json"});
        EXPECT_EQ(0, one.status) << one.err;
        EXPECT_EQ(0, two.status) << two.err;
        EXPECT_TRUE(one.out == two.out) << format;
        EXPECT_EQ(one.err, two.err);
        const std::string document = file_text(directory + "/one.json");
        EXPECT_EQ(document, file_text(directory + "/two.json"));
        EXPECT_NE(std::string::npos, document.find("\"forecast\":\"f2\""));
    }
    const Ended submitted = gaia({"submit", path});
    const std::string id = submitted.out.substr(0, submitted.out.find('\n'));
    ASSERT_TRUE(wait_until([&] { return state_of(id) == "succeeded"; })) << state_of(id);
    const Ended table = gaia({"scores", id});
    EXPECT_NE(std::string::npos, table.out.find("\ngaia-era5\nrank  forecast")) << table.out;
    const Ended why = gaia({"explain", id, "--forecast", "f1"});
    EXPECT_EQ(0, why.status) << why.err;
    EXPECT_NE(std::string::npos, why.out.find("with day 1 passed")) << why.out;
    EXPECT_EQ(why.out, gaia({"explain", "one.json", "--forecast", "f1"}).out);
    EXPECT_EQ("gaia: there is no job 'nobody'\n", gaia({"explain", "nobody"}).err);
}

TEST_F(Stack, AJobWithoutACompositeHasNone)
{
    up(1);
    const std::string path = job("uk_2019_t2m", 1);
    const Ended ended = gaia({"submit", path, "--wait", "--composite-out", "none.json"});
    EXPECT_EQ(2, ended.status);
    const std::string jobs = gaia({"jobs"}).out;
    const size_t line = jobs.find('\n') + 1; // below the heads
    const std::string id = jobs.substr(line, jobs.find(' ', line) - line);
    EXPECT_EQ("gaia: --composite-out: job " + id + " has no composites\n", ended.err);
}

TEST_F(Stack, AJobCanBeLookedAtAfterwards)
{
    up(1);
    const std::string path = job("uk_2019_t2m", 1);
    const Ended submitted = gaia({"submit", path});
    ASSERT_EQ(0, submitted.status) << submitted.err;
    const std::string id = submitted.out.substr(0, submitted.out.find('\n'));
    ASSERT_TRUE(wait_until([&] { return state_of(id) == "succeeded"; })) << state_of(id);
    EXPECT_EQ(expected(path), gaia({"scores", id, "--format", "csv"}).out);
    const std::string file = directory + "/scores.csv";
    EXPECT_EQ(0, gaia({"scores", id, "--format", "csv", "--out", "scores.csv"}).status);
    EXPECT_EQ(expected(path), file_text(file));
    EXPECT_NE(std::string::npos, gaia({"jobs"}).out.find(id));
    const Ended one = gaia({"job", id});
    EXPECT_NE(std::string::npos, one.out.find("succeeded")) << one.out;
    EXPECT_NE(std::string::npos, one.out.find("uk_2019_t2m")) << one.out;
}

TEST_F(Stack, JobsOutliveTheStack)
{
    up(1);
    const std::string path = job("uk_2019_t2m", 1);
    const Ended submitted = gaia({"submit", path});
    const std::string id = submitted.out.substr(0, submitted.out.find('\n'));
    EXPECT_EQ(0, gaia({"down"}).status);
    up(1);
    ASSERT_TRUE(wait_until([&] { return state_of(id) == "succeeded"; })) << state_of(id);
    EXPECT_EQ(expected(path), gaia({"scores", id, "--format", "csv"}).out);
}

TEST_F(Stack, FilesAreRelativeToTheCurrentDirectory)
{
    up(1);
    std::filesystem::create_directory_symlink(GAIA_TEST_DATA "/uk_2019_t2m", directory + "/uk");
    const std::string path = directory + "/relative.json";
    file_put(
        path,
        "{\"schema\":\"gaia.job/1\",\"forecasts\":[{\"id\":\"f\",\"files\":[\"uk/forecast.nc\"]}],"
        "\"truth\":{\"files\":[\"uk/truth.nc\"]}}");
    const Ended ended = gaia({"submit", "relative.json", "--wait", "--format", "csv"});
    EXPECT_EQ(0, ended.status) << ended.err;
    EXPECT_EQ(expected("relative.json"), ended.out);
}

TEST_F(Stack, ABadForecastAmongGoodOnes)
{
    up(1);
    const std::string data = GAIA_TEST_DATA "/uk_2019_t2m/";
    const std::string path = directory + "/some.json";
    file_put(path, "{\"schema\":\"gaia.job/1\",\"forecasts\":[{\"id\":\"good\",\"files\":[\"" +
                       data + "forecast.nc\"]},{\"id\":\"bad\",\"files\":[\"" + directory +
                       "/none.nc\"]}],\"truth\":{\"files\":[\"" + data + "truth.nc\"]}}");
    const Ended one = gaia({"score", "--job", path, "--format", "csv"});
    const Ended two = gaia({"submit", path, "--wait", "--format", "csv"});
    EXPECT_EQ(3, two.status);
    EXPECT_EQ(one.status, two.status);
    EXPECT_FALSE(two.out.empty());
    EXPECT_TRUE(one.out == two.out);
    EXPECT_EQ("gaia: forecast bad: " + directory + "/none.nc: No such file or directory\n",
              two.err);
}

TEST_F(Stack, AJobThatCannotBeScoredFails)
{
    up(1);
    const std::string path = directory + "/none.json";
    const std::string out = directory + "/none.csv";
    file_put(path,
             "{\"schema\":\"gaia.job/1\",\"forecasts\":[{\"id\":\"f\",\"files\":[\"none.nc\"]}],"
             "\"truth\":{\"files\":[\"none.nc\"]}}");
    const Ended ended = gaia({"submit", path, "--wait", "--format", "csv", "--out", out});
    EXPECT_EQ(3, ended.status);
    EXPECT_TRUE(ended.out.empty());
    EXPECT_EQ("gaia: " + directory + "/none.nc: No such file or directory\n", ended.err);
    EXPECT_FALSE(std::filesystem::exists(out));
}

TEST_F(Stack, WrongUseIsToldApartFromWrongInputAndFromNobodyThere)
{
    const std::string path = job("uk_2019_t2m", 1);
    EXPECT_EQ(5, gaia({"submit", path}).status);
    EXPECT_EQ(5, gaia({"jobs"}).status);
    up(1);
    EXPECT_EQ(2, gaia({"submit"}).status);
    EXPECT_EQ(2, gaia({"submit", path, "--format", "csv"}).status);
    EXPECT_EQ(2, gaia({"submit", path, "--wait", "--format", "xml"}).status);
    EXPECT_EQ(2, gaia({"jobs", "--nonsense"}).status);
    EXPECT_EQ(3, gaia({"submit", directory + "/none.json"}).status);
    file_put(directory + "/bad.json", "{\n \"schema\": oops");
    const Ended bad = gaia({"submit", directory + "/bad.json"});
    EXPECT_EQ(3, bad.status);
    EXPECT_EQ("gaia: " + directory + "/bad.json: job: line 2, column 15: invalid token\n", bad.err);
    EXPECT_EQ(3, gaia({"job", "0123456789abcdef"}).status);
    EXPECT_EQ(3, gaia({"job", "../readyz"}).status);
    EXPECT_EQ(3, gaia({"scores", "0123456789abcdef"}).status);
    EXPECT_EQ(3, gaia({"cancel", "0123456789abcdef"}).status);
    for (const char *command : {"up", "down", "submit", "jobs", "job", "scores", "cancel"}) {
        const Ended help = gaia({command, "--help"});
        EXPECT_EQ(0, help.status);
        EXPECT_NE(std::string::npos, help.out.find("--state")) << command;
    }
    EXPECT_EQ(0, gaia({"down"}).status);
    EXPECT_EQ(5, gaia({"jobs"}).status);
}

TEST_F(Stack, AStrangersSecretIsRefused)
{
    up(1);
    const std::string other = directory + "/other";
    std::filesystem::create_directory(other);
    file_put(other + "/secret", std::string(64, '0'));
    std::filesystem::permissions(other + "/secret", std::filesystem::perms(0600));
    std::filesystem::copy(state + "/scheduler.json", other + "/scheduler.json");
    gaia_client *client = nullptr;
    gaia_client_jobs *jobs = nullptr;
    gaia_error err = {};
    ASSERT_EQ(GAIA_OK, gaia_client_open(other.c_str(), &client, &err));
    EXPECT_EQ(GAIA_OK, gaia_client_ready(client, &err));
    EXPECT_EQ(GAIA_DENIED, gaia_client_list(client, &jobs, &err)) << err.detail;
    gaia_client_close(client);
}

} // namespace
