// SPDX-License-Identifier: MIT
//
// Metadata of Zarr v2. The input is .zmetadata, or .zarray and .zattrs between lines "===", with
// the bytes of every chunk behind another.
#include "fuzz.h"

#include "memory_store.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    const std::vector<std::string> parts = parts_of(bytes, n);
    if (parts.size() == 1) {
        read_store_of({{".zmetadata", parts[0]}}, "");
    } else {
        read_store_of({{".zgroup", R"({"zarr_format": 2})"},
                       {"z/.zarray", parts[0]},
                       {"z/.zattrs", parts[1]}},
                      parts.size() > 2 ? parts[2] : "");
    }
    return 0;
}
