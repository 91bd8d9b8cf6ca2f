// SPDX-License-Identifier: MIT
//
// Recipes that cannot be followed: profiles, composites, stored sums and claims from the command
// line.
#include "program.h"

class Recipe : public Program
{
  protected:
    Result with_profile(const std::string &profile, std::vector<std::string> more = {}) const
    {
        more.insert(more.begin(), {forecast(), truth(), write(climatology_sample(), "c.nc"),
                                   "--reference", forecast(), "--profile", profile});
        return score(more);
    }

    // The sums of a score, and of another forecast's over other times.
    std::string sums(const std::string &name, const std::string &since = "2017-01-01",
                     const std::string &variable = "t") const
    {
        Sample early = forecast_sample();
        Sample analysis = truth_sample();
        early.variable = analysis.variable = variable;
        early.axis("time").units = "hours since " + since;
        analysis.axis("time").units = "hours since " + since;
        const Result made = score({write(early, name + "_f.nc"), write(analysis, name + "_t.nc"),
                                   "--moments-out", path(name + ".gm")});
        EXPECT_EQ(made.status, 0) << made.err;
        return path(name + ".gm");
    }
};

TEST_F(Recipe, ProfilesThatCannotBeHad)
{
    expect_failed(
        with_profile("mars"), 2,
        "--profile: no such profile 'mars'; there are: gaia-day1, gaia-era5, weatherbench2, wmo");
    expect_refused(with_profile(path("gone.json")),
                   path("gone.json") + ": No such file or directory");
    put("p.json", R"({"schema": "gaia.profile/1", "name": "p", "variable": []})");
    expect_refused(with_profile(path("p.json")),
                   path("p.json") + ": profile: unknown key 'variable'");
    expect_refused(gaia({"profile", "check", path("p.json")}),
                   path("p.json") + ": profile: unknown key 'variable'");
    std::string wmo = gaia({"profile", "show", "wmo"}).out;
    put("q.json", wmo.replace(wmo.find("\"regions\": ["), 12, "\"regions\": [\"mars\", "));
    expect_refused(gaia({"profile", "check", path("q.json")}),
                   path("q.json") + ": profile.regions[0]: no such region 'mars'");
    put("r.json", "{");
    expect_refused(gaia({"profile", "check", path("r.json")}),
                   path("r.json") + ": line 1, column 1: string or '}' expected near end of file");
}

TEST_F(Recipe, SourcesThatAProfileDoesWithout)
{
    const std::string c = write(climatology_sample(), "c.nc");
    expect_failed(score({forecast(), truth(), "--profile", "gaia-day1"}), 2,
                  "job: profile 'gaia-day1' needs a climatology");
    expect_failed(score({forecast(), truth(), c, "--profile", "gaia-day1"}), 2,
                  "job: profile 'gaia-day1' needs a reference");
    expect_refused(with_profile("gaia-day1", {"--variables", "t", "--levels", "300"}),
                   forecast() + ": variable 't' has no level 300 hPa; there are: 500, 850");
    Sample sample = forecast_sample();
    sample.axis("step").value = {36, 48};
    const std::string late = write(sample, "late.nc");
    expect_refused(score({late, truth(), c, "--reference", late, "--profile", "gaia-day1"}),
                   truth() + ": no variable '2t'");
    for (const char *name : {"forecast.nc", "truth.nc"}) {
        Sample other = name[0] == 'f' ? forecast_sample() : truth_sample();
        other.variable = "cloud";
        write(other, name);
    }
    expect_refused(score({forecast(), truth(), forecast(), "--profile", "wmo"}),
                   forecast() + " and " + truth() + " share no variable of profile 'wmo'");
}

TEST_F(Recipe, AReferenceWithoutTheForecastsTimes)
{
    Sample sample = forecast_sample();
    sample.axis("step").value = {12, 18};
    const std::string reference = write(sample, "r.nc");
    expect_refused(
        score({forecast(), truth(), "--reference", reference}),
        reference +
            ": variable 't', level 500: no field of init time 2017-01-01T00, lead time 24 h");
    sample = forecast_sample();
    sample.axis("level").value = {500, 700};
    expect_refused(
        score({forecast(), truth(), "--reference", write(sample, "r.nc")}),
        reference +
            ": variable 't', level 850: no field of init time 2017-01-01T00, lead time 12 h");
}

