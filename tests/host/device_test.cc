// SPDX-License-Identifier: MIT
//
// The engine on a device with a memory of its own: the same stored sums to the bit as on the CPU,
// whatever memory there is and whichever allocation is refused; a device that fails, fails the
// call.

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "emulated_backend.h"

#include "device_double.h"
#include "engine_run.h"

namespace
{

constexpr uint64_t kHost = 64 << 20;
// One tile at least: the layout, one work of one forecast, three shared fields and a forecast's.
constexpr unsigned kFieldsLeast = 4;
constexpr uint64_t kFieldBytes = 19 * 36 * sizeof(float);

class DeviceMemory : public EngineFiles
{
  protected:
    void SetUp() override
    {
        sources_ = many(6);
        cpu_ = sums(sources_);
        device_double_reset();
    }

    // Sums all on the device; what it holds then must all have been given back.
    gaia_status device_sums(Rows *rows, gaia_error *err, uint64_t gpu_memory_bytes = 0)
    {
        gaia_status status = GAIA_OK;
        {
            Work run = run_open(sources_, 1, kHost, device_double(), gpu_memory_bytes);
            status = run_units(run, 0, run.made->n_units, rows, err);
        }
        EXPECT_EQ(device_->n_live, 0u);
        EXPECT_EQ(device_->used_bytes, 0u);
        return status;
    }

    void expect_bits_of_the_cpu(uint64_t gpu_memory_bytes = 0)
    {
        Rows rows;
        gaia_error err = {};
        ASSERT_EQ(device_sums(&rows, &err, gpu_memory_bytes), GAIA_OK) << err.detail;
        EXPECT_EQ(err.status, GAIA_OK) << err.detail; // what was overcome is not told
        expect_same(rows, cpu_);
    }

