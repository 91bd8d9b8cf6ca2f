// SPDX-License-Identifier: MIT
//
// Random writes to a store and to the model of it. For store_model_test.cc.
//
// Invariant: a write is drawn from the seed and from what the model holds, so that a failure is
// replayed.
#ifndef STORE_MODEL_WRITES_H
#define STORE_MODEL_WRITES_H

#include <random>

#include "store_model.h"
#include "stores.h"

const int64_t kModelDayMs = 86400000;
const int64_t kModelFirstDay = 19000;

class ModelWrites : public ::testing::TestWithParam<const struct store_ops *>
{
  protected:
    const struct store_ops &ops_ = *GetParam();
    StorePlace place_{GetParam()};
    struct store *store_ = nullptr;
    gaia_error err_ = {};
    StoreModel model_;     // with what the transaction has done
    StoreModel committed_; // as of its beginning
    std::mt19937 random_{20240229};
    int64_t last_seq_ = 0;
    int n_ = 0;                       // for what must be new each time
    struct batch_record leased_ = {}; // the last lease, whether it was committed or not

    void SetUp() override
    {
        ASSERT_EQ(GAIA_OK, place_.Open(&store_, &err_)) << err_.detail;
    }
    void TearDown() override
    {
        ops_.close(store_);
    }
    int Below(int n)
    {
        return static_cast<int>(random_() % static_cast<unsigned>(n));
    }
    std::string New(const std::string &prefix)
    {
        return prefix + std::to_string(++n_);
    }
    // Days pass with what was made, so that new ones come again and again.
    int64_t Today() const
    {
        return kModelFirstDay + n_ / 200;
    }
    std::string Word()
    {
        static const char *const words[] = {"",     "a", "naïve", "it's \"quoted\"", "line\nbreak",
                                            "日本", "x"};
        return words[Below(7)];
    }
    double Number()
    {
        static const double numbers[] = {0.0,      -0.0, 0.1,       5e-324, -1e300,
                                         HUGE_VAL, NAN,  -HUGE_VAL, 42};
        return numbers[Below(9)];
    }
    // A job that there is, or one that there is not.
    int64_t AnyJob()
    {
        if (model_.jobs.empty() || Below(50) == 0) {
            return last_seq_ + 1000;
        }
        return std::next(model_.jobs.begin(), Below(static_cast<int>(model_.jobs.size())))->first;
    }
    ModelJob *Known(int64_t job)
    {
        const auto found = model_.jobs.find(job);
        return found != model_.jobs.end() ? &found->second : nullptr;
    }

    // Each returns what the store said and sets whether it should have been refused.
    gaia_status JobInsert(bool *good);
    gaia_status JobUpdate();
    gaia_status BatchPut(bool *good);
    gaia_status JobChange(bool *good);
    gaia_status Result(bool *good);
    gaia_status Attempt(bool *good);
    gaia_status Schedule();
    gaia_status Session();
    gaia_status Token(bool *good);
    gaia_status Texts(bool *good);
    gaia_status Outcome(bool *good);
    gaia_status ScoresDelete();
    gaia_status Forget();
    gaia_status Write(bool *good);
};

inline gaia_status ModelWrites::JobInsert(bool *good)
{
    struct store_job job = {};
    ModelJob made = {};
    made.spec = "{\"é\": " + New("") + "}";
    made.name = Word();
    made.record = JobRecord(New("j"));
    made.record.submitted_ms = (Today() - Below(4)) * kModelDayMs + Below(1000);
    made.record.terms.priority = Below(3) - 1;
    made.record.terms.resource = static_cast<enum job_resource>(Below(JOB_RESOURCE_COUNT));
    made.record.terms.start_by_ms = Below(2);
    record_tenant_copy(made.record.terms.tenant, Word().c_str());
    if (Below(3) == 0) {
        made.key = "k" + std::to_string(Below(4));
    }
    *good = !model_.KeyIsTaken(made.record.terms.tenant, made.key, 0);
    if (Below(40) == 0 && !model_.jobs.empty()) {
        record_id_copy(made.record.id, model_.jobs.begin()->second.record.id);
        *good = false;
    }
    job.record = made.record;
    job.name = made.name.c_str();
    job.key = made.key.has_value() ? made.key->c_str() : nullptr;
    job.spec_bytes = made.spec.size();
    const gaia_status status =
        ops_.job_insert(store_, &job, made.spec.c_str(), &made.record.seq, &err_);
    if (status == GAIA_OK) {
        EXPECT_GT(made.record.seq, 0);
        last_seq_ = std::max(last_seq_, made.record.seq);
        model_.jobs[made.record.seq] = made;
    }
    return status;
}

