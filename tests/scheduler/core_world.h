// SPDX-License-Identifier: MIT
//
// Executors that die, freeze and are cut off, and users that submit, cancel, replay and schedule,
// on the stage of core_stage.h: in virtual time and from a seed, so that a failure is replayed by
// its number. For core_simulation_test.cc.
//
// Invariant: what an executor sends is a copy: it may arrive when that executor is long gone.
#ifndef CORE_WORLD_H
#define CORE_WORLD_H

#include "core_stage.h"

class World : public Stage
{
  public:
    World(uint64_t seed, int n_executors) : Stage(seed)
    {
        config_ = core_config_default();
        config_.batch_units = 3;
        patient_ = Below(2) == 0; // else batches die and jobs are taken up again
        if (patient_) {
            for (struct core_retry &retry : config_.retry) {
                retry.tries_max = 1000;
            }
            config_.losses_max = config_.kills_max = 1000;
        }
        executors_.resize(static_cast<size_t>(n_executors));
        for (int i = 0; i < n_executors; i++) {
            executors_[static_cast<size_t>(i)].number = i;
            executors_[static_cast<size_t>(i)].pipe = next_pipe_++;
        }
        Restart();
    }
    void Run(int steps)
    {
        for (int i = 0; i < steps && !::testing::Test::HasFailure(); i++) {
            Turn(true);
        }
        // Faults stop: everything must come to an end now.
        wall_offset_ms_ = 4 * 3600000;
        Transact([this] {
            struct core_event event = Event(CORE_UNSCHEDULE);
            event.id = "minutely";
            Feed(event);
        });
        for (int i = 0; i < 200000 && !model_.AllOver() && !::testing::Test::HasFailure(); i++) {
            Turn(false);
        }
        EXPECT_TRUE(model_.AllOver());
        for (const auto &entry : model_.jobs) {
            Model::CheckJob(entry.second);
        }
    }
    int replays = 0;

  private:
    bool patient_;

    // What arrives at an executor.
    void Receive(const Answer &answer) override
    {
        Executor &executor = Of(answer.call);
        if (answer.call.boots != executor.boots) {
            return;
        }
        if (answer.kind == CORE_REPLY_UNKNOWN) {
            executor.session.clear();
            executor.fetching = false;
        } else if (answer.kind == CORE_REPLY_WELCOME) {
            if (executor.session != answer.session) {
                executor.seq = 0;
                executor.fetching = false;
            }
            executor.session = answer.session;
        } else if (answer.kind == CORE_REPLY_BEAT) {
            for (const struct core_lease &lease : answer.leases) {
                executor.Forget(lease.attempt);
            }
        } else if (answer.kind == CORE_REPLY_LEASES && answer.call.seq == executor.seq) {
            executor.fetching = false;
            for (size_t k = 0; k < answer.leases.size(); k++) {
                Take(&executor, answer.leases[k], answer.jobs[k]);
            }
        }
    }
    void Take(Executor *executor, const struct core_lease &lease, const std::string &job)
    {
        for (const Held &held : executor->held) {
            if (held.attempt == lease.attempt) {
                return; // a repeated reply
            }
        }
        const gaia_status status = Once(8) ? GAIA_DEVICE : GAIA_OK;
        executor->held.push_back({job, lease.batch, lease.attempt, lease.kind,
                                  now_ms_ + static_cast<int64_t>(Below(4000)), status});
    }

