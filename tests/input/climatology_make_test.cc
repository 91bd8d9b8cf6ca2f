// SPDX-License-Identifier: MIT
//
// `gaia climatology` against sums made here, with the C library's calendar: every kind, windows,
// leap years, missing values; the same bytes whatever the memory and the order of files.
#include <cmath>
#include <ctime>
#include <functional>
#include <map>
#include <numeric>

#include <netcdf.h>

#include "grid_file.h"
#include "program.h"

namespace
{

constexpr int64_t HOUR_S = 3600;
constexpr int64_t START_S = 1420070400; // 2015-01-01T00
const std::vector<double> LEVELS = {500, 850};

tm civil(double hours)
{
    const time_t seconds = START_S + static_cast<int64_t>(hours) * HOUR_S;
    tm out = {};
    gmtime_r(&seconds, &out);
    return out;
}

bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

// A truth: values depend on time, level and place alone.
struct Truth {
    size_t n_lat = 3;
    size_t n_lon = 4;
    double holes = 0; // share of missing values
    std::vector<double> hours;

    size_t n_points() const
    {
        return n_lat * n_lon;
    }

    double value(double hour, double level, size_t point) const
    {
        uint64_t mix = static_cast<uint64_t>(hour) * 1000003 + static_cast<uint64_t>(level) * 7919 +
                       point * 104729 + 12345;
        for (int i = 0; i < 3; i++) {
            mix ^= mix >> 29;
            mix *= 0xbf58476d1ce4e5b9;
        }
        const double unit = static_cast<double>(mix >> 40) / (1 << 24);
        const double hidden = static_cast<double>(mix & 0xffff) / 65536;
        const double season = 15 * std::cos(hour / 24 / 365.25 * 2 * M_PI);
        return hidden < holes ? MISSING
                              : static_cast<double>(static_cast<float>(270 + season + 20 * unit));
    }

