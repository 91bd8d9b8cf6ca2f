// SPDX-License-Identifier: MIT
//
// Which entries of a climatology stand for a valid time: every kind against the C library's
// calendar, hour by hour over leap years, and between entries against a search through real time.

#include <gtest/gtest.h>

#include <cmath>
#include <ctime>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <gaia/time.h>

// In C a function may have a struct's name.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
extern "C" {
#include "climatology.h"
#include "field_decode.h"
}
#pragma GCC diagnostic pop

namespace
{

constexpr int64_t HOUR = 3600;
constexpr int64_t DAY = 86400;

int64_t at(const char *text)
{
    gaia_error err = {};
    int64_t time_s = 0;
    EXPECT_EQ(gaia_time_parse(text, &time_s, &err), GAIA_OK) << err.detail;
    return time_s;
}

tm civil(int64_t time_s)
{
    const time_t seconds = time_s;
    tm out = {};
    gmtime_r(&seconds, &out);
    return out;
}

// A catalog of one variable and level with these bins.
class Entries
{
  public:
    explicit Entries(const std::vector<climatology_bin> &bins, bool interpolate = false)
    {
        source_.interpolate = interpolate;
        for (const auto &bin : bins) {
            keys_[climatology_key(bin)] = bin;
        }
        for (const auto &key : keys_) {
            catalog_entry entry = {};
            entry.level = 500;
            entry.time_s = key.first;
            entries_.push_back(entry);
        }
        catalog_.source = &source_;
        catalog_.role = SOURCE_CLIMATOLOGY;
        catalog_.n_variables = 1;
        catalog_.variables = &variable_;
        catalog_.n_entries = entries_.size();
        catalog_.entries = entries_.data();
        catalog_.grid_path = "c.nc";
    }
    Entries(const Entries &) = delete;
    Entries &operator=(const Entries &) = delete;

    gaia_status find(int64_t time_s, climatology_found *found, gaia_error *err) const
    {
        return climatology_find(&catalog_, 0, 500, time_s, found, err);
    }

    // The bin that is found; kind CLIMATOLOGY_KINDS: none.
    climatology_bin found(int64_t time_s) const
    {
        climatology_found found = {};
        gaia_error err = {};
        if (find(time_s, &found, &err) != GAIA_OK) {
            return {CLIMATOLOGY_KINDS, 0, 0};
        }
        EXPECT_EQ(found.second, nullptr);
        return climatology_bin_of(found.first->time_s);
    }

    std::string refused(const char *time) const
    {
        climatology_found found = {};
        gaia_error err = {};
        EXPECT_EQ(find(at(time), &found, &err), GAIA_TIME_MISSING);
        EXPECT_EQ(err.status, GAIA_TIME_MISSING);
        return err.detail;
    }

