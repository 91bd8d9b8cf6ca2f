// SPDX-License-Identifier: MIT
//
// Files that can be read but whose coordinates or units are unusable, or do not fit each other.
#include <cmath>
#include <limits>

#include <netcdf.h>

#include "program.h"

class AxisInput : public Program
{
  protected:
    // Expects the sample, as the forecast, to be refused with its path and all of `said`.
    void expect_forecast_refused(const Sample &sample, std::vector<std::string> said) const
    {
        said.push_back(write(sample, "bad.nc"));
        expect_refused(score({path("bad.nc"), truth()}), said);
    }
};

TEST_F(AxisInput, GridsOfDifferentSize)
{
    Sample sample = forecast_sample();
    sample.axis("latitude").value = {60, 20, -20, -60};
    expect_forecast_refused(sample, {truth(), "latitude", "4", "5"});
    sample = forecast_sample();
    sample.axis("longitude").value = {0, 90, 180, 270};
    expect_forecast_refused(sample, {truth(), "longitude", "4", "8"});
}

TEST_F(AxisInput, GridsThatDifferInOneCoordinate)
{
    Sample sample = forecast_sample();
    sample.axis("latitude").value = {60, 30, 0.5, -30, -60};
    expect_forecast_refused(sample, {truth(), "latitude", "2", "0.5"});
    sample = forecast_sample();
    sample.axis("longitude").value[3] = 136.25;
    expect_forecast_refused(sample, {truth(), "longitude", "3", "136.25", "135"});
}

TEST_F(AxisInput, ClimatologyAndReferenceOnAnotherGrid)
{
    Sample sample = climatology_sample();
    sample.axis("latitude").value = {60, 30, 0.5, -30, -60};
    expect_refused(score({forecast(), truth(), write(sample, "bad.nc")}),
                   {path("bad.nc"), "latitude", "0.5"});
    sample = forecast_sample();
    sample.axis("longitude").value[3] = 136.25;
    expect_refused(score({forecast(), truth(), "--reference", write(sample, "bad.nc")}),
                   {path("bad.nc"), "longitude", "136.25", "135"});
}

TEST_F(AxisInput, TheSameGridWrittenAnotherWayIsTaken)
{
    Sample sample = forecast_sample();
    sample.axis("latitude").value = {-60, -30, 0, 30, 60};
    sample.axis("longitude").value = {-180, -135, -90, -45, 0, 45, 90, 135};
    const Result result = score({write(sample, "turned.nc"), truth()});
    EXPECT_EQ(result.status, 0) << result.err;
}

TEST_F(AxisInput, LatitudeNotMonotonic)
{
    Sample sample = forecast_sample();
    sample.axis("latitude").value = {60, 30, 40, -30, -60};
    expect_forecast_refused(sample, {"latitude", "2", "30", "40"});
    sample.axis("latitude").value = {60, 30, 30, -30, -60};
    expect_forecast_refused(sample, {"latitude", "2", "30"});
}

TEST_F(AxisInput, LongitudeNotMonotonic)
{
    Sample sample = forecast_sample();
    sample.axis("longitude").value = {0, 45, 90, 80, 180, 225, 270, 315};
    expect_forecast_refused(sample, {"longitude", "3", "80"});
}

TEST_F(AxisInput, TimeOrStepNotMonotonic)
{
    Sample sample = forecast_sample();
    sample.axis("time").value = {12, 12};
    expect_forecast_refused(sample, {"time", "1", "12"});
    sample = forecast_sample();
    sample.axis("step").value = {24, 24};
    expect_forecast_refused(sample, {"step", "1", "24"});
    Sample bad_truth = truth_sample();
    bad_truth.axis("time").value = {12, 36, 24};
    expect_refused(score({forecast(), write(bad_truth, "bad.nc")}),
                   {path("bad.nc"), "time", "2", "24"});
}

TEST_F(AxisInput, ALevelThereTwice)
{
    Sample sample = forecast_sample();
    sample.axis("level").value = {500, 500};
    expect_forecast_refused(sample, {"level", "500"});
}

TEST_F(AxisInput, CoordinatesThatAreNoNumbersOrOffTheGlobe)
{
    Sample sample = forecast_sample();
    sample.axis("latitude").value = {60, 30, std::nan(""), -30, -60};
    expect_forecast_refused(sample, {"latitude", "2", "nan"});
    sample.axis("latitude").value = {95, 30, 0, -30, -60};
    expect_forecast_refused(sample, {"latitude", "0", "95"});
    sample = forecast_sample();
    sample.axis("longitude").value[7] = std::numeric_limits<double>::infinity();
    expect_forecast_refused(sample, {"longitude", "7", "inf"});
    sample = forecast_sample();
    sample.axis("time").value = {0, 1e300};
    expect_forecast_refused(sample, {"time", "1"});
    sample = forecast_sample();
    sample.axis("level").value = {500, std::nan("")};
    expect_forecast_refused(sample, {"level", "1", "nan"});
}

