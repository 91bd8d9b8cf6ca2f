// SPDX-License-Identifier: MIT
//
// A device with a memory of its own, played by the CPU backend: what the engine leaves out for a
// real one shows here. Device addresses are none of the host's, so a host that reads or writes
// there dies; uploads arrive when sums are asked for and leave nothing in the staging memory; sums
// are made when they are waited for. It can be short of memory, and it can fail.
#ifndef HOST_DEVICE_DOUBLE_H
#define HOST_DEVICE_DOUBLE_H

#include <cstddef>
#include <cstdint>

#include "backend.h"

// What is to happen, set before the engine is opened, and what happened. Counts are from 1; 0 is
// never. Memory is refused to the nth of allocations and works together, or of mappings.
struct DeviceDouble {
    uint64_t memory_bytes = uint64_t{1} << 30; // unless the engine's options say less
    unsigned refuse_memory_at = 0;
    unsigned refuse_mapping_at = 0;
    bool refuse_ever_after = false;
    unsigned lose_at = 0;         // the nth moments, and everything after it
    size_t forecasts_at_once = 0; // moments of more are refused for want of memory; 0: none are

    unsigned n_memory = 0; // asked for
    unsigned n_mappings = 0;
    unsigned n_moments = 0;
    size_t n_forecasts_most = 0; // in one call of moments
    size_t n_tiles_most = 0;
    uint64_t used_bytes = 0;
    uint64_t used_bytes_most = 0;
    size_t n_live = 0; // buffers, works and mappings
    uint64_t uploaded_bytes = 0;
    bool lost = false;
};

// The device that is opened from now on, as new. One at a time.
DeviceDouble &device_double_reset();

const backend_ops *device_double();

#endif
