// SPDX-License-Identifier: MIT
//
// The contract of every backend: the sums of moments_version 1, to the bit, against a reference
// that is written from the rules alone.
//
// Invariant: each case for each backend is a test of its own, and what is not there is a skip that
// says so.
#include <gtest/gtest.h>

#include <ostream>

#include "contract.h"

namespace contract
{

static void PrintTo(const Case &one, std::ostream *out)
{
    *out << one.name;
}

static void PrintTo(const Choice &choice, std::ostream *out)
{
    *out << choice.device;
}

namespace
{

class Backend : public ::testing::TestWithParam<std::tuple<Choice, Case>>
{
  protected:
    void TearDown() override
    {
        target_close(&target_);
    }

    Target target_ = {};
};

TEST_P(Backend, Sums)
{
    const auto &[choice, one] = GetParam();
    std::string why;
    if (!target_open(choice, &target_, &why)) {
        GTEST_SKIP() << "not run: " << why;
    }
    EXPECT_EQ(case_run(one, target_), "");
}

std::string name_of(const ::testing::TestParamInfo<Backend::ParamType> &info)
{
    const auto &[choice, one] = info.param;
    const std::string set = choice.instruction_set != nullptr ? choice.instruction_set : "";
    return choice.device + (set.empty() ? "" : "_" + set) + "_" + one.name;
}

// Under the thread sanitizer the emulated device, all of whose lanes are one thread, is left to the
// tests of the engine, which drive it from several.
const Choice kChoices[] = {{"cpu", "portable"},
                           {"cpu", "v3"},
                           {"cpu", "v4"},
#if !defined(__SANITIZE_THREAD__)
                           {"emulated", nullptr},
#endif
                           {"cuda", nullptr}};

INSTANTIATE_TEST_SUITE_P(Contract, Backend,
                         ::testing::Combine(::testing::ValuesIn(kChoices),
                                            ::testing::ValuesIn(all_cases())),
                         name_of);

} // namespace
} // namespace contract
