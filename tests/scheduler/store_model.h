// SPDX-License-Identifier: MIT
//
// What a store should hold, in ordinary memory: the same writes and reads, with nothing clever. For
// store_model_test.cc, which compares every answer of a real store with this one's.
//
// Invariant: a write returns whether it breaks a constraint; the model is then as it was, and the
// caller restores it to the last commit, as a store is rolled back.
#ifndef STORE_MODEL_H
#define STORE_MODEL_H

#include <algorithm>
#include <cmath>
#include <cstring>
#include <deque>
#include <map>
#include <optional>
#include <tuple>

#include "store_harness.h"

// One line for everything that a visitor is handed, with every field.
class Dump
{
  public:
    std::vector<std::string> lines;

    struct store_visitor Visitor();

  private:
    template <typename... Part> void Add(const Part &...part)
    {
        std::string line;
        ((line += Text(part) + "|"), ...);
        lines.push_back(line);
    }
    static std::string Text(const char *text)
    {
        return text != nullptr ? text : "(null)";
    }
    static std::string Text(const std::string &text)
    {
        return text;
    }
    static std::string Text(double value) // to the bit; all NaN are one
    {
        uint64_t bits = 0;
        memcpy(&bits, &value, sizeof bits);
        return std::isnan(value) ? "nan" : std::to_string(bits);
    }
    template <typename Number> static std::string Text(Number value)
    {
        return std::to_string(value);
    }
    static Dump &Of(void *context)
    {
        return *static_cast<Dump *>(context);
    }
    void Batch(const struct batch_record &b, const std::string &more);
};

inline void Dump::Batch(const struct batch_record &b, const std::string &more)
{
    Add("batch", b.job, b.number, b.kind, b.state, b.first_unit, b.n_units, b.tries, b.losses,
        b.kills, b.not_before_ms, b.attempt, b.session, b.seq, more);
}

inline struct store_visitor Dump::Visitor()
{
    struct store_visitor v = {};
    v.context = this;
    v.session = [](void *c, const struct session_record *s) {
        Of(c).Add("session", s->session, s->executor, s->boot, s->device, s->memory_bytes, s->pid,
                  s->is_drained);
    };
    v.job = [](void *c, const struct store_job *j) {
        const struct job_record &r = j->record;
        const struct job_terms &t = r.terms;
        Of(c).Add("job", r.seq, r.id, r.state, j->name, j->key, j->spec_bytes, r.units_total,
                  r.units_done, r.batches_total, r.batches_done, r.submitted_ms, r.started_ms,
                  r.finished_ms, r.error != nullptr ? r.error->status : GAIA_OK,
                  r.error != nullptr ? r.error->detail : "", t.tenant, t.priority, t.resource,
                  t.memory_bytes, t.not_before_ms, t.start_by_ms, t.run_ms, t.schedule, t.truth);
    };
    v.batch = [](void *c, const struct batch_record *b) { Of(c).Batch(*b, ""); };
    v.listed = [](void *c, const struct store_batch *b) {
        Of(c).Batch(b->record, std::string(b->id) + "/" + b->name);
    };
    v.schedule = [](void *c, const struct store_schedule *s) {
        const struct schedule_record &r = s->record;
        Of(c).Add("schedule", r.seq, r.id, r.cron, r.zone, r.due_ms, r.is_paused, r.is_owed,
                  s->name);
    };
    v.token = [](void *c, const struct token_record *t) {
        Of(c).Add("token", t->id, t->name, t->hash, t->scope, t->tenant, t->created_ms,
                  t->expires_ms);
    };
    v.attempt = [](void *c, const struct store_attempt *a) {
        Of(c).Add("attempt", a->job, a->batch, a->at_ms, a->executor, a->status, a->detail);
    };
    v.forecast = [](void *c, const struct store_forecast *f) {
        Of(c).Add("forecast", f->index, f->id, f->status, f->detail);
    };
    v.warning = [](void *c, const char *text) { Of(c).Add("warning", text); };
    v.moments = [](void *c, uint64_t unit, const double *sums, size_t n) {
        std::string all;
        for (size_t i = 0; i < n; i++) {
            uint64_t bits = 0;
            memcpy(&bits, &sums[i], sizeof bits);
            all += std::to_string(bits) + ",";
        }
        Of(c).Add("moments", unit, all);
    };
    v.score = [](void *c, const struct store_score *row) {
        const struct gaia_score &s = row->score;
        Of(c).Add("score", row->seq, s.forecast, s.variable, s.level, s.lead_time_s,
                  s.all_times != 0 ? 0 : s.init_time_s, s.all_times != 0 ? 0 : s.valid_time_s,
                  s.all_times, s.region, s.weighting, s.metric, s.value);
    };
    v.standing = [](void *c, const struct store_standing *p) {
        Of(c).Add("standing", p->job, p->name, p->tenant, p->finished_ms, p->head);
    };
    v.composite = [](void *c, const struct store_composite *p) {
        Of(c).Add("composite", p->index, p->forecast, p->profile, p->json);
    };
    return v;
}