    DeviceDouble *device_ = &device_double_reset();
    Sources sources_;
    Rows cpu_;
};

TEST_F(DeviceMemory, SameBitsAsTheCpu)
{
    expect_bits_of_the_cpu();
    EXPECT_GE(device_->n_forecasts_most, 6u); // all forecasts of a truth in one tile
    // Every field once: 48 forecasts, and truth, climatology and reference of each valid time.
    EXPECT_LE(device_->uploaded_bytes / kFieldBytes, 48u + 6u + 8u + 8u + 4u);
}

TEST_F(DeviceMemory, TruthAndClimatologyStayFromOneCallToTheNext)
{
    Work run = run_open(sources_, 1, kHost, device_double());
    const Rows first = run_sums(run, 100000);
    const unsigned n_first = device_->n_mappings;
    expect_same(run_sums(run, 7), first);
    expect_same(first, cpu_);
    EXPECT_LE(device_->n_mappings - n_first, 48u); // the forecasts alone are read again
}

// What is told of a run's work, and of the device after it.
TEST_F(DeviceMemory, WhatWasReadSummedAndKeptIsCounted)
{
    Work run = run_open(sources_, 1, kHost, device_double());
    const Rows first = run_sums(run, 100000);
    const read_counts &counts = run.control->counts;
    const uint64_t n_shared = counts.fresh; // each was read once
    EXPECT_GT(n_shared, 0u);
    EXPECT_EQ(counts.bytes[READ_NETCDF], (48 + n_shared) * kFieldBytes);
    EXPECT_EQ(counts.bytes[READ_GRIB] + counts.bytes[READ_ZARR], 0u);
    EXPECT_EQ(counts.summed_bytes, (48 + counts.kept + n_shared) * kFieldBytes);
    run_sums(run, 100000);
    EXPECT_EQ(counts.fresh, n_shared); // none was read again
    EXPECT_LE(counts.bytes[READ_NETCDF], (96 + n_shared) * kFieldBytes);
    engine_use use = {};
    engine_measure(run.open.get(), &use);
    EXPECT_GT(use.kernel_s, 0.0);
    EXPECT_GE(use.resident_bytes, n_shared * kFieldBytes);
    EXPECT_LT(use.resident_bytes, (n_shared + 1) * (kFieldBytes + 512));
    EXPECT_GT(use.limit_bytes, use.resident_bytes);
}

TEST_F(DeviceMemory, WhicheverAllocationIsRefusedOnce)
{
    expect_bits_of_the_cpu();
    const unsigned n = device_->n_memory;
    ASSERT_GT(n, 10u);
    for (unsigned at = 1; at <= n; at++) {
        SCOPED_TRACE(at);
        Rows rows;
        gaia_error err = {};
        device_double_reset().refuse_memory_at = at;
        const gaia_status status = device_sums(&rows, &err);
        if (at == 1) { // the layout's, and there is nothing to do with less
            EXPECT_EQ(status, GAIA_OUT_OF_MEMORY);
            continue;
        }
        ASSERT_EQ(status, GAIA_OK) << err.detail;
        expect_same(rows, cpu_);
    }
}

TEST_F(DeviceMemory, WhicheverAllocationIsTheLast)
{
    expect_bits_of_the_cpu();
    const unsigned n = device_->n_memory;
    const unsigned n_least = 1 + 2 + kFieldsLeast; // the layout, two works
    for (unsigned at = 1; at <= n; at++) {
        SCOPED_TRACE(at);
        Rows rows;
        gaia_error err = {};
        device_double_reset().refuse_memory_at = at;
        device_->refuse_ever_after = true;
        const gaia_status status = device_sums(&rows, &err);
        if (at <= n_least) {
            EXPECT_EQ(status, GAIA_OUT_OF_MEMORY);
            EXPECT_NE(std::string(err.detail).find("no memory"), std::string::npos) << err.detail;
            continue;
        }
        ASSERT_EQ(status, GAIA_OK) << err.detail;
        expect_same(rows, cpu_);
    }
}

TEST_F(DeviceMemory, WhicheverMappingIsRefused)
{
    expect_bits_of_the_cpu();
    const unsigned n = device_->n_mappings;
    ASSERT_GT(n, 48u);
    for (unsigned at = 2; at <= n; at++) { // the first is the layout's
        SCOPED_TRACE(at);
        device_double_reset().refuse_mapping_at = at;
        expect_bits_of_the_cpu();
    }
    Rows rows;
    gaia_error err = {};
    device_double_reset().refuse_mapping_at = n / 2;
    device_->refuse_ever_after = true;
    EXPECT_EQ(device_sums(&rows, &err), GAIA_OUT_OF_MEMORY);
    EXPECT_NE(std::string(err.detail).find("no staging memory"), std::string::npos) << err.detail;
}

TEST_F(DeviceMemory, AnyBudgetIsKeptTo)
{
    bool fitted = false;
    unsigned n_fitted = 0;
    for (uint64_t bytes = 4 << 10; bytes < 2 << 20; bytes += bytes / 8) {
        SCOPED_TRACE(bytes);
        Rows rows;
        gaia_error err = {};
        device_double_reset();
        const gaia_status status = device_sums(&rows, &err, bytes);
        EXPECT_LE(device_->used_bytes_most, bytes);
        if (status == GAIA_OK) {
            expect_same(rows, cpu_);
            n_fitted++;
        } else {
            EXPECT_EQ(status, GAIA_OUT_OF_MEMORY);
            EXPECT_FALSE(fitted); // less was enough
        }
        fitted = status == GAIA_OK;
        if (bytes > 100 << 10) { // works of one forecast take 25 KiB, the fields 11, the layout 3
            EXPECT_TRUE(fitted) << err.detail;
        }
    }
    EXPECT_GT(n_fitted, 10u);
}

TEST_F(DeviceMemory, SumsThatDoNotFitAreCutInHalf)
{
    for (const size_t at_once : {1u, 2u, 5u}) {
        device_double_reset().forecasts_at_once = at_once;
        expect_bits_of_the_cpu();
        EXPECT_LE(device_->n_forecasts_most, at_once);
    }
}

TEST_F(DeviceMemory, HostMemoryBoundsWhatADeviceNeedsOfIt)
{
    Work run = run_open(sources_, 1, 20000, device_double());
    Rows rows;
    gaia_error err = {};
    EXPECT_EQ(run_units(run, 0, 1, &rows, &err), GAIA_LIMIT);
    EXPECT_NE(std::string(err.detail).find("20000"), std::string::npos) << err.detail;
}

TEST_F(DeviceMemory, ADeviceThatFailsFailsTheCallAndThoseAfterIt)
{
    expect_bits_of_the_cpu();
    device_double_reset().forecasts_at_once = 2; // so that there are many calls to fail
    expect_bits_of_the_cpu();
    const unsigned n_least = 8 * 4; // each tile of six forecasts as 1 + 2 + 1 + 2
    ASSERT_GE(device_->n_moments, n_least);
    for (unsigned at = 1; at <= n_least; at++) {
        SCOPED_TRACE(at);
        device_double_reset().lose_at = at;
        device_->forecasts_at_once = 2;
        {
            Work run = run_open(sources_, 1, kHost, device_double());
            Rows rows;
            gaia_error err = {};
            EXPECT_EQ(run_units(run, 0, run.made->n_units, &rows, &err), GAIA_DEVICE);
            EXPECT_NE(std::string(err.detail).find("lost"), std::string::npos) << err.detail;
            EXPECT_EQ(run_units(run, 0, 1, &rows, &err), GAIA_DEVICE);
        }
        EXPECT_EQ(device_->n_live, 0u);
    }
}

TEST_F(DeviceMemory, AFileThatCannotBeReadLeavesNothingMapped)
{
    const std::string path = make(
        "broken", Role::Forecast, [](MadeFile &m) { m.deflate = 4; }, 200);
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(-3000, std::ios::end); // in the last compressed chunks
    file << std::string(2000, 'x');
    file.close();
    sources_.forecasts.push_back(path);
    Work run = run_open(sources_, 1, kHost, device_double());
    const plan &p = *run.made;
    std::vector<engine_failure> failures(p.n_forecasts);
    Rows rows(p.n_units * plan_rows_per_unit(&p));
    gaia_error err = {};
    size_t n_failures = 0;
    ASSERT_EQ(engine_sums(run.open.get(), run.job.get(), &p, p.units, p.n_units, rows.data(),
                          failures.data(), &n_failures, nullptr, &err),
              GAIA_OK)
        << err.detail;
    ASSERT_EQ(n_failures, 1u);
    EXPECT_EQ(failures[0].forecast, 6u);
    expect_same(Rows(rows.begin(), rows.begin() + static_cast<long>(cpu_.size())), cpu_);
    run.open.reset();
    EXPECT_EQ(device_->n_live, 0u);
}

// How often a fault is tried that may happen at each of many calls: under a sanitizer, which slows
// the played device down, a quarter as often, unless GAIA_LONG is set.
unsigned how_often(unsigned n)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    const char *wish = std::getenv("GAIA_LONG");
    return wish != nullptr && std::strcmp(wish, "1") == 0 ? n : n / 4;
#else
    return n;
#endif
}

