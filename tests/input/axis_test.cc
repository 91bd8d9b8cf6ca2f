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
    // Expects the sample, as the forecast, to be refused with this text after its path.
    void expect_forecast_refused(const Sample &sample, const std::string &said) const
    {
        expect_refused(score({write(sample, "bad.nc"), truth()}), path("bad.nc") + ": " + said);
    }

    void expect_grids_differ(const Sample &sample, const std::string &how) const
    {
        expect_refused(score({write(sample, "bad.nc"), truth()}), "different grids: " + how);
    }

    // Sets a text attribute of a variable.
    static void put_text(const std::string &file_path, const char *variable, const char *name,
                         const std::string &text)
    {
        int file = 0;
        int id = 0;
        ASSERT_EQ(nc_open(file_path.c_str(), NC_WRITE, &file), NC_NOERR);
        ASSERT_EQ(nc_redef(file), NC_NOERR);
        ASSERT_EQ(nc_inq_varid(file, variable, &id), NC_NOERR);
        ASSERT_EQ(nc_put_att_text(file, id, name, text.size(), text.c_str()), NC_NOERR);
        ASSERT_EQ(nc_close(file), NC_NOERR);
    }

    // One coordinate of bad.nc and of the truth.
    std::string differs(const std::string &coordinate, const std::string &bad,
                        const std::string &good) const
    {
        return coordinate + " is " + bad + " in " + path("bad.nc") + " and " + good + " in " +
               truth();
    }
};

TEST_F(AxisInput, GridsOfDifferentSize)
{
    Sample sample = forecast_sample();
    sample.axis("latitude").value = {60, 20, -20, -60};
    const std::string good = truth() + " has 5 (60 .. -60) x 8 (0 .. 315)";
    expect_grids_differ(
        sample, path("bad.nc") + " has 4 latitudes (60 .. -60) x 8 longitudes (0 .. 315), " + good);
    sample = forecast_sample();
    sample.axis("longitude").value = {0, 90, 180, 270};
    expect_grids_differ(
        sample, path("bad.nc") + " has 5 latitudes (60 .. -60) x 4 longitudes (0 .. 270), " + good);
}

TEST_F(AxisInput, GridsThatDifferInOneCoordinate)
{
    Sample sample = forecast_sample();
    sample.axis("latitude").value = {60, 30, 0.5, -30, -60};
    expect_grids_differ(sample, differs("latitude[2]", "0.5", "0"));
    sample = forecast_sample();
    sample.axis("longitude").value[3] = 136.25;
    expect_grids_differ(sample, differs("longitude[3]", "136.25", "135"));
}

TEST_F(AxisInput, ClimatologyAndReferenceOnAnotherGrid)
{
    Sample sample = climatology_sample();
    sample.axis("latitude").value = {60, 30, 0.5, -30, -60};
    expect_refused(score({forecast(), truth(), write(sample, "bad.nc")}),
                   "different grids: " + differs("latitude[2]", "0.5", "0"));
    sample = forecast_sample();
    sample.axis("longitude").value[3] = 136.25;
    expect_refused(score({forecast(), truth(), "--reference", write(sample, "bad.nc")}),
                   "different grids: " + differs("longitude[3]", "136.25", "135"));
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
    expect_forecast_refused(sample,
                            "variable 't': latitude is not monotonic: [2] = 40 after [1] = 30");
    sample.axis("latitude").value = {60, 30, 30, -30, -60};
    expect_forecast_refused(sample,
                            "variable 't': latitude is not monotonic: [2] = 30 after [1] = 30");
}

TEST_F(AxisInput, LongitudeNotMonotonic)
{
    Sample sample = forecast_sample();
    sample.axis("longitude").value = {0, 45, 90, 80, 180, 225, 270, 315};
    expect_forecast_refused(sample,
                            "variable 't': longitude is not monotonic: [3] = 80 after [2] = 90");
}

TEST_F(AxisInput, TimeOrStepNotMonotonic)
{
    Sample sample = forecast_sample();
    sample.axis("time").value = {12, 12};
    expect_forecast_refused(sample, "axis 'time' is not monotonic: [1] = 12 after [0] = 12");
    sample = forecast_sample();
    sample.axis("step").value = {24, 24};
    expect_forecast_refused(sample, "axis 'step' is not monotonic: [1] = 24 after [0] = 24");
    Sample bad_truth = truth_sample();
    bad_truth.axis("time").value = {12, 36, 24};
    expect_refused(score({forecast(), write(bad_truth, "bad.nc")}),
                   path("bad.nc") + ": axis 'time' is not monotonic: [2] = 24 after [1] = 36");
}

