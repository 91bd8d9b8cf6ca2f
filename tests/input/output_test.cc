// SPDX-License-Identifier: MIT
//
// Wrong use of the command, and what a failure leaves of the output: nothing half-written.
#include <filesystem>

#include "program.h"

namespace fs = std::filesystem;

class Output : public Program
{
};

TEST_F(Output, WrongUseIsExitStatus2)
{
    const std::string usage =
        "usage: gaia score FORECAST TRUTH [CLIMATOLOGY] | --job FILE [OPTION]...";
    expect_failed(score({}), 2, usage);
    expect_failed(score({forecast()}), 2, usage);
    expect_failed(score({forecast(), truth(), truth(), truth()}), 2,
                  "unexpected argument '" + truth() + "'");
    expect_failed(score({forecast(), truth(), "--regoins", "global"}), 2,
                  "unknown option --regoins; did you mean --regions?");
    expect_failed(score({forecast(), truth(), "--threads", "many"}), 2,
                  "--threads 'many': a number from 1 to 256 is wanted");
    expect_failed(score({forecast(), truth(), "--memory", "1"}), 2,
                  "--memory '1': a size such as 2GiB from 1MiB up is wanted");
    expect_failed(score({forecast(), truth(), "--format", "xml"}), 2,
                  "--format 'xml': table, csv, json, stat or netcdf is wanted");
    expect_failed(score({forecast(), truth(), "--device", "abacus"}), 2,
                  "device 'abacus': auto, cpu or cuda is wanted");
    expect_failed(score({forecast(), truth(), "--levels", "high"}), 2,
                  "--levels 'high': numbers with commas are wanted");
    expect_failed(score({forecast(), truth(), "--leads", "soon"}), 2,
                  "--leads 'soon': numbers with commas are wanted");
    expect_failed(score({forecast(), truth(), "--job", path("job.json")}), 2,
                  "--job and '" + forecast() + "': one of them");
}

// What can be said in a job too is checked as a job is.
TEST_F(Output, AnOptionWithAValueThatNoJobMayHave)
{
    expect_refused(score({forecast(), truth(), "--missing", "ignore"}),
                   "job.missing: 'pairwise' or 'propagate' is wanted, not 'ignore'");
}

TEST_F(Output, GoesToTheFileAndNowhereElse)
{
    const Result printed = score({forecast(), truth()});
    const Result written = score({forecast(), truth(), "--out", path("scores.csv")});
    EXPECT_EQ(written.status, 0) << written.err;
    EXPECT_EQ(written.out, "");
    EXPECT_EQ(get("scores.csv"), printed.out);
}

TEST_F(Output, NothingIsWrittenWhenNothingCouldBeScored)
{
    EXPECT_EQ(score({path("gone.nc"), truth(), "--out", path("scores.csv")}).status, 3);
    EXPECT_FALSE(fs::exists(folder / "scores.csv"));
}

TEST_F(Output, AnOldFileIsKeptWhenNothingCouldBeScored)
{
    put("scores.csv", "old\n");
    const std::string bad = write(truth_sample(), "bad.nc");
    cut("bad.nc", fs::file_size(bad) - 1);
    EXPECT_EQ(score({forecast(), bad, "--out", path("scores.csv")}).status, 3);
    EXPECT_EQ(get("scores.csv"), "old\n");
    for (const auto &entry : fs::directory_iterator(folder)) {
        EXPECT_TRUE(entry.path().filename().string().find("scores.csv.") == std::string::npos)
            << entry.path();
    }
}

TEST_F(Output, GoodForecastsAreWrittenWhenOneIsBad)
{
    const std::string job = "{\"schema\": \"gaia.job/1\", \"forecasts\": [" +
                            source(forecast(), "good") + ", " + source(path("gone.nc"), "spoilt") +
                            "], \"truth\": " + source(truth()) + "}";
    put("job.json", job);
    const Result result = score({"--job", path("job.json"), "--out", path("scores.csv")});
    EXPECT_EQ(result.status, 3) << result.err;
    EXPECT_NE(get("scores.csv").find("\ngood,t,500,12,"), std::string::npos);
    EXPECT_EQ(get("scores.csv").find("spoilt"), std::string::npos);
}

TEST_F(Output, AFolderThatIsNotThereIsNamed)
{
    expect_failed(score({forecast(), truth(), "--out", path("gone/scores.csv")}), 5,
                  path("gone/scores.csv") + ": No such file or directory");
}

TEST_F(Output, NoProgressIsShownWhereNobodyLooks)
{
    EXPECT_EQ(score({forecast(), truth()}).err, "");
}