    GridFile file(const std::vector<double> &of) const
    {
        GridFile made;
        std::vector<double> lat;
        std::vector<double> lon;
        for (size_t i = 0; i < n_lat; i++) {
            lat.push_back(60 - 110 * static_cast<double>(i) / static_cast<double>(n_lat));
        }
        for (size_t i = 0; i < n_lon; i++) {
            lon.push_back(360 * static_cast<double>(i) / static_cast<double>(n_lon));
        }
        made.axes = {{"time", "hours since 2015-01-01 00:00:00", of, "time", ""},
                     {"level", "hPa", LEVELS, "", ""},
                     {"latitude", "degrees_north", lat, "", ""},
                     {"longitude", "degrees_east", lon, "", ""}};
        made.attributes = {
            {"units", "K"}, {"standard_name", "air_temperature"}, {"long_name", "Temperature"}};
        for (const double hour : of) {
            for (const double level : LEVELS) {
                for (size_t i = 0; i < n_points(); i++) {
                    made.values.push_back(value(hour, level, i));
                }
            }
        }
        return made;
    }
};

// Every `step` hours from `first`, n times.
std::vector<double> every(double first, double step, size_t n)
{
    std::vector<double> hours;
    for (size_t i = 0; i < n; i++) {
        hours.push_back(first + step * static_cast<double>(i));
    }
    return hours;
}

// What a bin of a kind is called: part of the year (0: all of it) and hour (0).
using Bin = std::pair<int, int>;

std::vector<Bin> bins_of(const std::string &kind, double hour)
{
    const tm date = civil(hour);
    const bool hourly = kind.find("hour") != std::string::npos;
    const int at = hourly ? date.tm_hour : 0;
    std::vector<Bin> bins;
    if (kind.find("dayofyear") == 0) {
        bins.emplace_back(date.tm_yday + 1, at);
        if (date.tm_yday == 364 && !is_leap(date.tm_year + 1900)) {
            bins.emplace_back(366, at);
        }
    } else {
        bins.emplace_back(kind.find("month") == 0 ? date.tm_mon + 1 : 0, at);
    }
    return bins;
}

// Weight of a day k days away in a window of `days`.
using Window = std::function<double(int k, int days)>;

// The climatology, [hour][part][level][point]: for each bin the mean of all values within its
// window.
std::vector<double> expected(const Truth &truth, const std::string &kind, int days = 1,
                             const Window &window = nullptr, size_t min_count = 1)
{
    std::map<int, std::map<int, std::vector<double>>> hours; // hour, part: times in order
    std::map<int, bool> parts;
    for (const double hour : truth.hours) {
        for (const Bin &bin : bins_of(kind, hour)) {
            hours[bin.second][bin.first].push_back(hour);
            parts[bin.first] = true;
        }
    }
    const int half = (days - 1) / 2;
    for (int part = 1; half > 0 && part <= 366; part++) {
        for (int k = -half; k <= half; k++) {
            const int other = (part - 1 + k + 366) % 366 + 1;
            if (window(k, days) > 0 && parts.count(other) > 0 && parts[other]) {
                parts.emplace(part, false);
            }
        }
    }
    std::vector<double> means;
    for (auto &hour : hours) {
        for (const auto &part : parts) {
            for (const double level : LEVELS) {
                for (size_t i = 0; i < truth.n_points(); i++) {
                    double sum = 0;
                    double weight = 0;
                    size_t n = 0;
                    for (int k = -half; k <= half; k++) {
                        const int other =
                            half == 0 ? part.first : (part.first - 1 + k + 366) % 366 + 1;
                        const double w = half == 0 ? 1 : window(k, days);
                        for (const double time : hour.second[other]) {
                            const double value = truth.value(time, level, i);
                            if (w > 0 && !std::isnan(value)) {
                                sum += w * value;
                                weight += w;
                                n++;
                            }
                        }
                    }
                    means.push_back(n > 0 && n >= min_count ? sum / weight : MISSING);
                }
            }
        }
    }
    return means;
}

void expect_values(const std::vector<double> &got, const std::vector<double> &want,
                   double tolerance)
{
    ASSERT_EQ(got.size(), want.size());
    for (size_t i = 0; i < got.size(); i++) {
        if (std::isnan(want[i]) || tolerance == 0) {
            ASSERT_TRUE(got[i] == want[i] || (std::isnan(got[i]) && std::isnan(want[i])))
                << i << ": " << got[i] << ", not " << want[i];
        } else {
            ASSERT_NEAR(got[i], want[i], tolerance * std::fabs(want[i])) << i;
        }
    }
}

const std::vector<std::string> KINDS = {"dayofyear-hour", "dayofyear", "month",
                                        "month-hour",     "hour",      "constant"};

double uniform(int, int)
{
    return 1;
}

double triangular(int k, int days)
{
    return 1 - std::abs(k) / ((days - 1) / 2.0);
}

double gaussian(int k, int days)
{
    const double spread = days / 6.0;
    return std::exp(-k * k / (2 * spread * spread));
}

} // namespace

class ClimatologyMake : public Program
{
  protected:
    // Makes a climatology of the truth with more arguments.
    std::string make(const Truth &truth, std::vector<std::string> more)
    {
        truth.file(truth.hours).write(path("truth.nc"));
        return make_of({path("truth.nc")}, std::move(more));
    }

    std::string make_of(std::vector<std::string> arguments, std::vector<std::string> more)
    {
        const std::string out = path("made.nc");
        arguments.insert(arguments.begin(), "climatology");
        more.insert(more.end(), {"--out", out});
        arguments.insert(arguments.end(), more.begin(), more.end());
        const Result result = gaia(arguments);
        EXPECT_EQ(result.status, 0) << result.err;
        EXPECT_EQ(result.out, "");
        return out;
    }
};

TEST_F(ClimatologyMake, EveryKindIsTheMeanOfItsValues)
{
    Truth truth;
    truth.hours = every(0, 12, 2 * 800);
    for (const auto &kind : KINDS) {
        const ReadBack got = read_back(make(truth, {"--kind", kind, "--double"}), "t");
        EXPECT_EQ(got.type, NC_DOUBLE);
        expect_values(got.values, expected(truth, kind), 0);
    }
}