inline gaia_status ModelWrites::JobUpdate()
{
    ModelJob *job = Known(AnyJob());
    if (job == nullptr || model_.jobs.size() < 2) {
        return GAIA_OK;
    }
    struct job_record record = job->record;
    gaia_error error = {};
    record.state = static_cast<enum job_state>(Below(JOB_STATE_COUNT));
    if (model_.KeyIsTaken(record.terms.tenant, job->key, record.seq)) {
        record.state = JOB_FAILED; // only the failed may share a key
    }
    record.units_total = static_cast<uint64_t>(Below(3));
    record.units_done = static_cast<uint64_t>(Below(3));
    record.batches_done = static_cast<uint32_t>(Below(3));
    record.started_ms = Below(100);
    record.finished_ms = Below(100);
    if (record.state == JOB_FAILED) {
        error_set(&error, GAIA_DEVICE, "lost %s", Word().c_str());
    }
    record.error = &error;
    const gaia_status status = ops_.job_update(store_, &record, &err_);
    job->record = record;
    job->record.error = nullptr;
    job->error = error;
    return status;
}

inline gaia_status ModelWrites::BatchPut(bool *good)
{
    const auto state = static_cast<enum batch_state>(Below(BATCH_STATE_COUNT));
    const bool leased = state == BATCH_LEASED;
    struct batch_record batch =
        BatchRecord(AnyJob(), static_cast<uint32_t>(Below(5)), state, leased ? New("a") : "",
                    leased ? "s" + std::to_string(Below(2)) : "");
    batch.tries = static_cast<uint32_t>(Below(4));
    batch.losses = static_cast<uint32_t>(Below(4));
    batch.kills = static_cast<uint32_t>(Below(4));
    batch.not_before_ms = Below(1000);
    batch.seq = static_cast<uint64_t>(Below(1000));
    leased_ = leased ? batch : leased_;
    *good = model_.BatchPut(batch);
    return ops_.batch_put(store_, &batch, &err_);
}

inline gaia_status ModelWrites::JobChange(bool *good)
{
    const int64_t job = AnyJob();
    if (Known(job) == nullptr) {
        return GAIA_OK;
    }
    if (Below(2) == 0) {
        model_.BatchesStop(job);
        return ops_.batches_stop(store_, job, &err_);
    }
    *good = model_.JobRevive(job);
    return ops_.job_revive(store_, job, &err_);
}

inline gaia_status ModelWrites::Result(bool *good)
{
    ModelJob *job = Known(AnyJob());
    struct store_result result = {};
    std::vector<double> sums;
    if (job == nullptr || job->batches.empty()) {
        return GAIA_OK;
    }
    ModelBatch batch =
        std::next(job->batches.begin(), Below(static_cast<int>(job->batches.size())))->second;
    if (Below(6) == 0) {
        batch.record = leased_;
        batch.closed = "";
    }
    std::string attempt = batch.record.attempt;
    std::string session = batch.record.session;
    attempt = Below(8) == 0 ? batch.closed : attempt;
    session = Below(8) == 0 ? "another" : session;
    const bool absent[] = {Below(4) == 0, Below(4) == 0};
    for (int i = 0; i < 6; i++) {
        sums.push_back(Number());
    }
    result.job = batch.record.job;
    result.batch = batch.record.number;
    result.attempt = attempt.c_str();
    result.session = session.c_str();
    result.ok = Below(4) != 0;
    result.first_unit = batch.record.number * UINT64_C(2);
    result.n_units = 2;
    result.unit_doubles = 3;
    result.sums = sums.data();
    result.is_absent = Below(2) == 0 ? absent : nullptr;
    enum store_outcome meant = STORE_FENCED;
    enum store_outcome said = STORE_FENCED;
    *good = model_.ResultCommit(result, &meant);
    const gaia_status status = ops_.result_commit(store_, &result, &said, &err_);
    if (status == GAIA_OK && *good) {
        EXPECT_EQ(meant, said);
    }
    return status;
}

