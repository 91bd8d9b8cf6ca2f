// SPDX-License-Identifier: MIT
//
// A small plan with made-up moments, and the file that holds them.
#ifndef SCORE_MOMENTS_CASE_H
#define SCORE_MOMENTS_CASE_H

#include <string>
#include <vector>

extern "C" {
#include "moments_file.h"
#include "plan.h"
}

// Forecasts a and b, variables z and t, level 500 for z and none for t, lead 24 h, six init times
// 12 h apart, regions global and europe, weightings cos and none.
class MomentsCase
{
  public:
    MomentsCase();
    MomentsCase(const MomentsCase &) = delete;

    // The rows of a unit, as they go into the file.
    gaia_moments &row(size_t unit, size_t i);

    // Bytes of the file; `skip`: this unit has no record.
    std::string bytes(size_t skip = SIZE_MAX) const;

    plan p = {};
    std::vector<gaia_unit> units;

  private:
    plan_forecast forecasts_[2] = {{"a", GAIA_OK, ""}, {"b", GAIA_OK, ""}};
    const char *variables_[2] = {"z", "t"};
    const char *regions_[2] = {"global", "europe"};
    const char *weights_[2] = {"cos", "none"};
    std::vector<gaia_moments> rows_;
};

// The bytes with the tail that belongs to them put in the place of theirs.
std::string sealed(std::string bytes);

// Opens the bytes as a file.
gaia_status moments_open(const std::string &bytes, moments_file **file, gaia_error *err);

#endif