TEST_F(ClimatologyMake, DayofyearAndHourIsTheDefaultInFloat32)
{
    Truth truth;
    truth.hours = every(24 * 50, 6, 4 * 30);
    const std::string out = make(truth, {});
    const ReadBack got = read_back(out, "t");
    EXPECT_EQ(got.dimensions,
              (std::vector<std::string>{"hour", "dayofyear", "level", "latitude", "longitude"}));
    EXPECT_EQ(got.shape, (std::vector<size_t>{4, 30, 2, 3, 4}));
    EXPECT_EQ(got.type, NC_FLOAT);
    EXPECT_EQ(got.deflate, 1);
    EXPECT_TRUE(got.shuffle);
    std::vector<double> want = expected(truth, "dayofyear-hour");
    for (auto &value : want) {
        value = static_cast<double>(static_cast<float>(value));
    }
    expect_values(got.values, want, 0);
    std::vector<double> days(30);
    std::iota(days.begin(), days.end(), 51);
    EXPECT_EQ(read_back(out, "dayofyear").values, days);
    EXPECT_EQ(read_back(out, "hour").values, (std::vector<double>{0, 6, 12, 18}));
    EXPECT_EQ(read_back(out, "level").values, LEVELS);
    EXPECT_EQ(read_text(out, "t", "standard_name"), "air_temperature");
    EXPECT_EQ(read_text(out, "t", "long_name"), "Temperature");
    EXPECT_EQ(read_text(out, "t", "units"), "K");
    EXPECT_EQ(read_text(out, "t", "cell_methods"), "time: mean");
    EXPECT_EQ(read_text(out, "latitude", "units"), "degrees_north");
    EXPECT_EQ(read_text(out, "longitude", "standard_name"), "longitude");
    EXPECT_EQ(read_text(out, "level", "standard_name"), "air_pressure");
    EXPECT_EQ(read_text(out, "", "Conventions"), "CF-1.8");
    EXPECT_EQ(read_text(out, "", "source"), path("truth.nc"));
    EXPECT_EQ(read_text(out, "", "history"),
              "gaia " GAIA_VERSION ": climatology " + path("truth.nc") + " --out " + out);
}

TEST_F(ClimatologyMake, WindowsOfEveryWeightGoAroundTheYear)
{
    Truth truth;
    truth.hours = every(0, 12, 2 * 731);
    truth.holes = 0.2;
    const std::map<std::string, Window> rules = {
        {"uniform", uniform}, {"triangular", triangular}, {"gaussian", gaussian}};
    for (const auto &rule : rules) {
        const std::string out =
            make(truth, {"--double", "--window", "61", "--window-weights", rule.first});
        expect_values(read_back(out, "t").values,
                      expected(truth, "dayofyear-hour", 61, rule.second), 1e-13);
        EXPECT_EQ(read_text(out, "", "climatology_window_weights"), rule.first);
    }
    const std::string out = make(truth, {"--double", "--window", "5", "--kind", "dayofyear"});
    expect_values(read_back(out, "t").values, expected(truth, "dayofyear", 5, uniform), 1e-13);
}

TEST_F(ClimatologyMake, AWindowCoversDaysWithoutFields)
{
    Truth truth;
    truth.hours = every(24 * 363, 24, 5); // days 364 to 365 and 1 to 3
    const std::string out =
        make(truth, {"--double", "--window", "7", "--window-weights", "triangular"});
    EXPECT_EQ(read_back(out, "dayofyear").values,
              (std::vector<double>{1, 2, 3, 4, 5, 362, 363, 364, 365, 366}));
    expect_values(read_back(out, "t").values, expected(truth, "dayofyear-hour", 7, triangular),
                  1e-13);
}

TEST_F(ClimatologyMake, TheLastDayOfCommonYearsStandsForDay366Too)
{
    Truth truth;
    truth.hours = every(0, 24, 365 + 366 + 365);
    const ReadBack got = read_back(make(truth, {"--double", "--kind", "dayofyear"}), "t");
    EXPECT_EQ(got.shape[0], 366u);
    const double day = 24;
    const double sum = truth.value(364 * day, 500, 0) + truth.value((365 + 365) * day, 500, 0) +
                       truth.value((731 + 364) * day, 500, 0);
    EXPECT_EQ(got.values[365 * 2 * 12], sum / 3);
    const double before = truth.value(364 * day, 500, 0) + truth.value((365 + 364) * day, 500, 0);
    EXPECT_EQ(got.values[364 * 2 * 12], (before + truth.value((731 + 364) * day, 500, 0)) / 3);
}