TEST_F(Recipe, UnitsThatACompositeIsNotIn)
{
    Sample sample = forecast_sample();
    Sample analysis = truth_sample();
    Sample climatology = climatology_sample();
    for (Sample *s : {&sample, &analysis, &climatology}) {
        s->units = "Pa";
    }
    const std::string f = write(sample, "f.nc");
    expect_refused(
        score({f, write(analysis, "t.nc"), write(climatology, "c.nc"), "--reference", f,
               "--profile", "gaia-day1", "--variables", "t"}),
        "variable 't' is in 'Pa' in " + path("t.nc") +
            ", which cannot be converted into the 'K' that the profile's composite is in");
}

TEST_F(Recipe, CompositesThatAreNone)
{
    expect_failed(score({forecast(), truth(), "--composite-out", path("c.json")}), 2,
                  "--composite-out: a job without a profile has no composite");
    expect_failed(with_profile("wmo", {"--composite-out", path("c.json")}), 2,
                  "--composite-out: profile wmo has no composite");
    expect_refused(gaia({"explain", path("gone.json")}),
                   path("gone.json") + ": No such file or directory");
    put("list.json", "[]");
    expect_refused(gaia({"explain", path("list.json")}),
                   path("list.json") + ": there is no composite");
    put("half.json", R"([{"schema": "gaia.composite/1", "forecast": "a"}])");
    expect_refused(gaia({"explain", path("half.json")}),
                   path("half.json") + "[0]: key 'times' is missing");
    put("a.json", R"([{"schema": "gaia.composite/1", "forecast": "a", "times": []}])");
    expect_refused(gaia({"explain", path("a.json"), "--forecast", "b"}),
                   path("a.json") + ": no composite of forecast 'b'; there are: a");
    expect_refused(gaia({"explain", truth()}), truth() + ": line 1, column 3: '[' or '{' expected");
}

TEST_F(Recipe, SumsThatCannotBeHeldAgainstEachOther)
{
    const std::string one = sums("one");
    const std::string other = sums("other", "2018-01-01");
    expect_refused(gaia({"scores", one, "--against", "nobody"}),
                   "--against 'nobody': neither a forecast of " + one + " nor a file or job");
    expect_refused(gaia({"scores", one, "--against", other}),
                   one + " and other_f have no event in common");
    const std::string humidity = sums("humidity", "2017-01-01", "q");
    expect_refused(gaia({"scores", one, "--against", humidity}),
                   one + " and " + humidity + ": no variable in common");
    expect_failed(gaia({"scores", one, "--against", one, "--metrics", "n_valid"}), 2,
                  one + " and one_f: none of the metrics has a value for each event of both");
    expect_refused(gaia({"scores", truth()}), truth() + ": not a file of moments");
    expect_failed(gaia({"scores", one, "--missing", "guess"}), 2,
                  "--missing 'guess': pairwise or propagate is wanted");
    expect_failed(gaia({"scores", one, "--composite-out", path("c.json")}), 2,
                  "--composite-out: only with the scores of a job as they were asked for");
}

TEST_F(Recipe, PathsAndForecastsThatSumsAreHeldAgainstMayHaveColons)
{
    put("job.json", R"({"schema": "gaia.job/1", "forecasts": [)" + source(forecast(), "42:HOTKEY") +
                        ", " + source(forecast(), "7:OTHER") + R"(], "truth": )" + source(truth()) +
                        "}");
    const std::string sums = path("sums.gm");
    ASSERT_EQ(0, gaia({"score", "--job", path("job.json"), "--moments-out", sums}).status);
    const std::string colons = path("a:b:c.gm");
    std::filesystem::copy_file(sums, colons);
    for (const std::string &other : {std::string(), sums + ":", colons + ":"}) {
        const std::string against = other + "42:HOTKEY";
        const Result scores = gaia({"scores", sums, "--forecasts", "7:OTHER", "--against", against,
                                    "--format", "csv", "--metrics", "rmse"});
        EXPECT_EQ(0, scores.status) << scores.err;
        EXPECT_NE(std::string::npos, scores.out.find("\n7:OTHER," + against + ",")) << scores.out;
        const Result page = gaia({"report", sums, "--forecasts", "7:OTHER", "--against", against,
                                  "--out", path("page.html")});
        EXPECT_EQ(0, page.status) << page.err;
    }
    for (const std::string &several : {sums, colons}) {
        std::string hint = several + " has 2 forecasts, such as '42:HOTKEY': say which, as in ";
        hint += "--against " + several + ":42:HOTKEY";
        expect_failed(gaia({"scores", colons, "--against", several}), 2, hint);
    }
    expect_refused(gaia({"scores", sums, "--against", colons + ":42:NOBODY"}),
                   colons + ": no sums of forecast '42:NOBODY'; there are: 42:HOTKEY, 7:OTHER");
    const std::string gone = path("gone.gm:42:HOTKEY");
    expect_refused(gaia({"scores", sums, "--against", gone}), "--against '" + gone +
                                                                  "': neither a forecast of " +
                                                                  sums + " nor a file or job");
}

