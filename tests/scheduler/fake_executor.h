// SPDX-License-Identifier: MIT
//
// An executor that speaks the wire protocol without an engine: a test scripts it message by
// message. Used by the server tests.
//
// Invariant: it checks that a call is answered, and leaves to the test what the answer should be.
#ifndef FAKE_EXECUTOR_H
#define FAKE_EXECUTOR_H

#include <gtest/gtest.h>
#include <jansson.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include <gaia/metric.h>

#include "server_harness.h"

extern "C" {
#include "proof.h"
#include "transport.h"
#include "wire.h"
}

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
    std::string key;
};

class FakeExecutor
{
  public:
    std::string name;
    std::string boot;
    std::string session;
    json_int_t seq = 0;
    int64_t patience_ms = 0;     // if set, a call is made again after this long without an answer,
    bool lossy = false;          // no answer is no failure
    std::vector<WireLease> held; // ... and a beat that names these goes before
    std::vector<std::string> held_keys; // of jobs that its leases need not bring
    uint64_t n_sent_again = 0;          // work requests sent again, for want of an answer in time

    explicit FakeExecutor(const std::string &as) : name(as), boot("boot-" + as)
    {
    }
    FakeExecutor(const Scheduler &scheduler, const std::string &as) : FakeExecutor(as)
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
        Dial(scheduler.control, scheduler.work, scheduler.secret);
    }
    void Dial(const std::string &control, const std::string &work, const std::string &secret,
              const transport_tls *tls = nullptr)
    {
        gaia_error err = {};
        secret_ = secret;
        ASSERT_EQ(GAIA_OK, transport_dial(control.c_str(), tls, &control_, &err)) << err.detail;
        ASSERT_EQ(GAIA_OK, transport_dial(work.c_str(), tls, &work_, &err)) << err.detail;
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
        gaia_status status = GAIA_TIMEOUT;
        for (int i = 0; status == GAIA_TIMEOUT && i < (patience_ms > 0 ? 100 : 1); i++) {
            if (i > 0 && !to_control) {
                Beat(held);
                n_sent_again++;
            }
            status =
                transport_call(to_control ? control_ : work_,
                               reinterpret_cast<const unsigned char *>(bytes.data()), bytes.size(),
                               patience_ms > 0 ? patience_ms : timeout_ms, &reply, &length, &err);
        }
        EXPECT_TRUE(status == GAIA_OK || lossy) << err.detail;
        if (status == GAIA_OK) {
            EXPECT_EQ(GAIA_OK,
                      wire_decode(&wire_work_limits, reply, length, &header, &sums, &n_sums, &err))
                << err.detail;
        }
        free(reply);
        free(sums);
        return Json(header);
    }
    json_t *HelloWithoutProof(int protocol = WIRE_PROTOCOL) const
    {
        return json_pack("{s:s, s:i, s:i, s:s, s:s, s:s, s:i, s:i}", "verb", "HELLO", "protocol",
                         protocol, "moments_version", GAIA_MOMENTS_VERSION, "executor",
                         name.c_str(), "boot", boot.c_str(), "device", "cpu", "memory_bytes", 1000,
                         "pid", 1);
    }
    // A HELLO of version 1, which every executor of a state directory could say.
    json_t *HelloOfVersion1() const
    {
        char proof[WIRE_PROOF];
        json_t *hello = HelloWithoutProof(1);
        proof_hello_1(secret_.c_str(), name.c_str(), boot.c_str(), proof);
        json_object_set_new(hello, "proof", json_string(proof));
        return hello;
    }
    // Asks for a nonce and makes the HELLO that proves itself with it.
    json_t *HelloHeader()
    {
        char secret[WIRE_SECRET];
        char proof[WIRE_PROOF];
        const Json challenge = Call(true, HelloWithoutProof());
        const std::string nonce = Member(challenge.get(), "nonce");
        EXPECT_EQ("CHALLENGE", Member(challenge.get(), "verb"));
        json_t *hello = HelloWithoutProof();
        proof_secret(secret_.c_str(), name.c_str(), secret);
        proof_hello(secret, name.c_str(), boot.c_str(), nonce.c_str(), proof);
        json_object_set_new(hello, "nonce", json_string(nonce.c_str()));
        json_object_set_new(hello, "proof", json_string(proof));
        return hello;
    }
    // more: members of HELLO that are set or changed.
    void Hello(const std::map<std::string, std::string> &more = {})
    {
        json_t *header = HelloHeader();
        for (const auto &[key, value] : more) {
            json_object_set_new(header, key.c_str(), json_string(value.c_str()));
        }
        const Json reply = Call(true, header);
        EXPECT_EQ("WELCOME", Member(reply.get(), "verb"));
        session = Member(reply.get(), "session");
    }
    json_t *FetchHeader(json_int_t number, int credits) const
    {
        json_t *keys = json_array();
        for (const std::string &key : held_keys) {
            json_array_append_new(keys, json_string(key.c_str()));
        }
        return json_pack("{s:s, s:s, s:I, s:i, s:i, s:[], s:o}", "verb", "FETCH", "session",
                         session.c_str(), "seq", number, "credits", credits, "free_memory_bytes",
                         1000, "resident", "held", keys);
    }
    std::vector<WireLease> Fetch(int credits = 1, bool again = false)
    {
        seq += again ? 0 : 1;
        const Json reply = Call(false, FetchHeader(seq, credits));
        EXPECT_TRUE(Member(reply.get(), "verb") == "LEASES" || (lossy && reply == nullptr))
            << Member(reply.get(), "detail");
        return LeasesOf(reply.get());
    }
    static std::vector<WireLease> LeasesOf(const json_t *reply)
    {
        std::vector<WireLease> leases;
        const json_t *array = json_object_get(reply, "leases");
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
            lease.key = Member(json, "key");
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
    std::vector<std::string> Beat(const std::vector<WireLease> &named, int done = 0)
    {
        json_t *leases = json_array();
        for (const WireLease &lease : named) {
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
    // Beats without leases, and says what the process and its device hold.
    void BeatHolding(json_int_t rss, json_int_t device, json_int_t device_limit,
                     json_int_t resident)
    {
        const Json reply = Call(
            true, json_pack("{s:s, s:s, s:[], s:I, s:I, s:I, s:I}", "verb", "BEAT", "session",
                            session.c_str(), "leases", "rss_bytes", rss, "device_bytes", device,
                            "device_limit_bytes", device_limit, "resident_bytes", resident));
        EXPECT_EQ("BEAT_OK", Member(reply.get(), "verb"));
    }
    // Sends one result (stolen, without job, batch and attempt); its outcome.
    std::string Result(const WireLease &lease, json_t *result, const std::vector<double> &sums = {})
    {
        const Json reply = Call(false, ResultHeader(lease, result), sums);
        if (reply == nullptr || Member(reply.get(), "verb") != "RESULTS") {
            return Member(reply.get(), "verb");
        }
        return json_string_value(json_array_get(json_object_get(reply.get(), "outcomes"), 0));
    }
    json_t *ResultHeader(const WireLease &lease, json_t *result) const
    {
        json_object_set_new(result, "job", json_string(lease.job.c_str()));
        json_object_set_new(result, "batch", json_integer(lease.batch));
        json_object_set_new(result, "attempt", json_string(lease.attempt.c_str()));
        return json_pack("{s:s, s:s, s:[o]}", "verb", "RESULT", "session", session.c_str(),
                         "results", result);
    }
    // Sends the sums of the lease and asks for the next one in the same message.
    Json SendScoresAndFetch(const WireLease &lease)
    {
        const std::vector<double> sums = Sums(lease.first_unit, lease.n_units);
        json_t *message = ResultHeader(lease, ScoreJson(lease, sums.size()));
        json_object_set_new(message, "fetch", FetchHeader(seq, 1));
        return Call(false, message, sums);
    }
    std::string Fail(const WireLease &lease, gaia_status status, const std::string &detail)
    {
        return Result(lease, json_pack("{s:s, s:s}", "status", gaia_status_name(status), "detail",
                                       detail.c_str()));
    }

    // Writes what stands for the map whose first unit this is.
    void Stage(const std::string &results, const WireLease &lease, const std::string &unit,
               const std::string &text) const
    {
        const std::filesystem::path folder = std::filesystem::path(results) / ".staging" / name;
        std::filesystem::create_directories(folder);
        std::ofstream(folder / (unit + "-" + lease.attempt + ".gmap")) << text;
    }

    // A plan of one variable at n_units times for each forecast; those in `failed` have none. With
    // maps, each forecast gets one.
    static json_t *PlanJson(size_t n_forecasts, size_t n_units,
                            const std::vector<size_t> &failed = {}, bool has_maps = false)
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
        json_t *maps = has_maps ? json_pack("[[i, f]]", 0, 500.0) : json_array();
        return json_pack("{s:o, s:[s], s:[s, s], s:[s], s:[s], s:o, s:s, s:s, s:b, s:b, s:i, s:o}",
                         "forecasts", forecasts, "variables", "z", "regions", "global", "n.hem",
                         "weights", "cos", "warnings", "something was left out", "units", units,
                         "metrics", "ff", "missing", "pairwise", "has_climatology", 0,
                         "has_reference", 0, "field_bytes", 1000, "maps", maps);
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
            (void)Beat({}); // on a slow machine many batches take longer than a session lives
            const std::vector<WireLease> leases = Fetch();
            ASSERT_EQ(1u, leases.size());
            ASSERT_EQ("COMMITTED", SendScores(leases[0]));
            units -= leases[0].n_units;
        }
    }

  private:
    int64_t CallMs(int64_t timeout_ms) const
    {
        if (lossy) {
            return 100;
        }
        return patience_ms > 0 ? patience_ms : timeout_ms;
    }
    struct transport_client *control_ = nullptr;
    struct transport_client *work_ = nullptr;
    std::string secret_;
};

#endif