TEST_F(ClimatologyMake, MissingValuesAreLeftOutAndFewAreTooFew)
{
    Truth truth;
    truth.hours = every(0, 24, 365 * 5);
    truth.holes = 0.4;
    for (const size_t min_count : {1U, 3U, 5U}) {
        const std::string out = make(
            truth, {"--double", "--kind", "dayofyear", "--min-count", std::to_string(min_count)});
        expect_values(read_back(out, "t").values,
                      expected(truth, "dayofyear", 1, nullptr, min_count), 0);
    }
}

TEST_F(ClimatologyMake, YearsHoursLevelsAndVariablesAreChosen)
{
    Truth truth;
    truth.hours = every(0, 6, 4 * 800);
    truth.file(truth.hours).write(path("truth.nc"));
    const std::string out =
        make_of({path("truth.nc")}, {"--double", "--kind", "month-hour", "--years", "2016",
                                     "--hours", "18,6", "--variables", "t", "--levels", "850"});
    Truth chosen;
    for (const double hour : truth.hours) {
        const tm date = civil(hour);
        if (date.tm_year == 116 && (date.tm_hour == 6 || date.tm_hour == 18)) {
            chosen.hours.push_back(hour);
        }
    }
    const std::vector<double> both = expected(chosen, "month-hour");
    std::vector<double> upper;
    for (size_t i = 0; i < both.size(); i++) {
        if (i / 12 % 2 == 1) {
            upper.push_back(both[i]);
        }
    }
    EXPECT_EQ(read_back(out, "hour").values, (std::vector<double>{6, 18}));
    EXPECT_EQ(read_back(out, "level").values, (std::vector<double>{850}));
    expect_values(read_back(out, "t").values, upper, 0);
    EXPECT_EQ(read_text(out, "", "climatology_years"), "2016-2016");
}

// Bands of latitudes, groups of levels, files in any order: the same bytes.
TEST_F(ClimatologyMake, NeitherMemoryNorTheOrderOfFilesChangesAValue)
{
    Truth truth;
    truth.n_lat = 12;
    truth.n_lon = 16;
    truth.holes = 0.1;
    truth.hours = every(0, 12, 2 * 731);
    const auto middle = truth.hours.begin() + 700;
    truth.file({middle, truth.hours.end()}).write(path("late.nc"));
    truth.file({truth.hours.begin(), middle}).write(path("early.nc"));
    const std::vector<std::string> more = {"--double", "--window", "9"};
    const ReadBack whole = read_back(make(truth, more), "t");
    const std::string of_whole = get("made.nc");
    for (const std::string memory : {"1MiB", "3MiB", "6MiB"}) {
        std::vector<std::string> limited = more;
        limited.insert(limited.end(), {"--memory", memory});
        const ReadBack got = read_back(make_of({path("late.nc"), path("early.nc")}, limited), "t");
        expect_values(got.values, whole.values, 0);
    }
    make(truth, more);
    EXPECT_EQ(get("made.nc"), of_whole); // twice the same command, twice the same file
}

