// SPDX-License-Identifier: MIT
//
// Reading a store as the engine does: scan, then every field.
#ifndef HOST_ZARR_STORE_READER_H
#define HOST_ZARR_STORE_READER_H

#include <string>
#include <vector>

extern "C" {
#include "reader.h"
}

struct ReadField {
    reader_field field;
    std::vector<double> values; // as a user means them, NaN where missing
};

struct ReadStore {
    gaia_status status = GAIA_OK;
    std::string error; // the detail, with the store's path written as "STORE"
    gaia_dtype dtype = GAIA_FLOAT32;
    bool packed = false;
    std::string units;
    std::vector<double> lat; // of the grid
    std::vector<ReadField> fields;
};

constexpr read_limits kAmpleLimits = {1 << 24, 1 << 24};

// Opens the store, scans variable `name` (nullptr: all) and reads every field of the first
// variable.
ReadStore read_store(const std::string &path, const char *name = "v",
                     const read_limits &limits = kAmpleLimits,
                     const source_access *access = nullptr);

// All fields' values one after the other.
std::vector<double> values_of(const ReadStore &store);

// Expects the values, NaN for NaN.
void expect_values(const ReadStore &store, const std::vector<double> &want);

#endif