    // What executors send. Everything is copied: it may arrive when they are long gone.
    void *CallOf(const Executor &executor)
    {
        calls_[next_call_] = {executor.number, executor.boots, executor.seq};
        return reinterpret_cast<void *>(next_call_++);
    }
    void Hello(Executor *executor)
    {
        struct session_record hello = {};
        record_name_copy(hello.boot, executor->Boot().c_str());
        record_name_copy(hello.executor, std::to_string(executor->number).c_str());
        record_name_copy(hello.device, executor->number % 2 == 0 ? "cpu" : "cuda:0");
        record_id_copy(hello.session, ("session" + std::to_string(next_session_++)).c_str());
        executor->next_beat_ms = now_ms_ + 1000;
        const Executor as_sent = *executor;
        Send(*executor, true, [this, hello, as_sent] {
            Transact([&] {
                struct core_event event = Event(CORE_HELLO);
                event.pipe = as_sent.pipe;
                event.u.hello = &hello;
                event.request = CallOf(as_sent);
                Feed(event);
            });
        });
    }
    void Fetch(Executor *executor)
    {
        executor->seq += executor->fetching ? 0 : 1;
        executor->fetching = true;
        executor->fetch_until_ms = now_ms_ + 7000;
        const Executor as_sent = *executor;
        const uint32_t credits = 1 + static_cast<uint32_t>(Below(3));
        Send(*executor, true,
             [this, credits, as_sent] { Transact([&] { FeedFetch(as_sent, credits, false); }); });
    }
    void FeedFetch(const Executor &as_sent, uint32_t credits, bool at_once)
    {
        struct core_event event = Event(CORE_FETCH);
        event.session = as_sent.session.c_str();
        event.pipe = as_sent.pipe;
        event.u.fetch.seq = as_sent.seq;
        event.u.fetch.credits = credits;
        event.u.fetch.at_once = at_once;
        event.request = CallOf(as_sent);
        Feed(event);
    }
    void Beat(Executor *executor)
    {
        executor->next_beat_ms = now_ms_ + 1000;
        const Executor as_sent = *executor;
        Send(*executor, true, [this, as_sent] {
            std::vector<struct core_beat_lease> leases;
            for (const Held &one : as_sent.held) {
                leases.push_back({one.attempt.c_str(), 1});
            }
            Transact([&] {
                struct core_event event = Event(CORE_BEAT);
                event.session = as_sent.session.c_str();
                event.pipe = as_sent.pipe;
                event.u.beat.leases = leases.data();
                event.u.beat.n_leases = leases.size();
                event.request = CallOf(as_sent);
                Feed(event);
            });
        });
    }
    // Sends the result, again and again until it is acknowledged; every other time it asks for more
    // with it.
    void Result(Executor *executor, Held *held)
    {
        const bool at_once = !executor->fetching && Once(2);
        held->ready_ms = now_ms_ + 2000;
        if (at_once) {
            executor->seq++;
            executor->fetching = true;
            executor->fetch_until_ms = now_ms_ + 500;
        }
        const Held as_held = *held;
        const Executor as_sent = *executor;
        Send(*executor, true, [this, as_held, as_sent, at_once] {
            const bool taken = Transact([&] {
                Commit(as_sent, as_held);
                if (at_once) {
                    FeedFetch(as_sent, 1, true);
                }
            });
            if (taken) {
                const Call call = {as_sent.number, as_sent.boots, 0};
                Send(Of(call), false, [this, call, as_held] {
                    if (Of(call).boots == call.boots) {
                        Of(call).Forget(as_held.attempt);
                    }
                });
            }
        });
    }
    // The store's fence, then the core's event.
    void Commit(const Executor &executor, const Held &held)
    {
        ModelJob &job = model_.jobs[held.job];
        ModelBatch &batch = job.batches[held.batch];
        const bool is_valid = batch.record.state == BATCH_LEASED &&
                              held.attempt == batch.record.attempt &&
                              executor.session == batch.record.session;
        if (!is_valid) {
            return; // DUPLICATE or FENCED
        }
        batch.record.state = held.status == GAIA_OK ? BATCH_DONE : BATCH_FAILED;
        batch.record.attempt[0] = '\0';
        batch.closed = held.attempt;
        batch.commits += held.status == GAIA_OK;
        const struct core_plan plan = {job.units, 1 << 20, 280, 100, 0, nullptr};
        gaia_error error = {};
        error_set(&error, held.status, "%s", held.status == GAIA_OK ? "" : "device lost");
        struct core_event event = Event(CORE_RESULT);
        event.id = held.job.c_str();
        event.session = executor.session.c_str();
        event.u.result.batch = held.batch;
        event.u.result.attempt = held.attempt.c_str();
        event.u.result.outcome = CORE_COMMITTED;
        event.u.result.error = &error;
        event.u.result.plan = &plan;
        Feed(event);
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
            const auto arrive = [this, channel, pipe] {
                Transact([&] {
                    struct core_event event = Event(CORE_PIPE_GONE);
                    event.channel = channel == 0 ? CORE_CONTROL : CORE_WORK;
                    event.pipe = pipe;
                    Feed(event);
                });
            };
            network_.emplace(now_ms_ + static_cast<int64_t>(Below(100)), arrive);
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
        if (Once(300)) {
            executor->cut_off_until_ms = now_ms_ + static_cast<int64_t>(Below(30000));
        }
        if (executor->session.empty()) {
            if (executor->next_beat_ms <= now_ms_) {
                Hello(executor);
            }
            return;
        }
        if (executor->next_beat_ms <= now_ms_) {
            Beat(executor);
        }
        for (Held &held : executor->held) {
            if (held.ready_ms <= now_ms_) {
                Result(executor, &held);
            }
        }
        if (executor->held.size() < 3 &&
            (!executor->fetching || executor->fetch_until_ms <= now_ms_)) {
            Fetch(executor);
        }
    }

