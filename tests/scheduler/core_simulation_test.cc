// SPDX-License-Identifier: MIT
//
// The core among executors that die, freeze and lose messages, and a scheduler that crashes at
// every boundary, in virtual time and from a seed: a failure is replayed by its number.
//
// Invariant: the model store applies a step's store actions whole or not at all, as the real one
// does.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core_model.h"

extern "C" {
#include "clock.h"
#include "error.h"
}

namespace
{

class Simulation
{
  public:
    explicit Simulation(uint64_t seed) : chance_(seed), rng_(seed * 31 + 1)
    {
        config_ = core_config_default();
        config_.batch_units = 3;
        for (struct core_retry &retry : config_.retry) {
            retry.tries_max = 1000;
        }
        config_.kills_max = 1000;
        config_.losses_max = 1000;
        executors_.resize(4);
        for (int i = 0; i < 4; i++) {
            executors_[static_cast<size_t>(i)].number = i;
            executors_[static_cast<size_t>(i)].pipe = next_pipe_++;
        }
        Restart();
    }
    ~Simulation()
    {
        core_actions_fini(&actions_);
        core_close(core_);
    }

    void Run(int steps)
    {
        for (int i = 0; i < steps && !::testing::Test::HasFailure(); i++) {
            Turn(true);
        }
        // Faults stop: everything must come to an end now.
        for (int i = 0; i < 200000 && !model_.AllOver() && !::testing::Test::HasFailure(); i++) {
            Turn(false);
        }
        EXPECT_TRUE(model_.AllOver());
        EXPECT_LE(calls_.size(), executors_.size()); // every other one was answered or dropped
        for (const auto &entry : model_.jobs) {
            Model::CheckJob(entry.second);
        }
    }
    std::string Trace() const
    {
        return trace_.str();
    }
    size_t JobCount() const
    {
        return model_.jobs.size();
    }
    int Crashes() const
    {
        return crashes_;
    }

  private:
    struct core_config config_;
    struct core *core_ = nullptr;
    struct core_actions actions_ = {};
    uint64_t chance_; // the world's
    uint64_t rng_;    // the core's
    int64_t now_ms_ = 1;
    Model model_;
    std::vector<Executor> executors_;
    std::map<uintptr_t, Call> calls_;
    uintptr_t next_call_ = 1;
    uint32_t next_pipe_ = 1;
    int64_t next_job_ = 1;
    int next_session_ = 1;
    bool faulty_ = true;
    int crashes_ = 0;
    std::ostringstream trace_;

    uint64_t Below(uint64_t n)
    {
        return random_next(&chance_) % n;
    }
    bool Once(uint64_t in)
    {
        return faulty_ && Below(in) == 0;
    }

    // Sends the step's replies; each may be lost.
    void Deliver()
    {
        for (size_t i = 0; i < actions_.count; i++) {
            const struct core_action &action = actions_.items[i];
            if (action.request == nullptr) {
                continue;
            }
            const auto found = calls_.find(reinterpret_cast<uintptr_t>(action.request));
            ASSERT_NE(calls_.end(), found) << "answered twice";
            const Call call = found->second;
            calls_.erase(found);
            Executor &executor = executors_[static_cast<size_t>(call.executor)];
            if (action.kind == CORE_DROP_REQUEST || call.boots != executor.boots || Once(20)) {
                continue;
            }
            Receive(&executor, action);
        }
    }
    void Receive(Executor *executor, const struct core_action &action)
    {
        if (action.kind == CORE_REPLY_UNKNOWN) {
            executor->session.clear();
            executor->fetching = false;
        } else if (action.kind == CORE_REPLY_WELCOME) {
            if (executor->session != action.session->session) {
                executor->seq = 0;
                executor->fetching = false;
            }
            executor->session = action.session->session;
        } else if (action.kind == CORE_REPLY_BEAT) {
            for (size_t k = 0; k < action.count; k++) {
                executor->Forget(actions_.leases[action.first + k].attempt);
            }
        } else if (action.kind == CORE_REPLY_LEASES) {
            executor->fetching = false;
            for (size_t k = 0; k < action.count; k++) {
                Take(executor, actions_.leases[action.first + k]);
            }
        }
    }
    void Take(Executor *executor, const struct core_lease &lease)
    {
        for (const Held &held : executor->held) {
            if (held.attempt == lease.attempt) {
                return; // a repeated reply
            }
        }
        const ModelBatch &batch = model_.jobs[lease.job->id].batches[lease.batch];
        EXPECT_STREQ(batch.record.attempt, lease.attempt) << "granted but not stored";
        const gaia_status status = Once(8) ? GAIA_DEVICE : GAIA_OK;
        executor->held.push_back({lease.job->id, lease.batch, lease.attempt, lease.kind,
                                  now_ms_ + static_cast<int64_t>(Below(4000)), status});
    }

