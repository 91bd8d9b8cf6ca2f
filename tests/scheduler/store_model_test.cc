// SPDX-License-Identifier: MIT
//
// Random operations on a store and on a model of it: every answer, and every read in between, is
// the same, over commits, rollbacks, broken constraints and reopening.
//
// Invariant: an operation is drawn from the seed and from what the model holds, so that a failure
// is replayed by its number. GAIA_LONG=1 makes it a million operations.
#include <cstdlib>

#include "store_model_writes.h"

namespace
{

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
const int kOperations = 4000;
#else
const int kOperations = 20000;
#endif
const int kOperationsLong = 1000000;

class StoreAgainstModel : public ModelWrites
{
  protected:
    void Read();
    gaia_status ReadRanking(const struct store_visitor &to, const struct store_visitor &model);
    gaia_status ReadJobs(int64_t before, const struct store_visitor &to,
                         const struct store_visitor &model);
    void ReadJob(int64_t job, Dump *said, Dump *meant);
    void Compare(gaia_status status, bool found, const Dump &said, const Dump &meant);
    void Transaction(int *n_left);
};

void StoreAgainstModel::Compare(gaia_status status, bool found, const Dump &said, const Dump &meant)
{
    ASSERT_EQ(found ? GAIA_OK : GAIA_NOT_FOUND, status) << err_.detail;
    ASSERT_EQ(meant.lines, said.lines);
}

// One thing that is kept with a job.
void StoreAgainstModel::ReadJob(int64_t seq, Dump *said, Dump *meant)
{
    const struct store_visitor to = said->Visitor();
    const struct store_visitor model = meant->Visitor();
    const ModelJob none = {};
    const ModelJob *job = Known(seq) != nullptr ? Known(seq) : &none;
    const int what = Below(5);
    gaia_status status = GAIA_OK;
    if (what == 0) {
        const auto first = static_cast<uint64_t>(Below(8));
        status = ops_.moments_read(store_, seq, first, 4, &to, &err_);
        for (auto unit = job->moments.lower_bound(first);
             unit != job->moments.end() && unit->first < first + 4; ++unit) {
            model.moments(model.context, unit->first, unit->second.data(), unit->second.size());
        }
    } else if (what == 1) {
        const int64_t after = Below(30) - 1;
        int64_t limit = 1 + Below(10);
        status = ops_.scores_read(store_, seq, after, limit, &to, &err_);
        for (auto score = job->scores.upper_bound(after); score != job->scores.end() && limit > 0;
             ++score, limit--) {
            struct store_score row = {};
            row.seq = score->first;
            row.score.forecast = row.score.variable = row.score.region = "x";
            row.score.weighting = row.score.metric = "y";
            row.score.level = score->second.level;
            row.score.value = score->second.value;
            row.score.all_times = score->second.all_times;
            model.score(model.context, &row);
        }
    } else if (what == 2) {
        status = ops_.attempts_read(store_, seq, &to, &err_);
        for (const auto &[number, batch] : job->batches) {
            for (const std::string &detail : batch.attempts) {
                const struct store_attempt attempt = {seq, number,           7,
                                                      "e", GAIA_UNREACHABLE, detail.c_str()};
                model.attempt(model.context, &attempt);
            }
        }
    } else if (what == 3) {
        status = ops_.forecasts_read(store_, seq, &to, &err_);
        for (const auto &[index, forecast] : job->forecasts) {
            const struct store_forecast row = {index, "f", forecast.first, forecast.second.c_str()};
            model.forecast(model.context, &row);
        }
    } else {
        status = ops_.composites_read(store_, seq, &to, &err_);
        for (const auto &[index, composite] : job->composites) {
            const struct store_composite row = {index, "f", "p", composite.first.c_str()};
            model.composite(model.context, &row);
        }
    }
    ASSERT_EQ(GAIA_OK, status) << err_.detail;
}

// A page of jobs, of one tenant or of all.
gaia_status StoreAgainstModel::ReadJobs(int64_t before, const struct store_visitor &to,
                                        const struct store_visitor &model)
{
    const std::string tenant = Word();
    struct job_filter filter = {};
    filter.tenant = Below(2) == 0 ? tenant.c_str() : nullptr;
    filter.before = Below(2) == 0 ? INT64_MAX : before;
    filter.limit = 4;
    int n = 0;
    for (auto job = model_.jobs.lower_bound(filter.before);
         n < filter.limit && job != model_.jobs.begin();) {
        --job;
        if (filter.tenant == nullptr || tenant == job->second.record.terms.tenant) {
            job->second.Show(model);
            n++;
        }
    }
    return ops_.jobs_list(store_, &filter, &to, &err_);
}

// The first composites.
gaia_status StoreAgainstModel::ReadRanking(const struct store_visitor &to,
                                           const struct store_visitor &model)
{
    struct rank_filter filter = {};
    filter.limit = 7;
    model_.Rank(model, 7);
    return ops_.standings_list(store_, &filter, &to, &err_);
}

void StoreAgainstModel::Read()
{
    Dump said;
    Dump meant;
    const struct store_visitor to = said.Visitor();
    const struct store_visitor model = meant.Visitor();
    const int64_t seq = AnyJob();
    const ModelJob *job = Known(seq);
    gaia_status status = GAIA_OK;
    bool found = true;
    switch (Below(8)) {
    case 0:
        status = ops_.load(store_, &to, &err_);
        model_.Load(model);
        break;
    case 1: {
        const std::string id = job != nullptr ? job->record.id : "none";
        const bool whole = Below(2) == 0;
        status = (whole ? ops_.job_show : ops_.job_find)(store_, id.c_str(), &to, &err_);
        found = job != nullptr;
        if (found) {
            job->Show(model);
            whole ? job->ShowOutcome(model) : void();
        }
        break;
    }
    case 2:
        status = ReadJobs(seq, to, model);
        break;
    case 3: {
        char *text = nullptr;
        const bool plan = Below(2) == 0;
        status = (plan ? ops_.plan_read : ops_.document_read)(store_, seq, &text, &err_);
        const std::optional<std::string> none;
        const std::optional<std::string> &kept = job == nullptr ? none
                                                 : plan         ? job->plan
                                                                : job->document;
        found = kept.has_value();
        EXPECT_EQ(found ? *kept : "", text != nullptr ? text : "");
        free(text);
        break;
    }
    case 4:
        status = ops_.tokens_list(store_, &to, &err_);
        for (const auto &[id, token] : model_.tokens) {
            model.token(model.context, &token);
        }
        break;
    case 5:
        status = ReadRanking(to, model);
        break;
    case 6:
        status = ops_.job_load(store_, seq, &to, &err_);
        if (job != nullptr && !job->IsOver()) {
            job->Show(model);
            job->ShowBatches(model);
        }
        break;
    default:
        ReadJob(seq, &said, &meant);
        break;
    }
    Compare(status, found, said, meant);
}

void StoreAgainstModel::Transaction(int *n_left)
{
    const int n = 1 + Below(25);
    gaia_status status = ops_.begin(store_, &err_);
    ASSERT_EQ(GAIA_OK, status) << err_.detail;
    bool good = true;
    for (int i = 0; i < n && good && *n_left > 0; i++, --*n_left) {
        status = Write(&good);
        ASSERT_TRUE(status == GAIA_OK || !good) << err_.detail;
        if (good && Below(4) == 0) {
            Read();
            --*n_left;
        }
        if (HasFatalFailure()) {
            return;
        }
    }
    if (good && Below(7) != 0) {
        status = ops_.commit(store_, &err_);
        ASSERT_EQ(GAIA_OK, status) << err_.detail;
        committed_ = model_;
        return;
    }
    if (!good) { // told now, or at commit at the latest
        status = status == GAIA_OK ? ops_.commit(store_, &err_) : status;
        ASSERT_EQ(GAIA_STORE, status);
    }
    ops_.rollback(store_);
    model_ = committed_;
}

TEST_P(StoreAgainstModel, NeverDiverges)
{
    const char *wish = getenv("GAIA_LONG");
    int n_left = wish != nullptr && strcmp(wish, "1") == 0 ? kOperationsLong : kOperations;
    for (int i = 0; n_left > 0; i++) {
        Transaction(&n_left);
        ASSERT_FALSE(HasFailure()) << "in transaction " << i;
        Read();
        n_left--;
        ASSERT_FALSE(HasFailure()) << "after transaction " << i;
        if (Below(300) == 0) {
            ops_.close(store_);
            store_ = nullptr;
            ASSERT_EQ(GAIA_OK, place_.Open(&store_, &err_)) << err_.detail;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Stores, StoreAgainstModel, ::testing::ValuesIn(AllStores()),
                         [](const auto &tested) { return StoreName(tested); });

} // namespace