inline gaia_status ModelWrites::Attempt(bool *good)
{
    const std::string detail = New("it went wrong ");
    const int64_t seq = AnyJob();
    ModelJob *job = Known(seq);
    const auto number = static_cast<uint32_t>(Below(2));
    const struct store_attempt attempt = {seq, number, 7, "e", GAIA_UNREACHABLE, detail.c_str()};
    *good = job != nullptr;
    if (job != nullptr && job->batches.count(number) != 0) {
        std::deque<std::string> &kept = job->batches[number].attempts;
        kept.push_back(detail);
        if (kept.size() > STORE_ATTEMPTS) {
            kept.pop_front();
        }
    } else if (job != nullptr) {
        return GAIA_OK; // the model keeps attempts with their batches
    }
    return ops_.attempt_add(store_, &attempt, &err_);
}

inline gaia_status ModelWrites::Schedule()
{
    if (model_.schedules.size() < 3) {
        ModelSchedule made = {};
        struct store_schedule schedule = {};
        made.name = Word();
        made.spec = New("{}");
        record_id_copy(made.record.id, New("s").c_str());
        record_name_copy(made.record.cron, "* * * * *");
        record_tenant_copy(made.record.zone, Word().c_str());
        made.record.due_ms = Below(1000);
        made.record.is_owed = Below(2) == 0;
        schedule.record = made.record;
        schedule.name = made.name.c_str();
        const gaia_status status =
            ops_.schedule_insert(store_, &schedule, made.spec.c_str(), &made.record.seq, &err_);
        model_.schedules[made.record.seq] = made;
        return status;
    }
    ModelSchedule &one = std::next(model_.schedules.begin(), Below(3))->second;
    const int64_t seq = one.record.seq;
    if (Below(2) == 0) {
        model_.schedules.erase(seq);
        return ops_.schedule_drop(store_, seq, &err_);
    }
    one.record.due_ms = Below(1000);
    one.record.is_paused = Below(2) == 0;
    one.record.is_owed = Below(2) == 0;
    return ops_.schedule_update(store_, &one.record, &err_);
}

inline gaia_status ModelWrites::Session()
{
    const std::string name = "session" + std::to_string(Below(4));
    struct session_record session = {};
    if (Below(3) == 0) {
        model_.sessions.erase(name);
        return ops_.session_drop(store_, name.c_str(), &err_);
    }
    record_id_copy(session.session, name.c_str());
    record_name_copy(session.executor, Word().c_str());
    record_name_copy(session.boot, name.c_str());
    record_name_copy(session.device, Word().c_str());
    session.memory_bytes = static_cast<uint64_t>(Below(1000));
    session.pid = Below(1000);
    session.is_drained = Below(2) == 0;
    model_.sessions[name] = session;
    return ops_.session_put(store_, &session, &err_);
}

// Ids and hashes are few, so that they meet.
inline gaia_status ModelWrites::Token(bool *good)
{
    struct token_record token = {};
    record_id_copy(token.id, ("t" + std::to_string(Below(6))).c_str());
    if (Below(3) == 0) {
        model_.tokens.erase(token.id);
        return ops_.token_drop(store_, token.id, &err_);
    }
    record_name_copy(token.name, Word().c_str());
    snprintf(token.hash, sizeof token.hash, "%064d", Below(50));
    token.scope = static_cast<enum token_scope>(Below(TOKEN_SCOPE_COUNT));
    record_tenant_copy(token.tenant, Word().c_str());
    token.created_ms = Below(1000);
    token.expires_ms = Below(2);
    for (const auto &[id, kept] : model_.tokens) {
        *good = *good && id != token.id && strcmp(kept.hash, token.hash) != 0;
    }
    if (*good) {
        model_.tokens[token.id] = token;
    }
    return ops_.token_add(store_, &token, &err_);
}

