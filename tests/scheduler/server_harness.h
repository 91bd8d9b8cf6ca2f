// SPDX-License-Identifier: MIT
//
// A real gaia-scheduler in a state directory of its own, a user that talks HTTP to it, and an
// executor that speaks the wire protocol without an engine. Used by http_test.cc and
// server_test.cc.
//
// Invariant: whatever a test started is ended with the harness; processes are made by posix_spawn,
// since nng does not survive a fork.
#ifndef SERVER_HARNESS_H
#define SERVER_HARNESS_H

#include <curl/curl.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <jansson.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include <gaia/metric.h>

extern "C" {
#include "clock.h"
#include "transport.h"
#include "wire.h"
}

#include "store_harness.h"

extern char **environ;

struct JsonDelete {
    void operator()(json_t *json) const
    {
        json_decref(json);
    }
};
using Json = std::unique_ptr<json_t, JsonDelete>;

inline Json ParseJson(const std::string &text)
{
    return Json(json_loadb(text.data(), text.size(), 0, nullptr));
}

// A member as text: strings as they are, everything else as JSON; "" if it is absent.
inline std::string Member(const json_t *json, const char *key)
{
    const json_t *member = json_object_get(json, key);
    if (json_is_string(member)) {
        return json_string_value(member);
    }
    char *dumped = member != nullptr ? json_dumps(member, JSON_COMPACT | JSON_ENCODE_ANY) : nullptr;
    const std::string text = dumped != nullptr ? dumped : "";
    free(dumped);
    return text;
}

struct Answer {
    long status = 0;
    std::string body;
    std::string type;
    Json json;

    std::string Get(const char *key) const
    {
        return Member(json.get(), key);
    }
};

class Scheduler
{
  public:
    TemporaryDirectory directory;
    pid_t pid = -1;
    std::string api;
    std::string control;
    std::string work;
    std::string secret;

    Scheduler()
    {
        Start();
    }
    // Every test ends with a clean stop: that is where sanitizers report what leaked.
    ~Scheduler()
    {
        if (pid > 0) {
            const int status = End(SIGTERM);
            EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << Read("log");
        }
    }
    pid_t Spawn()
    {
        const std::string program = std::string(GAIA_BINARIES) + "/gaia-scheduler";
        const std::string log = directory / "log";
        std::string state = directory.Path();
        char name[] = "gaia-scheduler";
        char option[] = "--state";
        char *argv[] = {name, option, state.data(), nullptr};
        posix_spawn_file_actions_t files;
        pid_t child = -1;
        posix_spawn_file_actions_init(&files);
        posix_spawn_file_actions_addopen(&files, 2, log.c_str(), O_WRONLY | O_CREAT | O_APPEND,
                                         0600);
        EXPECT_EQ(0, posix_spawn(&child, program.c_str(), &files, nullptr, argv, environ));
        posix_spawn_file_actions_destroy(&files);
        return child;
    }
    // Starts it and waits until it says where to dial.
    void Start()
    {
        unlink((directory / "scheduler.json").c_str());
        pid = Spawn();
        for (int i = 0; i < 3000 && access((directory / "scheduler.json").c_str(), F_OK) != 0;
             i++) {
            usleep(10000);
        }
        const Json note = ParseJson(Read("scheduler.json"));
        ASSERT_NE(nullptr, note) << Read("log");
        api = Member(note.get(), "api");
        control = Member(note.get(), "control");
        work = Member(note.get(), "work");
        secret = Read("secret");
    }
    // Ends it with this signal and returns what waitpid says.
    int End(int signal)
    {
        int status = 0;
        if (pid > 0) {
            kill(pid, signal);
            waitpid(pid, &status, 0);
            pid = -1;
        }
        return status;
    }
    std::string Read(const std::string &name) const
    {
        std::ifstream file(directory / name, std::ios::binary);
        std::ostringstream all;
        all << file.rdbuf();
        return all.str();
    }