struct ModelBatch {
    struct batch_record record;
    std::string closed;
    std::deque<std::string> attempts; // details; the rest follows from them
};

struct ModelScore {
    double level;
    double value;
    bool all_times;
};

struct ModelJob {
    struct job_record record; // without its error
    gaia_error error;
    std::string name;
    std::optional<std::string> key;
    std::string spec;
    std::optional<std::string> plan;
    std::optional<std::string> document;
    std::map<uint32_t, ModelBatch> batches;
    std::map<uint32_t, std::pair<gaia_status, std::string>> forecasts;
    std::vector<std::string> warnings;
    std::map<uint32_t, std::pair<std::string, int>> composites; // and their scores
    std::map<uint64_t, std::vector<double>> moments;
    std::map<int64_t, ModelScore> scores;

    bool IsOver() const
    {
        return job_state_over(record.state);
    }
    bool HoldsKey() const
    {
        return key.has_value() && record.state != JOB_FAILED && record.state != JOB_CANCELLED;
    }
    void Show(const struct store_visitor &visitor) const
    {
        struct store_job job = {};
        job.record = record;
        job.record.error = error.status != GAIA_OK ? &error : nullptr;
        job.name = name.c_str();
        job.key = key.has_value() ? key->c_str() : nullptr;
        job.spec_bytes = spec.size();
        visitor.job(visitor.context, &job);
    }
    void ShowOutcome(const struct store_visitor &visitor) const
    {
        for (const auto &[index, forecast] : forecasts) {
            const struct store_forecast row = {index, "f", forecast.first, forecast.second.c_str()};
            visitor.forecast(visitor.context, &row);
        }
        for (const std::string &warning : warnings) {
            visitor.warning(visitor.context, warning.c_str());
        }
    }
    void ShowBatches(const struct store_visitor &visitor) const
    {
        for (const auto &[number, batch] : batches) {
            visitor.batch(visitor.context, &batch.record);
        }
    }
};

struct ModelSchedule {
    struct schedule_record record;
    std::string name;
    std::string spec;
};

class StoreModel
{
  public:
    std::map<int64_t, ModelJob> jobs;
    std::map<int64_t, ModelSchedule> schedules;
    std::map<std::string, struct session_record> sessions;
    std::map<std::string, struct token_record> tokens;

