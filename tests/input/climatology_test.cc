// SPDX-License-Identifier: MIT
//
// Climatologies of every kind as `gaia score` reads them: each is held against one per hour, which
// holds the fields that it should take; and what is said where there is none.
#include <algorithm>
#include <cmath>
#include <functional>

#include "grid_file.h"
#include "program.h"

namespace
{

constexpr size_t N_POINTS = 40;
const Axis kLevel = {"level", "hPa", {500, 850}, "", ""};
const Axis kLat = {"latitude", "degrees_north", {60, 30, 0, -30, -60}, "", ""};
const Axis kLon = {"longitude", "degrees_east", {0, 45, 90, 135, 180, 225, 270, 315}, "", ""};

// Value of entry `bin` (any number that says which) at a level and point.
double value(double bin, double level, size_t point)
{
    const double x = bin * 17 + level / 10 + static_cast<double>(point);
    return static_cast<double>(static_cast<float>(280 + 20 * std::sin(x) + 5 * std::cos(0.7 * x)));
}

// A file over `leading` axes; of(index) is the bin that the entry at this place holds.
GridFile climatology(const std::vector<Axis> &leading,
                     const std::function<double(const std::vector<double> &)> &bin)
{
    GridFile file;
    size_t n = 1;
    for (const Axis &axis : leading) {
        n *= axis.value.size();
    }
    for (size_t i = 0; i < n; i++) {
        std::vector<double> at(leading.size());
        size_t rest = i;
        for (size_t k = leading.size(); k-- > 0;) {
            at[k] = leading[k].value[rest % leading[k].value.size()];
            rest /= leading[k].value.size();
        }
        for (const double level : kLevel.value) {
            for (size_t point = 0; point < N_POINTS; point++) {
                file.values.push_back(value(bin(at), level, point));
            }
        }
    }
    file.axes = leading;
    file.axes.insert(file.axes.end(), {kLevel, kLat, kLon});
    return file;
}

Axis axis(const std::string &name, const std::vector<double> &values)
{
    return {name, "", values, "", ""};
}

std::vector<double> count(int first, int last)
{
    std::vector<double> values;
    for (int i = first; i <= last; i++) {
        values.push_back(i);
    }
    return values;
}

// A bin by two numbers.
double two(double part, double hour)
{
    return part * 24 + hour;
}

} // namespace

// The forecasts of 12 h are valid on 1 January 12 UTC and 2 January 00 UTC.
class ClimatologyInput : public Program
{
  protected:
    Result score_with(const std::string &climatology, const std::string &more = "") const
    {
        return score_job(source(forecast(), "f"), source(truth()),
                         ", \"metrics\": [\"all\"], \"leads\": [12], \"climatology\": " +
                             source(climatology, "", more));
    }

    // What one per hour scores, with these values at 12 UTC of the first and 00 UTC of the second.
    std::string scores_of(const std::function<double(double, size_t)> &first,
                          const std::function<double(double, size_t)> &second) const
    {
        GridFile file = climatology({axis("hour", {0, 12})}, [](auto) { return 0; });
        file.as_double = true;
        for (size_t i = 0; i < file.values.size(); i++) {
            const double level = kLevel.value[i / N_POINTS % 2];
            const size_t point = i % N_POINTS;
            file.values[i] = i < 2 * N_POINTS ? second(level, point) : first(level, point);
        }
        file.write(path("per_hour.nc"));
        const Result result = score_with(path("per_hour.nc"));
        EXPECT_EQ(result.status, 0) << result.err;
        return result.out;
    }

    std::string scores_of_bins(double first, double second) const
    {
        return scores_of([first](double level, size_t i) { return value(first, level, i); },
                         [second](double level, size_t i) { return value(second, level, i); });
    }

    // Between two bins, as documented: a + w * (b - a), each operation rounded.
    static std::function<double(double, size_t)> between(double a, double b, double weight)
    {
        return [=](double level, size_t i) {
            const double from = value(a, level, i);
            const volatile double part = weight * (value(b, level, i) - from);
            return from + part;
        };
    }

    void expect_same(const GridFile &file, const std::string &scores,
                     const std::string &more = "") const
    {
        file.write(path("c.nc"));
        const Result result = score_with(path("c.nc"), more);
        EXPECT_EQ(result.status, 0) << result.err;
        EXPECT_EQ(result.err, "");
        EXPECT_EQ(result.out, scores);
    }
};