    Answer Http(const std::string &method, const std::string &path, const std::string &body = "",
                const std::string &token = "right") const
    {
        Answer answer;
        CURL *curl = curl_easy_init();
        struct curl_slist *headers = nullptr;
        if (!token.empty()) {
            const std::string line = "Authorization: Bearer " + (token == "right" ? secret : token);
            headers = curl_slist_append(headers, line.c_str());
        }
        curl_easy_setopt(curl, CURLOPT_URL, (api + path).c_str());
        curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method.c_str());
        curl_easy_setopt(curl, CURLOPT_TIMEOUT, 60L);
        curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
        if (method == "POST") {
            curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.data());
            curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
                             static_cast<curl_off_t>(body.size()));
        }
        curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
        curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer.body);
        curl_easy_setopt(
            curl, CURLOPT_WRITEFUNCTION,
            +[](char *bytes, size_t size, size_t n, void *out) -> size_t {
                static_cast<std::string *>(out)->append(bytes, size * n);
                return size * n;
            });
        const CURLcode code = curl_easy_perform(curl);
        char *type = nullptr;
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer.status);
        curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type);
        answer.type = type != nullptr ? type : "";
        if (code != CURLE_OK && answer.status == 0) {
            ADD_FAILURE() << method << ' ' << path << ": " << curl_easy_strerror(code);
        }
        curl_slist_free_all(headers);
        curl_easy_cleanup(curl);
        answer.json = ParseJson(answer.body);
        return answer;
    }
    std::string Submit(size_t n_forecasts = 1) const
    {
        std::string forecasts;
        for (size_t i = 0; i < n_forecasts; i++) {
            forecasts += std::string(i > 0 ? ", " : "") + "{\"id\": \"f" + std::to_string(i) +
                         "\", \"files\": [\"/data/f" + std::to_string(i) + ".nc\"]}";
        }
        const Answer answer =
            Http("POST", "/v1/jobs",
                 "{\"schema\": \"gaia.job/1\", \"name\": \"a test\", \"forecasts\": [" + forecasts +
                     "], \"truth\": {\"files\": [\"/data/truth.nc\"]}}");
        EXPECT_EQ(201, answer.status) << answer.body;
        return answer.Get("id");
    }
    Answer Job(const std::string &id) const
    {
        return Http("GET", "/v1/jobs/" + id);
    }
    // Waits until the job is in this state; the job as it is then.
    Answer Await(const std::string &id, const std::string &state) const
    {
        Answer job = Job(id);
        for (int i = 0; i < 1000 && job.Get("state") != state; i++) {
            usleep(20000);
            job = Job(id);
        }
        EXPECT_EQ(state, job.Get("state")) << job.body << Read("log");
        return job;
    }
};

// One lease as it came over the wire.
struct WireLease {
    std::string job;
    json_int_t batch = 0;
    std::string attempt;
    std::string kind;
    json_int_t first_unit = 0;
    json_int_t n_units = 0;
    std::string spec;
    std::string plan;
};

class FakeExecutor
{
  public:
    std::string name;
    std::string boot;
    std::string session;
    json_int_t seq = 0;

    FakeExecutor(const Scheduler &scheduler, const std::string &as) : name(as), boot("boot-" + as)
    {
        Dial(scheduler);
    }
    ~FakeExecutor()
    {
        HangUp();
    }
    FakeExecutor(const FakeExecutor &) = delete;
    FakeExecutor &operator=(const FakeExecutor &) = delete;

