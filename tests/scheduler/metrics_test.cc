// SPDX-License-Identifier: MIT
//
// The table of metrics, the numbers that go with it, and the text that is made of both.
#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "read_counts.h"

extern "C" {
#include "core.h"
#include "metrics.h"
#include "store.h"
}

namespace
{

struct MetricsFree {
    void operator()(struct metrics *metrics) const
    {
        metrics_free(metrics);
    }
};

class Metrics : public ::testing::Test
{
  protected:
    void SetUp() override
    {
        struct metrics *opened = nullptr;
        gaia_error err = {};
        ASSERT_EQ(GAIA_OK, metrics_open(&opened, &err)) << err.detail;
        metrics_.reset(opened);
    }
    std::string Text(int64_t now_us = 0) const
    {
        struct text text = {};
        metrics_write(metrics_.get(), now_us, &text);
        EXPECT_FALSE(text.failed);
        const std::string out(text.s, text.length);
        text_fini(&text);
        return out;
    }
    // The lines of the series of this name.
    std::vector<std::string> Lines(const std::string &name, int64_t now_us = 0) const
    {
        std::istringstream all(Text(now_us));
        std::vector<std::string> lines;
        for (std::string line; std::getline(all, line);) {
            if (line.rfind(name, 0) == 0) {
                lines.push_back(line);
            }
        }
        return lines;
    }
    std::string Line(const std::string &name, int64_t now_us = 0) const
    {
        const std::vector<std::string> lines = Lines(name, now_us);
        return lines.size() == 1 ? lines[0] : std::to_string(lines.size()) + " lines";
    }