    // One event through core and store; the scheduler may crash before or after the commit. False:
    // the transaction, which began when the model was as in `begun` (now, if it is NULL), is
    // undone.
    bool Step(struct core_event event, const Model *begun = nullptr)
    {
        event.wall_ms = now_ms_;
        const bool crash_before = Once(40);
        const Model before = crash_before ? (begun != nullptr ? *begun : model_) : Model();
        EXPECT_EQ(GAIA_OK, core_step(core_, &event, now_ms_, &rng_, &actions_));
        model_.Apply(actions_, &trace_);
        if (crash_before) {
            model_ = before; // the transaction was not committed
            Restart();
            return false;
        }
        if (Once(40)) {
            Restart(); // committed, but no reply was sent
            return true;
        }
        Deliver();
        return true;
    }
    void Restart()
    {
        core_close(core_);
        core_ = core_open(&config_);
        calls_.clear();
        model_.finishing.clear();
        crashes_++;
        for (const auto &entry : model_.sessions) {
            struct core_event event = {};
            event.kind = CORE_RESTORE_SESSION;
            event.u.hello = &entry.second;
            Restored(event);
        }
        std::map<int64_t, const ModelJob *> live;
        for (const auto &entry : model_.jobs) {
            if (!job_state_over(entry.second.record.state)) {
                live[entry.second.record.seq] = &entry.second;
            }
        }
        for (const auto &entry : live) {
            struct core_event event = {};
            event.kind = CORE_RESTORE_JOB;
            event.u.job.record = &entry.second->record;
            Restored(event);
            const std::map<uint32_t, ModelBatch> batches = entry.second->batches;
            for (const auto &batch : batches) {
                event = {};
                event.kind = CORE_RESTORE_BATCH;
                event.u.batch = &batch.second.record;
                Restored(event);
            }
        }
        struct core_event end = {};
        end.kind = CORE_RESTORE_END;
        Restored(end);
    }
    void Restored(struct core_event event)
    {
        EXPECT_EQ(GAIA_OK, core_step(core_, &event, now_ms_, &rng_, &actions_));
        model_.Apply(actions_, &trace_);
    }

    void *CallOf(const Executor &executor, enum core_event_kind kind)
    {
        calls_[next_call_] = {executor.number, executor.boots, kind};
        return reinterpret_cast<void *>(next_call_++);
    }
    void Hello(Executor *executor)
    {
        struct session_record hello = {};
        record_name_copy(hello.boot, executor->Boot().c_str());
        record_name_copy(hello.executor, std::to_string(executor->number).c_str());
        record_id_copy(hello.session, ("session" + std::to_string(next_session_++)).c_str());
        struct core_event event = {};
        event.kind = CORE_HELLO;
        event.pipe = executor->pipe;
        event.u.hello = &hello;
        event.request = CallOf(*executor, event.kind);
        Step(event);
    }
    void Fetch(Executor *executor)
    {
        if (!executor->fetching) {
            executor->fetching = true;
            executor->seq++;
        }
        executor->fetch_until_ms = now_ms_ + 7000;
        struct core_event event = {};
        event.kind = CORE_FETCH;
        event.session = executor->session.c_str();
        event.pipe = executor->pipe;
        event.u.fetch.seq = executor->seq;
        event.u.fetch.credits = 1 + static_cast<uint32_t>(Below(3));
        event.request = CallOf(*executor, event.kind);
        Step(event);
    }
    void Beat(Executor *executor)
    {
        const std::vector<Held> held = executor->held;
        std::vector<struct core_beat_lease> leases;
        for (const Held &one : held) {
            leases.push_back({one.attempt.c_str(), 1});
        }
        struct core_event event = {};
        event.kind = CORE_BEAT;
        event.session = executor->session.c_str();
        event.pipe = executor->pipe;
        event.u.beat.leases = leases.data();
        event.u.beat.n_leases = leases.size();
        event.request = CallOf(*executor, event.kind);
        executor->next_beat_ms = now_ms_ + 1000;
        Step(event);
    }
    // The store's fence and the core's event, in one transaction; the reply may be lost.
    void Result(Executor *executor, size_t at)
    {
        const Held held = executor->held[at];
        ModelJob &job = model_.jobs[held.job];
        ModelBatch &batch = job.batches[held.batch];
        enum core_outcome outcome = CORE_FENCED;
        if (batch.record.state == BATCH_LEASED && held.attempt == batch.record.attempt &&
            executor->session == batch.record.session) {
            outcome = CORE_COMMITTED;
        } else if (batch.closed == held.attempt) {
            outcome = CORE_DUPLICATE;
        }
        bool kept = true;
        if (outcome == CORE_COMMITTED) {
            kept = Commit(*executor, held, &batch, job.units);
        }
        if (kept && !Once(10)) { // else the executor sends it again
            executor->Forget(held.attempt);
        }
    }
    bool Commit(const Executor &executor, const Held &held, ModelBatch *batch, uint64_t units)
    {
        const ModelBatch before = *batch;
        batch->record.state = BATCH_FAILED;
        batch->record.attempt[0] = '\0';
        batch->closed = held.attempt;
        if (held.status == GAIA_OK) {
            batch->record.state = BATCH_DONE;
            batch->commits++;
        }
        const struct core_plan plan = {units, 1 << 20, 280, 100};
        gaia_error error = {};
        error_set(&error, held.status, "%s", held.status == GAIA_OK ? "" : "device lost");
        struct core_event event = {};
        event.kind = CORE_RESULT;
        event.id = held.job.c_str();
        event.session = executor.session.c_str();
        event.u.result.batch = held.batch;
        event.u.result.attempt = held.attempt.c_str();
        event.u.result.outcome = CORE_COMMITTED;
        event.u.result.error = &error;
        event.u.result.plan = &plan;
        Model crashed = model_;
        crashed.jobs[held.job].batches[held.batch] = before;
        if (Once(30)) { // a crash in the middle of the transaction
            model_ = crashed;
            Restart();
            return false;
        }
        event.wall_ms = now_ms_;
        EXPECT_EQ(GAIA_OK, core_step(core_, &event, now_ms_, &rng_, &actions_));
        model_.Apply(actions_, &trace_);
        Deliver();
        return true;
    }

