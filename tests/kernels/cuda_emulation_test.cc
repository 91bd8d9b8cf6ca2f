// SPDX-License-Identifier: MIT
//
// The emulated device itself: what it must notice in a kernel that is wrong, and that turns are
// taken in many orders.
#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "cuda_emulation.h"
#include "emulated_backend.h"

namespace
{

struct Args {
    uint32_t *out;
    uint32_t *n;
};

class CudaEmulation : public ::testing::Test
{
  protected:
    void SetUp() override
    {
        emulation_reset();
        ASSERT_EQ(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), cudaSuccess);
        out_.assign(64, 0);
    }
    void TearDown() override
    {
        EXPECT_EQ(cudaStreamDestroy(stream_), cudaSuccess);
        emulation_reset();
    }
    // Runs two blocks of a warp each; whether it came to an end.
    template <typename KERNEL> bool run(KERNEL kernel)
    {
        n_ = 0;
        emulation_launch(kernel, 2, 32, stream_, Args{out_.data(), &n_});
        return cudaStreamSynchronize(stream_) == cudaSuccess;
    }

    cudaStream_t stream_ = nullptr;
    std::vector<uint32_t> out_;
    uint32_t n_ = 0;
};

void kernel_turns(Args args)
{
    args.out[atomicAdd(args.n, 1)] = blockIdx.x * 32 + threadIdx.x;
}

void kernel_shuffles(Args args)
{
    const uint32_t lane = threadIdx.x;
    const uint32_t other = __shfl_xor_sync(0xffffffffU, lane * 3, 5);
    const uint32_t first = __shfl_sync(0xffffffffU, blockIdx.x + 7, 0);
    const uint32_t odd = __ballot_sync(0xffffffffU, lane % 2);
    args.out[blockIdx.x * 32 + lane] =
        other == (lane ^ 5) * 3 && first == blockIdx.x + 7 && odd == 0xaaaaaaaaU;
}

void kernel_lane_missing(Args)
{
    if (threadIdx.x != 9) {
        (void)__shfl_xor_sync(0xffffffffU, 1.0, 1);
    }
}

void kernel_lanes_apart(Args args)
{
    if (threadIdx.x < 16) {
        args.out[0] = __shfl_xor_sync(0xffffffffU, threadIdx.x, 1);
    } else {
        args.out[1] = __shfl_xor_sync(0xffffffffU, threadIdx.x, 1);
    }
}

TEST_F(CudaEmulation, TakesTurnsInAnOrderOfItsSeed)
{
    std::set<std::vector<uint32_t>> orders;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        emulation_shuffle(seed);
        ASSERT_TRUE(run(kernel_turns));
        EXPECT_EQ(std::set<uint32_t>(out_.begin(), out_.end()).size(), 64U);
        orders.insert(out_);
        emulation_shuffle(seed);
        ASSERT_TRUE(run(kernel_turns));
        EXPECT_EQ(orders.count(out_), 1U) << "the same seed, another order";
    }
    EXPECT_EQ(orders.size(), 5U);
}

TEST_F(CudaEmulation, LanesGetWhatOthersGave)
{
    ASSERT_TRUE(run(kernel_shuffles));
    EXPECT_EQ(out_, std::vector<uint32_t>(64, 1));
    EXPECT_EQ(emulation_faults(), 0U);
}

TEST_F(CudaEmulation, NoticesALaneThatIsMissing)
{
    EXPECT_FALSE(run(kernel_lane_missing));
    EXPECT_EQ(emulation_faults(), 2U);
    emulation_reset();
    ASSERT_TRUE(run(kernel_shuffles));
}

TEST_F(CudaEmulation, NoticesLanesInDifferentPlaces)
{
    EXPECT_FALSE(run(kernel_lanes_apart));
    EXPECT_EQ(emulation_faults(), 2U);
}

// Nothing happens before somebody waits, so that a copy that nobody waits for is not there.
TEST_F(CudaEmulation, StreamsAreLazy)
{
    const uint32_t seven = 7;
    uint32_t there = 0;
    cudaEvent_t event = nullptr;
    ASSERT_EQ(cudaEventCreate(&event), cudaSuccess);
    ASSERT_EQ(cudaMemcpyAsync(&there, &seven, sizeof there, cudaMemcpyHostToDevice, stream_),
              cudaSuccess);
    ASSERT_EQ(cudaEventRecord(event, stream_), cudaSuccess);
    EXPECT_EQ(there, 0U);
    EXPECT_EQ(cudaEventQuery(event), cudaErrorNotReady);
    EXPECT_EQ(cudaEventSynchronize(event), cudaSuccess);
    EXPECT_EQ(there, 7U);
    EXPECT_EQ(cudaEventDestroy(event), cudaSuccess);
}

} // namespace