    // What users do.
    void SubmitJob(int64_t schedule) override
    {
        static const char *const tenants[] = {"", "a", "b"};
        const std::string id = "job" + std::to_string(next_job_);
        ModelJob job;
        job.record.seq = next_job_++;
        job.record.batches_total = 1;
        job.record.submitted_ms = WallMs();
        struct job_terms &terms = job.record.terms;
        record_tenant_copy(terms.tenant, tenants[Below(3)]);
        terms.priority = static_cast<int32_t>(Below(21)) - 10;
        terms.resource = static_cast<enum job_resource>(Below(JOB_RESOURCE_COUNT));
        terms.not_before_ms = Below(4) == 0 ? WallMs() + static_cast<int64_t>(Below(20000)) : 0;
        terms.start_by_ms = Below(8) == 0 ? WallMs() + static_cast<int64_t>(Below(60000)) : 0;
        terms.run_ms = Below(8) == 0 ? 1 + static_cast<int64_t>(Below(60000)) : 0;
        terms.schedule = schedule;
        job.may_fail = !patient_ || terms.start_by_ms != 0 || terms.run_ms != 0;
        job.units = Below(20);
        record_id_copy(job.record.id, id.c_str());
        model_.jobs[id] = job;
        struct core_event event = Event(CORE_SUBMIT);
        event.u.job.record = &job.record;
        Feed(event);
    }
    std::string Choose(const std::function<bool(const ModelJob &)> &fits)
    {
        std::vector<std::string> chosen;
        for (const auto &entry : model_.jobs) {
            if (fits(entry.second)) {
                chosen.push_back(entry.first);
            }
        }
        return chosen.empty() ? "" : chosen[Below(chosen.size())];
    }
    void Cancel()
    {
        const std::string id =
            Choose([](const ModelJob &job) { return !job_state_over(job.record.state); });
        struct core_event event = Event(CORE_CANCEL);
        event.id = id.c_str();
        if (!id.empty() && Transact([&] { Feed(event); })) {
            model_.jobs[id].cancelled = true;
        }
    }
    void Replay()
    {
        const std::string id =
            Choose([](const ModelJob &job) { return job.record.state == JOB_FAILED; });
        if (id.empty()) {
            return;
        }
        replays++;
        Transact([&] {
            model_.Revive(&model_.jobs[id]);
            FeedJob(id, CORE_ADOPT_JOB, CORE_ADOPT_BATCH);
            Feed(Event(CORE_ADOPT_END));
        });
    }
    void Schedule()
    {
        if (model_.schedules.count("minutely") != 0) {
            return;
        }
        Transact([&] {
            struct schedule_record schedule = {};
            schedule.seq = 1;
            record_id_copy(schedule.id, "minutely");
            record_name_copy(schedule.cron, "* * * * *");
            schedule.due_ms = WallMs() + static_cast<int64_t>(Below(60000));
            model_.schedules["minutely"] = schedule;
            struct core_event event = Event(CORE_SCHEDULE);
            event.u.schedule = &schedule;
            Feed(event);
        });
    }
    void Finish()
    {
        const std::string id = *model_.finishing.begin();
        gaia_error ok = {};
        struct core_event event = Event(CORE_FINISHED);
        event.id = id.c_str();
        event.u.error = &ok;
        Transact([&] { Feed(event); });
    }
    void Turn(bool faulty)
    {
        faulty_ = faulty;
        now_ms_ += 1 + static_cast<int64_t>(Below(200));
        if (Once(400)) { // the wall clock is set
            wall_offset_ms_ += static_cast<int64_t>(Below(7200000)) - 3600000;
        }
        if (faulty && Below(60) == 0 && model_.jobs.size() < 40) {
            Transact([this] { SubmitJob(0); });
        }
        if (faulty && Below(500) == 0) {
            Schedule();
        }
        if (Once(600)) {
            Cancel();
        }
        if (Once(100)) {
            Replay();
        }
        if (!model_.finishing.empty() && Below(4) == 0) {
            Finish();
        }
        while (!network_.empty() && network_.begin()->first <= now_ms_) {
            const std::function<void()> arrive = network_.begin()->second;
            network_.erase(network_.begin());
            arrive();
        }
        for (Executor &executor : executors_) {
            Act(&executor);
        }
        Transact([this] { Feed(Event(CORE_TICK)); });
    }
};

#endif
