// SPDX-License-Identifier: MIT
//
// The contract as a program of its own, for machines that have a device and a compiler only.
//
// Invariant: the last line counts what was run, and the exit status is 0 only if all of it passed;
// 77 if the device is not there.
#include <cstdio>
#include <cstring>

#include "contract.h"

static const char kUsage[] =
    "usage: kernels-contract [--small] [--first] [--only NAME] DEVICE [INSTRUCTION_SET]\n"
    "  DEVICE: cpu, cuda, or emulated where it was built\n"
    "  INSTRUCTION_SET: portable, v3 or v4 of the CPU\n"
    "  --small: as little as shows anything, for tools that slow a device down\n"
    "  --first: stops at the first case that fails\n"
    "  --only NAME: this case alone\n";

namespace
{

struct Wish {
    contract::Choice choice = {nullptr, nullptr};
    bool is_small = false;
    bool stops = false;
    const char *only = nullptr;
};

bool wish_read(int argc, char **argv, Wish *wish)
{
    for (int i = 1; i < argc; i++) {
        if (std::strcmp(argv[i], "--small") == 0) {
            wish->is_small = true;
        } else if (std::strcmp(argv[i], "--first") == 0) {
            wish->stops = true;
        } else if (std::strcmp(argv[i], "--only") == 0 && i + 1 < argc) {
            wish->only = argv[++i];
        } else if (argv[i][0] == '-') {
            return false;
        } else if (wish->choice.device == nullptr) {
            wish->choice.device = argv[i];
        } else if (wish->choice.instruction_set == nullptr) {
            wish->choice.instruction_set = argv[i];
        } else {
            return false;
        }
    }
    return wish->choice.device != nullptr;
}

int cases_run(const Wish &wish, const contract::Target &target)
{
    int passed = 0;
    int failed = 0;
    for (const contract::Case &one : contract::all_cases()) {
        if ((wish.only != nullptr && std::strcmp(wish.only, one.name) != 0) ||
            (wish.stops && failed > 0)) {
            continue;
        }
        const std::string wrong = contract::case_run(one, target);
        passed += wrong.empty();
        failed += !wrong.empty();
        std::printf("%s %s%s%s\n", wrong.empty() ? "ok    " : "FAILED", one.name,
                    wrong.empty() ? "" : ": ", wrong.c_str());
        (void)std::fflush(stdout);
    }
    std::printf("%d passed, %d failed\n", passed, failed);
    return failed == 0 && passed > 0 ? 0 : 1;
}

int run(const Wish &wish)
{
    contract::Target target = {};
    std::string why;
    if (!contract::target_open(wish.choice, &target, &why)) {
        std::printf("not run: %s\n", why.c_str());
        return 77;
    }
    if (wish.is_small) {
        target.size = contract::Size::SMALL;
    }
    std::printf("%s: %s\n", target.ops->name, target.ops->device(target.opened));
    const int status = cases_run(wish, target);
    contract::target_close(&target);
    return status;
}

} // namespace

int main(int argc, char **argv)
{
    Wish wish;
    if (!wish_read(argc, argv, &wish)) {
        (void)std::fputs(kUsage, stderr);
        return 2;
    }
    try {
        return run(wish);
    } catch (const contract::Failure &failure) {
        (void)std::fprintf(stderr, "kernels-contract: %s\n", failure.what());
        return 2;
    }
}