    void Dial(const Scheduler &scheduler)
    {
        gaia_error err = {};
        secret_ = scheduler.secret;
        ASSERT_EQ(GAIA_OK, transport_dial(scheduler.control.c_str(), &control_, &err))
            << err.detail;
        ASSERT_EQ(GAIA_OK, transport_dial(scheduler.work.c_str(), &work_, &err)) << err.detail;
    }
    void HangUp()
    {
        if (control_ != nullptr) {
            transport_hang_up(control_);
            transport_hang_up(work_);
        }
        control_ = nullptr;
        work_ = nullptr;
    }
    // Sends a message and returns the header of its reply. json is stolen.
    Json Call(bool to_control, json_t *json, const std::vector<double> &sums = {},
              int64_t timeout_ms = 20000)
    {
        const Json header(json);
        unsigned char *bytes = nullptr;
        size_t length = 0;
        gaia_error err = {};
        EXPECT_NE(nullptr, header);
        EXPECT_EQ(GAIA_OK,
                  wire_encode(header.get(), sums.data(), sums.size(), &bytes, &length, &err));
        Json reply =
            CallBytes(to_control, std::string(reinterpret_cast<char *>(bytes), length), timeout_ms);
        free(bytes);
        return reply;
    }
    Json CallBytes(bool to_control, const std::string &bytes, int64_t timeout_ms = 20000)
    {
        unsigned char *reply = nullptr;
        size_t length = 0;
        json_t *header = nullptr;
        double *sums = nullptr;
        size_t n_sums = 0;
        gaia_error err = {};
        const gaia_status status = transport_call(
            to_control ? control_ : work_, reinterpret_cast<const unsigned char *>(bytes.data()),
            bytes.size(), timeout_ms, &reply, &length, &err);
        EXPECT_EQ(GAIA_OK, status) << err.detail;
        if (status == GAIA_OK) {
            EXPECT_EQ(GAIA_OK, wire_decode(reply, length, &header, &sums, &n_sums, &err))
                << err.detail;
        }
        free(reply);
        free(sums);
        return Json(header);
    }
    json_t *HelloHeader() const
    {
        char proof[WIRE_PROOF];
        wire_proof(secret_.c_str(), name.c_str(), boot.c_str(), proof);
        return json_pack("{s:s, s:i, s:i, s:s, s:s, s:s, s:i, s:i, s:s}", "verb", "HELLO",
                         "protocol", WIRE_PROTOCOL, "moments_version", GAIA_MOMENTS_VERSION,
                         "executor", name.c_str(), "boot", boot.c_str(), "device", "cpu",
                         "memory_bytes", 1000, "pid", 1, "proof", proof);
    }
    void Hello()
    {
        const Json reply = Call(true, HelloHeader());
        EXPECT_EQ("WELCOME", Member(reply.get(), "verb"));
        session = Member(reply.get(), "session");
    }
    json_t *FetchHeader(json_int_t number, int credits) const
    {
        return json_pack("{s:s, s:s, s:I, s:i, s:i, s:[]}", "verb", "FETCH", "session",
                         session.c_str(), "seq", number, "credits", credits, "free_memory_bytes",
                         1000, "resident");
    }
    std::vector<WireLease> Fetch(int credits = 1, bool again = false)
    {
        std::vector<WireLease> leases;
        seq += again ? 0 : 1;
        const Json reply = Call(false, FetchHeader(seq, credits));
        EXPECT_EQ("LEASES", Member(reply.get(), "verb")) << Member(reply.get(), "detail");
        const json_t *array = json_object_get(reply.get(), "leases");
        for (size_t i = 0; i < json_array_size(array); i++) {
            const json_t *json = json_array_get(array, i);
            WireLease lease;
            lease.job = Member(json, "job");
            lease.batch = json_integer_value(json_object_get(json, "batch"));
            lease.attempt = Member(json, "attempt");
            lease.kind = Member(json, "kind");
            lease.first_unit = json_integer_value(json_object_get(json, "first_unit"));
            lease.n_units =
                static_cast<json_int_t>(json_array_size(json_object_get(json, "units")));
            lease.spec = Member(json, "spec");
            lease.plan = Member(json, "plan");
            leases.push_back(lease);
        }
        return leases;
    }
    // Sends a FETCH whose answer is not waited for longer than this.
    void FetchInVain(int64_t timeout_ms)
    {
        const Json header(FetchHeader(++seq, 1));
        unsigned char *bytes = nullptr;
        unsigned char *reply = nullptr;
        size_t length = 0;
        size_t reply_length = 0;
        gaia_error err = {};
        ASSERT_EQ(GAIA_OK, wire_encode(header.get(), nullptr, 0, &bytes, &length, &err));
        EXPECT_NE(GAIA_OK,
                  transport_call(work_, bytes, length, timeout_ms, &reply, &reply_length, &err));
        free(bytes);
        free(reply);
    }
    // Beats; returns the attempts that are to be cancelled.
    std::vector<std::string> Beat(const std::vector<WireLease> &held, int done = 0)
    {
        json_t *leases = json_array();
        for (const WireLease &lease : held) {
            json_array_append_new(leases, json_pack("{s:s, s:i, s:i}", "attempt",
                                                    lease.attempt.c_str(), "done", done, "total",
                                                    static_cast<int>(lease.n_units)));
        }
        const Json reply = Call(true, json_pack("{s:s, s:s, s:o, s:i, s:i}", "verb", "BEAT",
                                                "session", session.c_str(), "leases", leases,
                                                "rss_bytes", 1, "device_bytes", 0));
        EXPECT_EQ("BEAT_OK", Member(reply.get(), "verb"));
        std::vector<std::string> cancelled;
        const json_t *array = json_object_get(reply.get(), "cancel");
        for (size_t i = 0; i < json_array_size(array); i++) {
            cancelled.push_back(json_string_value(json_array_get(array, i)));
        }
        return cancelled;
    }
    // Sends one result (stolen, without job, batch and attempt); its outcome.
    std::string Result(const WireLease &lease, json_t *result, const std::vector<double> &sums = {})
    {
        json_object_set_new(result, "job", json_string(lease.job.c_str()));
        json_object_set_new(result, "batch", json_integer(lease.batch));
        json_object_set_new(result, "attempt", json_string(lease.attempt.c_str()));
        const Json reply = Call(false,
                                json_pack("{s:s, s:s, s:[o]}", "verb", "RESULT", "session",
                                          session.c_str(), "results", result),
                                sums);
        if (Member(reply.get(), "verb") != "RESULTS") {
            return Member(reply.get(), "verb");
        }
        return json_string_value(json_array_get(json_object_get(reply.get(), "outcomes"), 0));
    }
    std::string Fail(const WireLease &lease, gaia_status status, const std::string &detail)
    {
        return Result(lease, json_pack("{s:s, s:s}", "status", gaia_status_name(status), "detail",
                                       detail.c_str()));
    }