TEST_F(AxisInput, NoUnitsOnAnAxis)
{
    for (const char *name : {"latitude", "longitude", "time", "step", "level"}) {
        SCOPED_TRACE(name);
        Sample sample = forecast_sample();
        sample.axis(name).units = "";
        expect_forecast_refused(sample, {name, "units"});
    }
    Sample sample = truth_sample();
    sample.axis("time").units = "";
    expect_refused(score({forecast(), write(sample, "bad.nc")}), {path("bad.nc"), "time", "units"});
}

TEST_F(AxisInput, UnitsThatMeanNothing)
{
    const struct {
        const char *axis;
        const char *units;
    } wrong[] = {{"time", "fortnights since 2017-01-01"},
                 {"time", "hours since yesterday"},
                 {"time", "hours"},
                 {"step", "kelvin"},
                 {"level", "metres"}};
    for (const auto &row : wrong) {
        SCOPED_TRACE(row.units);
        Sample sample = forecast_sample();
        sample.axis(row.axis).units = row.units;
        expect_forecast_refused(sample, {row.axis, row.units});
    }
}

TEST_F(AxisInput, ACalendarThatIsNotTheTruthsOrThatNobodyKnows)
{
    Sample sample = forecast_sample();
    sample.axis("time").calendar = "360_day";
    expect_forecast_refused(sample,
                            {"the times of " + path("bad.nc") +
                             " are in calendar '360_day', those of " + truth() + " in 'standard'"});
    sample.axis("time").calendar = "julian";
    expect_forecast_refused(sample, {path("bad.nc") +
                                     ": axis 'time': calendar 'julian' is not supported (standard, "
                                     "gregorian, proleptic_gregorian, noleap, 365_day, 360_day)"});
}

TEST_F(AxisInput, FieldsInDifferentUnits)
{
    Sample sample = forecast_sample();
    sample.units = "hPa";
    expect_forecast_refused(sample, {"variable 't' is in 'hPa' in " + path("bad.nc") +
                                     " and 't' is in 'K' in " + truth() +
                                     ": one cannot be converted into the other"});
}

TEST_F(AxisInput, AVariableThatHoldsText)
{
    int file = 0;
    int dimension[2];
    int variable = 0;
    ASSERT_EQ(nc_create(path("text.nc").c_str(), NC_CLOBBER, &file), NC_NOERR);
    ASSERT_EQ(nc_def_dim(file, "latitude", 5, &dimension[0]), NC_NOERR);
    ASSERT_EQ(nc_def_dim(file, "longitude", 8, &dimension[1]), NC_NOERR);
    ASSERT_EQ(nc_def_var(file, "t", NC_CHAR, 2, dimension, &variable), NC_NOERR);
    ASSERT_EQ(nc_close(file), NC_NOERR);
    expect_refused(score({path("text.nc"), truth(), "--variables", "t"}), {path("text.nc"), "'t'"});
}

TEST_F(AxisInput, AScaleFactorThatIsNoNumber)
{
    const std::string bad = write(forecast_sample(), "bad.nc");
    int file = 0;
    int variable = 0;
    ASSERT_EQ(nc_open(bad.c_str(), NC_WRITE, &file), NC_NOERR);
    ASSERT_EQ(nc_redef(file), NC_NOERR);
    ASSERT_EQ(nc_inq_varid(file, "t", &variable), NC_NOERR);
    ASSERT_EQ(nc_put_att_text(file, variable, "scale_factor", 3, "0.1"), NC_NOERR);
    ASSERT_EQ(nc_close(file), NC_NOERR);
    expect_refused(score({bad, truth()}), {bad, "'t'", "scale_factor"});
}

TEST_F(AxisInput, AllValuesMissingIsNoErrorAndNoValue)
{
    Sample sample = forecast_sample();
    sample.all_missing = true;
    const Result result =
        score({write(sample, "missing.nc"), truth(), "--metrics", "n_valid,rmse,bias"});
    EXPECT_EQ(result.status, 0) << result.err;
    size_t n = 0;
    for (const Row &row : rows(result)) {
        if (row.valid_time != "all") {
            EXPECT_EQ(row.value, row.metric == "n_valid" ? "0" : "nan") << row.metric;
            n++;
        }
    }
    EXPECT_GT(n, 0u);
    for (const Row &row : rows(result)) {
        EXPECT_TRUE(row.value == "0" || row.value == "nan") << row.metric << row.value;
    }
}

TEST_F(AxisInput, AllTruthMissingIsNoErrorAndNoValue)
{
    Sample sample = truth_sample();
    sample.all_missing = true;
    const Result result =
        score({forecast(), write(sample, "missing.nc"), "--metrics", "n_valid,mae"});
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_GT(rows(result).size(), 0u);
    for (const Row &row : rows(result)) {
        EXPECT_EQ(row.value, row.metric == "mae" ? "nan" : "0") << row.metric;
    }
}