    std::unique_ptr<struct metrics, MetricsFree> metrics_;
};

std::string Escaped(const std::string &s, bool is_label)
{
    struct text text = {};
    metrics_escape(&text, s.c_str(), is_label);
    const std::string out = text.s != nullptr ? text.s : "";
    text_fini(&text);
    return out;
}

TEST_F(Metrics, BucketsAreCumulativeAndEndInTheCount)
{
    for (const int64_t us : {0, 500, 501, 1000, 10000000, 10000001, 50000000}) {
        metrics_observe(metrics_.get(), METRIC_TURNS, 0, us);
    }
    const std::string name = "gaia_store_turn_duration_seconds";
    const std::vector<std::string> expected = {"_bucket{le=\"0.0005\"} 2",
                                               "_bucket{le=\"0.001\"} 4",
                                               "_bucket{le=\"0.0025\"} 4",
                                               "_bucket{le=\"0.005\"} 4",
                                               "_bucket{le=\"0.01\"} 4",
                                               "_bucket{le=\"0.025\"} 4",
                                               "_bucket{le=\"0.05\"} 4",
                                               "_bucket{le=\"0.1\"} 4",
                                               "_bucket{le=\"0.25\"} 4",
                                               "_bucket{le=\"0.5\"} 4",
                                               "_bucket{le=\"1\"} 4",
                                               "_bucket{le=\"2.5\"} 4",
                                               "_bucket{le=\"5\"} 4",
                                               "_bucket{le=\"10\"} 5",
                                               "_bucket{le=\"+Inf\"} 7",
                                               "_sum 70.002002",
                                               "_count 7"};
    const std::vector<std::string> lines = Lines(name);
    ASSERT_EQ(expected.size(), lines.size());
    for (size_t i = 0; i < lines.size(); i++) {
        EXPECT_EQ(name + expected[i], lines[i]);
    }
}

TEST_F(Metrics, LabelsStandBeforeTheBoundAndSeriesApart)
{
    metrics_observe(metrics_.get(), METRIC_DURATION, BATCH_KIND_SCORE, 200000);
    metrics_add(metrics_.get(), METRIC_REQUESTS,
                METRIC_ROUTE_JOBS * METRIC_ANSWER_KINDS + METRIC_ANSWER_4XX, 3);
    EXPECT_EQ("gaia_compute_job_duration_seconds_bucket{kind=\"score\",le=\"0.25\"} 1",
              Line("gaia_compute_job_duration_seconds_bucket{kind=\"score\",le=\"0.25\"}"));
    EXPECT_EQ("gaia_compute_job_duration_seconds_count{kind=\"plan\"} 0",
              Line("gaia_compute_job_duration_seconds_count{kind=\"plan\"}"));
    EXPECT_EQ("gaia_compute_job_duration_seconds_sum{kind=\"score\"} 0.2",
              Line("gaia_compute_job_duration_seconds_sum{kind=\"score\"}"));
    for (const std::string &line : Lines("gaia_http_requests_total")) {
        const bool is_it =
            line.rfind("gaia_http_requests_total{route=\"jobs\",status=\"4xx\"} ", 0) == 0;
        EXPECT_EQ(is_it ? "3" : "0", line.substr(line.find(' ') + 1)) << line;
    }
}

TEST_F(Metrics, WhatWouldEndAValueIsEscaped)
{
    EXPECT_EQ("a\\\\b\\nc\\\"d", Escaped("a\\b\nc\"d", true));
    EXPECT_EQ("a\\\\b\\nc\"d", Escaped("a\\b\nc\"d", false));
    EXPECT_EQ("", Escaped("", true));
    EXPECT_EQ("h\xc3\xa9} 1", Escaped("h\xc3\xa9} 1", true)); // nothing else means anything there
}

TEST_F(Metrics, ATurnShowsOnceItIsCommitted)
{
    metrics_turn_add(metrics_.get(), METRIC_GRANTED, 0, 2);
    metrics_turn_observe(metrics_.get(), METRIC_DURATION, BATCH_KIND_TASK, 70000);
    EXPECT_EQ("gaia_leases_granted_total 0", Line("gaia_leases_granted_total"));
    metrics_turn_drop(metrics_.get());
    metrics_turn_commit(metrics_.get());
    EXPECT_EQ("gaia_leases_granted_total 0", Line("gaia_leases_granted_total"));
    EXPECT_EQ("gaia_compute_job_duration_seconds_count{kind=\"task\"} 0",
              Line("gaia_compute_job_duration_seconds_count{kind=\"task\"}"));
    for (int i = 0; i < 2; i++) {
        metrics_turn_add(metrics_.get(), METRIC_GRANTED, 0, 2);
        metrics_turn_add(metrics_.get(), METRIC_GRANTED, 0, 1);
        metrics_turn_observe(metrics_.get(), METRIC_DURATION, BATCH_KIND_TASK, 70000);
        metrics_turn_commit(metrics_.get());
    }
    EXPECT_EQ("gaia_leases_granted_total 6", Line("gaia_leases_granted_total"));
    EXPECT_EQ("gaia_compute_job_duration_seconds_count{kind=\"task\"} 2",
              Line("gaia_compute_job_duration_seconds_count{kind=\"task\"}"));
    EXPECT_EQ("gaia_compute_job_duration_seconds_sum{kind=\"task\"} 0.14",
              Line("gaia_compute_job_duration_seconds_sum{kind=\"task\"}"));
}

TEST_F(Metrics, ALoopThatDoesNotComeBackLags)
{
    metrics_set(metrics_.get(), METRIC_LAG, 0, 1500);
    EXPECT_EQ("gaia_io_event_loop_lag_seconds 0.0015", Line("gaia_io_event_loop_lag_seconds", 7));
    metrics_loop_busy(metrics_.get(), 1000000);
    EXPECT_EQ("gaia_io_event_loop_lag_seconds 0.0015",
              Line("gaia_io_event_loop_lag_seconds", 1000100));
    EXPECT_EQ("gaia_io_event_loop_lag_seconds 4", Line("gaia_io_event_loop_lag_seconds", 5000000));
    metrics_loop_busy(metrics_.get(), 0);
    EXPECT_EQ("gaia_io_event_loop_lag_seconds 0.0015",
              Line("gaia_io_event_loop_lag_seconds", 5000000));
}

TEST_F(Metrics, OptionalSeriesAreThereOnceTheyAreSomething)
{
    const std::string name = "gaia_certificate_expiry_timestamp_seconds";
    EXPECT_TRUE(Lines(name).empty());
    EXPECT_EQ(1u, Lines("# TYPE " + name + " gauge").size());
    metrics_set(metrics_.get(), METRIC_CERTIFICATES, METRIC_LISTENER_EXECUTORS, 4102444800);
    EXPECT_EQ(name + "{listener=\"executors\"} 4102444800", Line(name));
}

TEST_F(Metrics, ACertificateThatNeverEndsHasNoSeries)
{
    const std::string name = "gaia_certificate_expiry_timestamp_seconds";
    metrics_certificate(metrics_.get(), METRIC_LISTENER_API, 4102444800);
    EXPECT_EQ(name + "{listener=\"api\"} 4102444800", Line(name));
    metrics_certificate(metrics_.get(), METRIC_LISTENER_API, 0);
    EXPECT_TRUE(Lines(name).empty());
}

TEST_F(Metrics, TheDatabasesConnectionIsInUseWhileTheLoopIsAtATurn)
{
    const std::string active = "gaia_db_connections_active ";
    const std::string idle = "gaia_db_connections_idle ";
    metrics_loop_busy(metrics_.get(), 1000000);
    EXPECT_EQ(active + "0", Line(active, 1000100)); // it is away
    EXPECT_EQ(idle + "0", Line(idle, 1000100));
    metrics_set(metrics_.get(), METRIC_DB_IDLE, 0, 1);
    EXPECT_EQ(active + "1", Line(active, 1000100));
    EXPECT_EQ(idle + "0", Line(idle, 1000100));
    metrics_loop_busy(metrics_.get(), 0);
    EXPECT_EQ(active + "0", Line(active, 1000100));
    EXPECT_EQ(idle + "1", Line(idle, 1000100));
}

TEST_F(Metrics, ADiskThatCannotBeMeasuredHasNoSeries)
{
    EXPECT_TRUE(Lines("gaia_state_disk").empty());
    metrics_watch_disk(metrics_.get(), "/");
    EXPECT_EQ(2u, Lines("gaia_state_disk").size());
    metrics_watch_disk(metrics_.get(), "/nowhere/at/all");
    EXPECT_TRUE(Lines("gaia_state_disk").empty());
}

TEST_F(Metrics, ScoresMayBeNegative)
{
    metrics_set(metrics_.get(), METRIC_SCORE_DAY1, 0, -125000);
    metrics_set(metrics_.get(), METRIC_SCORE_ERA5, 0, 0);
    EXPECT_EQ("gaia_weather_score_day1 -0.125", Line("gaia_weather_score_day1"));
    EXPECT_EQ("gaia_weather_score_era5_final 0", Line("gaia_weather_score_era5_final"));
}

TEST_F(Metrics, ThreadsLoseNothing)
{
    constexpr int n_threads = 4;
    constexpr int n_times = 20000;
    std::vector<std::thread> threads;
    for (int i = 0; i < n_threads; i++) {
        threads.emplace_back([this] {
            for (int k = 0; k < n_times; k++) {
                metrics_add(metrics_.get(), METRIC_LIMITED, METRIC_LIMIT_TOKEN, 1);
                metrics_observe(metrics_.get(), METRIC_TURNS, 0, 600);
            }
        });
    }
    const std::string during = Text(); // a scrape meanwhile
    for (std::thread &thread : threads) {
        thread.join();
    }
    EXPECT_NE("", during);
    EXPECT_EQ("gaia_http_refusals_total{limit=\"token\"} 80000",
              Line("gaia_http_refusals_total{limit=\"token\"}"));
    EXPECT_EQ("gaia_store_turn_duration_seconds_count 80000",
              Line("gaia_store_turn_duration_seconds_count"));
    EXPECT_EQ("gaia_store_turn_duration_seconds_sum 48",
              Line("gaia_store_turn_duration_seconds_sum"));
}

TEST_F(Metrics, NobodyCountsNothing)
{
    metrics_add(nullptr, METRIC_GRANTED, 0, 1);
    metrics_set(nullptr, METRIC_LEADS, 0, 1);
    metrics_observe(nullptr, METRIC_TURNS, 0, 1);
    metrics_turn_add(nullptr, METRIC_GRANTED, 0, 1);
    metrics_turn_observe(nullptr, METRIC_TURNS, 0, 1);
    metrics_turn_commit(nullptr);
    metrics_loop_busy(nullptr, 1);
    metrics_free(nullptr);
}

TEST(MetricTable, NamesSayTypeAndUnitAsPrometheusWantsIt)
{
    const std::regex name("gaia(_[a-z][a-z0-9]*)+");
    std::set<std::string> names;
    for (size_t i = 0; i < METRIC_COUNT; i++) {
        const struct metric_spec &spec = metric_specs()[i];
        const std::string is = spec.name;
        const bool is_total = is.size() > 6 && is.substr(is.size() - 6) == "_total";
        const std::string base = is_total ? is.substr(0, is.size() - 6) : is;
        const std::string unit = spec.unit;
        EXPECT_TRUE(std::regex_match(is, name)) << is;
        EXPECT_TRUE(names.insert(is).second) << is;
        EXPECT_EQ(spec.type == METRIC_COUNTER, is_total) << is;
        EXPECT_TRUE(unit.empty() || unit == "seconds" || unit == "bytes") << is;
        EXPECT_TRUE(unit.empty() || base.substr(base.size() - unit.size()) == unit) << is;
        EXPECT_EQ(spec.type == METRIC_HISTOGRAM, spec.n_bounds > 0) << is;
        EXPECT_LE(spec.n_bounds + 2, static_cast<size_t>(METRIC_NUMBERS)) << is;
        EXPECT_LE(metric_n_series(&spec), 32u) << is;
        EXPECT_EQ('.', spec.help[std::string(spec.help).size() - 1]) << is;
        for (size_t k = 1; k < spec.n_bounds; k++) {
            EXPECT_LT(spec.bounds[k - 1], spec.bounds[k]) << is;
        }
    }
}

TEST(MetricTable, LabelsAreInTheOrderOfWhatTheyName)
{
    const struct metric_spec *specs = metric_specs();
    EXPECT_STREQ("committed", specs[METRIC_RESULTS].labels[0].values[STORE_COMMITTED]);
    EXPECT_STREQ("duplicate", specs[METRIC_RESULTS].labels[0].values[STORE_DUPLICATE]);
    EXPECT_STREQ("fenced", specs[METRIC_RESULTS].labels[0].values[STORE_FENCED]);
    ASSERT_EQ(3u, specs[METRIC_RUNS_ACTIVE].labels[0].n_values);
    ASSERT_EQ(3u, specs[METRIC_RUNS_FINISHED].labels[0].n_values);
    for (int i = 0; i < 3; i++) {
        EXPECT_STREQ(job_state_name(static_cast<enum job_state>(i)),
                     specs[METRIC_RUNS_ACTIVE].labels[0].values[i]);
        EXPECT_STREQ(job_state_name(static_cast<enum job_state>(JOB_SUCCEEDED + i)),
                     specs[METRIC_RUNS_FINISHED].labels[0].values[i]);
    }
    EXPECT_EQ(static_cast<size_t>(GAIA_CLASS_INTERNAL), specs[METRIC_FAILURES].labels[0].n_values);
    EXPECT_STREQ("invalid", specs[METRIC_FAILURES].labels[0].values[GAIA_CLASS_INVALID - 1]);
    EXPECT_STREQ("internal", specs[METRIC_FAILURES].labels[0].values[GAIA_CLASS_INTERNAL - 1]);
    EXPECT_EQ(static_cast<size_t>(CORE_LOSS_COUNT - 1), specs[METRIC_LOST].labels[0].n_values);
    EXPECT_STREQ("unheard", specs[METRIC_LOST].labels[0].values[CORE_LOSS_UNHEARD - 1]);
}

// The scheduler does not see the engine's headers, but it counts by their names.
TEST(MetricTable, FormatsAreThoseThatExecutorsTell)
{
#define X(code, name) name,
    const std::vector<std::string> told = {READ_FORMAT_MAP(X)};
#undef X
    const struct metric_label &label = metric_specs()[METRIC_READ].labels[0];
    EXPECT_EQ(told, std::vector<std::string>(label.values, label.values + label.n_values));
}

// The row of the reference that a metric has.
std::string RowOf(const struct metric_spec &spec)
{
    std::string labels;
    for (const struct metric_label &label : spec.labels) {
        if (label.name == nullptr) {
            continue;
        }
        labels += std::string(labels.empty() ? "" : "; ") + "`" + label.name + "`";
        for (size_t i = 0; i < label.n_values && &spec != &metric_specs()[METRIC_BUILD]; i++) {
            labels += (i == 0 ? ": " : ", ") + std::string(label.values[i]);
        }
    }
    return std::string("| `") + spec.name + "` | " + metric_type_name(spec.type) + " | " +
           spec.unit + " | " + labels + " | " + spec.help + " |";
}

TEST(MetricTable, IsTheReferenceInTheReadme)
{
    std::ifstream readme(GAIA_SOURCE "/monitoring/README.md");
    std::vector<std::string> rows;
    for (std::string line; std::getline(readme, line);) {
        if (line.rfind("| `gaia_", 0) == 0) {
            rows.push_back(line);
        }
    }
    ASSERT_EQ(static_cast<size_t>(METRIC_COUNT), rows.size());
    for (size_t i = 0; i < METRIC_COUNT; i++) {
        EXPECT_EQ(RowOf(metric_specs()[i]), rows[i]);
    }
}

} // namespace
