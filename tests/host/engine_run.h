// SPDX-License-Identifier: MIT
//
// An engine over files to order, for the tests that hold one run's stored sums against another's.
#ifndef HOST_ENGINE_RUN_H
#define HOST_ENGINE_RUN_H

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

extern "C" {
#include "plan.h"
}
#include "engine.h"

#include "made_file.h"

using Rows = std::vector<gaia_moments>;

struct Sources {
    std::vector<std::string> forecasts;
    std::string truth;
    std::string climatology;
    std::string reference;
    std::string regions = R"(["global", "n.hem", "tropics", "s.hem", "europe"])";
    bool interpolate = false;                     // the climatology
    std::string more;                             // keys of the job
    std::map<std::string, std::string> formats;   // of paths that are not NetCDF
    std::map<std::string, std::string> manifests; // of paths that have one
};

// The members of the source at path, as a job or a request has them.
std::string source_json(const Sources &s, const std::string &path);

std::string job_json(const Sources &s);

struct JobFree {
    void operator()(gaia_job *job) const
    {
        gaia_job_free(job);
    }
};
struct PlanFree {
    void operator()(plan *p) const
    {
        plan_free(p);
    }
};
struct EngineClose {
    void operator()(engine *e) const
    {
        engine_close(e);
    }
};

struct Work {
    std::unique_ptr<gaia_job, JobFree> job;
    std::unique_ptr<engine, EngineClose> open;
    std::unique_ptr<plan, PlanFree> made;
    std::unique_ptr<engine_control> control = std::make_unique<engine_control>();
};

// Opens an engine and plans the job; on the CPU, or on the backend that is given.
Work run_open(const Sources &sources, unsigned n_threads, uint64_t memory_bytes = 64 << 20,
              const backend_ops *ops = nullptr, uint64_t gpu_memory_bytes = 0);

// Sums units[at .. at + n) of the plan into rows, which are made as long.
gaia_status run_units(Work &run, size_t at, size_t n, Rows *rows, gaia_error *err);

// All moments of the plan, in its order, summed `batch` units at a time; none may fail.
Rows run_sums(Work &run, size_t batch);

Rows sums(const Sources &sources, unsigned n_threads = 1, size_t batch = 100000);

void expect_same(const Rows &a, const Rows &b);

// Files of a test, which go with it.
class EngineFiles : public ::testing::Test
{
  protected:
    // Writes a file and gives its path.
    std::string make(const std::string &name, Role role, void (*change)(MadeFile &) = nullptr,
                     unsigned salt = 0);

    Sources sources(void (*change)(MadeFile &) = nullptr, const std::string &tag = "");

    // The same with n forecasts.
    Sources many(unsigned n, void (*change)(MadeFile &) = nullptr);

    Scratch scratch_;
};

#endif
