// SPDX-License-Identifier: MIT
//
// A climatology that is interpolated when it is read: the same stored sums whatever is summed at a
// time, by however many threads, and on a device with a memory of its own.

#include <gtest/gtest.h>

#include <string>

#include "device_double.h"
#include "engine_run.h"

namespace
{

// Valid at 06 and 18 UTC, between the hours that the climatology has.
void between_hours(MadeFile &file)
{
    file.steps = {18};
    if (file.role == Role::Truth) {
        file.times = {18, 30};
    }
}

class Interpolated : public EngineFiles
{
  protected:
    Work open(const Sources &sources, unsigned n_threads, const backend_ops *ops = nullptr) const
    {
        Sources between = sources;
        between.interpolate = true;
        return run_open(between, n_threads, 64 << 20, ops);
    }
};

TEST_F(Interpolated, TheSameBitsInAnyBatchOnAnyThreadsAndOnADevice)
{
    const Sources sources = many(5, between_hours);
    Work one = open(sources, 1);
    EXPECT_EQ(one.made->n_units, 20u); // 5 forecasts, 2 levels, 2 times
    const Rows rows = run_sums(one, 1000);
    for (const size_t batch : {1U, 3U}) {
        Work run = open(sources, 2);
        expect_same(run_sums(run, batch), rows);
    }
    DeviceDouble &device = device_double_reset();
    Work run = open(sources, 1, device_double());
    expect_same(run_sums(run, 1000), rows);
    // Every field once: of the climatology one a level and time, as float64.
    const uint64_t points = 19 * 36;
    EXPECT_LE(device.uploaded_bytes, points * 4 * (20 + 4 + 4) + points * 8 * 4 + (64 << 10));
    EXPECT_GE(device.uploaded_bytes, points * 4 * (20 + 4) + points * 8 * 4);
}

} // namespace
