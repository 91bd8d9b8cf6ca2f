// SPDX-License-Identifier: MIT
//
// Drives the core by hand: each call is one event at the harness's time, and what came out of it
// stays readable until the next one. Used by core_test.cc.
//
// Invariant: the harness decides nothing; it only spells events.
#ifndef CORE_HARNESS_H
#define CORE_HARNESS_H

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

extern "C" {
#include "core.h"
#include "error.h"
}

inline struct core_config SmallBatches(uint32_t units)
{
    struct core_config config = core_config_default();
    config.batch_units = units;
    return config;
}

struct Harness {
    struct core *core;
    struct core_actions actions = {};
    uint64_t rng;
    int64_t now_ms = 1000;
    int64_t next_job = 1;
    uintptr_t next_request = 1;

    explicit Harness(struct core_config config = core_config_default(), uint64_t seed = 7)
        : core(core_open(&config)), rng(seed)
    {
    }
    ~Harness()
    {
        core_actions_fini(&actions);
        core_close(core);
    }
    Harness(const Harness &) = delete;
    Harness &operator=(const Harness &) = delete;

    gaia_status Step(struct core_event event)
    {
        event.wall_ms = WallMs();
        return core_step(core, &event, now_ms, &rng, &actions);
    }
    static struct core_event Event(enum core_event_kind kind)
    {
        struct core_event event = {};
        event.kind = kind;
        return event;
    }
    void *Request()
    {
        return reinterpret_cast<void *>(next_request++);
    }

    void Tick(int64_t after_ms = 0)
    {
        now_ms += after_ms;
        ASSERT_EQ(GAIA_OK, Step(Event(CORE_TICK)));
    }
    int64_t WallMs() const
    {
        return 1700000000000 + now_ms;
    }
    std::string Submit(bool is_task = false, const struct job_terms &terms = {})
    {
        struct job_record record = {};
        record.seq = next_job++;
        record.submitted_ms = WallMs();
        record.terms = terms;
        std::string id = "job" + std::to_string(record.seq);
        record_id_copy(record.id, id.c_str());
        struct core_event event = Event(CORE_SUBMIT);
        event.u.job.record = &record;
        event.u.job.payload_bytes = 1000;
        event.u.job.is_task = is_task;
        EXPECT_EQ(GAIA_OK, Step(event));
        return id;
    }
    // Says HELLO as a process with this boot id, of an executor of its own unless one is named;
    // returns its session.
    std::string Hello(const std::string &boot, uint32_t pipe, const char *device = "cpu",
                      uint64_t memory_bytes = 0, const std::string &executor = "")
    {
        struct session_record hello = {};
        record_name_copy(hello.executor,
                         (executor.empty() ? "executor-" + boot : executor).c_str());
        record_name_copy(hello.boot, boot.c_str());
        record_name_copy(hello.device, device);
        hello.memory_bytes = memory_bytes;
        record_id_copy(hello.session, ("session-" + boot + std::to_string(next_request)).c_str());
        struct core_event event = Event(CORE_HELLO);
        event.u.hello = &hello;
        event.pipe = pipe;
        event.request = Request();
        EXPECT_EQ(GAIA_OK, Step(event));
        const struct core_action *welcome = Find(CORE_REPLY_WELCOME);
        EXPECT_NE(nullptr, welcome);
        return welcome != nullptr ? welcome->session->session : "";
    }
    void *Fetch(const std::string &session, uint64_t seq, uint32_t credits = 1, uint32_t pipe = 900,
                std::vector<const char *> resident = {})
    {
        struct core_event event = Event(CORE_FETCH);
        event.session = session.c_str();
        event.u.fetch.seq = seq;
        event.u.fetch.credits = credits;
        event.u.fetch.resident = resident.data();
        event.u.fetch.n_resident = resident.size();
        event.pipe = pipe;
        event.request = Request();
        EXPECT_EQ(GAIA_OK, Step(event));
        return event.request;
    }
    void Beat(const std::string &session, uint32_t pipe, const std::vector<std::string> &attempts,
              uint64_t done = 0)
    {
        std::vector<struct core_beat_lease> leases;
        for (const std::string &attempt : attempts) {
            leases.push_back({attempt.c_str(), done});
        }
        struct core_event event = Event(CORE_BEAT);
        event.session = session.c_str();
        event.pipe = pipe;
        event.request = Request();
        event.u.beat.leases = leases.data();
        event.u.beat.n_leases = leases.size();
        EXPECT_EQ(GAIA_OK, Step(event));
    }
    gaia_status Result(const std::string &job, uint32_t batch, const std::string &attempt,
                       gaia_status status, const struct core_plan *plan = nullptr,
                       enum core_outcome outcome = CORE_COMMITTED)
    {
        gaia_error error = {};
        error_set(&error, status, "%s", status == GAIA_OK ? "" : "it went wrong");
        struct core_event event = Event(CORE_RESULT);
        event.id = job.c_str();
        event.u.result.batch = batch;
        event.u.result.attempt = attempt.c_str();
        event.u.result.outcome = outcome;
        event.u.result.error = &error;
        event.u.result.plan = plan;
        return Step(event);
    }
    void PipeGone(enum core_channel channel, uint32_t pipe)
    {
        struct core_event event = Event(CORE_PIPE_GONE);
        event.channel = channel;
        event.pipe = pipe;
        EXPECT_EQ(GAIA_OK, Step(event));
    }
    void Cancel(const std::string &job)
    {
        struct core_event event = Event(CORE_CANCEL);
        event.id = job.c_str();
        EXPECT_EQ(GAIA_OK, Step(event));
    }
    void Finished(const std::string &job, gaia_status status)
    {
        gaia_error error = {};
        error_set(&error, status, "finish");
        struct core_event event = Event(CORE_FINISHED);
        event.id = job.c_str();
        event.u.error = &error;
        EXPECT_EQ(GAIA_OK, Step(event));
    }

