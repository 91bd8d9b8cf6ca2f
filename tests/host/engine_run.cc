// SPDX-License-Identifier: MIT
#include "engine_run.h"

#include <algorithm>
#include <cstring>

std::string source_json(const Sources &s, const std::string &path)
{
    const auto format = s.formats.find(path);
    const auto manifest = s.manifests.find(path);
    return R"("files": [")" + path + R"("])" +
           (format == s.formats.end() ? "" : R"(, "format": ")" + format->second + "\"") +
           (manifest == s.manifests.end() ? "" : R"(, "manifest": ")" + manifest->second + "\"");
}

std::string job_json(const Sources &s)
{
    std::string forecasts;
    for (size_t i = 0; i < s.forecasts.size(); i++) {
        forecasts += (i > 0 ? ", " : "") + std::string(R"({"id": "f)") + std::to_string(i) +
                     R"(", )" + source_json(s, s.forecasts[i]) + "}";
    }
    std::string json = R"({"schema": "gaia.job/1", "forecasts": [)" + forecasts +
                       R"(], "truth": {)" + source_json(s, s.truth) + R"(}, "regions": )" +
                       s.regions + R"(, "weights": ["cos", "area_wb2", "none"])";
    if (!s.climatology.empty()) {
        json += R"(, "climatology": {)" + source_json(s, s.climatology) +
                (s.interpolate ? R"(, "interpolate": true})" : "}");
    }
    if (!s.reference.empty()) {
        json += R"(, "reference": {)" + source_json(s, s.reference) + "}";
    }
    return json + s.more + "}";
}

Work run_open(const Sources &sources, unsigned n_threads, uint64_t memory_bytes,
              const backend_ops *ops, uint64_t gpu_memory_bytes)
{
    Work run;
    gaia_error err = {};
    gaia_job *job = nullptr;
    engine *opened = nullptr;
    plan *made = nullptr;
    const std::string json = job_json(sources);
    const gaia_engine_options options = {"cpu", n_threads, memory_bytes, gpu_memory_bytes, 0};
    EXPECT_EQ(gaia_job_parse(json.data(), json.size(), &job, &err), GAIA_OK) << err.detail;
    run.job.reset(job);
    EXPECT_EQ(ops == nullptr ? engine_open(&options, &opened, &err)
                             : engine_open_on(ops, &options, &opened, &err),
              GAIA_OK)
        << err.detail;
    run.open.reset(opened);
    EXPECT_EQ(engine_plan(opened, job, &made, &err), GAIA_OK) << err.detail;
    run.made.reset(made);
    return run;
}

gaia_status run_units(Work &run, size_t at, size_t n, Rows *rows, gaia_error *err)
{
    const plan &p = *run.made;
    size_t n_failures = 0;
    std::vector<engine_failure> failures(p.n_forecasts);
    rows->resize(n * plan_rows_per_unit(&p));
    const gaia_status status =
        engine_sums(run.open.get(), run.job.get(), &p, p.units + at, n, rows->data(),
                    failures.data(), &n_failures, run.control.get(), err);
    EXPECT_EQ(n_failures, 0u);
    return status;
}

Rows run_sums(Work &run, size_t batch)
{
    Rows all;
    for (size_t at = 0; at < run.made->n_units; at += batch) {
        Rows rows;
        gaia_error err = {};
        EXPECT_EQ(run_units(run, at, std::min(batch, run.made->n_units - at), &rows, &err), GAIA_OK)
            << err.detail;
        EXPECT_EQ(err.status, GAIA_OK); // nothing is said of what went well
        all.insert(all.end(), rows.begin(), rows.end());
    }
    return all;
}

Rows sums(const Sources &sources, unsigned n_threads, size_t batch)
{
    Work run = run_open(sources, n_threads);
    return run_sums(run, batch);
}

void expect_same(const Rows &a, const Rows &b)
{
    ASSERT_EQ(a.size(), b.size());
    ASSERT_FALSE(a.empty());
    for (size_t i = 0; i < a.size(); i++) {
        ASSERT_EQ(std::memcmp(&a[i], &b[i], sizeof a[i]), 0) << "row " << i;
    }
    EXPECT_GT(a[0].sum[GAIA_MOMENT_ERROR_D2], 0.0); // they are sums of something
}

std::string EngineFiles::make(const std::string &name, Role role, void (*change)(MadeFile &),
                              unsigned salt)
{
    MadeFile file;
    file.role = role;
    file.salt = salt + static_cast<unsigned>(role);
    file.holes = 0.03;
    file.times = role == Role::Truth ? std::vector<double>{12, 24, 36} : std::vector<double>{0, 12};
    if (change != nullptr) {
        change(file);
    }
    file.write(scratch_.path(name));
    return scratch_.path(name);
}

Sources EngineFiles::sources(void (*change)(MadeFile &), const std::string &tag)
{
    Sources s;
    s.forecasts = {make("forecast" + tag, Role::Forecast, change, 10)};
    s.truth = make("truth" + tag, Role::Truth, change, 20);
    s.climatology = make("climatology" + tag, Role::Climatology, change, 30);
    s.reference = make("reference" + tag, Role::Forecast, change, 40);
    return s;
}

Sources EngineFiles::many(unsigned n, void (*change)(MadeFile &))
{
    Sources s = sources(change);
    for (unsigned i = 1; i < n; i++) {
        s.forecasts.push_back(make("more" + std::to_string(i), Role::Forecast, change, 100 + i));
    }
    return s;
}
