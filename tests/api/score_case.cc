// SPDX-License-Identifier: MIT
//
// The same in C++, with the static library: every metric of a case with missing values, held
// against what is expected of one field, and the names that the library gives.
//
// usage: api_static DATA
#include <cmath>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <sstream>
#include <string>

#include <gaia/engine.h>
#include <gaia/grid.h>
#include <gaia/job.h>
#include <gaia/metric.h>
#include <gaia/status.h>
#include <gaia/time.h>

namespace
{

const char *const CASE = "era5_2017_missing";
const char *const VALID_TIME = "2017-01-02T00";

using Scores = std::map<std::string, double>; // metric -> value

// Rows of the expected table for z at 500 hPa, 24 h, one valid time, tropics, cos.
Scores expected(const std::string &data)
{
    Scores scores;
    std::ifstream table(data + "/expected.csv");
    const std::string start = std::string(CASE) + ",z,500,24," + VALID_TIME + ",tropics,cos,";
    for (std::string line; std::getline(table, line);) {
        if (line.compare(0, start.size(), start) == 0) {
            std::istringstream rest(line.substr(start.size()));
            std::string metric;
            std::string value;
            std::getline(rest, metric, ',');
            std::getline(rest, value, ',');
            scores[metric] = std::stod(value);
        }
    }
    return scores;
}

void collect(void *context, const struct gaia_score *score)
{
    char valid_time[GAIA_TIME_TEXT];
    if (score->all_times) {
        return;
    }
    gaia_time_format(score->valid_time_s, valid_time);
    if (score->level == 500.0 && score->lead_time_s == 24 * 3600 &&
        std::string(valid_time) == VALID_TIME) {
        (*static_cast<Scores *>(context))[score->metric] = score->value;
    }
}

std::string job_text(const std::string &data)
{
    const std::string folder = data + "/" + CASE + "/";
    const auto source = [&folder](const char *file) {
        return "\"files\": [\"" + folder + file + "\"]}";
    };
    return R"({"schema": "gaia.job/1", "variables": ["z"], "regions": ["tropics"], "metrics": ["all"], )"
           R"("forecasts": [{"id": "a", )" +
           source("forecast.nc") + "], \"truth\": {" + source("truth.nc") + ", \"climatology\": {" +
           source("climatology.nc") + ", \"reference\": {" + source("reference.nc") + "}";
}

bool names_are_there()
{
    for (size_t i = 0; i < gaia_metric_count(); i++) {
        if (gaia_metric_name(i) == nullptr || gaia_metric_formula(i) == nullptr ||
            gaia_metric_units_power(i) < 0 || gaia_metric_units_power(i) > 2) {
            return false;
        }
    }
    return gaia_metric_count() > 0 && gaia_metric_name(gaia_metric_count()) == nullptr &&
           gaia_metric_units_power(gaia_metric_count()) == -1 &&
           std::string(gaia_region_name(0)) == "global" &&
           std::string(gaia_weighting_name(0)) == "cos" && gaia_region_name(1000) == nullptr &&
           gaia_weighting_name(1000) == nullptr;
}

} // namespace

int main(int argc, char **argv)
{
    if (argc != 2) {
        std::cout << "usage: api_static DATA\n";
        return 2;
    }
    const std::string text = job_text(argv[1]);
    struct gaia_job *parsed = nullptr;
    gaia_error err = {};
    gaia_status status = gaia_job_parse(text.c_str(), text.size(), &parsed, &err);
    const std::unique_ptr<struct gaia_job, decltype(&gaia_job_free)> job(parsed, gaia_job_free);
    Scores scores;
    if (status == GAIA_OK) {
        const struct gaia_engine_options options = {"auto",  2,      uint64_t{1} << 30, 0, 0,
                                                    nullptr, nullptr};
        struct gaia_observer observer = {};
        observer.context = &scores;
        observer.score = collect;
        status = gaia_score_job(job.get(), &options, &observer, &err);
    }
    if (status != GAIA_OK) {
        std::cout << gaia_status_text(status) << ": " << err.detail << "\n";
        return gaia_status_exit(status);
    }
    const Scores wanted = expected(argv[1]);
    size_t n_wrong = wanted.empty() ? 1 : 0;
    for (const auto &[metric, value] : wanted) {
        const auto found = scores.find(metric);
        if (found == scores.end() ||
            !(std::fabs(found->second - value) <= 1e-9 * std::fabs(value) + 1e-9)) {
            std::cout << metric << ": expected " << value << "\n";
            n_wrong++;
        }
    }
    std::cout << wanted.size() << " scores, " << n_wrong << " wrong\n";
    return n_wrong == 0 && names_are_there() ? 0 : 1;
}
