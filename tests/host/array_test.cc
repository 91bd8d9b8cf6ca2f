// SPDX-License-Identifier: MIT
//
// Sources in memory: the sums and scores of files, to the bit, whatever the layout; and what a
// caller may get wrong.

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <gaia/array.h>

#include "engine_run.h"
#include "made_array.h"

namespace
{

// Everything that a run reports, as text with the bits of every number.
struct Report {
    std::string scores;
    std::string moments;
    std::string failures;
    std::vector<std::string> warnings;
    size_t n_scores = 0;
    size_t n_rows = 0;
    gaia_status status = GAIA_INTERNAL;
    gaia_error error = {};
};

std::string bits(double value)
{
    uint64_t b = 0;
    std::memcpy(&b, &value, sizeof b);
    return std::to_string(b);
}

void score_seen(void *context, const gaia_score *s)
{
    auto *report = static_cast<Report *>(context);
    report->n_scores++;
    report->scores += std::string(s->forecast) + " " + s->variable + " " + bits(s->level) + " " +
                      std::to_string(s->lead_time_s) + " " + std::to_string(s->init_time_s) + " " +
                      s->region + " " + s->weighting + " " + s->metric + " " + bits(s->value) +
                      "\n";
}

void moments_seen(void *context, const gaia_moments_row *row)
{
    auto *report = static_cast<Report *>(context);
    report->n_rows++;
    report->moments += std::string(row->forecast) + " " + row->variable + " " + bits(row->level) +
                       " " + std::to_string(row->valid_time_s) + " " + row->region + " " +
                       row->weighting;
    for (const double sum : row->moments->sum) {
        report->moments += " " + bits(sum);
    }
    report->moments += "\n";
}

void failure_seen(void *context, const char *forecast, const gaia_error *why)
{
    static_cast<Report *>(context)->failures += std::string(forecast) + ": " + why->detail + "\n";
}

void warning_seen(void *context, const char *text)
{
    static_cast<Report *>(context)->warnings.emplace_back(text);
}

const gaia_engine_options kOptions = {"cpu", 2, 64 << 20, 0, 0, nullptr};

Report run_with(
    const std::string &json,
    const std::function<gaia_status(const gaia_job *, const gaia_observer *, gaia_error *)> &call)
{
    Report report;
    gaia_job *job = nullptr;
    report.status = gaia_job_parse(json.data(), json.size(), &job, &report.error);
    const std::unique_ptr<gaia_job, JobFree> parsed(job);
    gaia_observer observer = {};
    observer.context = &report;
    observer.score = score_seen;
    observer.failed = failure_seen;
    observer.warned = warning_seen;
    observer.moments = moments_seen;
    if (report.status == GAIA_OK) {
        report.status = call(job, &observer, &report.error);
    }
    return report;
}

Report files_run(const Sources &sources)
{
    return run_with(job_json(sources),
                    [](const gaia_job *job, const gaia_observer *observer, gaia_error *err) {
                        return gaia_score_job(job, &kOptions, observer, err);
                    });
}

Report arrays_run(const Sources &sources, const std::vector<gaia_dataset> &datasets)
{
    return run_with(job_json(sources), [&](const gaia_job *job, const gaia_observer *observer,
                                           gaia_error *err) {
        return gaia_score_arrays(job, datasets.data(), datasets.size(), &kOptions, observer, err);
    });
}

MadeFile made(Role role, unsigned salt, void (*change)(MadeFile &) = nullptr)
{
    MadeFile file; // as EngineFiles::make has it
    file.role = role;
    file.salt = salt + static_cast<unsigned>(role);
    file.holes = 0.03;
    file.times = role == Role::Truth ? std::vector<double>{12, 24, 36} : std::vector<double>{0, 12};
    if (change != nullptr) {
        change(file);
    }
    return file;
}

// The four sources of EngineFiles::sources in memory, and the job's names of them.
struct ArraySources {
    std::vector<std::unique_ptr<MadeArray>> made_arrays;
    std::vector<gaia_dataset> datasets;
    Sources sources;

