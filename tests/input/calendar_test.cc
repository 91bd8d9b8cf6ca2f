// SPDX-License-Identifier: MIT
//
// Times and coordinates by meaning: calendars of models, files with valid times only, and the names
// that models give to their axes.
#include <algorithm>

#include "grid_file.h"
#include "program.h"

class Times : public Program
{
  protected:
    static Sample calendar(Sample sample, const std::string &name, const std::string &since)
    {
        sample.axis("time").calendar = name;
        sample.axis("time").units = "hours since " + since;
        return sample;
    }

    // A forecast from 2017-01-01T00 with its valid times on the axis.
    static Sample valid_times()
    {
        Sample sample = truth_sample();
        sample.axis("time").value = {12, 24};
        return sample;
    }

    static bool has(const Result &result, const std::string &text)
    {
        return result.out.find(text) != std::string::npos;
    }
};

TEST_F(Times, ThirtyDaysInEveryMonth)
{
    const std::string forecast =
        write(calendar(forecast_sample(), "360_day", "2018-02-28T00:00"), "f.nc");
    const std::string truth =
        write(calendar(truth_sample(), "360_day", "2018-02-28T00:00"), "t.nc");
    const Result result = score({forecast, truth});
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_TRUE(has(result, ",12,2018-02-28T00,2018-02-28T12,")) << result.out;
    EXPECT_TRUE(has(result, ",24,2018-02-28T00,2018-02-29T00,"));
    EXPECT_TRUE(has(result, ",24,2018-02-28T12,2018-02-29T12,"));
    const std::string more =
        write(calendar(truth_sample(), "360_day", "2018-02-29T00:00"), "t2.nc");
    const std::string later =
        write(calendar(forecast_sample(), "360_day", "2018-02-29T00:00"), "f2.nc");
    const Result json = score({later, more, "--format", "json"});
    EXPECT_TRUE(has(json, "\"valid_time\":\"2018-02-30T00\"")) << json.out;
    expect_refused(
        score({forecast, write(calendar(truth_sample(), "360_day", "2018-02-30"), "n.nc"),
               "--leads", "12"}),
        "no valid time in common: " + forecast + " is valid 2018-02-28T12 .. 2018-02-29T12, " +
            path("n.nc") + " is valid 2018-02-30T12 .. 2018-03-01T12");
}

// The neighbours of a year's first day are its last ones: a climatology's window goes round the
// year of its calendar.
TEST_F(Times, AWindowGoesRoundTheCalendarsYear)
{
    for (const auto &[calendar, days] : {std::pair("noleap", 365), std::pair("360_day", 360)}) {
        GridFile truth;
        truth.axes = {{"time", "days since 2001-01-01 00:00:00", {}, "time", calendar},
                      {"latitude", "degrees_north", {30, 0}, "", ""},
                      {"longitude", "degrees_east", {0, 180}, "", ""}};
        for (int day = 0; day < 2 * days; day++) {
            truth.axes[0].value.push_back(day);
            truth.values.insert(truth.values.end(), 4, day % days);
        }
        truth.write(path("truth.nc"));
        const Result result = gaia({"climatology", path("truth.nc"), "--double", "--kind",
                                    "dayofyear", "--window", "5", "--out", path("c.nc")});
        ASSERT_EQ(result.status, 0) << result.err;
        const ReadBack got = read_back(path("c.nc"), "t");
        ASSERT_EQ(got.shape[0], static_cast<size_t>(days)) << calendar;
        for (int day = 0; day < days; day++) {
            double sum = 0;
            for (int k = -2; k <= 2; k++) {
                sum += (day + k + days) % days;
            }
            EXPECT_EQ(got.values[static_cast<size_t>(day) * 4], sum / 5) << calendar << day;
        }
    }
}

TEST_F(Times, NoLeapDay)
{
    const std::string forecast = write(calendar(forecast_sample(), "noleap", "2020-02-28"), "f.nc");
    const std::string truth = write(calendar(truth_sample(), "365_day", "2020-02-28"), "t.nc");
    const Result result = score({forecast, truth});
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_TRUE(has(result, ",24,2020-02-28T00,2020-03-01T00,")) << result.out;
}

TEST_F(Times, TheSameNumbersGiveTheSameScoresInEveryCalendar)
{
    const std::vector<Row> standard = rows(score({forecast(), truth()}));
    for (const char *name : {"gregorian", "proleptic_gregorian", "noleap", "360_day"}) {
        const Result result = score({write(calendar(forecast_sample(), name, "2017-01-01"), "f.nc"),
                                     write(calendar(truth_sample(), name, "2017-01-01"), "t.nc")});
        const std::vector<Row> found = rows(result);
        ASSERT_EQ(found.size(), standard.size()) << name << result.err;
        for (size_t i = 0; i < found.size(); i++) {
            EXPECT_EQ(found[i].value, standard[i].value);
        }
    }
}