    // The job that this one's key would collide with, other than itself.
    bool KeyIsTaken(const std::string &tenant, const std::optional<std::string> &key,
                    int64_t but) const
    {
        for (const auto &[seq, job] : jobs) {
            if (seq != but && key.has_value() && job.HoldsKey() && job.key == key &&
                job.record.terms.tenant == tenant) {
                return true;
            }
        }
        return false;
    }
    bool BatchPut(const struct batch_record &batch)
    {
        if (jobs.count(batch.job) == 0) {
            return false;
        }
        const auto [place, is_new] = jobs[batch.job].batches.try_emplace(batch.number);
        struct batch_record &kept = place->second.record;
        if (is_new) {
            kept = batch;
            return true;
        }
        const struct batch_record old = kept;
        kept = batch;
        kept.kind = old.kind;
        kept.first_unit = old.first_unit;
        kept.n_units = old.n_units;
        return true;
    }
    void BatchesStop(int64_t job)
    {
        for (auto &[number, batch] : jobs[job].batches) {
            const enum batch_state state = batch.record.state;
            if (state == BATCH_BLOCKED || state == BATCH_READY || state == BATCH_LEASED) {
                batch.record.state = BATCH_CANCELLED;
                batch.record.attempt[0] = batch.record.session[0] = '\0';
            }
        }
    }
    bool JobRevive(int64_t seq)
    {
        ModelJob &job = jobs[seq];
        if (job.record.state != JOB_FAILED) {
            return true;
        }
        if (KeyIsTaken(job.record.terms.tenant, job.key, seq)) {
            return false;
        }
        job.record.state = job.record.units_total > 0 ? JOB_RUNNING : JOB_QUEUED;
        job.error = {};
        job.record.finished_ms = job.record.started_ms = job.record.terms.start_by_ms = 0;
        for (auto &[number, batch] : job.batches) {
            const enum batch_state state = batch.record.state;
            if (state == BATCH_FAILED || state == BATCH_DEAD || state == BATCH_CANCELLED) {
                batch.record.state = BATCH_READY;
                batch.record.tries = batch.record.losses = batch.record.kills = 0;
                batch.record.not_before_ms = 0;
            }
        }
        return true;
    }
    // False if a unit of the result is there already.
    bool ResultCommit(const struct store_result &result, enum store_outcome *outcome)
    {
        const auto job = jobs.find(result.job);
        *outcome = STORE_FENCED;
        if (job == jobs.end() || job->second.batches.count(result.batch) == 0) {
            return true;
        }
        ModelBatch &batch = job->second.batches[result.batch];
        if (batch.record.state != BATCH_LEASED ||
            strcmp(batch.record.attempt, result.attempt) != 0 ||
            strcmp(batch.record.session, result.session) != 0) {
            *outcome = !batch.closed.empty() && batch.closed == result.attempt ? STORE_DUPLICATE
                                                                               : STORE_FENCED;
            return true;
        }
        *outcome = STORE_COMMITTED;
        batch.closed = result.attempt;
        batch.record.state = result.ok ? BATCH_DONE : BATCH_FAILED;
        batch.record.attempt[0] = batch.record.session[0] = '\0';
        bool good = true;
        for (size_t i = 0; result.ok && i < result.n_units; i++) {
            const double *sums = result.sums + i * result.unit_doubles;
            if (result.is_absent == nullptr || !result.is_absent[i]) {
                good = job->second.moments
                           .try_emplace(result.first_unit + i, sums, sums + result.unit_doubles)
                           .second &&
                       good;
            }
        }
        return good;
    }
    void Forget(int64_t before_day_ms)
    {
        for (auto job = jobs.begin(); job != jobs.end();) {
            const bool goes =
                job->second.IsOver() && job->second.record.submitted_ms < before_day_ms;
            job = goes ? jobs.erase(job) : std::next(job);
        }
    }
    // The first n composites of jobs that have succeeded, greatest score first.
    void Rank(const struct store_visitor &visitor, size_t n) const
    {
        std::vector<std::tuple<int, int64_t, uint32_t>> order;
        for (const auto &[seq, job] : jobs) {
            for (const auto &[index, composite] : job.composites) {
                if (job.record.state == JOB_SUCCEEDED) {
                    order.emplace_back(-composite.second, seq, index);
                }
            }
        }
        std::sort(order.begin(), order.end());
        for (size_t i = 0; i < n && i < order.size(); i++) {
            const ModelJob &job = jobs.at(std::get<1>(order[i]));
            const std::string &head = job.composites.at(std::get<2>(order[i])).first;
            const struct store_standing row = {job.record.id, job.name.c_str(),
                                               job.record.terms.tenant, job.record.finished_ms,
                                               head.c_str()};
            visitor.standing(visitor.context, &row);
        }
    }
    void Load(const struct store_visitor &visitor) const
    {
        for (const auto &[name, session] : sessions) {
            visitor.session(visitor.context, &session);
        }
        Schedules(visitor);
        for (const auto &[seq, job] : jobs) {
            if (!job.IsOver()) {
                job.Show(visitor);
                job.ShowBatches(visitor);
            }
        }
    }
    void Schedules(const struct store_visitor &visitor) const
    {
        for (const auto &[seq, schedule] : schedules) {
            const struct store_schedule shown = {schedule.record, schedule.name.c_str()};
            visitor.schedule(visitor.context, &shown);
        }
    }
};

#endif
