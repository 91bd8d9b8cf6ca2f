// SPDX-License-Identifier: MIT
//
// Forecasts whose files say valid times: beside lead times, or beside one init time for all.
#include <netcdf.h>

#include "program.h"

class ValidTime : public Program
{
  protected:
    // Adds a scalar coordinate in hours, of a time since 2017.
    static void add_scalar(const std::string &file_path, const char *name, double hours)
    {
        const std::string standard_name = name;
        const std::string units =
            standard_name == "forecast_period" ? "hours" : "hours since 2017-01-01";
        int file = 0;
        int id = 0;
        ASSERT_EQ(nc_open(file_path.c_str(), NC_WRITE, &file), NC_NOERR);
        ASSERT_EQ(nc_redef(file), NC_NOERR);
        ASSERT_EQ(nc_def_var(file, name, NC_DOUBLE, 0, nullptr, &id), NC_NOERR);
        ASSERT_EQ(nc_put_att_text(file, id, "standard_name", standard_name.size(), name), NC_NOERR);
        ASSERT_EQ(nc_put_att_text(file, id, "units", units.size(), units.c_str()), NC_NOERR);
        ASSERT_EQ(nc_enddef(file), NC_NOERR);
        ASSERT_EQ(nc_put_var_double(file, id, &hours), NC_NOERR);
        ASSERT_EQ(nc_close(file), NC_NOERR);
    }
};

// The forecast has the truth's values in the truth's order, so that each score is that of a perfect
// one if it is held against the right time.
TEST_F(ValidTime, AValidTimeBesideLeadTimesIsTheValidTime)
{
    Sample sample = truth_sample();
    sample.axis("time").name = "valid_time";
    sample.axes.insert(sample.axes.begin() + 1, {"step", "hours", {6}, "forecast_period", ""});
    const Result result = score({write(sample, "f.nc"), truth(), "--metrics", "rmse"});
    ASSERT_EQ(result.status, 0) << result.err;
    EXPECT_EQ(result.err, "");
    for (const char *times : {",6,2017-01-01T06,2017-01-01T12,", ",6,2017-01-01T18,2017-01-02T00,",
                              ",6,2017-01-02T06,2017-01-02T12,"}) {
        EXPECT_NE(result.out.find(times), std::string::npos) << times << '\n' << result.out;
    }
    for (const Row &row : rows(result)) {
        EXPECT_EQ(row.value, "0") << row.valid_time;
    }
    sample.axes[0].standard_name = "forecast_reference_time"; // it says that it is none
    const Result init = score({write(sample, "f.nc"), truth(), "--metrics", "rmse"});
    EXPECT_NE(init.status, 0) << init.out;
}

// CF's layout of one forecast: valid times along a dimension, and one init time for all.
TEST_F(ValidTime, AScalarInitTimeIsThatOfAllValidTimes)
{
    const std::string file = write(truth_sample(), "f.nc");
    const Result given = score_job(source(file, "f", R"("init": "2017-01-01T06", )"),
                                   source(truth()), R"(, "metrics": ["rmse"])");
    ASSERT_EQ(given.status, 0) << given.err;
    add_scalar(file, "forecast_reference_time", 6);
    const Result result = score({file, truth(), "--metrics", "rmse"});
    EXPECT_EQ(result.err, "");
    EXPECT_EQ(result.out, given.out);
    const Result as_truth = score({forecast(), file, "--metrics", "rmse"});
    EXPECT_EQ(as_truth.out, score({forecast(), truth(), "--metrics", "rmse"}).out);

    const std::string late = write(truth_sample(), "late.nc");
    add_scalar(late, "forecast_reference_time", 18);
    expect_refused(score({late, truth()}),
                   late + ": variable 't' has a field valid 2017-01-01T12, before the init time "
                          "2017-01-01T18");
}

TEST_F(ValidTime, OfScalarTimesTheInitTimeGoesWithTheLeadTime)
{
    Sample sample = truth_sample();
    sample.axes.erase(sample.axes.begin()); // without time
    const std::string good = write(truth_sample(), "t.nc");
    for (const bool init_first : {true, false}) {
        const std::string file = write(sample, "f.nc");
        add_scalar(file, init_first ? "forecast_reference_time" : "time", init_first ? 0 : 12);
        add_scalar(file, "forecast_period", 12);
        add_scalar(file, init_first ? "time" : "forecast_reference_time", init_first ? 12 : 0);
        const Result result = score({file, good, "--metrics", "rmse"});
        ASSERT_EQ(result.status, 0) << result.err;
        EXPECT_NE(result.out.find(",12,2017-01-01T00,2017-01-01T12,"), std::string::npos)
            << result.out;
        EXPECT_EQ(rows(result)[0].value, "0");
    }
    // Without a lead time it is the time that is valid.
    const std::string file = write(sample, "a.nc");
    add_scalar(file, "time", 12);
    add_scalar(file, "forecast_reference_time", 0);
    const Result result = score({forecast(), file, "--metrics", "rmse"});
    ASSERT_EQ(result.status, 0) << result.err;
    EXPECT_NE(result.out.find(",12,2017-01-01T00,2017-01-01T12,"), std::string::npos);
    const Result forecast_of_it = score({file, good, "--metrics", "rmse"});
    EXPECT_NE(forecast_of_it.out.find(",12,2017-01-01T00,2017-01-01T12,"), std::string::npos)
        << forecast_of_it.err;
}