    // Adds a schedule whose first run is due at due_ms.
    std::string Schedule(const std::string &cron, int64_t due_ms)
    {
        struct schedule_record record = {};
        record.seq = next_job++;
        const std::string id = "schedule" + std::to_string(record.seq);
        record_id_copy(record.id, id.c_str());
        record_name_copy(record.cron, cron.c_str());
        record.due_ms = due_ms;
        struct core_event event = Event(CORE_SCHEDULE);
        event.u.schedule = &record;
        EXPECT_EQ(GAIA_OK, Step(event));
        return id;
    }
    void Change(enum core_event_kind kind, const std::string &id, bool pause = false)
    {
        struct core_event event = Event(kind);
        event.id = id.c_str();
        event.u.pause = pause;
        EXPECT_EQ(GAIA_OK, Step(event));
    }
    // The job of the only lease that the last step granted; "" if there is none.
    std::string Given() const
    {
        const std::vector<struct core_lease> leases = Leases();
        EXPECT_LE(leases.size(), 1u);
        return leases.empty() ? "" : leases[0].job->id;
    }

    // The n-th action of this kind in the last step, NULL if there is none.
    const struct core_action *Find(enum core_action_kind kind, size_t n = 0) const
    {
        for (size_t i = 0; i < actions.count; i++) {
            if (actions.items[i].kind == kind && n-- == 0) {
                return &actions.items[i];
            }
        }
        return nullptr;
    }
    // The leases that the last step granted, all replies together.
    std::vector<struct core_lease> Leases() const
    {
        std::vector<struct core_lease> leases;
        for (size_t i = 0; i < actions.count; i++) {
            const struct core_action &action = actions.items[i];
            for (size_t k = 0; action.kind == CORE_REPLY_LEASES && k < action.count; k++) {
                leases.push_back(actions.leases[action.first + k]);
            }
        }
        return leases;
    }
    std::vector<std::string> Cancelled() const
    {
        std::vector<std::string> attempts;
        const struct core_action *reply = Find(CORE_REPLY_BEAT);
        for (size_t k = 0; reply != nullptr && k < reply->count; k++) {
            attempts.push_back(actions.leases[reply->first + k].attempt);
        }
        return attempts;
    }
    enum batch_state StateOf(const std::string &job, uint32_t batch) const
    {
        struct batch_record record = {};
        EXPECT_TRUE(core_batch_get(core, job.c_str(), batch, &record));
        return record.state;
    }
    struct job_record JobOf(const std::string &job) const
    {
        struct core_job_view view = {};
        EXPECT_TRUE(core_job_get(core, job.c_str(), &view));
        return view.record != nullptr ? *view.record : job_record{};
    }
    bool Lives(const std::string &job) const
    {
        struct core_job_view view = {};
        return core_job_get(core, job.c_str(), &view);
    }
    // Submits a job and plans it into `units` units as the executor of this session; seq is used
    // up. whole: ranges that are not to be cut.
    std::string Plan(const std::string &session, uint64_t seq, uint64_t units,
                     const std::vector<struct core_range> &whole = {})
    {
        const std::string job = Submit();
        Fetch(session, seq);
        const std::vector<struct core_lease> leases = Leases();
        EXPECT_EQ(1u, leases.size());
        const struct core_plan plan = {units, 1 << 20, 280, 500, whole.size(), whole.data()};
        if (!leases.empty()) {
            EXPECT_EQ(GAIA_OK, Result(job, 0, leases[0].attempt, GAIA_OK, &plan));
        }
        return job;
    }
};

#endif