inline gaia_status ModelWrites::Texts(bool *good)
{
    const int64_t seq = AnyJob();
    const std::string text = New("{\"text\": ") + "}";
    ModelJob *job = Known(seq);
    *good = job != nullptr;
    if (Below(3) == 0) {
        if (job != nullptr) {
            job->warnings.push_back(text);
        }
        return ops_.warning_add(store_, seq, text.c_str(), &err_);
    }
    if (Below(2) == 0) {
        *good = *good && !job->plan.has_value();
        if (job != nullptr) {
            job->plan = text;
        }
        return ops_.plan_put(store_, seq, text.c_str(), &err_);
    }
    *good = *good && !job->document.has_value();
    if (job != nullptr) {
        job->document = text;
    }
    return ops_.document_put(store_, seq, text.c_str(), &err_);
}

inline gaia_status ModelWrites::Outcome(bool *good)
{
    const int64_t seq = AnyJob();
    ModelJob *job = Known(seq);
    const auto index = static_cast<uint32_t>(Below(3));
    const std::string text = New("{}");
    if (job == nullptr || Below(3) == 0) { // scores of no job are never written
        const int score = static_cast<int>(Below(3));
        const struct store_composite composite = {
            index, "f", "p", text.c_str(), "n", text.c_str(), static_cast<double>(score)};
        *good = job != nullptr;
        if (job != nullptr) {
            job->composites[index] = {text, score};
        }
        return ops_.composite_put(store_, seq, &composite, &err_);
    }
    if (Below(2) == 0) {
        const gaia_status status = Below(2) == 0 ? GAIA_OK : GAIA_FILE_MISSING;
        const struct store_forecast forecast = {index, "f", status, text.c_str()};
        const auto [place, is_new] = job->forecasts.try_emplace(index, status, text);
        if (!is_new && place->second.first == GAIA_OK) {
            place->second = {status, text};
        }
        return ops_.forecast_put(store_, seq, &forecast, &err_);
    }
    struct store_score row = {};
    const ModelScore score = {std::fabs(Number()), Number(), Below(2) == 0};
    row.seq = Below(30);
    row.score.forecast = row.score.variable = row.score.region = "x";
    row.score.weighting = row.score.metric = "y";
    row.score.level = score.level;
    row.score.value = score.value;
    row.score.all_times = score.all_times;
    *good = job->scores.try_emplace(row.seq, score).second;
    return ops_.score_add(store_, seq, &row, &err_);
}

inline gaia_status ModelWrites::ScoresDelete()
{
    const int64_t seq = AnyJob();
    ModelJob *job = Known(seq);
    const int64_t limit = 1 + Below(20);
    bool more = false;
    const gaia_status status = ops_.scores_delete(store_, seq, limit, &more, &err_);
    if (status == GAIA_OK) {
        EXPECT_EQ(job != nullptr && !job->scores.empty(), more);
    }
    if (job != nullptr && !job->scores.empty()) {
        auto &scores = job->scores;
        scores.erase(scores.begin(), scores.lower_bound(scores.begin()->first + limit));
    }
    return status;
}

inline gaia_status ModelWrites::Forget()
{
    const int64_t day = Today() + 1 - Below(5);
    gaia_status status = GAIA_OK;
    model_.Forget(day * kModelDayMs);
    for (bool more = true; status == GAIA_OK && more;) {
        status = ops_.jobs_forget(store_, day * kModelDayMs + Below(1000), &more, &err_);
    }
    return status;
}

inline gaia_status ModelWrites::Write(bool *good)
{
    const int drawn = Below(100);
    *good = true;
    if (model_.jobs.size() > 12 && Below(10) == 0) {
        return Forget();
    }
    if (drawn < 8 && model_.jobs.size() < 40) {
        return JobInsert(good);
    }
    return drawn < 18   ? JobUpdate()
           : drawn < 38 ? BatchPut(good)
           : drawn < 42 ? JobChange(good)
           : drawn < 58 ? Result(good)
           : drawn < 66 ? Attempt(good)
           : drawn < 71 ? Schedule()
           : drawn < 76 ? Session()
           : drawn < 82 ? Texts(good)
           : drawn < 95 ? Outcome(good)
           : drawn < 97 ? Token(good)
                        : ScoresDelete();
}

#endif