TEST_F(AxisInput, LevelsAreTheSameInEveryTypeAndUnit)
{
    const std::vector<Axis> ways = {
        {"level", "hPa", {0.1, 0.7}, "", ""},
        {"level", "hPa", {0.1, 0.7}, "", "", NC_FLOAT},
        {"level", "hPa", {static_cast<double>(0.1F), static_cast<double>(0.7F)}, "", ""},
        {"level", "hPa", {1, 7}, "", "", NC_SHORT, {{"scale_factor", 0.1}}},
        {"level", "Pa", {10, 70}, "", "", NC_INT}};
    Sample sample = truth_sample();
    sample.axis("level") = ways[0];
    const std::string other = write(sample, "t.nc");
    std::string first;
    for (const Axis &way : ways) {
        sample = forecast_sample();
        sample.axis("level") = way;
        const Result result = score({write(sample, "f.nc"), other, "--levels", "0.1,0.7"});
        EXPECT_EQ(result.status, 0) << result.err;
        EXPECT_NE(result.out.find(",0.7,"), std::string::npos);
        first = first.empty() ? result.out : first;
        EXPECT_EQ(result.out, first);
    }
}

TEST_F(AxisInput, NoLevelInCommon)
{
    Sample sample = forecast_sample();
    sample.axis("level") = {"level", "Pa", {10, 70}, "", "", NC_FLOAT};
    const std::string bad = write(sample, "bad.nc");
    const std::string said = " have no level in common (variable 't', hPa): ";
    expect_refused(score({bad, truth()}),
                   bad + " and " + truth() + said + "0.1, 0.7 against 500, 850");
    sample.axes.erase(sample.axes.begin() + 2);
    expect_refused(score({write(sample, "bad.nc"), truth()}),
                   bad + " and " + truth() + said + "none against 500, 850");
}

TEST_F(AxisInput, ALevelThereTwice)
{
    Sample sample = forecast_sample();
    sample.axis("level").value = {500, 500};
    expect_forecast_refused(
        sample, "variable 't', level 500, time 2017-01-01T00, lead 12 h is there twice (also in " +
                    path("bad.nc") + ")");
}

TEST_F(AxisInput, CoordinatesThatAreNoNumbersOrOffTheGlobe)
{
    Sample sample = forecast_sample();
    sample.axis("latitude").value = {60, 30, std::nan(""), -30, -60};
    expect_forecast_refused(sample, "variable 't': latitude[2] = nan is not within -90 .. 90");
    sample.axis("latitude").value = {95, 30, 0, -30, -60};
    expect_forecast_refused(sample, "variable 't': latitude[0] = 95 is not within -90 .. 90");
    sample.axis("latitude").value = {90.00001, 30, 0, -30, -60};
    expect_forecast_refused(sample, "variable 't': latitude[0] = 90.00001 is not within -90 .. 90");
    sample = forecast_sample();
    sample.axis("longitude").value[7] = std::numeric_limits<double>::infinity();
    expect_forecast_refused(sample, "variable 't': longitude[7] = inf is no longitude");
    sample = forecast_sample();
    sample.axis("time").value = {0, 1e300};
    expect_forecast_refused(sample, "axis 'time': [1] = 1e+300 is no time");
    sample = forecast_sample();
    sample.axis("level").value = {500, std::nan("")};
    expect_forecast_refused(sample, "axis 'level': [1] = nan is no level");
}

TEST_F(AxisInput, NoUnitsOnAnAxis)
{
    for (const char *name : {"latitude", "longitude", "time", "step", "level"}) {
        SCOPED_TRACE(name);
        Sample sample = forecast_sample();
        sample.axis(name).units = "";
        expect_forecast_refused(sample, std::string("axis '") + name + "' has no units");
    }
    Sample sample = truth_sample();
    sample.axis("time").units = "";
    expect_refused(score({forecast(), write(sample, "bad.nc")}),
                   path("bad.nc") + ": axis 'time' has no units");
}