// The CUDA backend itself, on the device that the tests of the kernels play.
class EmulatedDevice : public EngineFiles
{
  protected:
    void SetUp() override
    {
        emulation_reset();
        sources_ = many(3, [](MadeFile &m) { m.steps = {12}; });
        cpu_ = sums(sources_);
    }

    void expect_bits_of_the_cpu(uint64_t gpu_memory_bytes = 0)
    {
        {
            Work run = run_open(sources_, 1, kHost, emulated_backend(), gpu_memory_bytes);
            expect_same(run_sums(run, 100000), cpu_);
        }
        EXPECT_EQ(emulation_live(), 0u);
        EXPECT_EQ(emulation_faults(), 0u);
    }

    Sources sources_;
    Rows cpu_;
};

TEST_F(EmulatedDevice, SameBitsAsTheCpu)
{
    expect_bits_of_the_cpu();
}

TEST_F(EmulatedDevice, TellsWhatItHasDoneAndWhatItHolds)
{
    constexpr uint64_t kLimit = 4 << 20;
    Work run = run_open(sources_, 1, kHost, emulated_backend(), kLimit);
    engine_use use = {};
    engine_measure(run.open.get(), &use);
    EXPECT_EQ(use.used_bytes, 0u);
    EXPECT_EQ(use.resident_bytes, 0u);
    EXPECT_EQ(use.limit_bytes, kLimit);
    run_sums(run, 100000);
    engine_measure(run.open.get(), &use);
    EXPECT_GE(use.uploaded_bytes, run.control->counts.bytes[READ_NETCDF]);
    EXPECT_GE(use.kernel_s, 0.0);
    EXPECT_GT(use.resident_bytes, 0u);
    EXPECT_GT(use.used_bytes, use.resident_bytes);
    EXPECT_LE(use.used_bytes, kLimit);
}

TEST_F(EmulatedDevice, SameBitsInLittleMemory)
{
    expect_bits_of_the_cpu(128 << 10);
}

TEST_F(EmulatedDevice, SameBitsWhicheverMemoryIsRefused)
{
    expect_bits_of_the_cpu();
    for (const emulation_call kind : {EMULATION_MALLOC, EMULATION_HOST_MALLOC}) {
        const unsigned n = emulation_calls(kind);
        ASSERT_GT(n, 3u);
        for (unsigned at = 2; at <= n; at += 1 + n / how_often(12)) { // the first is the layout's
            SCOPED_TRACE(at);
            emulation_reset();
            emulation_fail(kind, at, EMULATION_NO_MEMORY);
            expect_bits_of_the_cpu();
        }
        emulation_reset();
        expect_bits_of_the_cpu();
    }
}

TEST_F(EmulatedDevice, WhicheverCallLosesIt)
{
    expect_bits_of_the_cpu();
    for (const emulation_call kind : {EMULATION_COPY, EMULATION_LAUNCH, EMULATION_WAIT}) {
        const unsigned n = emulation_calls(kind);
        unsigned n_lost = 0;
        for (unsigned at = 1; at <= n; at += 1 + n / how_often(16)) {
            SCOPED_TRACE(at);
            emulation_reset();
            emulation_fail(kind, at, EMULATION_LOST);
            {
                Work run = run_open(sources_, 1, kHost, emulated_backend());
                Rows rows;
                gaia_error err = {};
                const gaia_status status = run_units(run, 0, run.made->n_units, &rows, &err);
                n_lost += status == GAIA_DEVICE;
                if (status == GAIA_OK) { // the call comes when all is done, or not at all
                    expect_same(rows, cpu_);
                } else {
                    EXPECT_EQ(status, GAIA_DEVICE) << err.detail;
                }
            }
            EXPECT_EQ(emulation_live(), 0u);
        }
        EXPECT_GT(n_lost, 0u);
        emulation_reset();
        expect_bits_of_the_cpu();
    }
}

} // namespace