TEST_F(Times, CalendarsThatDiffer)
{
    const std::string forecast = write(calendar(forecast_sample(), "noleap", "2017-01-01"), "f.nc");
    expect_refused(score({forecast, truth()}), "the times of " + forecast +
                                                   " are in calendar 'noleap', those of " +
                                                   truth() + " in 'standard'");
    const std::string reference =
        write(calendar(forecast_sample(), "360_day", "2017-01-01"), "r.nc");
    expect_refused(score({Program::forecast(), truth(), "--reference", reference}),
                   "the times of " + reference + " are in calendar '360_day', those of " + truth() +
                       " in 'standard'");
    Sample late = calendar(truth_sample(), "noleap", "2017-02-01");
    const std::string both =
        R"({"files": [")" + truth() + R"(", ")" + write(late, "late.nc") + R"("]})";
    expect_refused(score_job(source(Program::forecast(), "f"), both),
                   path("late.nc") + ": variable 't' has calendar 'noleap', other fields of " +
                       truth() + " have 'standard'");
}

TEST_F(Times, SelectIsReadInTheCalendarOfTheFiles)
{
    const std::string file = write(calendar(forecast_sample(), "360_day", "2018-02-30"), "f.nc");
    const std::string truth = write(calendar(truth_sample(), "360_day", "2018-02-30"), "t.nc");
    const Result result =
        score_job(source(file, "f", R"("select": {"init": "2018-02-30T12"}, )"), source(truth));
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_TRUE(has(result, ",12,2018-02-30T12,2018-03-01T00,")) << result.out;
    EXPECT_FALSE(has(result, ",2018-02-30T00,"));
    expect_refused(
        score_job(source(file, "f", R"("select": {"init": "2018-01-31T12"}, )"), source(truth)),
        file + ": select.init: '2018-01-31T12': a time such as 2017-01-01T12 is wanted "
               "in calendar 360_day");
    expect_refused(score_job(source(forecast(), "f", R"("select": {"init": "2018-02-30"}, )"),
                             source(Program::truth())),
                   forecast() + ": select.init: '2018-02-30': a time such as 2017-01-01T12 is "
                                "wanted");
    expect_refused(
        score_job(source(file, "f", R"("select": {"init": "2018-02-31"}, )"), source(truth)),
        path("job.json") +
            ": job.forecasts[0].select.init: '2018-02-31': a time such as 2017-01-01T12 is "
            "wanted");
}

TEST_F(Times, InitMakesLeadsOfValidTimes)
{
    const std::string file = write(valid_times(), "f.nc");
    const Result result = score({file, truth(), "--init", "2017-01-01T00"});
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_TRUE(has(result, ",12,2017-01-01T00,2017-01-01T12,")) << result.out;
    EXPECT_TRUE(has(result, ",24,2017-01-01T00,2017-01-02T00,"));
    const Result job = score_job(source(file, "f", R"("init": "2017-01-01", )"), source(truth()));
    EXPECT_EQ(job.out, result.out);
}

// What cftime makes of these numbers of days: 2017-01-01T00 and T12, and 1582-10-04.
TEST_F(Times, DaysSinceYearOneAreThoseOfTheMixedCalendar)
{
    Sample sample = forecast_sample();
    sample.axis("time").units = "days since 0001-01-01";
    sample.axis("time").value = {736331, 736331.5};
    const std::string file = write(sample, "f.nc");
    const Result result = score({file, truth()});
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_NE(result.out.find(",2017-01-01T12,"), std::string::npos);
    sample.axis("time").value = {577736, 577737};
    write(sample, "f.nc");
    const std::string old =
        file + ": variable 't' has a field of 1582-10-04, where calendar 'standard' is Julian; "
               "times before 1582-10-15 can only be read in calendar 'proleptic_gregorian'";
    expect_refused(score({file, truth()}), old);
    expect_refused(gaia({"hash", file}), old);
    sample.axis("time").calendar = "proleptic_gregorian";
    write(sample, "f.nc");
    EXPECT_EQ(gaia({"hash", file}).status, 0);
}

