// SPDX-License-Identifier: MIT
//
// GRIB fields without a name that ecCodes knows: what is said of them, alone and beside others.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include <gaia/engine.h>
#include <gaia/job.h>

#include "made_file.h"
#include "made_grib.h"

namespace
{

// Total precipitation as centre 98 does not code it, and a local parameter of edition 1.
std::string nameless(int edition, long level)
{
    MadeGrib made = made_grib(edition);
    if (edition == 2) {
        made.set("parameterCategory", 191).set("parameterNumber", 200);
    } else {
        made.set("table2Version", 250).set("indicatorOfParameter", 77);
    }
    return made.set("level", level).bytes();
}

GribRead read_bytes(const std::string &bytes, const std::string &name)
{
    const Scratch scratch;
    write_file(scratch.path("a.grib"), bytes);
    return read_grib(scratch.path("a.grib"), name);
}

const char *const kOfTwo = "0/191/200 (discipline/category/number) of centre 98";
const char *const kOfOne = "77 of table 250 of centre 98";

TEST(GribNameless, ANameThatIsNotThereTellsOfThem)
{
    const std::string two = nameless(2, 500) + nameless(2, 850);
    EXPECT_EQ(read_bytes(two, "tp").error,
              std::string("FILE: no variable 'tp'; there are: 2 fields without a name that ecCodes "
                          "knows: ") +
                  kOfTwo);
    EXPECT_EQ(read_bytes(nameless(1, 500), "tp").error,
              std::string("FILE: no variable 'tp'; there are: 1 field without a name that ecCodes "
                          "knows: ") +
                  kOfOne);
    EXPECT_EQ(read_bytes(made_grib(2).bytes() + two + nameless(1, 500), "tp").error,
              std::string("FILE: no variable 'tp'; there are: z, and 3 fields without a name that "
                          "ecCodes knows: ") +
                  kOfTwo + ", " + kOfOne);
}

// What a job of these files ends with and warns of.
struct Outcome {
    gaia_status status = GAIA_OK;
    std::string error;
    std::string warnings;
    size_t n_scores = 0;
};

void score_count(void *context, const gaia_score *)
{
    static_cast<Outcome *>(context)->n_scores++;
}

void warning_add(void *context, const char *text)
{
    static_cast<Outcome *>(context)->warnings += std::string(text) + "\n";
}

Outcome score(const std::string &forecast, const std::string &truth)
{
    Outcome outcome;
    const std::string json = R"({"schema": "gaia.job/1", "forecasts": [{"id": "f", "files": [")" +
                             forecast + R"("], "step_override": 0}], "truth": {"files": [")" +
                             truth + R"("]}, "regions": ["global"], "metrics": ["rmse"]})";
    gaia_job *job = nullptr;
    gaia_error err = {};
    const gaia_engine_options options = {"cpu", 1, 64 << 20, 0, 0};
    gaia_observer observer = {};
    observer.score = score_count;
    observer.warned = warning_add;
    observer.context = &outcome;
    outcome.status = gaia_job_parse(json.data(), json.size(), &job, &err);
    if (outcome.status == GAIA_OK) {
        outcome.status = gaia_score_job(job, &options, &observer, &err);
    }
    outcome.error = outcome.status != GAIA_OK ? err.detail : "";
    gaia_job_free(job);
    return outcome;
}

TEST(GribNameless, AreLeftOutWithAWarningOrAnError)
{
    const Scratch scratch;
    const std::string forecast = scratch.path("f.grib");
    const std::string truth = scratch.path("t.grib");
    write_file(truth, made_grib(2).bytes());
    write_file(forecast, made_grib(2).bytes() + nameless(2, 500));
    const std::string said = forecast + ": 1 field without a name that ecCodes knows: " + kOfTwo;
    Outcome outcome = score(forecast, truth);
    EXPECT_EQ(outcome.status, GAIA_OK) << outcome.error;
    EXPECT_GT(outcome.n_scores, 0U);
    EXPECT_EQ(outcome.warnings, "fields left out: " + said + "\n");
    write_file(forecast, nameless(2, 500));
    outcome = score(forecast, truth);
    EXPECT_EQ(outcome.status, GAIA_VARIABLE_MISSING);
    EXPECT_EQ(outcome.error, said);
}

} // namespace