TEST_F(ClimatologyInput, EveryKindTakesTheBinOfTheValidTime)
{
    const auto day = axis("dayofyear", count(1, 366));
    const auto hours = axis("hour", {0, 6, 12, 18});
    const auto month = axis("month", count(1, 12));
    const auto of_two = [](const auto &at) { return two(at[0], at[1]); };
    const auto turned = [](const auto &at) { return two(at[1], at[0]); };
    const auto of_one = [](const auto &at) { return at[0]; };
    expect_same(climatology({day, hours}, of_two), scores_of_bins(two(1, 12), two(2, 0)));
    expect_same(climatology({hours, day}, turned), scores_of_bins(two(1, 12), two(2, 0)));
    expect_same(climatology({month, hours}, of_two), scores_of_bins(two(1, 12), two(1, 0)));
    expect_same(climatology({day}, of_one), scores_of_bins(1, 2));
    expect_same(climatology({axis("doy", count(1, 5))}, of_one), scores_of_bins(1, 2));
    expect_same(climatology({axis("day_of_year", count(1, 5))}, of_one), scores_of_bins(1, 2));
    expect_same(climatology({month}, of_one), scores_of_bins(1, 1));
    expect_same(climatology({hours}, of_one), scores_of_bins(12, 0));
    expect_same(climatology({}, [](const auto &) { return 7; }), scores_of_bins(7, 7));
}

TEST_F(ClimatologyInput, ANominalTimeAxisIsOfMonthsOrDays)
{
    std::vector<double> middles;
    for (int i = 0; i < 12; i++) {
        middles.push_back(15 + 30.4 * i);
    }
    const Axis months = {"time", "days since 2001-01-01", middles, "time", ""};
    GridFile file =
        climatology({months}, [&](const auto &at) { return std::round((at[0] - 15) / 30.4) + 1; });
    file.climatology = "climatology_bounds";
    expect_same(file, scores_of_bins(1, 1));
    // Long-term means of NCEP begin on 1 January of year 1, which is Julian.
    const std::vector<double> first = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    file = climatology({{"time", "days since 0001-01-01", first, "time", ""}}, [&](const auto &at) {
        return std::find(first.begin(), first.end(), at[0]) - first.begin() + 1;
    });
    file.climatology = "climatology_bounds";
    expect_same(file, scores_of_bins(1, 1));
    file = climatology({{"time", "days since 0001-01-01", count(0, 364), "time", ""}},
                       [](const auto &at) { return at[0] + 1; });
    file.climatology = "climatology_bounds";
    expect_same(file, scores_of_bins(1, 2));
    file = climatology({{"time", "days since 2001-01-01", count(0, 364), "time", ""}},
                       [](const auto &at) { return at[0] + 1; });
    file.climatology = "climatology_bounds";
    expect_same(file, scores_of_bins(1, 2));
}

TEST_F(ClimatologyInput, InterpolatedValuesAreTheDocumentedOnesToTheBit)
{
    const std::string interpolate = "\"interpolate\": true, ";
    const auto of_two = [](const auto &at) { return two(at[0], at[1]); };
    const auto of_one = [](const auto &at) { return at[0]; };
    expect_same(climatology({axis("dayofyear", count(1, 366)), axis("hour", {3, 18})}, of_two),
                scores_of(between(two(1, 3), two(1, 18), 9.0 / 15),
                          between(two(1, 18), two(2, 3), 6.0 / 9)),
                interpolate);
    expect_same(climatology({axis("dayofyear", count(1, 366))}, of_one),
                scores_of(between(1, 1, 0), between(1, 2, 0.5)), interpolate);
    expect_same(climatology({axis("month", count(1, 12))}, of_one),
                scores_of(between(12, 1, 16.0 / 31), between(12, 1, 16.5 / 31)), interpolate);
    expect_same(climatology({axis("hour", {3, 18})}, of_one),
                scores_of(between(3, 18, 9.0 / 15), between(18, 3, 6.0 / 9)), interpolate);
    expect_same(climatology({axis("hour", {0, 12})}, of_one), scores_of_bins(12, 0), interpolate);
}

TEST_F(ClimatologyInput, WhereOneOfTwoIsMissingSoIsWhatLiesBetween)
{
    GridFile file = climatology({axis("hour", {6, 18})}, [](const auto &at) { return at[0]; });
    file.values[3] = MISSING;                // 06 UTC
    file.values[2 * N_POINTS + 5] = MISSING; // 18 UTC
    const auto holes = [](double a, double b) {
        return [=](double level, size_t i) {
            return level < 600 && (i == 3 || i == 5) ? MISSING : between(a, b, 0.5)(level, i);
        };
    };
    expect_same(file, scores_of(holes(6, 18), holes(18, 6)), "\"interpolate\": true, ");
}