TEST_F(Times, InitThatCannotBe)
{
    const std::string file = write(valid_times(), "f.nc");
    expect_refused(score({file, truth(), "--init", "2017-01-01T18"}),
                   file + ": variable 't' has a field valid 2017-01-01T12, before the init time "
                          "2017-01-01T18");
    expect_refused(score({forecast(), truth(), "--init", "2017-01-01"}),
                   forecast() + ": variable 't' has lead times of its own; 'init' is for files "
                                "with valid times only");
    const std::string lead =
        file + ": variable 't' has no lead time (step) coordinate: say it by --step (gaia hash, "
               "gaia verify) or \"step_override\" (a job); where its times are valid times, say "
               "the init time by --init (gaia score) or \"init\" (a job)";
    expect_refused(score({file, truth()}), lead);
    expect_refused(gaia({"hash", file}), lead);
    EXPECT_EQ(0, gaia({"hash", file, "--step", "12"}).status);
    expect_failed(score({file, truth(), "--init", "yesterday"}), 2,
                  "--init: 'yesterday': a time such as 2017-01-01T12 is wanted");
    for (const char *other : {R"("select": {"init": "2017-01-01"}, )", R"("step_override": 12, )",
                              R"("as": "truth", )"}) {
        const std::string key = std::string(other).substr(1, std::string(other).find('"', 1) - 1);
        expect_refused(
            score_job(source(file, "f", std::string(R"("init": "2017-01-01", )") + other),
                      source(truth())),
            path("job.json") + ": job.forecasts[0]: 'init' and '" + key +
                "' contradict each other");
    }
}

class Axes : public Program
{
  protected:
    // The forecast's scores when one of its axes is called and measured like this.
    Result renamed(const std::string &axis, const std::string &name, const std::string &units,
                   double factor = 1.0, const std::string &standard_name = "") const
    {
        Sample sample = forecast_sample();
        Axis &changed = sample.axis(axis);
        changed.name = name;
        changed.units = units;
        changed.standard_name = standard_name;
        for (double &value : changed.value) {
            value *= factor;
        }
        return score({write(sample, "f.nc"), truth()});
    }
};

TEST_F(Axes, EveryModelsNamesMeanTheSame)
{
    const std::vector<Row> expected = rows(score({forecast(), truth()}));
    const struct {
        const char *axis;
        const char *name;
        const char *units;
        double factor;
        const char *standard_name;
    } names[] = {
        {"latitude", "lat", "degrees", 1, ""},
        {"latitude", "y", "degrees_north", 1, ""},
        {"latitude", "y", "degrees", 1, "latitude"},
        {"longitude", "LON", "degrees_east", 1, ""},
        {"longitude", "x", "degrees_east", 1, ""},
        {"level", "isobaricInhPa", "", 1, ""},
        {"level", "isobaricInPa", "", 100, ""},
        {"level", "plev", "Pa", 100, ""},
        {"level", "pressure_level", "hPa", 1, ""},
        {"level", "lev", "millibars", 1, ""},
        {"level", "anything", "Pa", 100, "air_pressure"},
        {"step", "prediction_timedelta", "nanoseconds", 3.6e12, ""},
        {"step", "lead_time", "hours", 1, ""},
        {"step", "forecast_period", "s", 3600, ""},
        {"time", "init_time", "hours since 2017-01-01", 1, ""},
        {"time", "forecast_reference_time", "days since 2017-01-01", 1.0 / 24, ""},
    };
    for (const auto &row : names) {
        SCOPED_TRACE(row.name);
        const Result result = renamed(row.axis, row.name, row.units, row.factor, row.standard_name);
        const std::vector<Row> found = rows(result);
        ASSERT_EQ(found.size(), expected.size()) << result.err;
        for (size_t i = 0; i < found.size(); i++) {
            EXPECT_EQ(found[i].value, expected[i].value);
        }
    }
}

TEST_F(Axes, ProjectedGridsAreRefused)
{
    const char *const kNone =
        ": no gridded variable; \"variables\" with a name tells why that one is none";
    for (const char *name : {"y", "lat"}) {
        const Result result = renamed("latitude", name, "degrees", 1, "grid_latitude");
        expect_refused(result, path("f.nc") + kNone);
    }
    expect_refused(renamed("longitude", "x", "m"), path("f.nc") + kNone);
    expect_refused(renamed("longitude", "x", "m", 1, "projection_x_coordinate"),
                   path("f.nc") + kNone);
    Sample sample = forecast_sample();
    sample.axis("longitude").units = "km";
    sample.axis("longitude").name = "x";
    expect_refused(score({write(sample, "x.nc"), truth(), "--variables", "t"}),
                   path("x.nc") + ": variable 't': its last two dimensions must be latitude and "
                                  "longitude with coordinates");
}
