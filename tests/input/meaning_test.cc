// SPDX-License-Identifier: MIT
//
// Variables and units by meaning: files of different models against each other, and what is said
// where two readings are possible.
#include <cmath>

#include <netcdf.h>

#include "grid_file.h"
#include "program.h"

class Meaning : public Program
{
  protected:
    // A sample under another name and in other units, as a file.
    std::string named(Sample sample, const std::string &variable, const std::string &file,
                      const std::string &units = "K") const
    {
        sample.variable = variable;
        sample.units = units;
        return write(sample, file);
    }

    // Adds a second variable of the dimensions of the first.
    static void add_variable(const std::string &file, const char *first, const char *second)
    {
        int id = 0;
        int variable = 0;
        int other = 0;
        int n = 0;
        int dimensions[NC_MAX_VAR_DIMS];
        ASSERT_EQ(nc_open(file.c_str(), NC_WRITE, &id), NC_NOERR);
        ASSERT_EQ(nc_inq_varid(id, first, &variable), NC_NOERR);
        ASSERT_EQ(nc_inq_var(id, variable, nullptr, nullptr, &n, dimensions, nullptr), NC_NOERR);
        ASSERT_EQ(nc_redef(id), NC_NOERR);
        ASSERT_EQ(nc_def_var(id, second, NC_FLOAT, n, dimensions, &other), NC_NOERR);
        ASSERT_EQ(nc_put_att_text(id, other, "units", 1, "K"), NC_NOERR);
        ASSERT_EQ(nc_close(id), NC_NOERR);
    }

    // The name of the variable in the first score.
    static std::string variable_of(const Result &result)
    {
        const size_t line = result.out.find('\n') + 1;
        const size_t comma = result.out.find(',', line) + 1;
        return result.out.substr(comma, result.out.find(',', comma) - comma);
    }
};

TEST_F(Meaning, NamesOfTwoModelsAreMatched)
{
    const Result same = score({forecast(), truth()});
    const Result result = score({named(forecast_sample(), "tmpprs", "f.nc"),
                                 named(truth_sample(), "temperature", "t.nc"),
                                 named(climatology_sample(), "TA", "c.nc")});
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_EQ(variable_of(result), "tmpprs");
    EXPECT_EQ(variable_of(same), "t");
    EXPECT_EQ(rows(result)[0].value, rows(same)[0].value);
}

TEST_F(Meaning, ANameOfTheJobFindsAnother)
{
    const Result result =
        score({named(forecast_sample(), "tmpprs", "f.nc"), truth(), "--variables", "temperature"});
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_EQ(variable_of(result), "temperature");
}

TEST_F(Meaning, AnExplicitNameIsMeantToTheLetter)
{
    const std::string file = named(forecast_sample(), "tmpprs", "f.nc");
    expect_refused(score_job(source(file, "f", R"("names": {"t": "temperature"}, )"),
                             source(truth()), R"(, "variables": ["t"])"),
                   file + ": no variable 'temperature'; there are: tmpprs");
}

TEST_F(Meaning, TwoThatMeanTheSameAreNotChosenFrom)
{
    const std::string file = named(forecast_sample(), "tmpprs", "f.nc");
    add_variable(file, "tmpprs", "temperature");
    expect_refused(score({file, truth(), "--variables", "t"}),
                   file + ": variables 'tmpprs' and 'temperature' both mean 't'; \"names\" says "
                          "which one is meant");
    expect_refused(score({file, truth()}),
                   file + ": variables 'tmpprs' and 'temperature' both mean 't'; \"names\" says "
                          "which one is meant");
    const std::string analysis = named(truth_sample(), "ta", "a.nc");
    add_variable(analysis, "ta", "temperature");
    expect_refused(score({forecast(), analysis}),
                   analysis + ": variables 'ta' and 'temperature' both mean 't'; \"names\" says "
                              "which one is meant");
    const Result result = score_job(source(file, "f", R"("names": {"t": "tmpprs"}, )"),
                                    source(truth()), R"(, "variables": ["t"])");
    EXPECT_EQ(result.status, 0) << result.err;
}

TEST_F(Meaning, TheVeryNameIsTakenBeforeOneThatMeansTheSame)
{
    const std::string file = named(forecast_sample(), "t", "f.nc");
    add_variable(file, "t", "temperature");
    const Result result = score({file, truth()});
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_EQ(variable_of(result), "t");
    EXPECT_EQ(rows(result)[0].value, rows(score({forecast(), truth()}))[0].value);
}

TEST_F(Meaning, AnotherQuantityIsNoAlias)
{
    const std::string file = named(forecast_sample(), "t2m", "f.nc");
    expect_refused(score({file, truth()}),
                   file + " and " + truth() + " have no variable in common");
    expect_refused(score({file, truth(), "--variables", "t"}),
                   file + ": no variable 't'; there are: t2m");
}

TEST_F(Meaning, CelsiusAgainstKelvin)
{
    Sample sample = forecast_sample();
    sample.shift = -273.15f;
    const Result result = score({named(sample, "t", "f.nc", "degC"), truth()});
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_NEAR(std::stod(rows(result)[0].value),
                std::stod(rows(score({forecast(), truth()}))[0].value), 1e-4);
}

