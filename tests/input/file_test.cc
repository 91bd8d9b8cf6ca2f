// SPDX-License-Identifier: MIT
//
// Files that cannot be opened, or are not what they should be as a whole.
#include <filesystem>

#include <netcdf.h>

#include "program.h"

namespace fs = std::filesystem;

class FileInput : public Program
{
  protected:
    // The file is refused as each of the four sources, with this text after its name.
    void expect_refused_everywhere(const std::string &bad, const std::string &said) const
    {
        expect_refused(score({bad, truth()}), bad + ": " + said);
        expect_refused(score({forecast(), bad}), bad + ": " + said);
        expect_refused(score({forecast(), truth(), bad}), bad + ": " + said);
        expect_refused(score({forecast(), truth(), "--reference", bad}), bad + ": " + said);
    }

    // Every file that ends before its last byte of data is refused: its library says so, or its
    // header, which is cut itself where `header` bytes or fewer are left.
    void expect_cuts_refused(const Sample &sample, const std::vector<double> &parts,
                             size_t header) const
    {
        for (const double part : parts) {
            const std::string bad = write(sample, "cut.nc");
            const auto whole = static_cast<double>(fs::file_size(bad));
            const auto kept = static_cast<size_t>(part < 1 ? whole * part : whole - part);
            cut("cut.nc", kept);
            SCOPED_TRACE(std::to_string(kept) + " of " +
                         std::to_string(static_cast<size_t>(whole)));
            const std::string sizes = "truncated: its header asks for " +
                                      std::to_string(static_cast<size_t>(whole)) +
                                      " bytes, the file has " + std::to_string(kept);
            expect_refused(
                score({bad, truth()}),
                bad + ": " +
                    (sample.format == NC_NETCDF4 ? "damaged or truncated: NetCDF: HDF error"
                     : kept <= header ? "the NetCDF classic header is damaged or cut short"
                                      : sizes));
        }
    }
};

TEST_F(FileInput, GoodFilesAreScored)
{
    const Result result = score({forecast(), truth()});
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_GT(rows(result).size(), 0u);
}

TEST_F(FileInput, Missing)
{
    expect_refused_everywhere(path("gone.nc"), "No such file or directory");
}

TEST_F(FileInput, AFolder)
{
    fs::create_directory(folder / "folder.nc");
    expect_refused_everywhere(path("folder.nc"),
                              "not a Zarr store: it has no zarr.json, .zmetadata or .zgroup");
}

TEST_F(FileInput, Unreadable)
{
    const std::string bad = forecast();
    const std::string good = truth();
    fs::permissions(good, fs::perms::all);
    fs::permissions(bad, fs::perms::none);
    const Result result = score({bad, good}, true);
    if (result.status == 127) {
        GTEST_SKIP() << "the program itself lies where only root may go";
    }
    expect_refused(result, bad + ": Permission denied");
}

TEST_F(FileInput, NotNetcdf)
{
    put("text.nc", "latitude longitude t\n60 0 280\n");
    expect_refused_everywhere(path("text.nc"), "not a NetCDF file");
}

TEST_F(FileInput, ZeroLength)
{
    put("empty.nc", "");
    expect_refused_everywhere(path("empty.nc"), "the file is empty (0 bytes)");
}

TEST_F(FileInput, FirstBytesOnly)
{
    put("cdf.nc", "CDF\x01");
    put("hdf.nc", "\x89HDF\r\n\x1a\n");
    expect_refused(score({path("cdf.nc"), truth()}),
                   path("cdf.nc") + ": the NetCDF classic header is damaged or cut short");
    expect_refused(score({path("hdf.nc"), truth()}),
                   path("hdf.nc") + ": damaged or truncated: NetCDF: HDF error");
}

TEST_F(FileInput, TruncatedNetcdf4)
{
    Sample sample = forecast_sample();
    sample.format = NC_NETCDF4;
    expect_cuts_refused(sample, {1, 100, 0.99, 0.9, 0.5, 0.1, 0.01}, 0);
}

TEST_F(FileInput, TruncatedNetcdf3)
{
    for (const int format : {0, NC_64BIT_OFFSET, NC_64BIT_DATA}) {
        SCOPED_TRACE(format);
        Sample sample = forecast_sample();
        sample.format = format;
        expect_cuts_refused(sample, {1, 100, 0.9, 0.5, 0.1, 0.02}, 900);
        sample.record = true;
        expect_cuts_refused(sample, {1, 100, 0.9, 0.5, 0.1, 0.02}, 900);
    }
}

TEST_F(FileInput, TruncatedNetcdf3SaysBothSizes)
{
    const std::string bad = write(forecast_sample(), "cut.nc");
    const size_t whole = fs::file_size(bad);
    cut("cut.nc", whole - 64);
    expect_refused(score({bad, truth()}), bad + ": truncated: its header asks for " +
                                              std::to_string(whole) + " bytes, the file has " +
                                              std::to_string(whole - 64));
}

TEST_F(FileInput, TruncatedTruthStopsEveryForecast)
{
    (void)truth();
    cut("truth.nc", fs::file_size(truth()) - 1);
    expect_refused(score({forecast(), truth()}),
                   truth() + ": truncated: its header asks for 1636 bytes, the file has 1635");
}

