/* SPDX-License-Identifier: MIT
 *
 * The executor against a scheduler that does what the test says: over real sockets, with an engine
 * that is played (engine_double.h).
 */
#include <gtest/gtest.h>

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <condition_variable>
#include <cstring>
#include <deque>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <jansson.h>

/* gaia_score is a function and a struct, as in C it may be. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
extern "C" {
#include "clock.h"
#include "engine_double.h"
#include "executor.h"
#include "transport.h"
#include "wire.h"
}
#pragma GCC diagnostic pop

namespace
{

constexpr int64_t patience_ms = 30000;
const std::string secret(64, 'a');

std::string text_of(const json_t *json, const char *key)
{
    const char *text = json_string_value(json_object_get(json, key));
    return text != nullptr ? text : "";
}

/* What one RESULT held. */
struct Result {
    std::string job;
    std::string attempt;
    std::string status;
    std::string detail;
    bool has_plan;
    std::vector<double> sums;
};

/* The job and the plan of every lease. */
#define SPEC                                                                                       \
    "{\"schema\":\"gaia.job/1\",\"forecasts\":[{\"id\":\"a\",\"files\":[\"/f.nc\"]}],"             \
    "\"truth\":{\"files\":[\"/t.nc\"]}}"
#define PLAN                                                                                       \
    "{\"forecasts\":[{\"id\":\"a\",\"status\":\"ok\",\"detail\":\"\"}],\"variables\":[\"z\"],"     \
    "\"regions\":[\"global\",\"tropics\"],\"weights\":[\"cos\"],\"warnings\":[],"                  \
    "\"metrics\":\"1\",\"missing\":\"pairwise\",\"has_climatology\":false,"                        \
    "\"has_reference\":false,\"field_bytes\":8}"

/* A scheduler whose replies are set by the test. Its requests are answered on the transport's
 * thread, which is allowed: a reply never blocks. */
class Scheduler
{
  public:
    explicit Scheduler(std::string directory) : state(std::move(directory))
    {
        gaia_error err = {};
        char bound[2][64];
        const transport_events control_events = {this, received, nullptr};
        const transport_events work_events = {this, received, nullptr};
        EXPECT_EQ(GAIA_OK, transport_listen("tcp://127.0.0.1:0", 4, &control_events, bound[0],
                                            &control, &err));
        EXPECT_EQ(GAIA_OK,
                  transport_listen("tcp://127.0.0.1:0", 4, &work_events, bound[1], &work, &err));
        const std::string path = state + "/scheduler.json";
        std::ofstream(path + ".new") << "{\"pid\":1,\"api\":\"http://127.0.0.1:1\",\"control\":\""
                                     << bound[0] << "\",\"work\":\"" << bound[1] << "\"}";
        std::filesystem::rename(path + ".new", path);
    }

    ~Scheduler()
    {
        transport_close(control);
        transport_close(work);
        for (transport_request *request : parked) {
            transport_drop(request);
        }
    }

    /* Waits until `good` of this scheduler's state holds. */
    bool until(const std::function<bool()> &good)
    {
        std::unique_lock<std::mutex> hold(lock);
        return changed.wait_for(hold, std::chrono::milliseconds(patience_ms), good);
    }

    void lease(const char *kind, const std::string &attempt)
    {
        const char *units = strcmp(kind, "score") == 0
                                ? ",\"first_unit\":4,\"units\":[[0,0,500,3600,0],"
                                  "[0,0,500,7200,0]],\"plan\":" PLAN
                                : "";
        const std::lock_guard<std::mutex> hold(lock);
        leases.push_back(std::string("{\"job\":\"j\",\"batch\":7,\"attempt\":\"") + attempt +
                         "\",\"kind\":\"" + kind + "\",\"spec\":" SPEC + units + "}");
        if (!parked.empty()) {
            transport_request *request = parked.back();
            parked.pop_back();
            fetch_reply(request);
        }
    }

    void set(const std::function<void()> &change)
    {
        const std::lock_guard<std::mutex> hold(lock);
        change();
    }

    /* Read under until(), written under set(). */
    int hellos = 0;
    int fetches = 0;
    int beats = 0;
    int unknown = 0;        /* so many requests but HELLO get UNKNOWN_SESSION */
    int silent_results = 0; /* so many RESULTs get no answer */
    bool drain_fetch = false;
    bool drain_beat = false;
    bool refuse = false;
    std::string token = "s1";
    std::string cancel;
    std::set<std::string> boots;
    std::set<std::string> beaten; /* attempts named in beats */
    std::vector<Result> results;
    std::vector<json_int_t> seqs;
    bool proof_good = true;

