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

// What can be said in a job too is checked as a job is; there it is wrong input.
TEST_F(Output, AnOptionWithAValueThatNoJobMayHave)
{
    const std::string said = "missing: 'pairwise' or 'propagate' is wanted, not 'ignore'";
    expect_failed(score({forecast(), truth(), "--missing", "ignore"}), 2, "--" + said);
    expect_refused(score_job(source(forecast(), "f"), source(truth()), ", \"missing\": \"ignore\""),
                   path("job.json") + ": job." + said);
    expect_failed(gaia({"verify", forecast(), "--init", "noon"}), 2,
                  "--init: 'noon': a time such as 2017-01-01T12 is wanted");
    expect_failed(gaia({"hash", forecast(), "--manifest-hash", "x"}), 2,
                  "--manifest-hash: there is no 'manifest' that it could be of");
    expect_failed(score({"", truth()}), 2, "the name of the forecast's file is empty");
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

// What is written replaces what has its name: none of what is read may.
TEST_F(Output, NothingThatIsReadIsWrittenOver)
{
    const std::string climatology = write(climatology_sample(), "climatology.nc");
    const std::string reference = write(forecast_sample(), "reference.nc");
    const std::string files[][2] = {{"forecast", forecast()},
                                    {"truth", truth()},
                                    {"climatology", climatology},
                                    {"reference", reference}};
    for (const char *option : {"--out", "--moments-out", "--maps-out", "--report"}) {
        for (const auto &[role, file] : files) {
            const std::string before = get(fs::path(file).filename());
            expect_failed(
                score({forecast(), truth(), climatology, "--reference", reference, option, file}),
                2,
                std::string(option) + " '" + file + "' would overwrite the " + role + " '" + file +
                    "'");
            EXPECT_EQ(get(fs::path(file).filename()), before);
        }
    }
}

TEST_F(Output, AManifestReplacesNothingButAManifest)
{
    fs::create_directory(folder / "store");
    put("store/a", "one");
    put("alone", "two");
    const auto make = [&](const std::string &of, const std::string &out) {
        return gaia({"manifest", "make", path(of), "--out", path(out)});
    };
    expect_failed(make("alone", "alone"), 2,
                  "--out '" + path("alone") + "' would overwrite what it is made of, '" +
                      path("alone") + "'");
    expect_failed(make("store", "store/a"), 2,
                  "--out '" + path("store/a") + "' would overwrite what it is made of, '" +
                      path("store") + "'");
    EXPECT_EQ(get("store/a"), "one");
    EXPECT_EQ(get("alone"), "two");
    EXPECT_EQ(make("store", "store/manifest.json").status, 0);
    const std::string first = get("store/manifest.json");
    put("store/b", "three");
    EXPECT_EQ(make("store", "store/manifest.json").status, 0);
    EXPECT_NE(get("store/manifest.json"), first);
    expect_failed(score({forecast(), path("store"), "--out", path("store/b")}), 2,
                  "--out '" + path("store/b") + "' would overwrite the truth '" + path("store") +
                      "'");
}

TEST_F(Output, AFileIsKnownByAnyOfItsNames)
{
    fs::create_symlink("truth.nc", folder / "link.nc");
    fs::create_directory_symlink(".", folder / "here");
    (void)truth();
    fs::create_hard_link(folder / "truth.nc", folder / "hard.nc");
    const std::string said = "' would overwrite the truth '";
    for (const char *read : {"truth.nc", "link.nc", "here/truth.nc"}) {
        for (const char *written : {"truth.nc", "link.nc", "hard.nc"}) {
            expect_failed(score({forecast(), path(read), "--out", path(written)}), 2,
                          "--out '" + path(written) + said + path(read) + "'");
        }
    }
    EXPECT_TRUE(fs::is_symlink(folder / "link.nc"));
}

TEST_F(Output, TwoOutputsAreTwoFiles)
{
    put("there.csv", "old\n");
    fs::create_directory_symlink(".", folder / "here");
    for (const char *name : {"there.csv", "new.csv"}) {
        const std::string other = path("here/") + name;
        expect_failed(score({forecast(), truth(), "--out", path(name), "--moments-out", other}), 2,
                      "--moments-out '" + other + "' would overwrite what goes to --out '" +
                          path(name) + "'");
    }
    EXPECT_EQ(get("there.csv"), "old\n");
    EXPECT_FALSE(fs::exists(folder / "new.csv"));
    EXPECT_EQ(
        score({forecast(), truth(), "--out", "/dev/null", "--moments-out", "/dev/null"}).status, 0);
}

TEST_F(Output, AnEmptyNameIsNone)
{
    expect_failed(score({forecast(), truth(), "--out", ""}), 2,
                  "--out '': a file's name is wanted");
}

TEST_F(Output, WhatAJobNamesIsNotWrittenOver)
{
    put("box.json", "{}");
    put("land.nc", "");
    const std::string job =
        "{\"schema\": \"gaia.job/1\", \"forecasts\": [" +
        source(forecast(), "f", "\"manifest\": \"" + path("m.json") + "\", ") +
        "], \"truth\": " + source(truth()) + ", \"masks\": {\"land\": " + source(path("land.nc")) +
        "}, \"regions\": [{\"name\": \"b\", \"polygon\": \"" + path("box.json") + "\"}]}";
    put("m.json", "{}");
    put("job.json", job);
    const std::string files[][2] = {{"job.json", "job"},     {"forecast.nc", "forecast"},
                                    {"truth.nc", "truth"},   {"land.nc", "mask"},
                                    {"box.json", "polygon"}, {"m.json", "manifest"}};
    for (const auto &[name, role] : files) {
        const std::string said =
            "--out '" + path(name) + "' would overwrite the " + role + " '" + path(name) + "'";
        expect_failed(score({"--job", path("job.json"), "--out", path(name)}), 2, said);
        expect_failed(gaia({"submit", path("job.json"), "--wait", "--out", path(name)}), 2, said);
    }
}

TEST_F(Output, WhatAnOptionReadsIsNotWrittenOver)
{
    put("recipe.json", gaia({"profile", "show", "gaia-era5"}).out);
    put("day1.json", "[]");
    const std::string files[][2] = {{path("recipe.json"), "profile"},
                                    {path("day1.json"), "composites of day 1"}};
    for (const auto &[file, role] : files) {
        expect_failed(
            score({forecast(), truth(), truth(), "--reference", forecast(), "--profile",
                   path("recipe.json"), "--day1", path("day1.json"), "--composite-out", file}),
            2, "--composite-out '" + file + "' would overwrite the " + role + " '" + file + "'");
    }
    EXPECT_EQ(get("day1.json"), "[]");
}

TEST_F(Output, WhatOtherCommandsReadIsNotWrittenOver)
{
    const std::string sums = path("sums.gm");
    const std::string other = path("other.gm");
    const std::string maps = path("errors.gmap");
    ASSERT_EQ(
        score({forecast(), truth(), "--moments-out", sums, "--maps", "all", "--maps-out", maps})
            .status,
        0);
    ASSERT_EQ(score({forecast(), truth(), "--moments-out", other}).status, 0);
    put("task.json", "{\"schema\": \"gaia.job/1\", \"task\": \"weather.hash.gfs_compute\", "
                     "\"request\": {\"schema\": \"gaia.hash/1\", \"role\": \"truth\", "
                     "\"source\": " +
                         source(truth()) + "}}");
    const struct {
        std::vector<std::string> command;
        std::string file;
        const char *role;
    } cases[] = {
        {{"scores", sums, "--out"}, sums, "sums"},
        {{"scores", sums, "--report"}, sums, "sums"},
        {{"scores", sums, "--against", other, "--out"}, other, "sums"},
        {{"report", sums, "--out"}, sums, "sums"},
        {{"report", sums, "--against", other + ":forecast", "--out"}, other, "sums"},
        {{"report", sums, "--maps", maps, "--out"}, maps, "maps"},
        {{"report", sums, "--verdicts", maps, "--out"}, maps, "verdicts"},
        {{"report", sums, "--composites", maps, "--out"}, maps, "composites"},
        {{"maps", maps, "--out"}, maps, "maps"},
        {{"climatology", forecast(), truth(), "--out"}, truth(), "analysis"},
        {{"task", "run", path("task.json"), "--out"}, truth(), "source"},
        {{"task", "run", path("task.json"), "--out"}, path("task.json"), "job"},
    };
    for (const auto &c : cases) {
        std::vector<std::string> command = c.command;
        const std::string before = get(fs::path(c.file).filename());
        command.push_back(c.file);
        expect_failed(gaia(command), 2,
                      c.command.back() + " '" + c.file + "' would overwrite the " + c.role + " '" +
                          c.file + "'");
        EXPECT_EQ(get(fs::path(c.file).filename()), before) << c.command[0];
    }
}

TEST_F(Output, NoProgressIsShownWhereNobodyLooks)
{
    EXPECT_EQ(score({forecast(), truth()}).err, "");
}
