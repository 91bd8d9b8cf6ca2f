// SPDX-License-Identifier: MIT
//
// The store of the simulation: what survives a crash, as plain maps. Used by
// core_simulation_test.cc.
//
// Invariant: a batch is leased only from READY, so that no two valid attempts of it exist, and
// nothing happens to it after DONE.
#ifndef CORE_MODEL_H
#define CORE_MODEL_H

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

extern "C" {
#include "core.h"
}

struct ModelBatch {
    struct batch_record record = {};
    std::string closed;
    int commits = 0;
};

struct ModelJob {
    struct job_record record = {};
    std::map<uint32_t, ModelBatch> batches;
    uint64_t units = 0; // that its plan will have
    bool cancelled = false;
    std::string error;
};

// What survives a crash.
struct Model {
    std::map<std::string, ModelJob> jobs;
    std::map<std::string, struct session_record> sessions;
    std::set<std::string> finishing; // lost in a crash, named again by the restored core

    ModelJob *BySeq(int64_t seq)
    {
        for (auto &entry : jobs) {
            if (entry.second.record.seq == seq) {
                return &entry.second;
            }
        }
        return nullptr;
    }
    bool AllOver() const
    {
        for (const auto &entry : jobs) {
            if (!job_state_over(entry.second.record.state)) {
                return false;
            }
        }
        return true;
    }
    static void CheckJob(const ModelJob &job)
    {
        uint64_t next = 0;
        if (job.record.state != JOB_SUCCEEDED) {
            EXPECT_TRUE(job.cancelled) << job.record.id << ": " << job.error;
            for (const auto &entry : job.batches) {
                EXPECT_NE(BATCH_READY, entry.second.record.state);
                EXPECT_NE(BATCH_LEASED, entry.second.record.state);
            }
            return;
        }
        for (const auto &entry : job.batches) {
            const struct batch_record &batch = entry.second.record;
            EXPECT_EQ(BATCH_DONE, batch.state);
            EXPECT_EQ(1, entry.second.commits);
            if (batch.kind == BATCH_KIND_SCORE) {
                EXPECT_EQ(next, batch.first_unit);
                next += batch.n_units;
            }
        }
        EXPECT_EQ(job.units, next);
        EXPECT_EQ(job.units, job.record.units_done);
    }

    // Applies the step's store actions, as one transaction.
    void Apply(const struct core_actions &actions, std::ostringstream *trace)
    {
        for (size_t i = 0; i < actions.count; i++) {
            const struct core_action &action = actions.items[i];
            *trace << action.kind << ' ';
            if (action.kind == CORE_STORE_JOB) {
                ModelJob &job = jobs[action.job->id];
                job.record = *action.job;
                job.error = action.job->error != nullptr ? action.job->error->detail : "";
                job.record.error = nullptr; // it is borrowed
            } else if (action.kind == CORE_STORE_BATCH) {
                ApplyBatch(action.batch, trace);
            } else if (action.kind == CORE_STOP_BATCHES) {
                for (auto &entry : jobs[action.job->id].batches) {
                    struct batch_record &batch = entry.second.record;
                    if (batch.state == BATCH_READY || batch.state == BATCH_LEASED) {
                        batch.state = BATCH_CANCELLED;
                        batch.attempt[0] = '\0';
                    }
                }
            } else if (action.kind == CORE_STORE_SESSION) {
                sessions[action.session->session] = *action.session;
            } else if (action.kind == CORE_DROP_SESSION) {
                sessions.erase(action.session->session);
            } else if (action.kind == CORE_FINISH) {
                EXPECT_TRUE(finishing.insert(action.job->id).second);
            } else if (action.kind == CORE_FORGET_JOB) {
                finishing.erase(action.job->id);
            }
        }
    }
    void ApplyBatch(const struct batch_record &record, std::ostringstream *trace)
    {
        ModelJob *job = BySeq(record.job);
        ASSERT_NE(nullptr, job);
        ModelBatch &batch = job->batches[record.number];
        const struct batch_record before = batch.record;
        if (record.state == BATCH_LEASED) {
            // One valid attempt at a time, and none after the end.
            EXPECT_EQ(BATCH_READY, before.state) << job->record.id << '/' << record.number;
            EXPECT_FALSE(job->cancelled);
            EXPECT_STRNE("", record.attempt);
            *trace << record.attempt << ' ';
        }
        EXPECT_NE(BATCH_DONE, before.state);
        batch.record = record;
    }
};

struct Held {
    std::string job;
    uint32_t batch;
    std::string attempt;
    enum batch_kind kind;
    int64_t ready_ms; // when it has a result
    gaia_status status;
};

struct Executor {
    int number = 0;
    int boots = 0;
    uint32_t pipe = 0;
    std::string session;
    uint64_t seq = 0;
    bool fetching = false;
    int64_t fetch_until_ms = 0;
    int64_t next_beat_ms = 0;
    int64_t frozen_until_ms = 0;
    std::vector<Held> held;

    void Forget(const std::string &attempt)
    {
        for (size_t n = held.size(); n-- > 0;) {
            if (held[n].attempt == attempt) {
                held.erase(held.begin() + static_cast<long>(n));
            }
        }
    }
    std::string Boot() const
    {
        return "boot-" + std::to_string(number) + "-" + std::to_string(boots);
    }
};

struct Call {
    int executor;
    int boots;
    enum core_event_kind kind;
};

#endif