  private:
    static void reply(transport_request *request, const std::string &text)
    {
        json_t *json = json_loads(text.c_str(), 0, nullptr);
        unsigned char *bytes = nullptr;
        size_t length = 0;
        gaia_error err = {};
        ASSERT_NE(nullptr, json) << text;
        ASSERT_EQ(GAIA_OK, wire_encode(json, nullptr, 0, &bytes, &length, &err));
        transport_reply(request, bytes, length);
        free(bytes);
        json_decref(json);
    }

    void fetch_reply(transport_request *request)
    {
        reply(request, "{\"verb\":\"LEASES\",\"leases\":[" + leases.front() + "]}");
        leases.pop_front();
    }

    void hello(transport_request *request, const json_t *header)
    {
        char proof[WIRE_PROOF];
        hellos++;
        boots.insert(text_of(header, "boot"));
        wire_proof(secret.c_str(), text_of(header, "executor").c_str(),
                   text_of(header, "boot").c_str(), proof);
        proof_good = proof_good && wire_equal(proof, text_of(header, "proof").c_str());
        reply(request, refuse ? "{\"verb\":\"REFUSED\",\"status\":\"denied\",\"detail\":\"no\"}"
                              : "{\"verb\":\"WELCOME\",\"session\":\"" + token +
                                    "\",\"beat_ms\":50,\"park_ms\":60000,\"lease_ms\":10000}");
    }

    void beat(transport_request *request, const json_t *header)
    {
        size_t i;
        json_t *lease;
        json_array_foreach(json_object_get(header, "leases"), i, lease)
        {
            beaten.insert(text_of(lease, "attempt"));
        }
        beats++;
        reply(request, "{\"verb\":\"BEAT_OK\",\"cancel\":[\"" + cancel +
                           "\"],\"drain\":" + (drain_beat ? "true}" : "false}"));
    }

    void fetch(transport_request *request, const json_t *header)
    {
        fetches++;
        seqs.push_back(json_integer_value(json_object_get(header, "seq")));
        if (drain_fetch) {
            reply(request, "{\"verb\":\"DRAIN\"}");
        } else if (!leases.empty()) {
            fetch_reply(request);
        } else {
            parked.push_back(request);
        }
    }

    void result(transport_request *request, const json_t *header, const double *sums, size_t n_sums)
    {
        const json_t *entry = json_array_get(json_object_get(header, "results"), 0);
        results.push_back({text_of(entry, "job"), text_of(entry, "attempt"),
                           text_of(entry, "status"), text_of(entry, "detail"),
                           json_object_get(entry, "plan") != nullptr,
                           std::vector<double>(sums, sums + n_sums)});
        if (silent_results > 0) {
            silent_results--;
            transport_drop(request);
            return;
        }
        reply(request, "{\"verb\":\"RESULTS\",\"outcomes\":[\"COMMITTED\"]}");
    }

    static void received(void *context, transport_request *request, uint32_t, unsigned char *bytes,
                         size_t length)
    {
        Scheduler *self = static_cast<Scheduler *>(context);
        json_t *header = nullptr;
        double *sums = nullptr;
        size_t n_sums = 0;
        gaia_error err = {};
        ASSERT_EQ(GAIA_OK, wire_decode(bytes, length, &header, &sums, &n_sums, &err)) << err.detail;
        const std::lock_guard<std::mutex> hold(self->lock);
        const std::string verb = text_of(header, "verb");
        if (verb == "HELLO") {
            self->hello(request, header);
        } else if (text_of(header, "session") != self->token || self->unknown > 0) {
            self->unknown -= self->unknown > 0;
            reply(request, "{\"verb\":\"UNKNOWN_SESSION\"}");
        } else if (verb == "BEAT") {
            self->beat(request, header);
        } else if (verb == "FETCH") {
            self->fetch(request, header);
        } else {
            self->result(request, header, sums, n_sums);
        }
        self->changed.notify_all();
        json_decref(header);
        free(sums);
        free(bytes);
    }

    std::string state;
    std::mutex lock;
    std::condition_variable changed;
    std::deque<std::string> leases;
    std::vector<transport_request *> parked;
    transport_server *control = nullptr;
    transport_server *work = nullptr;
};

class Executor : public testing::Test
{
  protected:
    void SetUp() override
    {
        /* As main_executor.c does; every thread made from here on inherits it. */
        sigset_t set;
        sigemptyset(&set);
        sigaddset(&set, SIGTERM);
        sigaddset(&set, SIGINT);
        pthread_sigmask(SIG_BLOCK, &set, nullptr);
        engine_double_reset();
        char made[] = "/tmp/gaia-executor-XXXXXX";
        state = mkdtemp(made);
        std::ofstream(state + "/secret") << secret << "\n";
    }

    void TearDown() override
    {
        leave();
        std::filesystem::remove_all(state);
    }