  private:
    gaia_source source_ = {};
    struct catalog_variable variable_ = {"z", "zz", "m"};
    std::map<int64_t, climatology_bin> keys_;
    std::vector<catalog_entry> entries_;
    catalog catalog_ = {};
};

std::vector<climatology_bin> bins(climatology_kind kind, int first, int last,
                                  const std::vector<int> &hours = {0})
{
    std::vector<climatology_bin> made;
    for (int part = first; part <= last; part++) {
        for (const int hour : hours) {
            made.push_back({kind, part, hour});
        }
    }
    return made;
}

const std::vector<int> SIX_HOURLY = {0, 6, 12, 18};

void expect_bin(const climatology_bin &bin, climatology_kind kind, int part, int hour,
                int64_t time_s)
{
    EXPECT_EQ(bin.kind, kind) << time_s;
    EXPECT_EQ(bin.part, part) << time_s;
    EXPECT_EQ(bin.hour, hour) << time_s;
}

TEST(Climatology, KeysAreOnesOwnAndAscend)
{
    int64_t last = INT64_MIN;
    for (const auto kind : {CLIMATOLOGY_DAY, CLIMATOLOGY_MONTH}) {
        for (int part = 1; part <= (kind == CLIMATOLOGY_DAY ? 366 : 12); part++) {
            const climatology_bin whole = {kind, part, 0};
            EXPECT_GT(climatology_key(whole), last);
            last = climatology_key(whole);
            expect_bin(climatology_bin_of(last), kind, part, 0, last);
            for (int hour = 0; hour < 24; hour++) {
                const auto hourly =
                    kind == CLIMATOLOGY_DAY ? CLIMATOLOGY_DAY_HOUR : CLIMATOLOGY_MONTH_HOUR;
                const climatology_bin bin = {hourly, part, hour};
                EXPECT_GT(climatology_key(bin), last);
                last = climatology_key(bin);
                expect_bin(climatology_bin_of(last), hourly, part, hour, last);
            }
        }
    }
    for (int hour = 0; hour < 24; hour++) {
        expect_bin(climatology_bin_of(climatology_key({CLIMATOLOGY_HOUR, 0, hour})),
                   CLIMATOLOGY_HOUR, 0, hour, hour);
    }
    expect_bin(climatology_bin_of(climatology_key({CLIMATOLOGY_CONSTANT, 0, 0})),
               CLIMATOLOGY_CONSTANT, 0, 0, 0);
}

TEST(Climatology, EveryHourOfThreeYearsIsFoundInEveryKind)
{
    std::vector<int> hours(24);
    for (int hour = 0; hour < 24; hour++) {
        hours[static_cast<size_t>(hour)] = hour;
    }
    const Entries days(bins(CLIMATOLOGY_DAY, 1, 366));
    const Entries day_hours(bins(CLIMATOLOGY_DAY_HOUR, 1, 366, hours));
    const Entries months(bins(CLIMATOLOGY_MONTH, 1, 12));
    const Entries month_hours(bins(CLIMATOLOGY_MONTH_HOUR, 1, 12, hours));
    const Entries only_hours(bins(CLIMATOLOGY_HOUR, 0, 0, hours));
    const Entries constant(bins(CLIMATOLOGY_CONSTANT, 0, 0));
    for (int64_t t = at("2015-01-01T00:20"); t < at("2018-01-01"); t += HOUR) {
        const tm date = civil(t);
        expect_bin(days.found(t), CLIMATOLOGY_DAY, date.tm_yday + 1, 0, t);
        expect_bin(day_hours.found(t), CLIMATOLOGY_DAY_HOUR, date.tm_yday + 1, date.tm_hour, t);
        expect_bin(months.found(t), CLIMATOLOGY_MONTH, date.tm_mon + 1, 0, t);
        expect_bin(month_hours.found(t), CLIMATOLOGY_MONTH_HOUR, date.tm_mon + 1, date.tm_hour, t);
        expect_bin(only_hours.found(t), CLIMATOLOGY_HOUR, 0, date.tm_hour, t);
        expect_bin(constant.found(t), CLIMATOLOGY_CONSTANT, 0, 0, t);
    }
    const int64_t before_1970 = at("1960-12-31T18");
    expect_bin(day_hours.found(before_1970), CLIMATOLOGY_DAY_HOUR, 366, 18, before_1970);
}

TEST(Climatology, Day366TakesDay365OnlyWhereThereIsNo366)
{
    climatology_found found = {};
    gaia_error err = {};
    const Entries without(bins(CLIMATOLOGY_DAY_HOUR, 1, 365, SIX_HOURLY));
    ASSERT_EQ(without.find(at("2016-12-31T06"), &found, &err), GAIA_OK);
    EXPECT_TRUE(found.day_366_by_365);
    expect_bin(climatology_bin_of(found.first->time_s), CLIMATOLOGY_DAY_HOUR, 365, 6, 0);
    ASSERT_EQ(without.find(at("2015-12-31T06"), &found, &err), GAIA_OK);
    EXPECT_FALSE(found.day_366_by_365);
    auto some = bins(CLIMATOLOGY_DAY_HOUR, 1, 365, SIX_HOURLY);
    some.push_back({CLIMATOLOGY_DAY_HOUR, 366, 0});
    EXPECT_EQ(Entries(some).found(at("2016-12-31T06")).kind, CLIMATOLOGY_KINDS);
    EXPECT_EQ(Entries(some).found(at("2016-12-31T00")).part, 366);
}

TEST(Climatology, WhatIsNotCoveredIsToldWithWhatThereIs)
{
    EXPECT_EQ(Entries(bins(CLIMATOLOGY_DAY_HOUR, 1, 59, SIX_HOURLY)).refused("2017-03-01T12"),
              "c.nc: variable 'zz', level 500: no climatology for 2017-03-01T12 (day of year 60, "
              "12 UTC); there are: days of year 1 .. 59; hours 0, 6, 12, 18");
    EXPECT_EQ(Entries(bins(CLIMATOLOGY_DAY_HOUR, 1, 366, SIX_HOURLY)).refused("2017-03-01T13:30"),
              "c.nc: variable 'zz', level 500: no climatology for 2017-03-01T13:30:00 (day of year "
              "60, 13 UTC); there are: days of year 1 .. 366; hours 0, 6, 12, 18");
    EXPECT_EQ(Entries(bins(CLIMATOLOGY_MONTH, 6, 8)).refused("2017-03-01T12"),
              "c.nc: variable 'zz', level 500: no climatology for 2017-03-01T12 (month 3); there "
              "are: months 6 .. 8");
    EXPECT_EQ(Entries(bins(CLIMATOLOGY_HOUR, 0, 0, {0, 12})).refused("2017-03-01T06"),
              "c.nc: variable 'zz', level 500: no climatology for 2017-03-01T06 (06 UTC); there "
              "are: hours 0, 12");
    EXPECT_EQ(Entries(bins(CLIMATOLOGY_DAY, 1, 59), true).refused("2017-07-01"),
              "c.nc: variable 'zz', level 500: no climatology for 2017-07-01T00 (day of year 182), "
              "nor entries close enough before and after; there are: days of year 1 .. 59");
}

// What lies around a valid time, found by placing every bin in the years about it.
struct Around {
    climatology_bin before;
    climatology_bin after;
    double weight;
};

Around around(const std::vector<climatology_bin> &all, int64_t time_s)
{
    std::map<int64_t, climatology_bin> placed;
    const int year = civil(time_s).tm_year + 1900;
    for (int64_t day = at((std::to_string(year - 1) + "-01-01").c_str());
         day < at((std::to_string(year + 2) + "-01-01").c_str()); day += DAY) {
        const tm date = civil(day);
        for (const auto &bin : all) {
            if (bin.kind == CLIMATOLOGY_HOUR ||
                (climatology_has_day(bin.kind) && bin.part == date.tm_yday + 1)) {
                placed[day + (climatology_has_hour(bin.kind) ? bin.hour * HOUR : DAY / 2)] = bin;
            } else if (climatology_has_month(bin.kind) && bin.part == date.tm_mon + 1 &&
                       date.tm_mday == 1) {
                int64_t end = day;
                while (civil(end).tm_mon == date.tm_mon) {
                    end += DAY;
                }
                placed[day + (end - day) / 2] = bin;
            }
        }
    }
    const auto after = placed.upper_bound(time_s);
    const auto before = std::prev(after);
    return {before->second, after->second,
            static_cast<double>(time_s - before->first) /
                static_cast<double>(after->first - before->first)};
}

void expect_between(const std::vector<climatology_bin> &all, int64_t step_s)
{
    const Entries entries(all, true);
    for (int64_t t = at("2015-11-20T00:30"); t < at("2017-03-10"); t += step_s) {
        climatology_found found = {};
        gaia_error err = {};
        ASSERT_EQ(entries.find(t, &found, &err), GAIA_OK) << err.detail;
        const Around expected = around(all, t);
        EXPECT_EQ(found.first->time_s, climatology_key(expected.before)) << t;
        if (expected.weight == 0.0) {
            EXPECT_EQ(found.second, nullptr) << t;
        } else {
            ASSERT_NE(found.second, nullptr) << t;
            EXPECT_EQ(found.second->time_s, climatology_key(expected.after)) << t;
        }
        EXPECT_EQ(found.weight, expected.weight) << t;
    }
}

TEST(Climatology, BetweenEntriesEveryKindAroundTheYearAndLeapDays)
{
    expect_between(bins(CLIMATOLOGY_DAY_HOUR, 1, 366, SIX_HOURLY), 3 * DAY + 90 * 60);
    expect_between(bins(CLIMATOLOGY_DAY_HOUR, 1, 365, SIX_HOURLY), 3 * DAY + 90 * 60);
    expect_between(bins(CLIMATOLOGY_DAY, 1, 366), 3 * DAY + 90 * 60);
    expect_between(bins(CLIMATOLOGY_MONTH, 1, 12), 2 * DAY + 90 * 60);
    expect_between(bins(CLIMATOLOGY_HOUR, 0, 0, {0, 6, 12, 18}), DAY + 90 * 60);
    expect_between(bins(CLIMATOLOGY_HOUR, 0, 0, {3, 20}), DAY + 90 * 60);
    expect_between({{CLIMATOLOGY_DAY, 1, 0},
                    {CLIMATOLOGY_DAY, 30, 0},
                    {CLIMATOLOGY_DAY, 61, 0},
                    {CLIMATOLOGY_DAY, 366, 0},
                    {CLIMATOLOGY_DAY, 345, 0},
                    {CLIMATOLOGY_DAY, 320, 0},
                    {CLIMATOLOGY_DAY, 300, 0},
                    {CLIMATOLOGY_DAY, 270, 0},
                    {CLIMATOLOGY_DAY, 240, 0},
                    {CLIMATOLOGY_DAY, 210, 0},
                    {CLIMATOLOGY_DAY, 180, 0},
                    {CLIMATOLOGY_DAY, 150, 0},
                    {CLIMATOLOGY_DAY, 120, 0},
                    {CLIMATOLOGY_DAY, 90, 0}},
                   DAY + 90 * 60);
}

TEST(Climatology, WhereAnEntryIsItIsTakenAloneAndMonthsNeedTheHour)
{
    climatology_found found = {};
    gaia_error err = {};
    const Entries days(bins(CLIMATOLOGY_DAY_HOUR, 1, 366, SIX_HOURLY), true);
    ASSERT_EQ(days.find(at("2016-02-29T06"), &found, &err), GAIA_OK);
    EXPECT_EQ(found.second, nullptr);
    EXPECT_EQ(found.weight, 0.0);
    expect_bin(climatology_bin_of(found.first->time_s), CLIMATOLOGY_DAY_HOUR, 60, 6, 0);
    const Entries months(bins(CLIMATOLOGY_MONTH_HOUR, 1, 12, {0, 12}), true);
    ASSERT_EQ(months.find(at("2017-01-01T12"), &found, &err), GAIA_OK);
    expect_bin(climatology_bin_of(found.first->time_s), CLIMATOLOGY_MONTH_HOUR, 12, 12, 0);
    expect_bin(climatology_bin_of(found.second->time_s), CLIMATOLOGY_MONTH_HOUR, 1, 12, 0);
    EXPECT_EQ(months.refused("2017-01-01T06"),
              "c.nc: variable 'zz', level 500: no climatology for 2017-01-01T06 (month 1, 06 UTC), "
              "nor entries close enough before and after; there are: months 1 .. 12; hours 0, 12");
    EXPECT_EQ(Entries(bins(CLIMATOLOGY_MONTH, 1, 6), true).refused("2017-06-20"),
              "c.nc: variable 'zz', level 500: no climatology for 2017-06-20T00 (month 6), nor "
              "entries close enough before and after; there are: months 1 .. 6");
    const Entries alone(bins(CLIMATOLOGY_HOUR, 0, 0, {6}), true);
    ASSERT_EQ(alone.find(at("2017-06-20T03"), &found, &err), GAIA_OK);
    EXPECT_EQ(found.second, nullptr);
}

TEST(FieldDecode, DecodesEveryTypeAndWeighsTwo)
{
    const int16_t codes[] = {3, -32768, 100, -7};
    gaia_field packed = {};
    packed.dtype = GAIA_INT16;
    packed.packed = 1;
    packed.scale = 0.1;
    packed.offset = 273.15;
    packed.has_missing_code = 1;
    packed.missing_code = -32768;
    double values[4];
    packed.data = codes;
    field_decode(&packed, 0, 4, values);
    for (const size_t i : {0U, 2U, 3U}) {
        const volatile double product = codes[i] * 0.1;
        EXPECT_EQ(values[i], product + 273.15);
    }
    EXPECT_TRUE(std::isnan(values[1]));
    gaia_field plain = {};
    plain.dtype = GAIA_FLOAT32;
    plain.scale = 1.0;
    const float others[] = {1.5F, 2.0F, INFINITY, 4.25F};
    const double kept[] = {values[0], values[3]};
    plain.data = others;
    field_decode_between(&plain, 4, 0.3, values);
    const volatile double part = 0.3 * (1.5 - kept[0]);
    EXPECT_EQ(values[0], kept[0] + part);
    EXPECT_TRUE(std::isnan(values[1]));
    EXPECT_TRUE(std::isnan(values[2]));
    const volatile double last = 0.3 * (4.25 - kept[1]);
    EXPECT_EQ(values[3], kept[1] + last);
}

} // namespace