TEST_F(AxisInput, UnitsThatMeanNothing)
{
    const struct {
        const char *axis;
        const char *units;
        const char *said;
    } wrong[] = {
        {"time", "fortnights since 2017-01-01", "not of the form 'hours since 1900-01-01 00:00'"},
        {"time", "hours since yesterday", "not of the form 'hours since 1900-01-01 00:00'"},
        {"time", "hours", "not of the form 'hours since 1900-01-01 00:00'"},
        {"step", "kelvin", "no duration (days, hours, minutes, seconds)"},
        {"level", "metres", "no pressure (hPa, millibars, Pa)"},
        {"latitude", "radians", "not degrees"},
        {"longitude", "Radian", "not degrees"},
        {"longitude", "km", "not degrees"}};
    for (const auto &row : wrong) {
        SCOPED_TRACE(row.units);
        Sample sample = forecast_sample();
        sample.axis(row.axis).units = row.units;
        expect_forecast_refused(sample, std::string("axis '") + row.axis + "': units '" +
                                            row.units + "' are " + row.said);
    }
}

TEST_F(AxisInput, DegreesInManySpellings)
{
    for (const char *units : {"degrees", "degree", "degN", "deg", "degrees_true", "1"}) {
        SCOPED_TRACE(units);
        Sample sample = forecast_sample();
        sample.axis("latitude").units = units;
        sample.axis("longitude").units = units;
        EXPECT_EQ(score({write(sample, "f.nc"), truth()}).status, 0);
    }
}

TEST_F(AxisInput, ACalendarThatIsNotTheTruthsOrThatNobodyKnows)
{
    Sample sample = forecast_sample();
    sample.axis("time").calendar = "360_day";
    expect_refused(score({write(sample, "bad.nc"), truth()}),
                   "the times of " + path("bad.nc") + " are in calendar '360_day', those of " +
                       truth() + " in 'standard'");
    sample.axis("time").calendar = "julian";
    expect_forecast_refused(sample, "axis 'time': calendar 'julian' is not supported (standard, "
                                    "gregorian, proleptic_gregorian, noleap, 365_day, 360_day)");
}

TEST_F(AxisInput, FieldsInDifferentUnits)
{
    Sample sample = forecast_sample();
    for (const char *units : {"hPa", "degrees of frost"}) { // known, and unknown
        sample.units = units;
        expect_refused(score({write(sample, "bad.nc"), truth()}),
                       std::string("variable 't' is in '") + units + "' in " + path("bad.nc") +
                           " and 't' is in 'K' in " + truth() +
                           ": one cannot be converted into the other");
    }
}

TEST_F(AxisInput, AVariableThatHoldsText)
{
    const std::string bad = write(forecast_sample(), "text.nc");
    int file = 0;
    int variable = 0;
    int n = 0;
    int dimension[NC_MAX_VAR_DIMS];
    ASSERT_EQ(nc_open(bad.c_str(), NC_WRITE, &file), NC_NOERR);
    ASSERT_EQ(nc_inq_varid(file, "t", &variable), NC_NOERR);
    ASSERT_EQ(nc_inq_var(file, variable, nullptr, nullptr, &n, dimension, nullptr), NC_NOERR);
    ASSERT_EQ(nc_redef(file), NC_NOERR);
    ASSERT_EQ(nc_def_var(file, "text", NC_CHAR, n, dimension, &variable), NC_NOERR);
    ASSERT_EQ(nc_close(file), NC_NOERR);
    const std::string names = R"("names": {"t": "text"}, )";
    expect_refused(score_job(source(bad, "f", names), source(truth()), R"(, "variables": ["t"])"),
                   bad + ": variable 'text': its values are no numbers");
}

// Which of two levels is meant cannot be told.
TEST_F(AxisInput, TwoAxesThatMeanTheSame)
{
    Sample sample = forecast_sample();
    sample.axes.insert(sample.axes.begin() + 2, {"plev", "Pa", {50000}, "", ""});
    const std::string bad = write(sample, "bad.nc");
    expect_refused(score({bad, truth(), "--variables", "t"}),
                   bad + ": variable 't': dimensions 'plev' and 'level' mean the same");
    sample = forecast_sample();
    sample.axes.insert(sample.axes.begin() + 1,
                       {"valid_time", "hours since 2017-01-01", {12}, "", ""});
    expect_refused(score({write(sample, "bad.nc"), truth(), "--variables", "t"}),
                   bad + ": variable 't': dimensions 'time' and 'valid_time' mean the same");
}

