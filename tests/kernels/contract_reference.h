// SPDX-License-Identifier: MIT
//
// The sums as the rules of kernels/moments.h say them, point by point: what every backend is
// compared with.
//
// Invariant: it shares no arithmetic with the kernels; of moments.h it takes the numbering of the
// sums only.
#ifndef TESTS_KERNELS_CONTRACT_REFERENCE_H
#define TESTS_KERNELS_CONTRACT_REFERENCE_H

#include <string>
#include <vector>

#include "contract_fields.h"

namespace contract
{

// The values of a field as float64, NaN where missing.
std::vector<double> values_decode(const HostField &field);

// [n_forecasts of all tiles][n_regions][1 + n_weights][ROW_COUNT]
std::vector<double> reference_sums(const Problem &problem);

// The first double of have that differs from want in a bit, with its place in the problem in words;
// empty if none does.
std::string first_difference(const HostLayout &layout, const double *have,
                             const std::vector<double> &want);

} // namespace contract

#endif