TEST_F(ClimatologyMake, WhatIsWrongIsSaidAndNothingIsLeft)
{
    Truth truth;
    truth.hours = every(0, 12, 20);
    truth.file(truth.hours).write(path("truth.nc"));
    const std::string in = path("truth.nc");
    const std::string out = path("made.nc");
    const struct {
        int status;
        std::vector<std::string> arguments;
        std::string said;
    } cases[] = {
        {2, {in}, "usage: gaia climatology FILE... --out FILE [OPTION]..."},
        {2, {"--out", out}, "usage: gaia climatology FILE... --out FILE [OPTION]..."},
        {2,
         {in, "--out", out, "--kind", "daily"},
         "--kind 'daily': dayofyear-hour, dayofyear, month, month-hour, hour or constant is "
         "wanted"},
        {2, {in, "--out", out, "--window", "4"}, "--window 4: an odd number of days is wanted"},
        {2,
         {in, "--out", out, "--window", "5", "--kind", "month"},
         "--window 5: only days of the year have one, not month"},
        {2,
         {in, "--out", out, "--window-weights", "cosine"},
         "--window-weights 'cosine': uniform, triangular or gaussian is wanted"},
        {2,
         {in, "--out", out, "--years", "2019-1990"},
         "--years '2019-1990': years such as 1990-2019 are wanted"},
        {2,
         {in, "--out", out, "--hours", "0,24"},
         "--hours '0,24': whole hours of 0 .. 23 are wanted"},
        {2,
         {in, "--out", out, "--levels", "500,top"},
         "--levels '500,top': numbers with commas are wanted"},
        {3,
         {in, "--out", out, "--levels", "300"},
         in + ": variable 't' has no level 300 hPa; there are: 500, 850"},
        {3, {in, "--out", out, "--variables", "q"}, in + ": no variable 'q'; there are: t"},
        {3,
         {in, "--out", out, "--years", "1990-1999"},
         in + ": no field in the years 1990 to 1999; there are fields of 2015-01-01T00 .. "
              "2015-01-10T12"},
        {3,
         {in, "--out", out, "--hours", "0,6"},
         in + ": no field at hour 6, which is asked for; there are: 0"},
        {3,
         {in, "--out", out, "--hours", "6", "--kind", "month"},
         in + ": no field at the hours asked for; there are fields of 2015-01-01T00 .. "
              "2015-01-10T12"},
        {3,
         {in, in, "--out", out},
         in + ": variable 't', level 500, time 2015-01-01T00, lead 0 h is there twice (also in " +
             in + ")"},
        {3, {path("none.nc"), "--out", out}, path("none.nc") + ": No such file or directory"},
    };
    for (const auto &row : cases) {
        std::vector<std::string> arguments = {"climatology"};
        arguments.insert(arguments.end(), row.arguments.begin(), row.arguments.end());
        const Result result = gaia(arguments);
        EXPECT_EQ(result.status, row.status) << row.said;
        EXPECT_EQ(result.err, "gaia: " + row.said + "\n");
        EXPECT_FALSE(std::filesystem::exists(out));
    }
    const Result result = gaia({"climatology", in, "--out", path("no/where.nc")});
    EXPECT_EQ(result.status, 5);
    EXPECT_EQ(result.err, "gaia: " + path("no/where.nc") + ": No such file or directory\n");
    for (const auto &entry : std::filesystem::directory_iterator(folder)) {
        EXPECT_EQ(entry.path().filename().string().find("made"), std::string::npos);
    }
}

TEST_F(ClimatologyMake, AMeanBeyondFloat32IsNamed)
{
    Truth truth;
    truth.hours = every(0, 24, 2);
    GridFile file = truth.file(truth.hours);
    file.as_double = true;
    file.values[0] = -1e39;
    file.write(path("truth.nc"));
    expect_refused(gaia({"climatology", path("truth.nc"), "--out", path("made.nc")}),
                   path("truth.nc") + ": variable 't', level 500: a mean of -1e+39 is beyond "
                                      "float32; --double writes float64");
    EXPECT_EQ(read_back(make_of({path("truth.nc")}, {"--double"}), "t").values[0], -1e39);
}

TEST_F(ClimatologyMake, ARowThatDoesNotFitIsTold)
{
    Truth truth;
    truth.n_lat = 1;
    truth.n_lon = 4000;
    truth.hours = every(0, 24, 40);
    truth.file(truth.hours).write(path("truth.nc"));
    const std::string out = path("made.nc");
    const Result result = gaia({"climatology", path("truth.nc"), "--out", out, "--memory", "1MiB"});
    EXPECT_EQ(result.status, 5);
    EXPECT_EQ(result.err, "gaia: " + path("truth.nc") +
                              ": the sums of one row of 4000 points in 40 bins need 2773334 bytes "
                              "of memory at least; the limit is 1048576\n");
    EXPECT_FALSE(std::filesystem::exists(out));
    EXPECT_EQ(gaia({"climatology", path("truth.nc"), "--out", out, "--memory", "2773340"}).status,
              0);
}