TEST_F(AxisInput, AScaleFactorThatIsNoNumber)
{
    const std::string bad = write(forecast_sample(), "bad.nc");
    put_text(bad, "t", "scale_factor", "0.1");
    expect_refused(score({bad, truth()}),
                   bad + ": variable 't': attribute scale_factor is no number");
    for (const char *name : {"latitude", "time", "level"}) {
        const std::string file = write(forecast_sample(), "bad.nc");
        put_text(file, name, "scale_factor", "0.1");
        expect_refused(score({file, truth()}),
                       file + ": axis '" + name + "': attribute scale_factor is no number");
    }
}

// Only what is scored has to be readable.
TEST_F(AxisInput, AMissingValueThatIsText)
{
    const std::string bad = write(forecast_sample(), "bad.nc");
    put_text(bad, "time", "valid_range", "all");
    EXPECT_EQ(score({bad, truth()}).status, 0);
    put_text(bad, "t", "missing_value", "-999");
    const std::string said = bad + ": variable 't': attribute missing_value is text, no number";
    expect_refused(score({bad, truth()}), said);
    expect_refused(score({bad, truth(), "--variables", "t"}), said);
    write(truth_sample(), "bad.nc");
    put_text(bad, "t", "missing_value", "-999");
    expect_refused(score({forecast(), bad}), said);
    write(forecast_sample(), "bad.nc");
    Sample sample = forecast_sample();
    sample.variable = "q";
    sample.write(path("both.nc"));
    put_text(path("both.nc"), "q", "missing_value", "-999");
    const Result result = score_job(R"({"id": "f", "files": [")" + forecast() + R"(", ")" +
                                        path("both.nc") + R"("]})",
                                    source(truth()));
    EXPECT_EQ(result.status, 0) << result.err;
    put_text(bad, "level", "missing_value", "-999");
    expect_refused(score({bad, truth()}),
                   bad + ": axis 'level': attribute missing_value is text, no number");
}

TEST_F(AxisInput, PackedCoordinatesAreUnpackedAsDataAre)
{
    const Result plain = score({write(forecast_sample(), "f.nc"), truth()});
    ASSERT_EQ(plain.status, 0) << plain.err;
    const struct {
        const char *axis;
        int type;
        double scale;
        double offset;
    } packings[] = {{"latitude", NC_BYTE, 30, 0},
                    {"longitude", NC_SHORT, 0.5, 180},
                    {"time", NC_INT, 12, -36},
                    {"step", NC_FLOAT, 4, 0},
                    {"level", NC_SHORT, 50, 100}};
    for (const auto &packing : packings) {
        SCOPED_TRACE(packing.axis);
        Sample sample = forecast_sample();
        Axis &axis = sample.axis(packing.axis);
        axis.type = packing.type;
        axis.numbers = {{"scale_factor", packing.scale}, {"add_offset", packing.offset}};
        for (double &value : axis.value) {
            value = (value - packing.offset) / packing.scale;
        }
        const Result packed = score({write(sample, "f.nc"), truth()});
        EXPECT_EQ(packed.status, 0) << packed.err;
        EXPECT_EQ(packed.out, plain.out);
    }
}

TEST_F(AxisInput, ACoordinateThatIsMissing)
{
    Sample sample = forecast_sample();
    sample.axis("latitude").numbers = {{"_FillValue", 30}};
    expect_forecast_refused(sample, "axis 'latitude': [1] = 30 is missing");
    sample = forecast_sample();
    sample.axis("time").numbers = {{"missing_value", 12}, {"scale_factor", 1}};
    expect_forecast_refused(sample, "axis 'time': [1] = 12 is missing");
    sample = forecast_sample();
    sample.axis("level").value = {500, NC_FILL_DOUBLE}; // what was never written
    expect_forecast_refused(sample, "axis 'level': [1] = 9.96920997e+36 is missing");
    sample = forecast_sample();
    sample.axis("time").numbers = {{"valid_max", 6}}; // an old range is none
    EXPECT_EQ(score({write(sample, "old.nc"), truth()}).status, 0);
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