TEST_F(Recipe, AFileWithoutMapsIsNamed)
{
    put("none.gmap", "");
    const std::string none = path("none.gmap");
    const std::string said = none +
                             ": there are no maps in it; `gaia score --maps-out FILE` writes "
                             "those of forecasts that were scored";
    expect_refused(gaia({"maps", none}), said);
    expect_refused(gaia({"maps", none, "--out", path("maps.nc")}), said);
    expect_refused(gaia({"report", sums("one"), "--maps", none, "--out", path("page.html")}), said);
    EXPECT_FALSE(std::filesystem::exists(path("maps.nc")));
    EXPECT_FALSE(std::filesystem::exists(path("page.html")));
}

TEST_F(Recipe, AClaimOfAnotherHashIsRejected)
{
    put("task.json", R"({"schema": "gaia.job/1", "task": "weather.hash.forecast_verify",
        "request": {"schema": "gaia.hash/1", "source": {"files": [")" +
                         forecast() + R"("]}}, "claimed": "gaia-content/1 sha256:ab"})");
    const Result result = gaia({"task", "run", path("task.json")});
    EXPECT_EQ(result.status, 3);
    EXPECT_EQ(result.err, "");
    const std::string what = "\"what\": \"the content has another hash than the claimed one\"";
    const std::string hash = gaia({"hash", forecast()}).out;
    const std::string head = "{\n \"schema\": \"gaia.hash_verdict/1\",\n \"verdict\": "
                             "\"rejected\",\n \"claimed\": \"gaia-content/1 sha256:ab\",\n "
                             "\"computed\": \"" +
                             hash.substr(0, hash.size() - 1) + "\",\n " + what + ",\n";
    EXPECT_EQ(result.out.substr(0, head.size()), head);
    put("score.json", R"({"schema": "gaia.job/1", "forecasts": [)" + source(forecast(), "f") +
                          R"(], "truth": )" + source(truth()) + "}");
    expect_failed(gaia({"task", "run", path("score.json")}), 2,
                  path("score.json") + ": a job with scores: gaia score --job");
    put("none.json", R"({"schema": "gaia.job/1", "task": "weather.moon"})");
    expect_refused(gaia({"task", "run", path("none.json")}),
                   path("none.json") +
                       ": job.task: no such task 'weather.moon'; there are: "
                       "weather.scoring.day1_compute, weather.scoring.era5_final_compute, "
                       "weather.hash.gfs_compute, weather.hash.verification_compute, "
                       "weather.hash.forecast_verify, weather.scoring.forecast_verification");
}

TEST_F(Recipe, NoFieldToHash)
{
    expect_refused(gaia({"hash", forecast(), "--leads", "36"}),
                   forecast() + ": no field of lead time 36 h");
    expect_refused(gaia({"hash", forecast(), "--leads", "12,36"}),
                   forecast() + ": no field of lead time 36 h");
    expect_refused(gaia({"hash", forecast(), "--times", "2018-01-01"}),
                   forecast() + ": no field of time 2018-01-01T00");
}

TEST_F(Recipe, AClimatologyHasNoTimes)
{
    const std::string c = write(climatology_sample(), "c.nc");
    expect_refused(score({c, truth(), "--variables", "t"}),
                   c + ": variable 't' has no time coordinate");
    expect_refused(score({forecast(), c, "--variables", "t"}),
                   c + ": variable 't' has no time coordinate");
}
