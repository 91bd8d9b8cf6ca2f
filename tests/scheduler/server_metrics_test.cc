// SPDX-License-Identifier: MIT
//
// What GET /metrics of a real scheduler says after things that were done to it: counted one by one.
#include <cmath>
#include <map>

#include "fake_executor.h"

namespace
{

using Samples = std::map<std::string, double>;

class ServerMetrics : public ::testing::Test
{
  protected:
    static Samples Scrape(const Scheduler &scheduler)
    {
        const Answer answer = scheduler.Http("GET", "/metrics");
        Samples samples;
        EXPECT_EQ(200, answer.status) << answer.body;
        EXPECT_EQ("text/plain; version=0.0.4; charset=utf-8", answer.type);
        std::istringstream all(answer.body);
        for (std::string line; std::getline(all, line);) {
            if (line[0] != '#') {
                const size_t space = line.rfind(' ');
                EXPECT_TRUE(
                    samples.emplace(line.substr(0, space), std::stod(line.substr(space))).second)
                    << line;
            }
        }
        return samples;
    }
    // Scrapes until this is so: gauges of lists are looked at now and then, requests are counted
    // when their answer has gone.
    static Samples Await(const Scheduler &scheduler, const Samples &wanted)
    {
        Samples got;
        for (int i = 0; i < 1000; i++) {
            got = Scrape(scheduler);
            bool is_so = true;
            for (const auto &[name, value] : wanted) {
                is_so = is_so && got.count(name) == 1 && got[name] == value;
            }
            if (is_so) {
                return got;
            }
            usleep(20000);
        }
        for (const auto &[name, value] : wanted) {
            EXPECT_EQ(1u, got.count(name)) << name;
            EXPECT_EQ(value, got[name]) << name;
        }
        return got;
    }
    static WireLease One(FakeExecutor *executor)
    {
        const std::vector<WireLease> leases = executor->Fetch();
        EXPECT_EQ(1u, leases.size());
        return leases.empty() ? WireLease() : leases[0];
    }
};

TEST_F(ServerMetrics, CountJobsBatchesAndResultsAsTheyWere)
{
    Scheduler scheduler({"--batch-units", "2"});
    FakeExecutor executor(scheduler, "e1");
    Await(scheduler, {{"gaia_scheduler_leads", 1},
                      {"gaia_weather_runs_submitted_total", 0},
                      {"gaia_results_total{outcome=\"committed\"}", 0}});
    executor.Hello();
    // A job of six fields: a plan, and three batches of two; one of these fails once.
    const std::string id = scheduler.Submit();
    Await(scheduler, {{"gaia_weather_runs_active{status=\"queued\"}", 1},
                      {"gaia_ipc_queue_depth{queue=\"work\"}", 1},
                      {"gaia_executors{state=\"ready\"}", 1}});
    const WireLease plan = One(&executor);
    Await(scheduler, {{"gaia_weather_runs_active{status=\"queued\"}", 0},
                      {"gaia_weather_runs_active{status=\"planning\"}", 1},
                      {"gaia_batches_leased", 1},
                      {"gaia_ipc_queue_depth{queue=\"work\"}", 0},
                      {"gaia_queue_oldest_batch_seconds", 0}});
    ASSERT_EQ("COMMITTED", executor.SendPlan(plan, executor.PlanJson(1, 6)));
    ASSERT_EQ("DUPLICATE", executor.SendPlan(plan, executor.PlanJson(1, 6)));
    Await(scheduler, {{"gaia_weather_runs_active{status=\"running\"}", 1},
                      {"gaia_ipc_queue_depth{queue=\"work\"}", 3}});
    std::vector<WireLease> leases = executor.Fetch(3);
    ASSERT_EQ(3u, leases.size());
    ASSERT_EQ("COMMITTED", executor.Fail(leases[0], GAIA_INTERNAL, "it went wrong"));
    ASSERT_EQ("COMMITTED", executor.SendScores(leases[1]));
    ASSERT_EQ("COMMITTED", executor.SendScores(leases[2]));
    const WireLease again = One(&executor); // after its backoff
    WireLease stranger = again;
    stranger.attempt = std::string(32, '0');
    ASSERT_EQ("FENCED", executor.SendScores(stranger));
    ASSERT_EQ("COMMITTED", executor.SendScores(again));
    scheduler.Await(id, "succeeded");
    const Json refused =
        executor.Call(false, json_pack("{s:s, s:s, s:i}", "verb", "RESULT", "session",
                                       executor.session.c_str(), "results", 7));
    EXPECT_EQ("ERROR", Member(refused.get(), "verb"));
    const double bytes = 6 * 2 * GAIA_MOMENT_COUNT * sizeof(double);
    const Samples last = Await(
        scheduler, {{"gaia_weather_runs_submitted_total", 1},
                    {"gaia_weather_runs_finished_total{status=\"succeeded\"}", 1},
                    {"gaia_weather_runs_finished_total{status=\"failed\"}", 0},
                    {"gaia_weather_runs_active{status=\"running\"}", 0},
                    {"gaia_leases_granted_total", 5},
                    {"gaia_batches_leased", 0},
                    {"gaia_results_total{outcome=\"committed\"}", 5},
                    {"gaia_results_total{outcome=\"duplicate\"}", 1},
                    {"gaia_results_total{outcome=\"fenced\"}", 1},
                    {"gaia_results_total{outcome=\"refused\"}", 1},
                    {"gaia_compute_job_failures_total{class=\"internal\"}", 1},
                    {"gaia_compute_job_failures_total{class=\"invalid\"}", 0},
                    {"gaia_compute_job_duration_seconds_count{kind=\"plan\"}", 1},
                    {"gaia_compute_job_duration_seconds_count{kind=\"score\"}", 4},
                    {"gaia_compute_job_duration_seconds_bucket{kind=\"score\",le=\"+Inf\"}", 4},
                    {"gaia_compute_job_duration_seconds_count{kind=\"task\"}", 0},
                    {"gaia_moments_stored_bytes_total", bytes},
                    {"gaia_wire_refusals_total{reason=\"message\"}", 1},
                    {"gaia_ipc_queue_depth{queue=\"loop\"}", 0},
                    {"gaia_ipc_queue_depth{queue=\"finish\"}", 0},
                    {"gaia_errors_total{kind=\"turn\"}", 0},
                    {"gaia_http_requests_total{route=\"submit\",status=\"2xx\"}", 1}});
    EXPECT_GT(last.at("gaia_process_cpu_seconds_total"), 0);
    EXPECT_GT(last.at("gaia_process_memory_rss_bytes"), 1e6);
    EXPECT_GE(last.at("gaia_http_requests_total{route=\"jobs\",status=\"2xx\"}"), 1);
    EXPECT_GT(last.at("gaia_store_turn_duration_seconds_count"), 5);
    EXPECT_NEAR(static_cast<double>(time(nullptr)), last.at("gaia_process_start_time_seconds"),
                600);
}

TEST_F(ServerMetrics, CountWhatWasLostAndGivenUp)
{
    Scheduler scheduler({"--quarantine", "1"});
    auto executor = std::make_unique<FakeExecutor>(scheduler, "e1");
    executor->Hello();
    const std::string bad = scheduler.Submit(); // an error that no retry mends
    ASSERT_EQ("COMMITTED", executor->Fail(One(executor.get()), GAIA_FILE_MISSING, "it is gone"));
    scheduler.Await(bad, "failed");
    const std::string returned = scheduler.Submit();
    ASSERT_EQ("COMMITTED", executor->Fail(One(executor.get()), GAIA_CANCELLED, "given back"));
    ASSERT_EQ(200, scheduler.Http("DELETE", "/v1/jobs/" + returned).status);
    // Another process in the place of one that held a lease.
    const std::string lost = scheduler.Submit();
    One(executor.get());
    FakeExecutor other(scheduler, "e1");
    other.boot = "another";
    other.Hello();
    Await(scheduler, {{"gaia_leases_lost_total{reason=\"replaced\"}", 1},
                      {"gaia_child_process_restarts_total{process_type=\"executor\"}", 1},
                      {"gaia_executors{state=\"ready\"}", 1}});
    // It has done nothing yet, and ends: its batch is quarantined.
    One(&other);
    other.HangUp();
    scheduler.Await(lost, "failed");
    Await(scheduler, {{"gaia_leases_lost_total{reason=\"ended\"}", 1},
                      {"gaia_leases_lost_total{reason=\"returned\"}", 1},
                      {"gaia_leases_lost_total{reason=\"expired\"}", 0},
                      {"gaia_batches_dead_total{reason=\"invalid\"}", 1},
                      {"gaia_batches_dead_total{reason=\"quarantine\"}", 1},
                      {"gaia_batches_dead_total{reason=\"tries\"}", 0},
                      {"gaia_compute_job_failures_total{class=\"invalid\"}", 1},
                      {"gaia_compute_job_failures_total{class=\"unavailable\"}", 0},
                      {"gaia_compute_job_duration_seconds_count{kind=\"plan\"}", 1},
                      {"gaia_weather_runs_submitted_total", 3},
                      {"gaia_weather_runs_finished_total{status=\"failed\"}", 2},
                      {"gaia_weather_runs_finished_total{status=\"cancelled\"}", 1},
                      {"gaia_executors{state=\"ready\"}", 0},
                      {"gaia_executors{state=\"gone\"}", 1}});
}

// A result that costs this much.
json_t *Costly(const char *cost)
{
    json_t *result = json_pack("{s:s, s:s}", "status", "file_missing", "detail", "it is gone");
    json_object_set_new(result, "cost", json_loads(cost, JSON_DECODE_ANY, nullptr));
    return result;
}

TEST_F(ServerMetrics, CountWhatResultsCostOnceByDevice)
{
    Scheduler scheduler;
    FakeExecutor plain(scheduler, "e1");
    FakeExecutor gpu(scheduler, "e2");
    plain.Hello();
    gpu.Hello({{"device", "cuda"}});
    const char *const cost =
        "{\"cpu_us\": 1500000, \"kernel_us\": 250000, \"summed_bytes\": 4096, "
        "\"uploaded_bytes\": 512, \"kept\": 3, \"fresh\": 1, "
        "\"read_bytes\": {\"zarr\": 100, \"grib\": 7, \"a format to come\": 9}}";
    scheduler.Submit();
    const WireLease first = One(&plain);
    ASSERT_EQ("COMMITTED", plain.Result(first, Costly(cost)));
    ASSERT_EQ("DUPLICATE", plain.Result(first, Costly(cost)));
    scheduler.Submit();
    const WireLease second = One(&gpu);
    ASSERT_EQ("COMMITTED", gpu.Result(second, Costly("{\"kernel_us\": 500000}")));
    scheduler.Submit();
    const WireLease third = One(&gpu);
    for (const char *bad :
         {"7", "[]", "{\"cpu_us\": -1}", "{\"cpu_us\": \"1\"}", "{\"kept\": 9007199254740993}",
          "{\"read_bytes\": 7}", "{\"read_bytes\": {\"grib\": -7}}"}) {
        EXPECT_EQ("ERROR", gpu.Result(third, Costly(bad))) << bad;
    }
    Await(scheduler, {{"gaia_executor_cpu_seconds_total", 1.5},
                      {"gaia_kernel_seconds_total{device=\"cpu\"}", 0.25},
                      {"gaia_kernel_seconds_total{device=\"gpu\"}", 0.5},
                      {"gaia_kernel_bytes_total{device=\"cpu\"}", 4096},
                      {"gaia_kernel_bytes_total{device=\"gpu\"}", 0},
                      {"gaia_gpu_uploaded_bytes_total", 512},
                      {"gaia_field_cache_requests_total{outcome=\"hit\"}", 3},
                      {"gaia_field_cache_requests_total{outcome=\"miss\"}", 1},
                      {"gaia_read_bytes_total{format=\"zarr\"}", 100},
                      {"gaia_read_bytes_total{format=\"grib\"}", 7},
                      {"gaia_read_bytes_total{format=\"netcdf\"}", 0},
                      {"gaia_results_total{outcome=\"refused\"}", 7}});
    const Samples last = Scrape(scheduler);
    EXPECT_NEAR(static_cast<double>(time(nullptr)), last.at("gaia_last_result_timestamp_seconds"),
                600);
}

TEST_F(ServerMetrics, AddUpWhatConnectedExecutorsHold)
{
    Scheduler scheduler;
    FakeExecutor plain(scheduler, "e1");
    FakeExecutor gpu(scheduler, "e2");
    const Samples before = Scrape(scheduler);
    EXPECT_EQ(0u, before.count("gaia_last_result_timestamp_seconds"));
    EXPECT_EQ(0u, before.count("gaia_weather_score_day1"));
    EXPECT_GT(before.at("gaia_state_disk_free_bytes"), 0);
    EXPECT_GE(before.at("gaia_state_disk_size_bytes"), before.at("gaia_state_disk_free_bytes"));
    plain.Hello();
    gpu.Hello({{"device", "cuda"}});
    plain.BeatHolding(1000, 0, 0, 0);
    gpu.BeatHolding(3000, 700, 800, 500);
    Await(scheduler, {{"gaia_executor_devices{device=\"cpu\"}", 1},
                      {"gaia_executor_devices{device=\"gpu\"}", 1},
                      {"gaia_executor_memory_rss_bytes{of=\"all\"}", 4000},
                      {"gaia_executor_memory_rss_bytes{of=\"largest\"}", 3000},
                      {"gaia_gpu_memory_used_bytes", 700},
                      {"gaia_gpu_memory_limit_bytes", 800},
                      {"gaia_gpu_resident_bytes", 500}});
    gpu.HangUp();
    Await(scheduler, {{"gaia_executor_devices{device=\"gpu\"}", 0},
                      {"gaia_executor_memory_rss_bytes{of=\"all\"}", 1000},
                      {"gaia_executor_memory_rss_bytes{of=\"largest\"}", 1000},
                      {"gaia_gpu_memory_used_bytes", 0},
                      {"gaia_gpu_memory_limit_bytes", 0},
                      {"gaia_gpu_resident_bytes", 0}});
    const Samples last = Scrape(scheduler);
    EXPECT_EQ(1, last.at("gaia_db_connections_active") + last.at("gaia_db_connections_idle"));
}

TEST_F(ServerMetrics, CountRecyclesByTheReasonThatTheNextProcessSays)
{
    Scheduler scheduler;
    const auto says = [&scheduler](const std::string &boot, const std::string &reason) {
        FakeExecutor executor(scheduler, "e1");
        executor.boot = boot;
        executor.Hello(reason.empty() ? std::map<std::string, std::string>()
                                      : std::map<std::string, std::string>{{"replaces", reason}});
    };
    says("first", "none");
    says("second", "rss_hard");
    says("second", "rss_hard"); // the same process, connected again
    says("third", "left");
    says("fourth", "");
    says("fifth", "a-reason-to-come");
    Await(scheduler, {{"gaia_executor_recycles_total{reason=\"rss_hard\"}", 1},
                      {"gaia_executor_recycles_total{reason=\"left\"}", 1},
                      {"gaia_executor_recycles_total{reason=\"failed\"}", 0},
                      {"gaia_executor_recycles_total{reason=\"other\"}", 1}});
}

TEST_F(ServerMetrics, CountRequestsByWhatTheyAskAndHowTheyEnd)
{
    Scheduler scheduler({"--jobs-max", "1"});
    EXPECT_EQ(200, scheduler.Http("GET", "/livez", "", "").status);
    EXPECT_EQ(401, scheduler.Http("GET", "/v1/jobs", "", "").status);
    EXPECT_EQ(404, scheduler.Http("GET", "/nothing").status);
    EXPECT_EQ(404, scheduler.Http("GET", "/v1/jobs/none/scores").status);
    EXPECT_EQ(400, scheduler.Http("GET", "/v1/executors?x=1").status);
    EXPECT_EQ(401, scheduler.Http("GET", "/metrics", "", "").status);
    EXPECT_EQ(401, scheduler.Http("GET", "/metrics", "", "wrong").status);
    EXPECT_EQ(405, scheduler.Http("POST", "/metrics").status);
    EXPECT_EQ(200, scheduler.Http("GET", "/v1/profiles").status);
    const Answer bound = scheduler.Http(
        "POST", "/v1/tokens", "{\"name\": \"n\", \"scope\": \"read\", \"tenant\": \"t\"}");
    const Answer unbound =
        scheduler.Http("POST", "/v1/tokens", "{\"name\": \"n\", \"scope\": \"read\"}");
    EXPECT_EQ(403, scheduler.Http("GET", "/metrics", "", bound.Get("token")).status);
    EXPECT_EQ(200, scheduler.Http("GET", "/metrics", "", unbound.Get("token")).status);
    scheduler.Submit();
    EXPECT_EQ(429, scheduler
                       .Http("POST", "/v1/jobs",
                             "{\"schema\": \"gaia.job/1\", \"forecasts\": [{\"id\": \"f\", "
                             "\"files\": [\"/f.nc\"]}], \"truth\": {\"files\": [\"/t.nc\"]}}")
                       .status);
    Await(scheduler, {{"gaia_http_requests_total{route=\"health\",status=\"2xx\"}", 1},
                      {"gaia_http_requests_total{route=\"jobs\",status=\"4xx\"}", 1},
                      {"gaia_http_requests_total{route=\"none\",status=\"4xx\"}", 2},
                      {"gaia_http_requests_total{route=\"results\",status=\"4xx\"}", 1},
                      {"gaia_http_requests_total{route=\"admin\",status=\"4xx\"}", 1},
                      {"gaia_http_requests_total{route=\"admin\",status=\"2xx\"}", 2},
                      {"gaia_http_requests_total{route=\"metrics\",status=\"4xx\"}", 3},
                      {"gaia_http_requests_total{route=\"reference\",status=\"2xx\"}", 1},
                      {"gaia_http_requests_total{route=\"submit\",status=\"2xx\"}", 1},
                      {"gaia_http_requests_total{route=\"submit\",status=\"4xx\"}", 1},
                      {"gaia_http_refusals_total{limit=\"queue\"}", 1},
                      {"gaia_http_refusals_total{limit=\"address\"}", 0},
                      {"gaia_http_connections", 1}}); // the scrape's own
}

TEST_F(ServerMetrics, AreAsLongAfterManyJobsAsAtTheStart)
{
    Scheduler scheduler;
    const size_t before = Scrape(scheduler).size();
    for (int i = 0; i < 50; i++) {
        const Answer made = scheduler.Http(
            "POST", "/v1/jobs",
            "{\"schema\": \"gaia.job/1\", \"name\": \"\\\"} 1\\n\", \"forecasts\": [{\"id\": "
            "\"f\", \"files\": [\"/f.nc\"]}], \"truth\": {\"files\": [\"/t.nc\"]}, \"queue\": "
            "{\"tenant\": \"tenant " +
                std::to_string(i) + "\\\"\"}}");
        ASSERT_EQ(201, made.status) << made.body;
    }
    Await(scheduler, {{"gaia_weather_runs_active{status=\"queued\"}", 50}});
    EXPECT_EQ(before, Scrape(scheduler).size());
}

} // namespace
