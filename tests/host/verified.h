// SPDX-License-Identifier: MIT
//
// Forecasts to order, what verification says of them, and the lines of its findings.
#ifndef HOST_VERIFIED_H
#define HOST_VERIFIED_H

#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <jansson.h>

#include "made_file.h"

extern "C" {
#include "source_request.h"
#include "verify.h"
}

struct Variable {
    std::string name;
    std::string units;
    bool on_levels;
    double value;
};

// A forecast of 5 x 8 points that meets kRequirements; a test spoils one thing.
struct Forecast {
    std::vector<double> inits = {0};
    std::vector<double> steps = {6, 12};
    std::vector<double> levels = {500, 850};
    std::vector<double> lats = {90, 45, 0, -45, -90};
    std::vector<double> lons = {0, 45, 90, 135, 180, 225, 270, 315};
    std::string calendar; // "": none is said
    std::vector<Variable> variables = {{"t", "K", true, 250}, {"msl", "Pa", false, 101325}};
    // Changes values [init][step]([level])[lat][lon] of a variable.
    std::function<void(const std::string &name, std::vector<double> &values)> spoil;

    void write(const std::string &path) const;
};

// What Forecast meets.
extern const char *const kRequirements;

struct Verdict {
    gaia_status status = GAIA_OK;
    std::string error;
    std::string lines; // of the findings, with the path as FILE
    std::string verdict;
    json_t *json = nullptr;

    Verdict() = default;
    Verdict(Verdict &&other) noexcept
        : status(other.status), error(std::move(other.error)), lines(std::move(other.lines)),
          verdict(std::move(other.verdict)), json(other.json)
    {
        other.json = nullptr;
    }
    ~Verdict()
    {
        json_decref(json);
    }
    json_int_t count(const char *what) const
    {
        return json_integer_value(json_object_get(json_object_get(json, "counts"), what));
    }
};

// The findings' lines say FILE for the first path.
Verdict verified(const std::vector<std::string> &paths, const std::string &requirements,
                 const std::string &more = "", const walk_options &options = {});

class Verify : public ::testing::Test
{
  protected:
    Verdict verify(const std::function<void(Forecast &)> &change,
                   const std::string &requirements = kRequirements, const std::string &more = "",
                   const walk_options &options = {})
    {
        Forecast forecast;
        change(forecast);
        forecast.write(scratch.path("f.nc"));
        return verified({scratch.path("f.nc")}, requirements, more, options);
    }

    // The findings of a forecast that is rejected for them.
    std::string rejected(const std::function<void(Forecast &)> &change)
    {
        const Verdict got = verify(change);
        EXPECT_EQ(got.status, GAIA_OK) << got.error;
        EXPECT_EQ(got.verdict, "rejected") << got.lines;
        return got.lines;
    }

    Scratch scratch;
};

inline void good(Forecast &)
{
}

#endif
