/* SPDX-License-Identifier: MIT
 *
 * A scheduler that says what the test wants, over real sockets, and keeps what it was told.
 */
#ifndef SCRIPTED_SCHEDULER_H
#define SCRIPTED_SCHEDULER_H

#include <gtest/gtest.h>

#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <filesystem>
#include <fstream>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <jansson.h>

extern "C" {
#include "proof.h"
#include "transport.h"
#include "wire.h"
}

inline constexpr int64_t patience_ms = 30000;
inline const std::string secret(64, 'a');

inline std::string text_of(const json_t *json, const char *key)
{
    const char *text = json_string_value(json_object_get(json, key));
    return text != nullptr ? text : "";
}

/* Without the processor time, which nobody can foretell. */
inline std::string dumped(json_t *cost)
{
    json_object_del(cost, "cpu_us");
    char *text = json_dumps(cost, JSON_SORT_KEYS | JSON_COMPACT);
    const std::string made = text != nullptr ? text : "";
    free(text);
    return made;
}

/* What one RESULT held. */
struct Result {
    std::string job;
    std::string attempt;
    std::string status;
    std::string detail;
    bool has_plan;
    std::vector<double> sums;
    std::string task; /* what the double's document says */
    json_int_t wish;  /* seq of the FETCH within it; 0: there is none */
    std::string cost; /* as JSON, keys sorted */
};

/* The job and the plan of every lease. */
#define SPEC                                                                                       \
    "{\"schema\":\"gaia.job/1\",\"forecasts\":[{\"id\":\"a\",\"files\":[\"/f.nc\"]}],"             \
    "\"truth\":{\"files\":[\"/t.nc\"]}}"
