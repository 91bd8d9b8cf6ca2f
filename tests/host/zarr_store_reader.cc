// SPDX-License-Identifier: MIT
#include "zarr_store_reader.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstring>

namespace
{

gaia_status keep(void *context, const reader_field *field, gaia_error *)
{
    auto *fields = static_cast<std::vector<ReadField> *>(context);
    fields->push_back({*field, {}});
    return GAIA_OK;
}

std::string without_path(std::string detail, const std::string &path)
{
    for (size_t at = detail.find(path); at != std::string::npos; at = detail.find(path)) {
        detail.replace(at, path.size(), "STORE");
    }
    return detail;
}

// A placed value as a user means it.
double value_at(const gaia_field &layout, const std::vector<double> &placed, size_t i)
{
    const auto *bytes = reinterpret_cast<const unsigned char *>(placed.data());
    double value = 0.0;
    if (layout.dtype == GAIA_FLOAT64) {
        value = placed[i];
    } else if (layout.dtype == GAIA_FLOAT32) {
        float narrow = 0.0F;
        std::memcpy(&narrow, bytes + i * sizeof narrow, sizeof narrow);
        value = static_cast<double>(narrow);
    } else {
        int16_t narrow = 0;
        std::memcpy(&narrow, bytes + i * sizeof narrow, sizeof narrow);
        value = layout.has_missing_code && narrow == layout.missing_code ? std::nan("") : narrow;
    }
    return layout.packed ? value * layout.scale + layout.offset : value;
}

gaia_status fields_read(reader *opened, const read_limits &limits, ReadStore &store,
                        gaia_error *err)
{
    for (ReadField &read : store.fields) {
        const reader_variable *variable = reader_zarr.variable(opened, read.field.variable);
        const size_t n = variable->grid.n_lat * variable->grid.n_lon;
        std::vector<double> raw(variable->placement.n_file_lat * variable->placement.n_file_lon);
        std::vector<double> placed(n);
        const gaia_status status =
            reader_zarr.read(opened, &read.field, raw.data(), &limits, placed.data(), err);
        if (status != GAIA_OK) {
            return status;
        }
        for (size_t i = 0; i < n; i++) {
            read.values.push_back(value_at(variable->layout, placed, i));
        }
        store.dtype = variable->layout.dtype;
        store.packed = variable->layout.packed != 0;
        store.units = variable->units;
        store.lat.assign(variable->grid.lat, variable->grid.lat + variable->grid.n_lat);
    }
    return GAIA_OK;
}

} // namespace

ReadStore read_store(const std::string &path, const char *name, const read_limits &limits,
                     const source_access *access)
{
    ReadStore store;
    reader *opened = nullptr;
    gaia_error err = {};
    store.status = reader_zarr.open_with(path.c_str(), access, &opened, &err);
    if (store.status == GAIA_OK) {
        store.status = reader_zarr.scan(opened, name, keep, &store.fields, &err);
    }
    if (store.status == GAIA_OK) {
        store.status = fields_read(opened, limits, store, &err);
    }
    reader_zarr.close(opened);
    store.error = without_path(err.detail, path);
    return store;
}

std::vector<double> values_of(const ReadStore &store)
{
    std::vector<double> values;
    for (const ReadField &field : store.fields) {
        values.insert(values.end(), field.values.begin(), field.values.end());
    }
    return values;
}

void expect_values(const ReadStore &store, const std::vector<double> &want)
{
    EXPECT_EQ(store.status, GAIA_OK) << store.error;
    const std::vector<double> have = values_of(store);
    ASSERT_EQ(have.size(), want.size());
    for (size_t i = 0; i < want.size(); i++) {
        if (std::isnan(want[i])) {
            ASSERT_TRUE(std::isnan(have[i])) << i << ": " << have[i];
        } else {
            ASSERT_EQ(have[i], want[i]) << i;
        }
    }
}