    // A plan of one variable at n_units times for each forecast; those in `failed` have none.
    static json_t *PlanJson(size_t n_forecasts, size_t n_units,
                            const std::vector<size_t> &failed = {})
    {
        json_t *forecasts = json_array();
        json_t *units = json_array();
        for (size_t f = 0; f < n_forecasts; f++) {
            bool is_failed = false;
            for (size_t one : failed) {
                is_failed = is_failed || one == f;
            }
            json_array_append_new(
                forecasts, json_pack("{s:s, s:s, s:s}", "id", ("f" + std::to_string(f)).c_str(),
                                     "status", is_failed ? "file_missing" : "ok", "detail",
                                     is_failed ? "/data/f.nc: no such file" : ""));
            for (size_t i = 0; !is_failed && i < n_units; i++) {
                json_array_append_new(units,
                                      json_pack("[I, i, f, i, I]", static_cast<json_int_t>(f), 0,
                                                500.0, 3600, static_cast<json_int_t>(i * 3600)));
            }
        }
        return json_pack("{s:o, s:[s], s:[s, s], s:[s], s:[s], s:o, s:s, s:s, s:b, s:b, s:i}",
                         "forecasts", forecasts, "variables", "z", "regions", "global", "n.hem",
                         "weights", "cos", "warnings", "something was left out", "units", units,
                         "metrics", "ff", "missing", "pairwise", "has_climatology", 0,
                         "has_reference", 0, "field_bytes", 1000);
    }
    std::string SendPlan(const WireLease &lease, json_t *plan)
    {
        return Result(lease,
                      json_pack("{s:s, s:s, s:o}", "status", "ok", "detail", "", "plan", plan));
    }
    // Sums whose errors are all `unit + 1`, so that the scores tell the unit.
    static std::vector<double> Sums(json_int_t first_unit, json_int_t n_units)
    {
        std::vector<double> sums(static_cast<size_t>(n_units) * 2 * GAIA_MOMENT_COUNT, 0.0);
        for (size_t row = 0; row < static_cast<size_t>(n_units) * 2; row++) {
            double *sum = &sums[row * GAIA_MOMENT_COUNT];
            const double d = static_cast<double>(first_unit) + static_cast<double>(row / 2) + 1;
            sum[GAIA_MOMENT_POINTS] = sum[GAIA_MOMENT_ERROR_N] = sum[GAIA_MOMENT_ERROR_W] = 4;
            sum[GAIA_MOMENT_ERROR_D] = sum[GAIA_MOMENT_ERROR_D_PLAIN] = 4 * d;
            sum[GAIA_MOMENT_ERROR_ABS_D] = 4 * d;
            sum[GAIA_MOMENT_ERROR_D2] = 4 * d * d;
        }
        return sums;
    }
    static json_t *ScoreJson(const WireLease &lease, size_t count)
    {
        return json_pack("{s:s, s:s, s:I, s:I, s:i, s:[], s:i, s:I}", "status", "ok", "detail", "",
                         "first_unit", lease.first_unit, "n_units", lease.n_units, "rows_per_unit",
                         2, "failed", "offset", 0, "count", static_cast<json_int_t>(count));
    }
    std::string SendScores(const WireLease &lease)
    {
        const std::vector<double> sums = Sums(lease.first_unit, lease.n_units);
        return Result(lease, ScoreJson(lease, sums.size()), sums);
    }
    // Leases and does everything of a job whose plan lease is fetched first.
    void Work(size_t n_forecasts, size_t n_units)
    {
        std::vector<WireLease> leases = Fetch();
        ASSERT_EQ(1u, leases.size());
        ASSERT_EQ("plan", leases[0].kind);
        ASSERT_EQ("COMMITTED", SendPlan(leases[0], PlanJson(n_forecasts, n_units)));
        WorkScores(static_cast<json_int_t>(n_forecasts * n_units));
    }
    void WorkScores(json_int_t units)
    {
        while (units > 0) {
            const std::vector<WireLease> leases = Fetch();
            ASSERT_EQ(1u, leases.size());
            ASSERT_EQ("COMMITTED", SendScores(leases[0]));
            units -= leases[0].n_units;
        }
    }

  private:
    struct transport_client *control_ = nullptr;
    struct transport_client *work_ = nullptr;
    std::string secret_;
};

#endif