#define TASK_SPEC                                                                                  \
    "{\"schema\":\"gaia.job/1\",\"task\":\"weather.hash.gfs_compute\",\"request\":"                \
    "{\"schema\":\"gaia.hash/1\",\"source\":{\"files\":[\"/f.nc\"]}}}"
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
    explicit Scheduler(std::string directory, int version = WIRE_PROTOCOL)
        : state(std::move(directory)), protocol(version)
    {
        gaia_error err = {};
        char bound[2][64];
        const transport_events control_events = {this, received, nullptr};
        const transport_events work_events = {this, received, nullptr};
        EXPECT_EQ(GAIA_OK, transport_listen("tcp://127.0.0.1:0", 4, &control_events, nullptr,
                                            nullptr, bound[0], &control, &err));
        EXPECT_EQ(GAIA_OK, transport_listen("tcp://127.0.0.1:0", 4, &work_events, nullptr, nullptr,
                                            bound[1], &work, &err));
        const std::string path = state + "/scheduler.json";
        std::ofstream(path + ".new")
            << "{\"pid\":1,\"api\":\"http://127.0.0.1:1\",\"control\":\"" << bound[0]
            << "\",\"work\":\"" << bound[1] << "\""
            << (protocol > 1 ? ",\"protocol\":" + std::to_string(protocol) : std::string()) << "}";
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

    /* key: of the job, for those who hold it; brings: the job and the head of its plan. */
    void lease(const std::string &kind, const std::string &attempt, const std::string &key = "",
               bool brings = true)
    {
        std::string text =
            "{\"job\":\"j\",\"batch\":7,\"attempt\":\"" + attempt + "\",\"kind\":\"" + kind + "\"";
        text += brings ? std::string(",\"spec\":") + (kind == "task" ? TASK_SPEC : SPEC) : "";
        text += kind == "score" && brings ? ",\"plan\":" PLAN : "";
        text += kind == "score" ? ",\"first_unit\":4,\"units\":[[0,0,500,3600,0],"
                                  "[0,0,500,7200,0]]"
                                : "";
        text += key.empty() ? "" : ",\"key\":\"" + key + "\"";
        const std::lock_guard<std::mutex> hold(lock);
        leases.push_back(text + "}");
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
    bool generous = false;  /* RESULTs that wish for it bring leases */
    bool drain_fetch = false;
    bool drain_beat = false;
    bool refuse = false;
    std::string token = "s1";
    std::string cancel;
    std::string replaces;                 /* of the last HELLO */
    std::vector<json_int_t> device_bytes; /* of the last beat: taken, limit, resident */
    std::set<std::string> boots;
    std::set<std::string> beaten; /* attempts named in beats */
    std::vector<Result> results;
    std::vector<json_int_t> seqs;
    json_int_t free_bytes = -1;        /* of the last FETCH, or the wish of a RESULT */
    std::vector<std::string> resident; /* likewise */
    std::vector<std::string> held;     /* likewise */
    bool proof_good = true;
    bool rogue = false; /* does not know the secret */
    int challenges = 0;

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
        char own[WIRE_SECRET];
        char proof[WIRE_PROOF];
        const std::string executor = text_of(header, "executor");
        const std::string boot = text_of(header, "boot");
        if (protocol > 1 && text_of(header, "nonce") != nonce) {
            challenges++;
            reply(request, "{\"verb\":\"CHALLENGE\",\"protocol\":2,\"nonce\":\"" + nonce + "\"}");
            return;
        }
        hellos++;
        replaces = text_of(header, "replaces");
        boots.insert(boot);
        proof_secret(secret.c_str(), executor.c_str(), own);
        if (protocol > 1) {
            proof_hello(own, executor.c_str(), boot.c_str(), nonce.c_str(), proof);
        } else {
            proof_hello_1(secret.c_str(), executor.c_str(), boot.c_str(), proof);
        }
        proof_good = proof_good && proof_equal(proof, text_of(header, "proof").c_str());
        proof_welcome(own, executor.c_str(), boot.c_str(), nonce.c_str(), token.c_str(), proof);
        const std::string proved =
            protocol > 1 && !rogue ? std::string(",\"proof\":\"") + proof + "\"" : "";
        reply(request, refuse ? "{\"verb\":\"REFUSED\",\"status\":\"denied\",\"detail\":\"no\"}"
                              : "{\"verb\":\"WELCOME\",\"session\":\"" + token +
                                    "\",\"beat_ms\":50,\"park_ms\":60000,\"lease_ms\":10000" +
                                    proved + "}");
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
        device_bytes = {json_integer_value(json_object_get(header, "device_bytes")),
                        json_integer_value(json_object_get(header, "device_limit_bytes")),
                        json_integer_value(json_object_get(header, "resident_bytes"))};
        reply(request, "{\"verb\":\"BEAT_OK\",\"cancel\":[\"" + cancel +
                           "\"],\"drain\":" + (drain_beat ? "true}" : "false}"));
    }

    static std::vector<std::string> strings(const json_t *array)
    {
        std::vector<std::string> found;
        for (size_t i = 0; i < json_array_size(array); i++) {
            found.emplace_back(json_string_value(json_array_get(array, i)));
        }
        return found;
    }

    void wish(const json_t *header)
    {
        free_bytes = json_integer_value(json_object_get(header, "free_memory_bytes"));
        resident = strings(json_object_get(header, "resident"));
        held = strings(json_object_get(header, "held"));
    }

    void fetch(transport_request *request, const json_t *header)
    {
        fetches++;
        seqs.push_back(json_integer_value(json_object_get(header, "seq")));
        wish(header);
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
        const json_t *wished = json_object_get(header, "fetch");
        results.push_back({text_of(entry, "job"), text_of(entry, "attempt"),
                           text_of(entry, "status"), text_of(entry, "detail"),
                           json_object_get(entry, "plan") != nullptr,
                           std::vector<double>(sums, sums + n_sums),
                           text_of(json_object_get(entry, "document"), "task"),
                           json_integer_value(json_object_get(wished, "seq")),
                           dumped(json_object_get(entry, "cost"))});
        if (silent_results > 0) {
            silent_results--;
            transport_drop(request);
            return;
        }
        std::string given;
        if (wished != nullptr) {
            wish(wished);
        }
        if (wished != nullptr && generous && !leases.empty()) {
            given = ",\"leases\":[" + leases.front() + "]";
            leases.pop_front();
        }
        reply(request, "{\"verb\":\"RESULTS\",\"outcomes\":[\"COMMITTED\"]" + given + "}");
    }

    static void received(void *context, transport_request *request, uint32_t, unsigned char *bytes,
                         size_t length)
    {
        Scheduler *self = static_cast<Scheduler *>(context);
        json_t *header = nullptr;
        double *sums = nullptr;
        size_t n_sums = 0;
        gaia_error err = {};
        ASSERT_EQ(GAIA_OK,
                  wire_decode(&wire_work_limits, bytes, length, &header, &sums, &n_sums, &err))
            << err.detail;
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
    int protocol;
    const std::string nonce = "a-nonce";
    std::mutex lock;
    std::condition_variable changed;
    std::deque<std::string> leases;
    std::vector<transport_request *> parked;
    transport_server *control = nullptr;
    transport_server *work = nullptr;
};

#undef SPEC
#undef PLAN

#endif
