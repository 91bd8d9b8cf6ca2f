// SPDX-License-Identifier: MIT
//
// The contract of a backend as a table of cases, which need nothing but a backend that is open: a
// case throws a Failure that says in a text what is wrong, or returns.
//
// A case makes its fields from a fixed seed, sums them on the backend, and compares each double
// with the reference's to the bit.
//
// Invariant: nothing here needs googletest, so that the cases also run where there is only CMake, a
// compiler and a device.
#ifndef TESTS_KERNELS_CONTRACT_H
#define TESTS_KERNELS_CONTRACT_H

#include <stdexcept>
#include <string>
#include <vector>

#include "backend.h"

namespace contract
{

// How much a case may ask for: SMALL under a tool that slows a device down a hundredfold, MIDDLE on
// a backend that is emulated, and under a sanitizer unless GAIA_LONG is set, FULL on a real one.
enum class Size { SMALL, MIDDLE, FULL };

struct Target {
    const struct backend_ops *ops;
    struct backend *opened;
    Size size;
    bool is_long; // many more random cases

    // One of three, by the size.
    template <typename T> T pick(T small, T middle, T full) const
    {
        return size == Size::SMALL ? small : size == Size::MIDDLE ? middle : full;
    }
};

struct Failure : std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct Case {
    const char *name; // letters only: a part of a test's name
    void (*run)(const Target &target);
};

// Each file's cases, and all of them.
std::vector<Case> value_cases();
std::vector<Case> type_cases();
std::vector<Case> tile_cases();
std::vector<Case> region_cases();
std::vector<Case> plane_cases();
std::vector<Case> seam_cases();
std::vector<Case> all_cases();

// Runs a case; empty if it passes, else what is wrong.
std::string case_run(const Case &one, const Target &target);

// Which backend and, for the CPU, which of its instruction sets. "cpu", "cuda", and "emulated"
// where it is linked.
struct Choice {
    const char *device;
    const char *instruction_set; // nullptr: the best there is
};

// Opens it with the size that suits it. False: it is not there, and why says what is missing.
// Throws a Failure for a name that is none.
bool target_open(const Choice &choice, Target *target, std::string *why);
void target_close(Target *target);

} // namespace contract

#endif
