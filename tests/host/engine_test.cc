// SPDX-License-Identifier: MIT
//
// The same stored sums to the bit, whatever the threads, the batches, the other regions, the layout
// of the files.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include <netcdf.h>

#include "engine_run.h"

namespace
{

class Engine : public EngineFiles
{
};

TEST_F(Engine, OneAndTwoThreads)
{
    const Sources s = sources([](MadeFile &m) {
        m.n_lat = 181;
        m.n_lon = 360;
        m.levels = {300, 400, 500, 700, 850, 1000};
    });
    Work one = run_open(s, 1);
    Work two = run_open(s, 2);
    expect_same(run_sums(one, 100000), run_sums(two, 100000));
    EXPECT_GT(two.control->tiles_by_thread[0].load(), 0u);
    EXPECT_GT(two.control->tiles_by_thread[1].load(), 0u);
    EXPECT_EQ(one.control->tiles_by_thread[1].load(), 0u);
    EXPECT_EQ(two.control->fields_done.load(), 24u);
}

TEST_F(Engine, OneFieldOrAllInABatch)
{
    const Sources s = sources();
    expect_same(sums(s, 1, 1), sums(s, 1));
    expect_same(sums(s, 2, 3), sums(s, 1));
}

TEST_F(Engine, GlobalAloneOrWithOthers)
{
    Sources s = sources();
    const Rows all = sums(s);
    s.regions = R"(["global"])";
    const Rows alone = sums(s);
    s.regions = R"(["europe"])";
    const Rows europe = sums(s);
    const size_t n_weights = 3;
    Rows global_of_all;
    Rows europe_of_all;
    for (size_t i = 0; i < all.size(); i += 5 * n_weights) {
        global_of_all.insert(global_of_all.end(), all.begin() + static_cast<long>(i),
                             all.begin() + static_cast<long>(i + n_weights));
        europe_of_all.insert(europe_of_all.end(),
                             all.begin() + static_cast<long>(i + 4 * n_weights),
                             all.begin() + static_cast<long>(i + 5 * n_weights));
    }
    expect_same(global_of_all, alone);
    expect_same(europe_of_all, europe);
}

TEST_F(Engine, LongitudesRolledAndLatitudesFlipped)
{
    const Rows plain = sums(sources());
    expect_same(plain, sums(sources([](MadeFile &m) { m.roll = 13; }, "rolled")));
    expect_same(plain, sums(sources([](MadeFile &m) { m.ascending = true; }, "flipped")));
    expect_same(plain, sums(sources([](MadeFile &m) { m.cyclic = true; }, "cyclic")));
    expect_same(plain, sums(sources(
                           [](MadeFile &m) {
                               m.west = true;
                               m.roll = 18;
                               m.ascending = true;
                           },
                           "both")));
}

TEST_F(Engine, LatitudeOfForecastAndTruthMayDiffer)
{
    Sources s = sources();
    const Rows plain = sums(s);
    s.truth = make(
        "turned", Role::Truth,
        [](MadeFile &m) {
            m.ascending = true;
            m.roll = 5;
        },
        20);
    expect_same(plain, sums(s));
}

TEST_F(Engine, AnyChunkLayoutFormatAndCompression)
{
    const Rows plain = sums(sources());
    expect_same(plain, sums(sources([](MadeFile &m) { m.layout = Layout::Classic; }, "classic")));
    expect_same(plain, sums(sources([](MadeFile &m) { m.layout = Layout::Contiguous; }, "flat")));
    expect_same(plain, sums(sources(
                           [](MadeFile &m) {
                               m.chunk = m.role == Role::Forecast
                                             ? std::vector<size_t>{2, 2, 2, 7, 11}
                                             : std::vector<size_t>{2, 2, 7, 11};
                               m.deflate = 4;
                           },
                           "odd")));
}

TEST_F(Engine, PackedOrNotIsTheSameWhereTheValuesAre)
{
    const Rows as_double = sums(sources([](MadeFile &m) { m.type = NC_DOUBLE; }, "double"));
    expect_same(as_double, sums(sources([](MadeFile &m) { m.type = NC_SHORT; }, "short")));
    expect_same(as_double, sums(sources([](MadeFile &m) { m.type = NC_FLOAT; }, "float")));
}

TEST_F(Engine, AForecastAloneOrAmongOthers)
{
    const Rows alone = sums(sources());
    const Rows all = sums(many(12), 2);
    ASSERT_EQ(all.size(), 12 * alone.size());
    expect_same(alone, Rows(all.begin(), all.begin() + static_cast<long>(alone.size())));
}

TEST_F(Engine, LittleMemoryChangesNothing)
{
    const Sources s = sources();
    Work small = run_open(s, 2, 512 << 10);
    expect_same(run_sums(small, 100000), sums(s));
}

TEST_F(Engine, TooLittleMemorySaysHowMuch)
{
    Work run = run_open(sources(), 1, 20000);
    gaia_error err = {};
    size_t n_failures = 0;
    Rows rows(plan_rows_per_unit(run.made.get()));
    engine_failure failure = {};
    EXPECT_EQ(engine_sums(run.open.get(), run.job.get(), run.made.get(), run.made->units, 1,
                          rows.data(), &failure, &n_failures, nullptr, &err),
              GAIA_LIMIT);
    EXPECT_STREQ(
        err.detail,
        "fields of 19 x 36 points need 35037 bytes of memory at least; the limit is 20000");
}

TEST_F(Engine, CancelEndsARun)
{
    Work run = run_open(sources(), 1);
    gaia_error err = {};
    size_t n_failures = 0;
    Rows rows(plan_rows_per_unit(run.made.get()) * run.made->n_units);
    engine_failure failure = {};
    run.control->cancel = true;
    EXPECT_EQ(engine_sums(run.open.get(), run.job.get(), run.made.get(), run.made->units,
                          run.made->n_units, rows.data(), &failure, &n_failures, run.control.get(),
                          &err),
              GAIA_CANCELLED);
}

TEST_F(Engine, AFailedPlanLeavesNothingHalfOpen)
{
    Sources s = sources();
    s.climatology = scratch_.path("later.nc"); // not there yet
    const std::string json = job_json(s);
    const gaia_engine_options options = {"cpu", 1, 64 << 20};
    gaia_error err = {};
    gaia_job *job = nullptr;
    engine *opened = nullptr;
    plan *made = nullptr;
    ASSERT_EQ(gaia_job_parse(json.data(), json.size(), &job, &err), GAIA_OK);
    ASSERT_EQ(engine_open(&options, &opened, &err), GAIA_OK);
    EXPECT_EQ(engine_plan(opened, job, &made, &err), GAIA_FILE_MISSING);
    make("later.nc", Role::Climatology, nullptr, 30);
    EXPECT_EQ(engine_plan(opened, job, &made, &err), GAIA_OK) << err.detail;
    made->n_forecasts = 2; // not this job's plan
    Rows rows(plan_rows_per_unit(made));
    engine_failure failure = {};
    size_t n_failures = 0;
    EXPECT_EQ(engine_sums(opened, job, made, made->units, 1, rows.data(), &failure, &n_failures,
                          nullptr, &err),
              GAIA_PROTOCOL);
    plan_free(made);
    engine_close(opened);
    gaia_job_free(job);
}

} // namespace
