// SPDX-License-Identifier: MIT
//
// Rows of moments again, by plain sums in long double over the files of engine_run.h, where a point
// counts as what the test says. Independent of everything that the engine does with regions.
#ifndef HOST_BRUTE_SUMS_H
#define HOST_BRUTE_SUMS_H

#include <functional>

#include "engine_run.h"

// What a point counts as, and the weight of its row.
using PointWeight = std::function<double(double lat, double lon)>;
using RowWeight = std::function<long double(double lat)>;

// The rows of one region: of every unit of the plan (as engine_run.h makes sources), in its order.
Rows brute_sums(const Sources &sources, const plan &made, const PointWeight &m,
                const RowWeight &row);

// cos(lat).
long double brute_cos(double lat);

// The rows of region r and weighting w of all that the plan has.
Rows rows_of(const plan &made, const Rows &all, size_t r, size_t w);

// Every moment agrees to 1e-12 of the largest sum of its kind; counts of whole points exactly.
void expect_near(const Rows &have, const Rows &want);

#endif
