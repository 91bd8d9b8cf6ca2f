// SPDX-License-Identifier: MIT
#include "made_grib.h"

#include <cmath>
#include <fstream>
#include <stdexcept>

#include <eccodes.h>

#include "made_file.h"

namespace
{

constexpr double kMissing = 9999;

void must(int code, const std::string &what)
{
    if (code != CODES_SUCCESS) {
        throw std::runtime_error(what + ": " + codes_get_error_message(code));
    }
}

gaia_status collect(void *context, const reader_field *field, gaia_error *)
{
    static_cast<GribRead *>(context)->fields.push_back(*field);
    return GAIA_OK;
}

std::string without_path(std::string text, const std::string &path)
{
    for (size_t at = text.find(path); at != std::string::npos; at = text.find(path)) {
        text.replace(at, path.size(), "FILE");
    }
    return text;
}

gaia_status values_read(reader *opened, size_t chunk_bytes, GribRead *read, gaia_error *err)
{
    for (const reader_field &field : read->fields) {
        const reader_variable *variable = reader_grib.variable(opened, field.variable);
        const read_limits limits = {chunk_bytes, chunk_bytes};
        std::vector<double> raw(reader_raw_bytes(variable) / sizeof(double));
        std::vector<double> placed(variable->grid.n_lat * variable->grid.n_lon);
        const gaia_status status =
            reader_grib.read(opened, &field, raw.data(), &limits, placed.data(), err);
        if (status != GAIA_OK) {
            return status;
        }
        read->units = variable->units;
        read->names.push_back(variable->name);
        read->lat.assign(variable->grid.lat, variable->grid.lat + variable->grid.n_lat);
        read->lon.assign(variable->grid.lon, variable->grid.lon + variable->grid.n_lon);
        read->values.push_back(placed);
    }
    return GAIA_OK;
}

} // namespace

// What a call into ecCodes leaves behind when a damaged message makes it give up is lost by design.
extern "C" __attribute__((visibility("default"))) const char *__lsan_default_suppressions();
extern "C" const char *__lsan_default_suppressions()
{
    return "leak:libeccodes\nleak:libopenjp2\nleak:libpng\nleak:libaec\n";
}

MadeGrib::MadeGrib(const std::string &sample)
    : handle_(codes_grib_handle_new_from_samples(nullptr, sample.c_str()))
{
    if (handle_ == nullptr) {
        throw std::runtime_error("no sample " + sample);
    }
}

MadeGrib::MadeGrib(const MadeGrib &other) : handle_(codes_handle_clone(other.handle_))
{
}

MadeGrib::~MadeGrib()
{
    codes_handle_delete(handle_);
}

codes_handle *MadeGrib::handle() const
{
    return handle_;
}

MadeGrib &MadeGrib::set(const std::string &key, long value)
{
    must(codes_set_long(handle_, key.c_str(), value), key);
    return *this;
}

MadeGrib &MadeGrib::set(const std::string &key, const std::string &value)
{
    size_t length = value.size();
    must(codes_set_string(handle_, key.c_str(), value.c_str(), &length), key);
    return *this;
}

MadeGrib &MadeGrib::area(long n_lat, long n_lon, double lat0, double lon0, double lat1, double lon1)
{
    long edition = 0;
    must(codes_get_long(handle_, "editionNumber", &edition), "editionNumber");
    const double unit = edition == 1 ? 1e3 : 1e6;
    set("Ni", n_lon).set("Nj", n_lat);
    set("latitudeOfFirstGridPoint", std::lround(lat0 * unit));
    set("longitudeOfFirstGridPoint", std::lround(lon0 * unit));
    set("latitudeOfLastGridPoint", std::lround(lat1 * unit));
    set("longitudeOfLastGridPoint", std::lround(lon1 * unit));
    return set("ijDirectionIncrementGiven", 0);
}

MadeGrib &MadeGrib::values(const std::vector<double> &values)
{
    std::vector<double> coded = values;
    bool missing = false;
    for (double &value : coded) {
        missing = missing || std::isnan(value);
        value = std::isnan(value) ? kMissing : value;
    }
    must(codes_set_double(handle_, "missingValue", kMissing), "missingValue");
    set("bitmapPresent", missing ? 1 : 0);
    must(codes_set_double_array(handle_, "values", coded.data(), coded.size()), "values");
    return *this;
}

std::vector<double> MadeGrib::decoded() const
{
    size_t n = 0;
    must(codes_set_double(handle_, "missingValue", kMissing), "missingValue");
    must(codes_get_size(handle_, "values", &n), "values");
    std::vector<double> values(n);
    must(codes_get_double_array(handle_, "values", values.data(), &n), "values");
    for (double &value : values) {
        value = value == kMissing ? std::nan("") : value;
    }
    return values;
}

std::string MadeGrib::bytes() const
{
    const void *message = nullptr;
    size_t n = 0;
    must(codes_get_message(handle_, &message, &n), "message");
    return std::string(static_cast<const char *>(message), n);
}

MadeGrib made_grib(int edition)
{
    MadeGrib made(edition == 1 ? "regular_ll_pl_grib1" : "regular_ll_pl_grib2");
    made.area(3, 4, 60, 0, 0, 270).set("shortName", "z").set("level", 500);
    made.set("dataDate", 20170101).set("dataTime", 1200).set("bitsPerValue", 16);
    std::vector<double> values;
    for (int i = 0; i < 12; i++) {
        values.push_back(100.0 + i);
    }
    return made.values(values);
}

void write_file(const std::string &path, const std::string &bytes)
{
    std::ofstream(path, std::ios::binary)
        .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

void write_messages(const std::string &path, const std::vector<MadeGrib> &messages)
{
    std::string bytes;
    for (const MadeGrib &message : messages) {
        bytes += message.bytes();
    }
    write_file(path, bytes);
}

GribRead read_messages(const std::vector<MadeGrib> &messages, const std::string &name)
{
    const Scratch scratch;
    write_messages(scratch.path("a.grib"), messages);
    return read_grib(scratch.path("a.grib"), name);
}

GribRead read_grib(const std::string &path, const std::string &name, size_t chunk_bytes)
{
    GribRead read;
    reader *opened = nullptr;
    gaia_error err = {};
    read.status = reader_grib.open(path.c_str(), &opened, &err);
    if (read.status == GAIA_OK) {
        read.status =
            reader_grib.scan(opened, name.empty() ? nullptr : name.c_str(), collect, &read, &err);
    }
    if (read.status == GAIA_OK) {
        read.status = values_read(opened, chunk_bytes, &read, &err);
    }
    if (opened != nullptr) {
        reader_grib.close(opened);
    }
    read.error = read.status != GAIA_OK ? without_path(err.detail, path) : "";
    return read;
}