TEST_F(FileInput, WholeNetcdf3OfEachKindIsTaken)
{
    for (const int format :
         {0, NC_64BIT_OFFSET, NC_64BIT_DATA, NC_NETCDF4, NC_NETCDF4 | NC_CLASSIC_MODEL}) {
        for (const bool record : {false, true}) {
            Sample sample = forecast_sample();
            sample.format = format;
            sample.record = record;
            const Result result = score({write(sample, "whole.nc"), truth()});
            EXPECT_EQ(result.status, 0) << format << record << result.err;
        }
    }
}

TEST_F(FileInput, DamagedInTheMiddle)
{
    Sample sample = forecast_sample();
    sample.format = NC_NETCDF4;
    write(sample, "damaged.nc");
    std::string bytes = get("damaged.nc");
    for (size_t i = 8; i < 2000 && i < bytes.size(); i++) {
        bytes[i] = static_cast<char>(bytes[i] ^ 0x5a);
    }
    put("damaged.nc", bytes);
    expect_refused(score({path("damaged.nc"), truth()}),
                   path("damaged.nc") + ": damaged or truncated: NetCDF: HDF error");
}

TEST_F(FileInput, ADeclaredSizeBeyondAnyMemoryIsNotAllocated)
{
    int file = 0;
    int dimension[2];
    int variable = 0;
    ASSERT_EQ(nc_create(path("huge.nc").c_str(), NC_NETCDF4, &file), NC_NOERR);
    ASSERT_EQ(nc_def_dim(file, "latitude", 1 << 20, &dimension[0]), NC_NOERR);
    ASSERT_EQ(nc_def_dim(file, "longitude", 1 << 20, &dimension[1]), NC_NOERR);
    ASSERT_EQ(nc_def_var(file, "latitude", NC_DOUBLE, 1, &dimension[0], &variable), NC_NOERR);
    ASSERT_EQ(nc_put_att_text(file, variable, "units", 13, "degrees_north"), NC_NOERR);
    ASSERT_EQ(nc_def_var(file, "longitude", NC_DOUBLE, 1, &dimension[1], &variable), NC_NOERR);
    ASSERT_EQ(nc_put_att_text(file, variable, "units", 12, "degrees_east"), NC_NOERR);
    const size_t chunk[2] = {1024, 1024};
    ASSERT_EQ(nc_def_var(file, "t", NC_FLOAT, 2, dimension, &variable), NC_NOERR);
    ASSERT_EQ(nc_def_var_chunking(file, variable, NC_CHUNKED, chunk), NC_NOERR);
    ASSERT_EQ(nc_close(file), NC_NOERR);
    expect_refused(score({path("huge.nc"), truth()}),
                   path("huge.nc") + ": axis 'longitude': [0] = 9.96920997e+36 is missing");
}

TEST_F(FileInput, AGridOfMorePointsThanCanBeSummedIsNamed)
{
    int file = 0;
    int dimension[3];
    int axis[3];
    int variable = 0;
    std::vector<double> lat(1 << 16);
    std::vector<double> lon((1 << 15) + 1);
    for (size_t i = 0; i < lat.size(); i++) {
        lat[i] = 90.0 - 0.002 * static_cast<double>(i);
    }
    for (size_t i = 0; i < lon.size(); i++) {
        lon[i] = 0.01 * static_cast<double>(i);
    }
    const std::string large = path("large.nc");
    ASSERT_EQ(nc_create(large.c_str(), NC_NETCDF4, &file), NC_NOERR);
    ASSERT_EQ(nc_def_dim(file, "latitude", lat.size(), &dimension[1]), NC_NOERR);
    ASSERT_EQ(nc_def_dim(file, "longitude", lon.size(), &dimension[2]), NC_NOERR);
    ASSERT_EQ(nc_def_var(file, "latitude", NC_DOUBLE, 1, &dimension[1], &axis[1]), NC_NOERR);
    ASSERT_EQ(nc_put_att_text(file, axis[1], "units", 13, "degrees_north"), NC_NOERR);
    ASSERT_EQ(nc_def_var(file, "longitude", NC_DOUBLE, 1, &dimension[2], &axis[2]), NC_NOERR);
    ASSERT_EQ(nc_put_att_text(file, axis[2], "units", 12, "degrees_east"), NC_NOERR);
    const double hours = 12;
    const std::string since = "hours since 2017-01-01";
    ASSERT_EQ(nc_def_dim(file, "time", 1, &dimension[0]), NC_NOERR);
    ASSERT_EQ(nc_def_var(file, "time", NC_DOUBLE, 1, &dimension[0], &axis[0]), NC_NOERR);
    ASSERT_EQ(nc_put_att_text(file, axis[0], "units", since.size(), since.c_str()), NC_NOERR);
    const size_t chunk[3] = {1, 1024, 1024};
    ASSERT_EQ(nc_def_var(file, "t", NC_FLOAT, 3, dimension, &variable), NC_NOERR);
    ASSERT_EQ(nc_def_var_chunking(file, variable, NC_CHUNKED, chunk), NC_NOERR);
    ASSERT_EQ(nc_put_var_double(file, axis[0], &hours), NC_NOERR);
    ASSERT_EQ(nc_put_var_double(file, axis[1], lat.data()), NC_NOERR);
    ASSERT_EQ(nc_put_var_double(file, axis[2], lon.data()), NC_NOERR);
    ASSERT_EQ(nc_close(file), NC_NOERR);
    expect_refused(score({forecast(), large}),
                   "variable 't': " + large +
                       ": a grid of 65536 x 32769 points, where at most 2^31 can be summed");
}