TEST_F(Meaning, UnitsOfAClimatologyThatCannotBeConverted)
{
    const std::string file = named(climatology_sample(), "ta", "c.nc", "m");
    expect_refused(score({forecast(), truth(), file}),
                   "variable 'ta' is in 'm' in " + file + " and 't' is in 'K' in " + truth() +
                       ": one cannot be converted into the other");
}

TEST_F(Meaning, FilesOfOneSourceInDifferentUnits)
{
    Sample late = truth_sample();
    late.axis("time").value = {24, 36};
    late.shift = -273.15f;
    Sample early = truth_sample();
    early.axis("time").value = {12};
    const std::string both = R"({"files": [")" + named(early, "t", "1.nc") + R"(", ")" +
                             named(late, "temperature", "2.nc", "degC") + R"("]})";
    const Result result = score_job(source(forecast(), "f"), both, R"(, "variables": ["t"])");
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_EQ(result.err.find("left out"), std::string::npos) << result.err;
    for (const Row &row : rows(result)) {
        EXPECT_LT(std::fabs(std::stod(row.value)), 100) << row.metric;
    }
}

// One forecast in hopeless units does not disturb the other.
// A truth in two files, each with half of the times, under a name of its own.
class MeaningOfFiles : public Meaning
{
  protected:
    std::string half(const std::string &variable, const std::string &file,
                     const std::vector<double> &hours) const
    {
        Sample sample = truth_sample();
        sample.axis("time").value = hours;
        return named(sample, variable, file);
    }

    static std::string files(const std::string &first, const std::string &second,
                             const std::string &more = "")
    {
        return R"({"files": [")" + first + R"(", ")" + second + R"("])" + more + "}";
    }
};

TEST_F(MeaningOfFiles, OneVariableUnderTwoNamesIsScoredWhole)
{
    const std::string early = half("t", "1.nc", {12});
    const std::string late = half("temperature", "2.nc", {24, 36});
    const Result whole = score_job(source(forecast(), "f"),
                                   files(half("t", "a.nc", {12}), half("t", "b.nc", {24, 36})));
    ASSERT_EQ(whole.status, 0) << whole.err;
    for (const std::string name : {"t", "temperature", "ta"}) {
        const std::string file = named(forecast_sample(), name, "f.nc");
        for (const std::string &both : {files(early, late), files(late, early)}) {
            const Result result = score_job(source(file, "f"), both);
            ASSERT_EQ(result.status, 0) << result.err;
            EXPECT_EQ(result.err, "");
            ASSERT_EQ(rows(result).size(), rows(whole).size());
            EXPECT_EQ(rows(result).back().value, rows(whole).back().value);
            EXPECT_EQ(variable_of(result), name);
        }
    }
}

TEST_F(MeaningOfFiles, AForecastUnderTwoNamesIsScoredWhole)
{
    Sample early = forecast_sample();
    Sample late = forecast_sample();
    early.axis("time").value = {0};
    late.axis("time").value = {12};
    const std::string first = named(early, "temperature", "1.nc");
    const std::string second = named(late, "ta", "2.nc");
    const Result whole = score({forecast(), truth()});
    for (const std::string &both : {files(first, second), files(second, first)}) {
        const Result result = score_job(R"({"id": "f", )" + both.substr(1), source(truth()));
        ASSERT_EQ(result.status, 0) << result.err;
        EXPECT_EQ(rows(result).size(), rows(whole).size());
        EXPECT_EQ(variable_of(result), "ta");
    }
}

TEST_F(MeaningOfFiles, AFieldUnderTwoNamesIsAnError)
{
    const std::string first = half("t", "1.nc", {12, 24});
    const std::string second = half("temperature", "2.nc", {24, 36});
    expect_refused(score_job(source(forecast(), "f"), files(first, second)),
                   second +
                       ": variable 'temperature', level 500, time 2017-01-02T00, lead 0 h is "
                       "there twice (also as 't' in " +
                       first + ")");
}

TEST_F(MeaningOfFiles, OneNameHereAndTwoThereAreAnError)
{
    const std::string first = half("t", "1.nc", {12});
    const std::string second = half("temperature", "2.nc", {24, 36});
    add_variable(second, "temperature", "t");
    expect_refused(score_job(source(forecast(), "f"), files(first, second)),
                   "variables 't' (" + first + ") and 'temperature' (" + second +
                       ") mean the same, and some files of the source have one of them, others "
                       "both; \"variables\" says which one is meant");
    const Result chosen =
        score_job(source(forecast(), "f"), files(first, second), R"(, "variables": ["t"])");
    EXPECT_EQ(chosen.status, 0) << chosen.err;
}

TEST_F(MeaningOfFiles, NamesOfTheJobAreMeantToTheLetter)
{
    const std::string first = half("t", "1.nc", {12});
    const std::string second = half("temperature", "2.nc", {24, 36});
    const Result result = score_job(source(forecast(), "f"),
                                    files(first, second, R"(, "names": {"t": "temperature"})"));
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_EQ(rows(result).size(), rows(score({forecast(), truth()})).size());
}

