// SPDX-License-Identifier: MIT
//
// Arrays of a Zarr store found by what their names mean.
#include <gtest/gtest.h>

#include <string>

extern "C" {
#include "alias.h"
}

#include "made_file.h"
#include "made_store.h"

namespace
{

std::string find(int version, bool consolidated, const char *name, std::string *error = nullptr)
{
    Scratch scratch;
    const std::string path = scratch.path("s.zarr");
    MadeStore store(path, version, consolidated);
    for (const char *array : {"2m_temperature", "geopotential", "t2m", "temperature"}) {
        store.add(made([&](MadeArray &a) { a.name = array; }));
    }
    store.add_coordinates();
    store.finish();
    reader *opened = nullptr;
    gaia_error err = {};
    char alias[ALIAS_BYTES] = "";
    EXPECT_EQ(reader_zarr.open(path.c_str(), &opened, &err), GAIA_OK) << err.detail;
    const gaia_status status = alias_find(&reader_zarr, opened, "STORE", name, alias, &err);
    reader_zarr.close(opened);
    EXPECT_EQ(status == GAIA_OK, err.detail[0] == '\0');
    if (error != nullptr) {
        *error = err.detail;
    }
    return alias;
}

TEST(ZarrAlias, ArraysAreFoundByEveryOtherName)
{
    for (const int version : {2, 3}) {
        for (const bool consolidated : {false, true}) {
            EXPECT_EQ(find(version, consolidated, "t"), "temperature");
            EXPECT_EQ(find(version, consolidated, "z"), "geopotential");
            EXPECT_EQ(find(version, consolidated, "hgtprs"), "geopotential");
            EXPECT_EQ(find(version, consolidated, "msl"), "");
            std::string error;
            EXPECT_EQ(find(version, consolidated, "2t", &error), "");
            EXPECT_EQ(error, "STORE: variables '2m_temperature' and 't2m' both mean '2t'; "
                             "\"names\" says which one is meant");
        }
    }
}

} // namespace