TEST_F(ClimatologyInput, Day366OfALeapYearTakesDay365AndThatIsTold)
{
    Sample leap = forecast_sample();
    Sample leap_truth = truth_sample();
    leap.axis("time").units = "hours since 2016-12-30 12:00:00";
    leap_truth.axis("time").units = "hours since 2016-12-30 12:00:00";
    write(leap, "forecast.nc");
    write(leap_truth, "truth.nc"); // valid on day 366, 00 and 12 UTC
    climatology({axis("dayofyear", count(1, 365)), axis("hour", {0, 12})}, [](const auto &at) {
        return two(at[0], at[1]);
    }).write(path("c.nc"));
    const Result result = score_with(path("c.nc"));
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_EQ(result.err, "gaia: warning: " + path("c.nc") +
                              " has no day 366: day 365 is its climatology for day 366\n");
    EXPECT_EQ(result.out, scores_of_bins(two(365, 12), two(365, 0)));
}

TEST_F(ClimatologyInput, WhatIsNotCoveredIsSaid)
{
    const auto any = [](const auto &at) { return at.empty() ? 0 : at[0]; };
    const std::string c = path("c.nc");
    const struct {
        GridFile file;
        std::string said;
    } cases[] = {
        {climatology({axis("dayofyear", count(1, 1)), axis("hour", {0, 6, 12, 18})}, any),
         "variable 't', level 500: no climatology for 2017-01-02T00 (day of year 2, 00 UTC); there "
         "are: days of year 1; hours 0, 6, 12, 18"},
        {climatology({axis("month", count(2, 12))}, any),
         "variable 't', level 500: no climatology for 2017-01-01T12 (month 1); there are: months "
         "2 .. 12"},
        {climatology({axis("hour", {0, 6})}, any),
         "variable 't', level 500: no climatology for 2017-01-01T12 (12 UTC); there are: hours 0, "
         "6"},
        {climatology({axis("dayofyear", {0, 1})}, any),
         "variable 't': axis 'dayofyear' holds what is no day of 1 .. 366"},
        {climatology({axis("month", {1, 2.5})}, any),
         "variable 't': axis 'month' holds what is no month of 1 .. 12"},
        {climatology({axis("hour", {12, 24})}, any),
         "variable 't': axis 'hour' holds what is no hour of 0 .. 23"},
        {climatology({axis("month", {1, 1})}, any),
         "variable 't', level 500, time month 1, lead 0 h is there twice (also in " + c + ")"},
        {climatology({{"time", "hours since 2017-01-01", {0, 12}, "time", ""}}, any),
         "variable 't': the axes of a climatology are hour, dayofyear and month, or a time axis of "
         "12 months or 365 or 366 days with the attribute 'climatology'; this one has a time axis "
         "of another kind"},
        {climatology({axis("season", {1, 2})}, any),
         "variable 't': dimension 'season' (2) is none of time, step, level, hour, dayofyear, "
         "month"},
    };
    for (const auto &row : cases) {
        row.file.write(c);
        const Result result = score_with(c);
        EXPECT_EQ(result.status, 3);
        EXPECT_EQ(result.out, "");
        EXPECT_EQ(result.err, "gaia: " + c + ": " + row.said + "\n");
    }
}

TEST_F(ClimatologyInput, TwoKindsAtOnceAreRefused)
{
    const auto any = [](const auto &) { return 1; };
    climatology({axis("hour", {0, 12})}, any).write(path("hours.nc"));
    climatology({axis("month", count(1, 12))}, any).write(path("months.nc"));
    const Result result = score_job(source(forecast(), "f"), source(truth()),
                                    ", \"climatology\": {\"files\": [\"" + path("hours.nc") +
                                        "\", \"" + path("months.nc") + "\"]}");
    expect_refused(result, path("months.nc") +
                               ": variable 't', level 500: a climatology of two kinds: 'month 1' "
                               "here, '12 UTC' in " +
                               path("hours.nc"));
}

TEST_F(ClimatologyInput, OnlyAClimatologyIsInterpolated)
{
    const std::string yes = "\"interpolate\": true, ";
    const std::string number = "\"interpolate\": 1, ";
    expect_refused(score_job(source(forecast(), "f"), source(truth(), "", yes)),
                   path("job.json") + ": job.truth.interpolate: only a climatology can be");
    expect_refused(score_job(source(forecast(), "f", yes), source(truth())),
                   path("job.json") + ": job.forecasts[0].interpolate: only a climatology can be");
    const std::string c = write(climatology_sample(), "c.nc");
    expect_refused(score_with(c, number),
                   path("job.json") +
                       ": job.climatology.interpolate: true or false is wanted, not an integer");
}

TEST_F(ClimatologyInput, ATruthOverMonthsIsRefused)
{
    climatology({axis("month", count(1, 12))}, [](const auto &at) {
        return at[0];
    }).write(path("months.nc"));
    expect_refused(score({forecast(), path("months.nc"), "--variables", "t"}),
                   path("months.nc") + ": variable 't' has no time coordinate");
    expect_refused(score({forecast(), path("months.nc")}),
                   path("months.nc") + ": variable 't' has no time coordinate");
}