TEST_F(MeaningOfFiles, AClimatologyIsMadeOfBothNames)
{
    const std::string early = half("t", "1.nc", {12});
    const std::string late = half("temperature", "2.nc", {24, 36});
    std::vector<double> values;
    for (const auto &[first, second] : {std::pair(early, late), std::pair(late, early)}) {
        const std::string out = path("c.nc");
        const Result made =
            gaia({"climatology", first, second, "--out", out, "--kind", "constant"});
        ASSERT_EQ(made.status, 0) << made.err;
        const ReadBack read = read_back(out, "t");
        ASSERT_FALSE(read.values.empty());
        EXPECT_TRUE(values.empty() || values == read.values);
        values = read.values;
    }
    EXPECT_ANY_THROW(read_back(path("c.nc"), "temperature"));
}

TEST_F(Meaning, OneForecastInOtherUnitsFailsAlone)
{
    const std::string file = named(forecast_sample(), "t", "bad.nc", "Pa");
    const Result result =
        score_job(source(forecast(), "good") + ", " + source(file, "bad"), source(truth()));
    EXPECT_EQ(result.status, 3);
    EXPECT_EQ(result.err, "gaia: forecast bad: variable 't' is in 'Pa' in " + file +
                              " and 't' is in 'K' in " + truth() +
                              ": one cannot be converted into the other\n");
    ASSERT_FALSE(rows(result).empty());
    EXPECT_EQ(rows(result)[0].forecast, "good");
}

const char *const kHeightAgainst =
    ": geopotential (m2 s-2) against its height (m), with units missing or wrong";

// The sample's values are about 280 everywhere; times 9.80665 they are what a height of 280 m is in
// geopotential.
class MeaningOfHeight : public Meaning
{
  protected:
    std::string high(Sample sample, const std::string &file, const std::string &units = "") const
    {
        sample.factor = 9.80665f;
        return named(sample, "z", file, units);
    }
    std::string low(const Sample &sample, const std::string &file,
                    const std::string &units = "m2 s-2") const
    {
        return named(sample, "z", file, units);
    }
};

TEST_F(MeaningOfHeight, AClimatologyAFactorAwayIsAnError)
{
    const std::string forecast = low(forecast_sample(), "f.nc");
    const std::string truth = low(truth_sample(), "t.nc");
    const std::string climatology = high(climatology_sample(), "c.nc");
    expect_refused(score({forecast, truth, climatology}),
                   climatology +
                       ": variable 'z' (no units), level 500: its mean is 9.801 times that of 'z' "
                       "(m2 s-2) in " +
                       truth + kHeightAgainst);
    expect_refused(score({high(forecast_sample(), "f2.nc"), high(truth_sample(), "t2.nc"),
                          low(climatology_sample(), "c2.nc")}),
                   path("c2.nc") +
                       ": variable 'z' (m2 s-2), level 500: its mean is 0.1019 times that of 'z' "
                       "(no units) in " +
                       path("t2.nc") + kHeightAgainst);
}

TEST_F(MeaningOfHeight, AReferenceAFactorAwayIsAnError)
{
    expect_refused(
        score({low(forecast_sample(), "f.nc"), low(truth_sample(), "t.nc"), "--reference",
               high(forecast_sample(), "r.nc", "m2 s-2")}),
        path("r.nc") +
            ": variable 'z' (m2 s-2), level 500: its mean is 9.807 times that of 'z' (m2 s-2) in " +
            path("t.nc") + kHeightAgainst);
}

TEST_F(MeaningOfHeight, AForecastAFactorAwayFailsAlone)
{
    const std::string good = low(forecast_sample(), "good.nc");
    const std::string bad = high(forecast_sample(), "bad.nc");
    const Result result = score_job(source(bad, "bad") + ", " + source(good, "good"),
                                    source(low(truth_sample(), "t.nc")));
    EXPECT_EQ(result.status, 3);
    EXPECT_EQ(result.err,
              "gaia: forecast bad: " + bad +
                  ": variable 'z' (no units), level 500: its mean is 9.807 times that of "
                  "'z' (m2 s-2) in " +
                  path("t.nc") + kHeightAgainst + "\n");
    const std::vector<Row> scores = rows(result);
    ASSERT_FALSE(scores.empty());
    for (const Row &row : scores) {
        EXPECT_EQ(row.forecast, "good");
    }
}

TEST_F(MeaningOfHeight, RightUnitsConvertAndOtherVariablesAreNotJudged)
{
    const std::string truth = high(truth_sample(), "t.nc", "m2 s-2");
    const Result result = score({named(forecast_sample(), "hgtprs", "f.nc", "gpm"), truth,
                                 named(climatology_sample(), "gh", "c.nc", "m")});
    EXPECT_EQ(result.status, 0) << result.err;
    Sample sample = forecast_sample();
    sample.factor = 9.80665f;
    EXPECT_EQ(score({named(sample, "t", "t2.nc"), named(truth_sample(), "t", "t3.nc")}).status, 0);
}
