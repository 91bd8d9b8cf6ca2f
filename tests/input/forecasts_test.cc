// SPDX-License-Identifier: MIT
//
// One bad forecast among many: it is named, and the others are scored as if it had not been there.
#include <filesystem>
#include <set>

#include <netcdf.h>

#include "program.h"

class Forecasts : public Program
{
  protected:
    std::string good(const char *id, float shift) const
    {
        Sample sample = forecast_sample();
        sample.shift = shift;
        return source(write(sample, std::string(id) + ".nc"), id);
    }

    // Scores good, bad, good: expects the rows of the good ones, and this said of the bad one.
    void expect_others_scored(const std::string &bad_file, const std::string &said) const
    {
        const std::string first = good("first", 1);
        const std::string last = good("last", 2);
        const Result alone = score_job(first + ", " + last, source(truth()));
        ASSERT_EQ(alone.status, 0) << alone.err;
        const Result result =
            score_job(first + ", " + source(bad_file, "spoilt") + ", " + last, source(truth()));
        EXPECT_EQ(result.status, 3) << result.err;
        EXPECT_EQ(result.out, alone.out);
        EXPECT_EQ(result.err, "gaia: forecast spoilt: " + said + "\n");
        std::set<std::string> ids;
        for (const Row &row : rows(result)) {
            ids.insert(row.forecast);
        }
        EXPECT_EQ(ids, (std::set<std::string>{"first", "last"}));
    }
};

TEST_F(Forecasts, OneThatIsMissing)
{
    expect_others_scored(path("gone.nc"), path("gone.nc") + ": No such file or directory");
}

TEST_F(Forecasts, OneThatIsTruncated)
{
    const std::string bad = write(forecast_sample(), "cut.nc");
    cut("cut.nc", std::filesystem::file_size(bad) - 1);
    expect_others_scored(bad,
                         bad + ": truncated: its header asks for 2108 bytes, the file has 2107");
}

TEST_F(Forecasts, OneOnAnotherGrid)
{
    Sample sample = forecast_sample();
    sample.axis("latitude").value[2] = 0.5;
    expect_others_scored(write(sample, "grid.nc"), "different grids: latitude[2] is 0.5 in " +
                                                       path("grid.nc") + " and 0 in " + truth());
}

TEST_F(Forecasts, OneWithoutTheVariable)
{
    Sample sample = forecast_sample();
    sample.variable = "q";
    expect_others_scored(write(sample, "q.nc"), path("q.nc") + ": no variable 't'; there are: q");
}

TEST_F(Forecasts, OneOfAnotherTime)
{
    Sample sample = forecast_sample();
    sample.axis("time").units = "hours since 1999-01-01";
    expect_others_scored(write(sample, "old.nc"), "no valid time in common: " + path("old.nc") +
                                                      " is valid 1999-01-01T12 .. 1999-01-02T12, " +
                                                      truth() +
                                                      " is valid 2017-01-01T12 .. 2017-01-02T12");
}

// What planning cannot see: the header is whole, and a chunk of the data is not.
TEST_F(Forecasts, OneWhoseDataCannotBeDecoded)
{
    Sample sample = forecast_sample();
    sample.format = NC_NETCDF4;
    const std::string bad = write(sample, "damaged.nc");
    int file = 0;
    int axis[4];
    int variable = 0;
    ASSERT_EQ(nc_open(bad.c_str(), NC_WRITE, &file), NC_NOERR);
    ASSERT_EQ(nc_rename_var(file, 5, "unused"), NC_NOERR);
    const char *const names[] = {"time", "step", "latitude", "longitude"};
    for (int i = 0; i < 4; i++) {
        ASSERT_EQ(nc_inq_dimid(file, names[i], &axis[i]), NC_NOERR);
    }
    const size_t chunk[4] = {1, 1, 5, 8};
    ASSERT_EQ(nc_def_var(file, "t", NC_FLOAT, 4, axis, &variable), NC_NOERR);
    ASSERT_EQ(nc_def_var_chunking(file, variable, NC_CHUNKED, chunk), NC_NOERR);
    ASSERT_EQ(nc_def_var_fletcher32(file, variable, NC_FLETCHER32), NC_NOERR);
    ASSERT_EQ(nc_put_att_text(file, variable, "units", 1, "K"), NC_NOERR);
    const std::vector<float> values(160, 281.5F);
    ASSERT_EQ(nc_put_var_float(file, variable, values.data()), NC_NOERR);
    ASSERT_EQ(nc_close(file), NC_NOERR);
    std::string bytes = get("damaged.nc");
    const std::string pattern(reinterpret_cast<const char *>(values.data()), 40 * sizeof(float));
    const size_t at = bytes.find(pattern);
    ASSERT_NE(at, std::string::npos);
    bytes[at + 10] = static_cast<char>(bytes[at + 10] ^ 1);
    put("damaged.nc", bytes);

    Sample single = truth_sample();
    single.axes.erase(single.axes.begin() + 1);
    const std::string truth_path = write(single, "single.nc");
    Sample good_sample = forecast_sample();
    good_sample.axes.erase(good_sample.axes.begin() + 2);
    const std::string good_path = write(good_sample, "good.nc");
    const Result alone = score_job(source(good_path, "good"), source(truth_path));
    ASSERT_EQ(alone.status, 0) << alone.err;
    const Result result = score_job(source(bad, "spoilt") + ", " + source(good_path, "good"),
                                    source(truth_path), ", \"variables\": [\"t\"]");
    EXPECT_EQ(result.status, 3) << result.err;
    EXPECT_EQ(result.err, "gaia: forecast spoilt: " + bad +
                              ": variable 't': field 0 cannot be read: NetCDF: HDF error (t, time "
                              "2017-01-01T00, lead 12 h)\n");
    EXPECT_EQ(result.out, alone.out);
}

TEST_F(Forecasts, AllBadIsAFailureWithoutScores)
{
    expect_refused(score_job(source(path("gone.nc"), "a") + ", " + source(path("lost.nc"), "b"),
                             source(truth())),
                   "forecast a: " + path("gone.nc") + ": No such file or directory; forecast b: " +
                       path("lost.nc") + ": No such file or directory");
}