    void start()
    {
        log = {stderr, "executor", LOG_ERROR};
        options.state = state.c_str();
        options.executor = "e1";
        options.engine = {"cpu", 1, 1 << 20};
        options.log = &log;
        thread = std::thread([this] { status = executor_run(&options, &err); });
    }

    /* Ends it as SIGTERM would, if it has not ended. */
    void leave()
    {
        if (thread.joinable()) {
            engine_double_hold(false);
            kill(getpid(), SIGTERM);
            join();
        }
        /* What an executor that had already left did not take. */
        sigset_t set;
        const timespec none = {};
        sigemptyset(&set);
        sigaddset(&set, SIGTERM);
        while (sigtimedwait(&set, nullptr, &none) == SIGTERM) {
        }
    }

    void join()
    {
        thread.join();
    }

    std::string state;
    struct log log = {};
    executor_options options = {};
    std::thread thread;
    gaia_status status = GAIA_INTERNAL;
    gaia_error err = {};
};

TEST_F(Executor, PlansAndScoresAndReports)
{
    Scheduler scheduler(state);
    scheduler.lease("plan", "attempt-1");
    scheduler.lease("score", "attempt-2");
    start();
    ASSERT_TRUE(scheduler.until([&] { return scheduler.results.size() == 2; }));
    leave();
    EXPECT_EQ(GAIA_OK, status);
    EXPECT_TRUE(scheduler.proof_good);
    EXPECT_EQ("attempt-1", scheduler.results[0].attempt);
    EXPECT_EQ("ok", scheduler.results[0].status);
    EXPECT_TRUE(scheduler.results[0].has_plan);
    EXPECT_EQ("ok", scheduler.results[1].status) << scheduler.results[1].detail;
    const std::vector<double> &sums = scheduler.results[1].sums;
    ASSERT_EQ(2u * 2u * GAIA_MOMENT_COUNT, sums.size());
    for (size_t i = 0; i < sums.size(); i++) {
        const size_t row = i / GAIA_MOMENT_COUNT;
        EXPECT_EQ(engine_double_sum(row / 2, row % 2, i % GAIA_MOMENT_COUNT), sums[i]);
    }
}

TEST_F(Executor, CountsFetchesUpFromOne)
{
    Scheduler scheduler(state);
    scheduler.lease("plan", "a");
    scheduler.lease("plan", "b");
    start();
    ASSERT_TRUE(scheduler.until([&] { return scheduler.fetches == 3; }));
    EXPECT_EQ((std::vector<json_int_t>{1, 2, 3}), scheduler.seqs);
}

TEST_F(Executor, WaitsForASchedulerThatIsNotThereYet)
{
    start();
    clock_sleep_ms(50);
    Scheduler scheduler(state);
    EXPECT_TRUE(scheduler.until([&] { return scheduler.fetches == 1; }));
}

TEST_F(Executor, NamesItsLeaseInBeatsWhileItRuns)
{
    Scheduler scheduler(state);
    engine_double_hold(true);
    scheduler.lease("score", "attempt-1");
    start();
    ASSERT_TRUE(scheduler.until([&] { return scheduler.beaten.count("attempt-1") == 1; }));
    engine_double_hold(false);
    EXPECT_TRUE(scheduler.until([&] { return scheduler.results.size() == 1; }));
}

TEST_F(Executor, CancelsWhatTheBeatTakesBackAndReportsNothing)
{
    Scheduler scheduler(state);
    engine_double_hold(true);
    scheduler.lease("score", "attempt-1");
    start();
    ASSERT_TRUE(scheduler.until([&] { return scheduler.beaten.count("attempt-1") == 1; }));
    scheduler.set([&] { scheduler.cancel = "attempt-1"; });
    ASSERT_TRUE(scheduler.until([&] { return scheduler.fetches == 2; }));
    EXPECT_EQ(1, engine_double_cancelled());
    EXPECT_TRUE(scheduler.results.empty());
    /* The next lease is not touched by it. */
    engine_double_hold(false);
    scheduler.lease("score", "attempt-2");
    EXPECT_TRUE(scheduler.until([&] { return scheduler.results.size() == 1; }));
}

TEST_F(Executor, SaysWhatFailed)
{
    Scheduler scheduler(state);
    engine_double_fail(GAIA_FILE_DAMAGED);
    scheduler.lease("score", "attempt-1");
    scheduler.lease("conjure", "attempt-2");
    start();
    ASSERT_TRUE(scheduler.until([&] { return scheduler.results.size() == 2; }));
    EXPECT_EQ("file_damaged", scheduler.results[0].status);
    EXPECT_EQ("file ?: not there", scheduler.results[0].detail);
    EXPECT_EQ("protocol", scheduler.results[1].status);
}

