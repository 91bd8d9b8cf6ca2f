// SPDX-License-Identifier: MIT
//
// Sources in other units than the truth: their sums are those of the values converted beforehand.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include <netcdf.h>

#include "engine_run.h"

namespace
{

class SourceUnits : public EngineFiles
{
  protected:
    // The four sources of temperatures in K, as float64.
    Sources kelvin()
    {
        return sources([](MadeFile &m) {
            m.type = NC_DOUBLE;
            m.variable = "t";
            m.units = "K";
        });
    }
};

// Equal but for the rounding of another order of a few multiplications.
void expect_close(const Rows &a, const Rows &b)
{
    ASSERT_EQ(a.size(), b.size());
    ASSERT_FALSE(a.empty());
    for (size_t i = 0; i < a.size(); i++) {
        const double squares = std::max(a[i].sum[GAIA_MOMENT_ERROR_O2], 1.0);
        for (int k = 0; k < GAIA_MOMENT_COUNT; k++) {
            const double x = a[i].sum[k];
            const double y = b[i].sum[k];
            if (!std::isnan(x) || !std::isnan(y)) {
                ASSERT_NEAR(x, y, 1e-11 * std::max(std::fabs(x), std::fabs(y)) + 1e-14 * squares)
                    << "row " << i << " moment " << k;
            }
        }
    }
    EXPECT_GT(a[0].sum[GAIA_MOMENT_ERROR_D2], 0.0);
}

TEST_F(SourceUnits, CelsiusIsKelvinConvertedBeforehand)
{
    Sources s = kelvin();
    s.forecasts = {make(
        "c", Role::Forecast,
        [](MadeFile &m) {
            m.type = NC_DOUBLE;
            m.variable = "t";
            m.units = "degC";
        },
        10)};
    const Rows converted = sums(s);
    s.forecasts = {make(
        "k", Role::Forecast,
        [](MadeFile &m) {
            m.type = NC_DOUBLE;
            m.variable = "t";
            m.units = "K";
            m.unit_offset = 273.15;
        },
        10)};
    expect_same(converted, sums(s));
}

TEST_F(SourceUnits, EverySourceIsBroughtToTheTruth)
{
    auto hectopascal = [](MadeFile &m) {
        m.type = NC_DOUBLE;
        m.variable = "msl";
        m.units = "hPa";
    };
    auto pascal = [](MadeFile &m) {
        m.type = NC_DOUBLE;
        m.variable = "msl";
        m.units = "Pa";
        m.unit_scale = 100.0;
    };
    Sources s;
    s.truth = make("truth", Role::Truth, pascal, 20);
    s.forecasts = {make("f1", Role::Forecast, hectopascal, 10)};
    s.climatology = make("c1", Role::Climatology, hectopascal, 30);
    s.reference = make("r1", Role::Forecast, hectopascal, 40);
    const Rows converted = sums(s);
    s.forecasts = {make("f2", Role::Forecast, pascal, 10)};
    s.climatology = make("c2", Role::Climatology, pascal, 30);
    s.reference = make("r2", Role::Forecast, pascal, 40);
    expect_same(converted, sums(s));
}

TEST_F(SourceUnits, HeightsAreBroughtToGeopotentialByGravity)
{
    auto geopotential = [](MadeFile &m) {
        m.type = NC_DOUBLE;
        m.unit_scale = 9.80665;
    };
    auto height = [](MadeFile &m) {
        m.type = NC_DOUBLE;
        m.variable = "hgtprs";
        m.units = "gpm";
    };
    Sources s;
    s.truth = make("truth", Role::Truth, geopotential, 20);
    s.forecasts = {make("f1", Role::Forecast, height, 10)};
    s.climatology = make("c1", Role::Climatology, height, 30);
    const Rows converted = sums(s);
    s.forecasts = {make("f2", Role::Forecast, geopotential, 10)};
    s.climatology = make("c2", Role::Climatology, geopotential, 30);
    expect_same(converted, sums(s));
}

// scale_factor and conversion become one multiplication and one addition.
TEST_F(SourceUnits, PackedValuesAreConvertedWithTheirPacking)
{
    Sources s = kelvin();
    for (const auto change :
         {+[](MadeFile &m) { m.type = NC_SHORT; }, +[](MadeFile &m) { m.type = NC_FLOAT; }}) {
        MadeFile file;
        file.salt = 10;
        file.holes = 0.03;
        file.variable = "t";
        file.units = "degC";
        change(file);
        file.write(scratch_.path("packed"));
        s.forecasts = {scratch_.path("packed")};
        const Rows converted = sums(s);
        s.forecasts = {make(
            "k", Role::Forecast,
            [](MadeFile &m) {
                m.type = NC_DOUBLE;
                m.variable = "t";
                m.units = "K";
                m.unit_offset = 273.15;
            },
            10)};
        expect_close(converted, sums(s));
    }
}

TEST_F(SourceUnits, TheSameUnitsSpeltAnotherWayKeepEveryBit)
{
    const Sources s = sources();
    Sources other = s;
    for (const auto change :
         {+[](MadeFile &m) { m.units = "m**2 s**-2"; }, +[](MadeFile &m) { m.units = "J kg-1"; },
          +[](MadeFile &m) { m.units = ""; }}) {
        other.forecasts = {make("other", Role::Forecast, change, 10)};
        other.climatology = make("other_c", Role::Climatology, change, 30);
        expect_same(sums(s), sums(other));
    }
}

TEST_F(SourceUnits, NamesThatMeanTheSameKeepEveryBit)
{
    const Sources s = sources();
    const Rows plain = sums(s);
    Sources other = s;
    other.forecasts = {make(
        "other", Role::Forecast, [](MadeFile &m) { m.variable = "geopotential"; }, 10)};
    other.climatology = make(
        "other_c", Role::Climatology, [](MadeFile &m) { m.variable = "PHI"; }, 30);
    Work run = run_open(other, 1);
    ASSERT_EQ(run.made->n_variables, 1u);
    EXPECT_STREQ(run.made->variables[0], "geopotential");
    expect_same(plain, run_sums(run, 100000));
}

} // namespace
