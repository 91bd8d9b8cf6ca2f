// SPDX-License-Identifier: MIT
//
// Metadata of Zarr v3. The input is a group's zarr.json with consolidated metadata, or an array's
// zarr.json, and behind a line "===" the bytes of every chunk.
#include "fuzz.h"

#include "memory_store.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    const std::vector<std::string> parts = parts_of(bytes, n);
    if (parts.size() == 1) {
        read_store_of({{"zarr.json", parts[0]}}, "");
    } else {
        read_store_of({{"zarr.json", R"({"zarr_format": 3, "node_type": "group"})"},
                       {"z/zarr.json", parts[0]}},
                      parts[1]);
    }
    return 0;
}