    explicit ArraySources(const ArrayLayout &layout, void (*change)(MadeFile &) = nullptr)
    {
        add("forecast", Role::Forecast, 10, layout, change);
        add("truth", Role::Truth, 20, layout, change);
        add("climatology", Role::Climatology, 30, layout, change);
        add("reference", Role::Forecast, 40, layout, change);
        sources.forecasts = {"forecast"};
        sources.truth = "truth";
        sources.climatology = "climatology";
        sources.reference = "reference";
    }

    void add(const std::string &name, Role role, unsigned salt, const ArrayLayout &layout,
             void (*change)(MadeFile &) = nullptr)
    {
        made_arrays.push_back(std::make_unique<MadeArray>(name, made(role, salt, change), layout));
        datasets.push_back(made_arrays.back()->dataset());
        sources.formats[name] = "array";
    }

    Report run() const
    {
        return arrays_run(sources, datasets);
    }
};

class Arrays : public EngineFiles
{
  protected:
    void expect_as_files(const ArraySources &arrays, void (*change)(MadeFile &) = nullptr)
    {
        const Report files = files_run(sources(change));
        const Report memory = arrays.run();
        ASSERT_EQ(files.status, GAIA_OK) << files.error.detail;
        ASSERT_EQ(memory.status, GAIA_OK) << memory.error.detail;
        EXPECT_GT(files.n_rows, 0u);
        EXPECT_GT(files.n_scores, files.n_rows);
        EXPECT_EQ(files.n_rows, memory.n_rows);
        EXPECT_EQ(files.moments, memory.moments);
        // The forecast's id is the same in both; so is everything but the sources' places.
        EXPECT_EQ(files.scores, memory.scores);
        EXPECT_EQ(files.warnings, memory.warnings);
    }
};

TEST_F(Arrays, GiveTheBitsOfFiles)
{
    expect_as_files(ArraySources({}));
}

TEST_F(Arrays, Float64GivesTheBitsOfFiles)
{
    const auto change = [](MadeFile &file) { file.type = 6; }; // NC_DOUBLE
    ArrayLayout layout;
    layout.dtype = GAIA_FLOAT64;
    layout.with_strides = false;
    expect_as_files(ArraySources(layout, change), change);
}

TEST_F(Arrays, WhicheverLayoutGivesTheBitsOfFiles)
{
    // A climatology has one dimension less than a forecast: each is laid out by what it has.
    for (const size_t gap : {size_t{0}, size_t{3}, size_t{4}}) {
        for (const bool is_swapped : {false, true}) {
            ArrayLayout layout;
            layout.gap = gap;
            layout.is_swapped = is_swapped;
            layout.misplaced = gap; // 3: no value is aligned
            layout.backwards = {0, 1, 2};
            expect_as_files(ArraySources(layout));
        }
    }
}

TEST_F(Arrays, LongitudeBeforeLatitudeGivesTheBitsOfFiles)
{
    const auto change = [](MadeFile &file) { file.lon_first = true; };
    for (const bool is_swapped : {false, true}) { // of one that lies as it is read, and one not
        ArrayLayout layout;
        layout.is_swapped = is_swapped;
        layout.with_strides = is_swapped;
        expect_as_files(ArraySources(layout, change));
    }
}

TEST_F(Arrays, TransposedDimensionsGiveTheBitsOfFiles)
{
    ArraySources arrays(ArrayLayout{});
    ArrayLayout five;
    five.order = {4, 2, 3, 0, 1};
    five.backwards = {3, 4};
    ArrayLayout four;
    four.order = {3, 0, 2, 1};
    four.dtype = GAIA_FLOAT64; // of float32's values
    arrays.made_arrays.clear();
    arrays.datasets.clear();
    arrays.add("forecast", Role::Forecast, 10, five);
    arrays.add("reference", Role::Forecast, 40, ArrayLayout{});
    arrays.add("climatology", Role::Climatology, 30, four);
    arrays.add("truth", Role::Truth, 20, four);
    expect_as_files(arrays);
}

TEST_F(Arrays, FlippedRolledAndCyclicGridsGiveTheBitsOfFiles)
{
    const auto change = [](MadeFile &file) {
        file.ascending = file.role != Role::Truth;
        file.roll = file.role == Role::Forecast ? 7 : 0;
        file.cyclic = file.role == Role::Climatology;
        file.west = file.role == Role::Truth;
    };
    expect_as_files(ArraySources({}, change), change);
}

TEST_F(Arrays, UnitsAreBroughtToTheTruths)
{
    const auto change = [](MadeFile &file) {
        file.variable = "t";
        file.units = file.role == Role::Forecast ? "degC" : "K";
    };
    expect_as_files(ArraySources({}, change), change);
}

TEST_F(Arrays, MayBeScoredAgainstFiles)
{
    ArraySources arrays(ArrayLayout{});
    const Sources files = sources();
    arrays.sources.truth = files.truth;
    arrays.sources.climatology = files.climatology;
    expect_as_files(arrays);
}

// A forecast of one init time and lead, whose times are scalars, is a slice of the whole.
TEST_F(Arrays, ScalarsAreCoordinates)
{
    const auto change = [](MadeFile &file) {
        if (file.role == Role::Forecast) {
            file.times = {12};
            file.steps = {24};
        }
    };
    static const double init = 12, lead = 24, valid = 36, member = 7;
    ArraySources arrays({}, change);
    const gaia_coordinate scalars[] = {
        {"number", "1", nullptr, nullptr, 1, &member, 0},
        {"valid_time", "hours since 2017-01-01", nullptr, nullptr, 1, &valid, 0},
        {"time", "hours since 2017-01-01", nullptr, nullptr, 1, &init, 0},
        {"step", "hours", nullptr, nullptr, 1, &lead, 0}};
    for (const size_t i : {size_t{0}, size_t{3}}) {
        gaia_array &array = arrays.made_arrays[i]->array();
        array.rank -= 2; // without time and step
        array.coordinates += 2;
        array.stride_bytes += 2;
        array.n_scalars = 4;
        array.scalars = scalars;
        arrays.datasets[i] = arrays.made_arrays[i]->dataset();
    }
    expect_as_files(arrays, change);
    arrays.made_arrays[0]->array().scalars = nullptr;
    EXPECT_STREQ(arrays.run().error.detail,
                 "forecast: variable 'z': scalar 0: a name and one value are wanted");
}

// CF's layout of one forecast: valid times along a dimension, and a scalar init time.
TEST_F(Arrays, AScalarInitTimeIsThatOfAllValidTimes)
{
    const auto change = [](MadeFile &file) {
        if (file.role == Role::Forecast) {
            file.times = {12};
            file.steps = {12, 24};
        }
    };
    static const double init = 12;
    static const double valid[] = {24, 36};
    ArraySources arrays({}, change);
    const gaia_coordinate scalar = {
        "forecast_reference_time", "hours since 2017-01-01", nullptr, nullptr, 1, &init, 0};
    for (const size_t i : {size_t{0}, size_t{3}}) {
        gaia_array &array = arrays.made_arrays[i]->array();
        arrays.made_arrays[i]->coordinates()[1] = {
            "time", "hours since 2017-01-01", nullptr, nullptr, 2, valid, 0};
        array.rank -= 1; // without the init time
        array.coordinates += 1;
        array.stride_bytes += 1;
        array.n_scalars = 1;
        array.scalars = &scalar;
        arrays.datasets[i] = arrays.made_arrays[i]->dataset();
    }
    expect_as_files(arrays, change);
}

TEST_F(Arrays, OneThatFailsLeavesTheOthers)
{
    ArraySources arrays(ArrayLayout{});
    arrays.sources.forecasts = {"nothing", "forecast"};
    arrays.sources.formats["nothing"] = "array";
    const Report report = arrays.run();
    EXPECT_EQ(report.status, GAIA_FILE_MISSING);
    EXPECT_EQ(report.failures,
              "f0: nothing: no such dataset; format 'array' is for sources in the memory of the "
              "program that scores them (gaia_score_arrays)\n");
    EXPECT_GT(report.n_scores, 0u);
}

TEST_F(Arrays, AreNoFormatOfFiles)
{
    ArraySources arrays(ArrayLayout{});
    const Report report = files_run(arrays.sources);
    EXPECT_EQ(report.status, GAIA_FILE_MISSING);
    EXPECT_NE(std::string(report.error.detail).find("truth: no such dataset"), std::string::npos);
    arrays.sources.manifests["truth"] = "m.json";
    EXPECT_EQ(arrays.run().status, GAIA_JOB_INVALID);
}

// What becomes of a change to the forecast's array; every call has to be refused.
std::string refused(gaia_status status, const std::function<void(MadeArray &)> &change)
{
    ArraySources arrays(ArrayLayout{});
    change(*arrays.made_arrays[0]);
    arrays.datasets[0] = arrays.made_arrays[0]->dataset();
    const Report report = arrays.run();
    EXPECT_EQ(report.status, status) << report.error.detail;
    EXPECT_EQ(report.n_scores, 0u);
    return report.error.detail;
}

TEST_F(Arrays, WhatACallerGetsWrongIsNamed)
{
    EXPECT_EQ(refused(GAIA_USAGE, [](MadeArray &m) { m.array().data = nullptr; }),
              "forecast: array 0 ('z'): data is a null pointer");
    EXPECT_EQ(refused(GAIA_USAGE, [](MadeArray &m) { m.array().name = nullptr; }),
              "forecast: array 0 (''): name is a null pointer");
    EXPECT_EQ(refused(GAIA_USAGE, [](MadeArray &m) { m.array().name = "a\nb"; }),
              "forecast: array 0: its name is no line of UTF-8");
    EXPECT_EQ(refused(GAIA_USAGE, [](MadeArray &m) { m.array().coordinates = nullptr; }),
              "forecast: array 0 ('z'): coordinates is a null pointer");
    EXPECT_EQ(refused(GAIA_USAGE, [](MadeArray &m) { m.array().rank = 1; }),
              "forecast: variable 'z': rank 1 is not within 2 .. 8");
    EXPECT_EQ(refused(GAIA_USAGE, [](MadeArray &m) { m.array().rank = 9; }),
              "forecast: variable 'z': rank 9 is not within 2 .. 8");
    EXPECT_EQ(
        refused(GAIA_USAGE, [](MadeArray &m) { m.array().dtype = static_cast<gaia_dtype>(3); }),
        "forecast: variable 'z': no such dtype (3)");
    EXPECT_EQ(refused(GAIA_USAGE, [](MadeArray &m) { m.coordinates()[2].name = nullptr; }),
              "forecast: variable 'z': coordinate 2: name is a null pointer");
    EXPECT_EQ(refused(GAIA_USAGE, [](MadeArray &m) { m.coordinates()[0].n = SIZE_MAX / 8; }),
              "forecast: variable 'z' is larger than memory can be");
}

TEST_F(Arrays, CoordinatesAreHeldToTheRulesOfFiles)
{
    static const double bad[] = {500, NAN};
    static double twice[19];
    EXPECT_EQ(refused(GAIA_AXIS_INVALID, [](MadeArray &m) { m.coordinates()[2].value = bad; }),
              "forecast: axis 'level': [1] = nan is no level");
    EXPECT_EQ(refused(GAIA_AXIS_INVALID, [](MadeArray &m) { m.coordinates()[2].units = nullptr; }),
              "forecast: axis 'level' has no units");
    EXPECT_EQ(
        refused(GAIA_FORMAT_UNSUPPORTED, [](MadeArray &m) { m.coordinates()[2].value = nullptr; }),
        "forecast: variable 'z': dimension 'level' (2) has no coordinate variable that says which "
        "of time, step, level, hour, dayofyear, month it is");
    EXPECT_EQ(refused(GAIA_AXIS_INVALID, [](MadeArray &m) { m.coordinates()[3].value = twice; }),
              "forecast: variable 'z': latitude is not monotonic: [1] = 0 after [0] = 0");
    EXPECT_EQ(refused(GAIA_AXIS_INVALID, [](MadeArray &m) { m.coordinates()[4].n = 0; }),
              "forecast: variable 'z': the grid is empty: 19 x 0");
    EXPECT_EQ(refused(GAIA_AXIS_INVALID,
                      [](MadeArray &m) { std::swap(m.coordinates()[2], m.coordinates()[4]); }),
              "forecast: variable 'z': its last two dimensions must be latitude and longitude "
              "with coordinates; they are 'latitude' and 'level'");
    EXPECT_EQ(refused(GAIA_AXIS_INVALID, [](MadeArray &m) { m.coordinates()[0].n = 0; }),
              "forecast: variable 'z': dimension 'time' has no entries");
    EXPECT_EQ(refused(GAIA_FORMAT_UNSUPPORTED,
                      [](MadeArray &m) { m.coordinates()[0].calendar = "mayan"; })
                  .find("forecast: axis 'time': calendar 'mayan' is not supported"),
              0u);
}

TEST_F(Arrays, DatasetsAreHeldToTheirRules)
{
    ArraySources arrays(ArrayLayout{});
    std::vector<gaia_dataset> datasets = arrays.datasets;
    datasets[3].name = "truth";
    EXPECT_STREQ(arrays_run(arrays.sources, datasets).error.detail,
                 "gaia_score_arrays: two datasets 'truth'");
    datasets[3].name = nullptr;
    EXPECT_STREQ(arrays_run(arrays.sources, datasets).error.detail,
                 "gaia_score_arrays: dataset 3: name is a null pointer");
    datasets = arrays.datasets;
    datasets[1].arrays = nullptr;
    EXPECT_STREQ(arrays_run(arrays.sources, datasets).error.detail,
                 "gaia_score_arrays: dataset 1: arrays is a null pointer");
    const gaia_array two[] = {*datasets[0].arrays, *datasets[0].arrays};
    datasets = arrays.datasets;
    datasets[0].arrays = two;
    datasets[0].n_arrays = 2;
    EXPECT_STREQ(arrays_run(arrays.sources, datasets).error.detail, "forecast: two variables 'z'");
    datasets[0].n_arrays = 0;
    EXPECT_EQ(arrays_run(arrays.sources, datasets).status, GAIA_VARIABLE_MISSING);
    gaia_job *job = nullptr;
    const std::string json = job_json(arrays.sources);
    gaia_error err = {};
    const gaia_observer observer = {};
    ASSERT_EQ(gaia_job_parse(json.data(), json.size(), &job, &err), GAIA_OK);
    const std::unique_ptr<gaia_job, JobFree> parsed(job);
    EXPECT_EQ(gaia_score_arrays(job, nullptr, 1, &kOptions, &observer, &err), GAIA_USAGE);
    EXPECT_STREQ(err.detail, "gaia_score_arrays: datasets is a null pointer");
    EXPECT_EQ(gaia_score_arrays(nullptr, nullptr, 0, &kOptions, &observer, &err), GAIA_USAGE);
    EXPECT_STREQ(err.detail, "gaia_score_arrays: job is a null pointer");
    EXPECT_EQ(gaia_score_arrays(job, nullptr, 0, &kOptions, &observer, nullptr), GAIA_FILE_MISSING);
}

} // namespace
