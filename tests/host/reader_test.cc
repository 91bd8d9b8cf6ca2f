// SPDX-License-Identifier: MIT
//
// What netcdf-c's attributes mean: packing, fill values, valid ranges; and which reader a file
// gets.

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include <netcdf.h>
#include <sys/stat.h>

#include "made_file.h"

extern "C" {
#include "reader.h"
}

namespace
{

void must(int code)
{
    ASSERT_EQ(code, NC_NOERR) << nc_strerror(code);
}

// A file of one field of four points; `define` adds the variable's attributes.
template <typename T, typename Define>
std::string make(const Scratch &scratch, nc_type type, const std::vector<T> &values, Define define)
{
    const std::string path = scratch.path("field.nc");
    int file = 0;
    int dims[3];
    int ids[4];
    const double time = 0;
    const double lat[2] = {10, 0};
    const double lon[2] = {0, 180};
    must(nc_create(path.c_str(), NC_CLOBBER | NC_NETCDF4, &file));
    must(nc_def_dim(file, "time", 1, &dims[0]));
    must(nc_def_dim(file, "lat", 2, &dims[1]));
    must(nc_def_dim(file, "lon", 2, &dims[2]));
    must(nc_def_var(file, "time", NC_DOUBLE, 1, &dims[0], &ids[0]));
    must(nc_def_var(file, "lat", NC_DOUBLE, 1, &dims[1], &ids[1]));
    must(nc_def_var(file, "lon", NC_DOUBLE, 1, &dims[2], &ids[2]));
    must(nc_def_var(file, "v", type, 3, dims, &ids[3]));
    must(nc_put_att_text(file, ids[0], "units", 21, "days since 2000-01-01"));
    must(nc_put_att_text(file, ids[1], "units", 13, "degrees_north"));
    must(nc_put_att_text(file, ids[2], "units", 12, "degrees_east"));
    define(file, ids[3]);
    must(nc_enddef(file));
    must(nc_put_var_double(file, ids[0], &time));
    must(nc_put_var_double(file, ids[1], lat));
    must(nc_put_var_double(file, ids[2], lon));
    must(nc_put_var(file, ids[3], values.data()));
    must(nc_close(file));
    return path;
}

gaia_status keep(void *context, const reader_field *field, gaia_error *)
{
    *static_cast<reader_field *>(context) = *field;
    return GAIA_OK;
}

// The values of the field as a user means them, NaN where missing.
std::vector<double> read(const std::string &path, gaia_dtype *dtype = nullptr)
{
    reader *opened = nullptr;
    reader_field field = {};
    gaia_error err = {};
    EXPECT_EQ(reader_netcdf.open(path.c_str(), &opened, &err), GAIA_OK) << err.detail;
    EXPECT_EQ(reader_netcdf.scan(opened, "v", keep, &field, &err), GAIA_OK) << err.detail;
    const gaia_field layout = reader_netcdf.variable(opened, 0)->layout;
    std::vector<double> raw(4);
    std::vector<double> placed(4);
    const read_limits limits = {1 << 20, 1 << 20};
    EXPECT_EQ(reader_netcdf.read(opened, &field, raw.data(), &limits, placed.data(), &err), GAIA_OK)
        << err.detail;
    std::vector<double> values;
    for (size_t i = 0; i < 4; i++) {
        double v = layout.dtype == GAIA_FLOAT64 ? placed[i]
                   : layout.dtype == GAIA_FLOAT32
                       ? static_cast<double>(reinterpret_cast<float *>(placed.data())[i])
                       : reinterpret_cast<int16_t *>(placed.data())[i];
        if (layout.has_missing_code && v == layout.missing_code) {
            v = std::nan("");
        }
        values.push_back(layout.packed ? v * layout.scale + layout.offset : v);
    }
    if (dtype != nullptr) {
        *dtype = layout.dtype;
    }
    reader_netcdf.close(opened);
    return values;
}

void expect(const std::vector<double> &have, const std::vector<double> &want)
{
    for (size_t i = 0; i < want.size(); i++) {
        if (std::isnan(want[i])) {
            EXPECT_TRUE(std::isnan(have[i])) << i << ": " << have[i];
        } else {
            EXPECT_EQ(have[i], want[i]) << i;
        }
    }
}

const double kNaN = std::nan("");

TEST(Reader, PackedShortWithFillAndMissingValue)
{
    const Scratch scratch;
    const double scale = 0.5;
    const double offset = 100;
    const int16_t fill = -32767;
    const int16_t missing = 7;
    gaia_dtype dtype = GAIA_FLOAT32;
    const auto path = make<int16_t>(scratch, NC_SHORT, {-32767, 7, 8, -4}, [&](int file, int id) {
        must(nc_put_att_double(file, id, "scale_factor", NC_DOUBLE, 1, &scale));
        must(nc_put_att_double(file, id, "add_offset", NC_DOUBLE, 1, &offset));
        must(nc_put_att_short(file, id, "_FillValue", NC_SHORT, 1, &fill));
        must(nc_put_att_short(file, id, "missing_value", NC_SHORT, 1, &missing));
    });
    expect(read(path, &dtype), {kNaN, kNaN, 104, 98});
    EXPECT_EQ(dtype, GAIA_INT16);
}

TEST(Reader, ValidRangeInPackedAndInUnpackedUnits)
{
    const Scratch scratch;
    const double scale = -0.5; // turns the range round
    const double offset = 100;
    const int16_t packed[2] = {-4, 8};
    const double unpacked[2] = {96, 102};
    const auto pack = [&](int file, int id) {
        must(nc_put_att_double(file, id, "scale_factor", NC_DOUBLE, 1, &scale));
        must(nc_put_att_double(file, id, "add_offset", NC_DOUBLE, 1, &offset));
    };
    auto path = make<int16_t>(scratch, NC_SHORT, {-5, -4, 8, 9}, [&](int file, int id) {
        pack(file, id);
        must(nc_put_att_short(file, id, "valid_range", NC_SHORT, 2, packed));
    });
    expect(read(path), {kNaN, 102, 96, kNaN});
    path = make<int16_t>(scratch, NC_SHORT, {-5, -4, 8, 9}, [&](int file, int id) {
        pack(file, id);
        must(nc_put_att_double(file, id, "valid_range", NC_DOUBLE, 2, unpacked));
    });
    expect(read(path), {kNaN, 102, 96, kNaN});
}

TEST(Reader, FloatFillWrittenAsDouble)
{
    const Scratch scratch;
    const double missing = 1e20; // is not a float32 value
    const float valid_min = 0;
    const auto path =
        make<float>(scratch, NC_FLOAT, {1e20F, -1.0F, 2.0F, 9.96921e36F}, [&](int file, int id) {
            must(nc_put_att_double(file, id, "missing_value", NC_DOUBLE, 1, &missing));
            must(nc_put_att_float(file, id, "valid_min", NC_FLOAT, 1, &valid_min));
        });
    expect(read(path), {kNaN, kNaN, 2, kNaN}); // the last is the default fill value
}

TEST(Reader, OtherIntegersBecomeFloat64)
{
    const Scratch scratch;
    const double scale = 0.1;
    const int fill = 5;
    gaia_dtype dtype = GAIA_FLOAT32;
    const auto path = make<int>(scratch, NC_INT, {5, 100000, -3, 0}, [&](int file, int id) {
        must(nc_put_att_double(file, id, "scale_factor", NC_DOUBLE, 1, &scale));
        must(nc_put_att_int(file, id, "_FillValue", NC_INT, 1, &fill));
    });
    expect(read(path, &dtype), {kNaN, 100000 * 0.1, -3 * 0.1, 0});
    EXPECT_EQ(dtype, GAIA_FLOAT64);
}

TEST(Reader, UnsignedAndTextAreRefused)
{
    const Scratch scratch;
    reader *opened = nullptr;
    reader_field field = {};
    gaia_error err = {};
    const auto path = make<int16_t>(scratch, NC_SHORT, {1, 2, 3, 4}, [&](int file, int id) {
        must(nc_put_att_text(file, id, "_Unsigned", 4, "true"));
    });
    ASSERT_EQ(reader_netcdf.open(path.c_str(), &opened, &err), GAIA_OK);
    EXPECT_EQ(reader_netcdf.scan(opened, "v", keep, &field, &err), GAIA_FORMAT_UNSUPPORTED);
    EXPECT_EQ(err.detail, path + ": variable 'v': attribute _Unsigned is not supported");
    EXPECT_EQ(reader_netcdf.scan(opened, "w", keep, &field, &err), GAIA_VARIABLE_MISSING);
    EXPECT_EQ(err.detail, path + ": no variable 'w'; there are: v");
    reader_netcdf.close(opened);
}

// What an attribute says is refused with these words, by whoever asks for the variable.
TEST(Reader, MissingValuesAndRangesThatCannotBeUsed)
{
    const Scratch scratch;
    using Define = std::function<void(int file, int id)>;
    const auto text = [](const char *name, const std::string &value) -> Define {
        return [=](int file, int id) {
            must(nc_put_att_text(file, id, name, value.size(), value.c_str()));
        };
    };
    const auto numbers = [](const char *name, const std::vector<double> &value) -> Define {
        return [=](int file, int id) {
            must(nc_put_att_double(file, id, name, NC_DOUBLE, value.size(), value.data()));
        };
    };
    const auto bounds = [&](double low, double high) -> Define {
        return [=](int file, int id) {
            numbers("valid_min", {low})(file, id);
            numbers("valid_max", {high})(file, id);
        };
    };
    const struct {
        Define define;
        const char *said; // "": it is read
    } cases[] = {
        {text("missing_value", "none"), "attribute missing_value is text, no number"},
        {text("missing_value", "-32767"), "attribute missing_value is text, no number"},
        {text("valid_min", "270"), "attribute valid_min is text, no number"},
        {numbers("missing_value", std::vector<double>(9, 1)),
         "attribute missing_value is no list of at most 8 numbers"},
        {numbers("valid_range", {1, 2, 3}), "attribute valid_range is no pair of numbers"},
        {numbers("valid_range", {1}), "attribute valid_range is no pair of numbers"},
        {numbers("valid_range", {350, 200}), "attribute valid_range is reversed: 350, 200"},
        {numbers("valid_max", {1, 2}), "attribute valid_max is no number"},
        {bounds(2, 1), "valid_min 2 is above valid_max 1"},
        {bounds(1, 1), ""},
        {text("missing_value", ""), ""},
        {text("valid_range", std::string(1, '\0')), ""},
        {numbers("valid_range", {kNaN, kNaN}), ""},
    };
    for (const auto &row : cases) {
        SCOPED_TRACE(row.said);
        reader *opened = nullptr;
        reader_field field = {};
        gaia_error err = {};
        double raw[4];
        double placed[4];
        const read_limits limits = {1 << 20, 1 << 20};
        const bool good = row.said[0] == '\0';
        const auto path = make<float>(scratch, NC_FLOAT, {1, 2, 3, 4}, row.define);
        const std::string said = good ? "" : path + ": variable 'v': " + row.said;
        ASSERT_EQ(reader_netcdf.open(path.c_str(), &opened, &err), GAIA_OK);
        EXPECT_EQ(reader_netcdf.scan(opened, "v", keep, &field, &err),
                  good ? GAIA_OK : GAIA_FILE_DAMAGED);
        EXPECT_EQ(err.detail, said);
        err = {};
        EXPECT_EQ(reader_netcdf.scan(opened, nullptr, keep, &field, &err), GAIA_OK) << err.detail;
        EXPECT_EQ(reader_netcdf.read(opened, &field, raw, &limits, placed, &err),
                  good ? GAIA_OK : GAIA_FILE_DAMAGED);
        EXPECT_EQ(err.detail, said);
        reader_netcdf.close(opened);
    }
}

TEST(ReaderChoice, IsMadeByNameAndFirstBytesUnlessItIsSaid)
{
    const Scratch scratch;
    const auto format_of = [](const std::string &path, const char *format = "auto") {
        const reader_ops *ops = nullptr;
        gaia_error err = {};
        const gaia_status status = reader_choose(format, path.c_str(), &ops, &err);
        return std::string(status == GAIA_OK ? ops->format : err.detail);
    };
    const auto file = [&](const char *name, const char *head) {
        std::ofstream(scratch.path(name)) << head << " and so on";
        return scratch.path(name);
    };
    EXPECT_EQ(format_of(file("classic", "CDF\x01")), "netcdf");
    EXPECT_EQ(format_of(file("grib.nc", "GRIB")), "grib");
    EXPECT_EQ(format_of(file("late.GRB2", "WMO header")), "grib");
    EXPECT_EQ(format_of(file("short", "")), "netcdf");
    EXPECT_EQ(format_of(scratch.path("")), "zarr");
    EXPECT_EQ(format_of(scratch.path("none.zarr/")), "zarr");
    EXPECT_EQ(format_of(scratch.path("none")), "netcdf");
    EXPECT_EQ(format_of("HTTPS://host/anything"), "zarr");
    ASSERT_EQ(mkfifo(scratch.path("pipe").c_str(), 0600), 0);
    EXPECT_EQ(format_of(scratch.path("pipe")), "netcdf"); // and nobody waits for its other end
    EXPECT_EQ(format_of(scratch.path(""), "netcdf"), "netcdf");
    EXPECT_EQ(format_of("f", "bufr"),
              "f: format 'bufr' is not supported; there are: netcdf, grib, zarr");
}

} // namespace