    void Die(Executor *executor)
    {
        const uint32_t pipe = executor->pipe;
        const bool noticed = !Once(4);
        executor->boots++;
        executor->pipe = next_pipe_++;
        executor->session.clear();
        executor->held.clear();
        executor->seq = 0;
        executor->fetching = false;
        for (int channel = 0; noticed && channel < 2; channel++) {
            struct core_event event = {};
            event.kind = CORE_PIPE_GONE;
            event.channel = channel == 0 ? CORE_CONTROL : CORE_WORK;
            event.pipe = pipe;
            Step(event);
        }
    }
    void Act(Executor *executor)
    {
        if (executor->frozen_until_ms > now_ms_) {
            return;
        }
        if (Once(300)) {
            Die(executor);
            return;
        }
        if (Once(300)) {
            executor->frozen_until_ms = now_ms_ + static_cast<int64_t>(Below(20000));
            return;
        }
        if (executor->session.empty()) {
            Hello(executor);
            return;
        }
        if (executor->next_beat_ms <= now_ms_) {
            Beat(executor);
        }
        for (size_t n = executor->held.size(); n-- > 0;) {
            if (n < executor->held.size() && executor->held[n].ready_ms <= now_ms_) {
                Result(executor, n);
            }
        }
        if (!executor->session.empty() && executor->held.size() < 3 &&
            (!executor->fetching || executor->fetch_until_ms <= now_ms_)) {
            Fetch(executor);
        }
    }
    void Submit()
    {
        const std::string id = "job" + std::to_string(next_job_);
        ModelJob job;
        job.record.seq = next_job_++;
        job.record.batches_total = 1;
        job.units = Below(20);
        record_id_copy(job.record.id, id.c_str());
        const Model begun = model_;
        model_.jobs[id] = job;
        struct core_event event = {};
        event.kind = CORE_SUBMIT;
        event.u.job.record = &job.record;
        Step(event, &begun);
    }
    void Cancel()
    {
        std::vector<std::string> live;
        for (const auto &entry : model_.jobs) {
            if (!job_state_over(entry.second.record.state)) {
                live.push_back(entry.first);
            }
        }
        if (live.empty()) {
            return;
        }
        const std::string id = live[Below(live.size())];
        struct core_event event = {};
        event.kind = CORE_CANCEL;
        event.id = id.c_str();
        if (Step(event)) {
            model_.jobs[id].cancelled = true;
        }
    }
    void Finish()
    {
        const std::string id = *model_.finishing.begin();
        gaia_error ok = {};
        struct core_event event = {};
        event.kind = CORE_FINISHED;
        event.id = id.c_str();
        event.u.error = &ok;
        Step(event);
    }
    void Turn(bool faulty)
    {
        faulty_ = faulty;
        now_ms_ += 1 + static_cast<int64_t>(Below(200));
        if (faulty && Below(60) == 0 && model_.jobs.size() < 40) {
            Submit();
        }
        if (Once(600)) {
            Cancel();
        }
        if (!model_.finishing.empty() && Below(4) == 0) {
            Finish();
        }
        for (Executor &executor : executors_) {
            Act(&executor);
        }
        struct core_event tick = {};
        tick.kind = CORE_TICK;
        Step(tick);
    }
};

TEST(Simulation, LosesNothingAndCommitsEveryUnitOnce)
{
    size_t jobs = 0;
    int crashes = 0;
    for (uint64_t seed = 1; seed <= 60 && !HasFailure(); seed++) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Simulation simulation(seed);
        simulation.Run(3000);
        jobs += simulation.JobCount();
        crashes += simulation.Crashes();
    }
    EXPECT_GT(jobs, 500u);
    EXPECT_GT(crashes, 1000);
}

TEST(Simulation, ReplaysFromItsSeed)
{
    std::string traces[2];
    for (std::string &trace : traces) {
        Simulation simulation(77);
        simulation.Run(1500);
        trace = simulation.Trace();
    }
    EXPECT_GT(traces[0].size(), 1000u);
    EXPECT_EQ(traces[0], traces[1]);
}

} // namespace
