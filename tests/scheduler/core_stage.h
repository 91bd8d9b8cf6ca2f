// SPDX-License-Identifier: MIT
//
// Where the core of a simulation runs: a model store with transactions, a scheduler that crashes at
// every boundary of them, a network that loses, repeats, delays and reorders, and a clock that
// jumps. core_world.h lets executors and users act on it.
//
// Invariant: the model store takes a transaction whole or not at all, as the real one does, and
// what a transaction answers leaves after its commit.
#ifndef CORE_STAGE_H
#define CORE_STAGE_H

#include <functional>

#include "core_model.h"

extern "C" {
#include "clock.h"
#include "error.h"
}

class Stage
{
  public:
    virtual ~Stage()
    {
        core_actions_fini(&actions_);
        core_close(core_);
    }
    Stage(const Stage &) = delete;
    Stage &operator=(const Stage &) = delete;

    std::string Trace() const
    {
        return trace_.str();
    }
    size_t JobCount() const
    {
        return model_.jobs.size();
    }
    int crashes = 0;
    int runs = 0; // of schedules

  protected:
    explicit Stage(uint64_t seed) : chance_(seed), rng_(seed * 31 + 1)
    {
    }
    // An answer that has arrived, and a job that a schedule wants.
    virtual void Receive(const Answer &answer) = 0;
    virtual void SubmitJob(int64_t schedule) = 0;

    struct core_config config_;
    struct core *core_ = nullptr;
    struct core_actions actions_ = {};
    uint64_t chance_; // the world's
    uint64_t rng_;    // the core's
    int64_t now_ms_ = 1;
    int64_t wall_offset_ms_ = 1700000000000 % 3600000;
    Model model_;
    std::vector<Executor> executors_;
    std::map<uintptr_t, Call> calls_;
    std::vector<Answer> answers_; // of the transaction under way
    std::multimap<int64_t, std::function<void()>> network_;
    uintptr_t next_call_ = 1;
    uint32_t next_pipe_ = 1;
    int64_t next_job_ = 1;
    int next_session_ = 1;
    bool faulty_ = true;
    std::ostringstream trace_;

    uint64_t Below(uint64_t n)
    {
        return random_next(&chance_) % n;
    }
    bool Once(uint64_t in)
    {
        return faulty_ && Below(in) == 0;
    }
    int64_t WallMs() const
    {
        return now_ms_ + wall_offset_ms_;
    }
    static struct core_event Event(enum core_event_kind kind)
    {
        struct core_event event = {};
        event.kind = kind;
        return event;
    }
    Executor &Of(const Call &call)
    {
        return executors_[static_cast<size_t>(call.executor)];
    }

    // Sends a message between an executor and the scheduler: late, twice or not at all.
    void Send(const Executor &executor, bool may_repeat, const std::function<void()> &arrive)
    {
        if (executor.cut_off_until_ms > now_ms_ || Once(25)) {
            return;
        }
        const int copies = may_repeat && Once(30) ? 2 : 1;
        for (int i = 0; i < copies; i++) {
            const uint64_t longest_ms = Once(50) ? 8000 : 60;
            network_.emplace(now_ms_ + static_cast<int64_t>(faulty_ ? Below(longest_ms) : 1),
                             arrive);
        }
    }

    // One event through the core; what it stores and answers belongs to the transaction under way.
    void Feed(struct core_event event)
    {
        event.wall_ms = WallMs();
        EXPECT_EQ(GAIA_OK, core_step(core_, &event, now_ms_, &rng_, &actions_));
        model_.Apply(actions_, &trace_);
        const bool is_part = event.kind == CORE_ADOPT_JOB || event.kind == CORE_ADOPT_BATCH ||
                             (event.kind >= CORE_RESTORE_SESSION && event.kind < CORE_RESTORE_END);
        if (!is_part) {
            model_.CheckCounts(core_count(core_), now_ms_);
        }
        for (size_t i = 0; i < actions_.count; i++) {
            Collect(actions_.items[i]);
        }
    }
    void Collect(const struct core_action &action)
    {
        if (action.request == nullptr) {
            return;
        }
        const auto found = calls_.find(reinterpret_cast<uintptr_t>(action.request));
        ASSERT_NE(calls_.end(), found) << "answered twice";
        Answer answer = {found->second, action.kind, "", {}, {}};
        calls_.erase(found);
        answer.session = action.session != nullptr ? action.session->session : "";
        for (size_t k = 0; k < action.count; k++) {
            const struct core_lease &lease = actions_.leases[action.first + k];
            answer.leases.push_back(lease);
            answer.jobs.push_back(lease.job != nullptr ? lease.job->id : "");
            if (action.kind == CORE_REPLY_LEASES) {
                const ModelBatch &batch = model_.jobs[lease.job->id].batches[lease.batch];
                EXPECT_STREQ(batch.record.attempt, lease.attempt) << "granted but not stored";
            }
        }
        if (action.kind != CORE_DROP_REQUEST) {
            answers_.push_back(answer);
        }
    }
    // Carries out a transaction. The scheduler may crash before its commit, which undoes it, and
    // after, which loses its answers. False: it was undone.
    bool Transact(const std::function<void()> &body)
    {
        const bool crash_before = Once(40);
        const Model before = crash_before ? model_ : Model();
        answers_.clear();
        body();
        while (!model_.due.empty()) {
            const int64_t schedule = model_.due.back();
            model_.due.pop_back();
            runs++;
            SubmitJob(schedule);
        }
        if (crash_before) {
            model_ = before;
            Restart();
            return false;
        }
        if (Once(40)) {
            Restart();
            return true;
        }
        for (const Answer &answer : answers_) {
            Send(Of(answer.call), false, [this, answer] { Receive(answer); });
        }
        return true;
    }
    void Restart()
    {
        core_close(core_);
        core_ = core_open(&config_);
        calls_.clear();
        answers_.clear();
        model_.finishing.clear();
        model_.due.clear();
        crashes++;
        const auto sessions = model_.sessions;
        for (const auto &entry : sessions) {
            struct core_event event = Event(CORE_RESTORE_SESSION);
            event.u.hello = &entry.second;
            Feed(event);
        }
        const auto schedules = model_.schedules;
        for (const auto &entry : schedules) {
            struct core_event event = Event(CORE_RESTORE_SCHEDULE);
            event.u.schedule = &entry.second;
            Feed(event);
        }
        std::map<int64_t, std::string> live;
        for (const auto &entry : model_.jobs) {
            if (!job_state_over(entry.second.record.state)) {
                live[entry.second.record.seq] = entry.first;
            }
        }
        for (const auto &entry : live) {
            FeedJob(entry.second, CORE_RESTORE_JOB, CORE_RESTORE_BATCH);
        }
        Feed(Event(CORE_RESTORE_END));
    }
    void FeedJob(const std::string &id, enum core_event_kind as_job, enum core_event_kind as_batch)
    {
        const ModelJob job = model_.jobs[id];
        struct core_event event = Event(as_job);
        event.u.job.record = &job.record;
        Feed(event);
        for (const auto &batch : job.batches) {
            event = Event(as_batch);
            event.u.batch = &batch.second.record;
            Feed(event);
        }
    }
};

#endif