TEST_F(Executor, SaysHelloAgainWhenItsSessionIsUnknown)
{
    Scheduler scheduler(state);
    start();
    ASSERT_TRUE(scheduler.until([&] { return scheduler.fetches == 1 && scheduler.beats > 0; }));
    scheduler.set([&] {
        scheduler.unknown = 1;
        scheduler.hellos = 0;
    });
    EXPECT_TRUE(scheduler.until([&] { return scheduler.hellos == 1; }));
    EXPECT_EQ(1u, scheduler.boots.size());
}

TEST_F(Executor, DeliversAResultUnderANewSession)
{
    Scheduler scheduler(state);
    engine_double_hold(true);
    scheduler.lease("score", "attempt-1");
    start();
    ASSERT_TRUE(scheduler.until([&] { return scheduler.beaten.count("attempt-1") == 1; }));
    scheduler.set([&] { scheduler.token = "s2"; });
    engine_double_hold(false);
    ASSERT_TRUE(scheduler.until([&] { return scheduler.results.size() == 1; }));
    EXPECT_EQ("attempt-1", scheduler.results[0].attempt);
    ASSERT_TRUE(scheduler.until([&] { return scheduler.fetches == 2; }));
    EXPECT_EQ(1, scheduler.seqs.back());
}

TEST_F(Executor, SendsAResultAgainUntilItIsAnswered)
{
    Scheduler scheduler(state);
    scheduler.silent_results = 1;
    scheduler.lease("score", "attempt-1");
    start();
    ASSERT_TRUE(scheduler.until([&] { return scheduler.results.size() == 2; }));
    EXPECT_EQ(scheduler.results[0].attempt, scheduler.results[1].attempt);
    EXPECT_EQ(scheduler.results[0].sums, scheduler.results[1].sums);
    EXPECT_EQ(1, engine_double_runs());
}

TEST_F(Executor, FindsASchedulerThatCameBackElsewhere)
{
    auto first = std::make_unique<Scheduler>(state);
    engine_double_hold(true);
    first->lease("score", "attempt-1");
    start();
    ASSERT_TRUE(first->until([&] { return first->beaten.count("attempt-1") == 1; }));
    const std::set<std::string> boots = first->boots;
    first.reset();
    engine_double_hold(false);
    Scheduler second(state);
    ASSERT_TRUE(second.until([&] { return second.results.size() == 1; }));
    EXPECT_EQ("attempt-1", second.results[0].attempt);
    EXPECT_EQ(boots, second.boots);
    EXPECT_TRUE(second.until([&] { return second.fetches == 1; }));
}

TEST_F(Executor, LeavesWhenDrained)
{
    Scheduler scheduler(state);
    scheduler.drain_fetch = true;
    start();
    join();
    EXPECT_EQ(GAIA_OK, status);
}

TEST_F(Executor, LeavesWhenABeatDrainsItWhileItWaitsForWork)
{
    Scheduler scheduler(state);
    start();
    ASSERT_TRUE(scheduler.until([&] { return scheduler.fetches == 1; }));
    scheduler.set([&] { scheduler.drain_beat = true; });
    const int64_t begin_ms = clock_monotonic_ms();
    join();
    EXPECT_EQ(GAIA_OK, status);
    EXPECT_LT(clock_monotonic_ms() - begin_ms, 10000);
}

TEST_F(Executor, FinishesItsLeaseAtTheFirstSignal)
{
    Scheduler scheduler(state);
    engine_double_hold(true);
    scheduler.lease("score", "attempt-1");
    scheduler.lease("score", "attempt-2");
    start();
    ASSERT_TRUE(scheduler.until([&] { return scheduler.beaten.count("attempt-1") == 1; }));
    leave();
    EXPECT_EQ(GAIA_OK, status);
    ASSERT_EQ(1u, scheduler.results.size());
    EXPECT_EQ("ok", scheduler.results[0].status);
}

TEST_F(Executor, GivesUpAResultWhenItHasToLeaveAndNobodyListens)
{
    auto scheduler = std::make_unique<Scheduler>(state);
    engine_double_hold(true);
    scheduler->lease("score", "attempt-1");
    start();
    ASSERT_TRUE(scheduler->until([&] { return scheduler->beaten.count("attempt-1") == 1; }));
    scheduler.reset();
    const int64_t begin_ms = clock_monotonic_ms();
    leave();
    EXPECT_EQ(GAIA_OK, status);
    EXPECT_LT(clock_monotonic_ms() - begin_ms, patience_ms);
}

TEST_F(Executor, EndsWhenItIsRefused)
{
    Scheduler scheduler(state);
    scheduler.refuse = true;
    start();
    join();
    EXPECT_EQ(GAIA_DENIED, status);
    EXPECT_NE(nullptr, strstr(err.detail, "no"));
}

} // namespace
