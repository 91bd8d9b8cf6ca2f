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
    bool may_fail = false; // it has a deadline, or may be quarantined
    std::string error;
};

// What survives a crash.
struct Model {
    std::map<std::string, ModelJob> jobs;
    std::map<std::string, struct session_record> sessions;
    std::map<std::string, struct schedule_record> schedules;
    std::vector<int64_t> due;        // schedules whose job is to be submitted in this transaction
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
            EXPECT_TRUE(job.cancelled || (job.may_fail && job.record.state == JOB_FAILED))
                << job.record.id << ": " << job.error;
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

    // What the core counts as it goes is what there is.
    void CheckCounts(const struct core_counts &counts, int64_t now_ms) const
    {
        size_t n_in_state[JOB_STATE_COUNT] = {};
        size_t n_jobs = 0;
        size_t n_leases = 0;
        size_t n_ready = 0;
        for (const auto &entry : jobs) {
            const bool is_over = job_state_over(entry.second.record.state);
            n_jobs += !is_over;
            n_in_state[entry.second.record.state] += !is_over;
            for (const auto &batch : entry.second.batches) {
                n_leases += batch.second.record.state == BATCH_LEASED;
                n_ready += batch.second.record.state == BATCH_READY;
            }
        }
        EXPECT_EQ(n_jobs, counts.n_jobs);
        EXPECT_EQ(n_leases, counts.n_leases);
        EXPECT_EQ(n_ready, counts.n_ready + counts.n_waiting + counts.n_suspect);
        for (int i = 0; i < JOB_STATE_COUNT; i++) {
            EXPECT_EQ(n_in_state[i], counts.n_in_state[i]) << i;
        }
        EXPECT_LE(counts.ready_since_ms, now_ms);
        EXPECT_TRUE(counts.ready_since_ms < 0 || counts.n_ready > 0);
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
            } else if (action.kind == CORE_STORE_SCHEDULE) {
                schedules[action.schedule->id] = *action.schedule;
            } else if (action.kind == CORE_DROP_SCHEDULE) {
                schedules.erase(action.schedule->id);
            } else if (action.kind == CORE_RUN_SCHEDULE) {
                CheckRun(action.schedule->seq);
                due.push_back(action.schedule->seq);
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
    // Of a schedule at most one job is under way.
    void CheckRun(int64_t schedule) const
    {
        for (const auto &entry : jobs) {
            EXPECT_FALSE(entry.second.record.terms.schedule == schedule &&
                         !job_state_over(entry.second.record.state))
                << entry.first;
        }
    }
    // What the store does with a failed job that is taken up again.
    void Revive(ModelJob *job)
    {
        for (auto &entry : job->batches) {
            struct batch_record &batch = entry.second.record;
            if (batch.state != BATCH_DONE) {
                batch.state = BATCH_READY;
                batch.tries = batch.losses = batch.kills = 0;
                batch.not_before_ms = 0;
            }
        }
        job->record.state = job->record.units_total > 0 ? JOB_RUNNING : JOB_QUEUED;
        job->record.started_ms = job->record.finished_ms = job->record.terms.start_by_ms = 0;
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
    int64_t ready_ms; // when it has a result, and when it sends that again
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
    int64_t cut_off_until_ms = 0;
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

// Who waits for the answer to a request.
struct Call {
    int executor;
    int boots;
    uint64_t seq; // of a FETCH
};

// An answer on its way out, or a message on the network.
struct Answer {
    Call call;
    enum core_action_kind kind;
    std::string session;
    std::vector<struct core_lease> leases;
    std::vector<std::string> jobs; // of the leases
};

#endif
