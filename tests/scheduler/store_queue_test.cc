// SPDX-License-Identifier: MIT
//
// What a store keeps for the queue: a job's terms and key, attempts that went wrong, schedules, and
// failed jobs that are taken up again. Runs over every store.
#include "stores.h"

namespace
{

class StoreQueue : public ::testing::TestWithParam<const struct store_ops *>
{
  protected:
    StorePlace place_{GetParam()};
    struct store *store_ = nullptr;
    gaia_error err_ = {};

    const struct store_ops &Ops() const
    {
        return *GetParam();
    }
    void SetUp() override
    {
        ASSERT_EQ(GAIA_OK, place_.Open(&store_, &err_)) << err_.detail;
        Begin();
    }
    void TearDown() override
    {
        Ops().close(store_);
    }
    void Begin()
    {
        ASSERT_EQ(GAIA_OK, Ops().begin(store_, &err_)) << err_.detail;
    }
    void Reopen()
    {
        ASSERT_EQ(GAIA_OK, Ops().commit(store_, &err_)) << err_.detail;
        Ops().close(store_);
        ASSERT_EQ(GAIA_OK, place_.Open(&store_, &err_)) << err_.detail;
        Begin();
    }
    gaia_status Insert(const struct job_record &record, const char *key, int64_t *seq)
    {
        struct store_job job = {};
        job.record = record;
        job.name = "a job";
        job.key = key;
        return Ops().job_insert(store_, &job, "{}", seq, &err_);
    }
    int64_t Inserted(const struct job_record &record, const char *key = nullptr)
    {
        int64_t seq = 0;
        EXPECT_EQ(GAIA_OK, Insert(record, key, &seq)) << err_.detail;
        return seq;
    }
    void Put(const struct batch_record &batch)
    {
        ASSERT_EQ(GAIA_OK, Ops().batch_put(store_, &batch, &err_)) << err_.detail;
    }
    void End(int64_t seq, const std::string &id, enum job_state state, uint64_t units = 0)
    {
        gaia_error error = {};
        error_set(&error, GAIA_DEVICE, "device lost");
        struct job_record record = JobRecord(id);
        record.seq = seq;
        record.state = state;
        record.error = state == JOB_FAILED ? &error : nullptr;
        record.units_total = units;
        record.started_ms = 5;
        record.finished_ms = 6;
        ASSERT_EQ(GAIA_OK, Ops().job_update(store_, &record, &err_)) << err_.detail;
    }
    Collected Loaded()
    {
        Collected all;
        const struct store_visitor visitor = all.Visitor();
        EXPECT_EQ(GAIA_OK, Ops().load(store_, &visitor, &err_)) << err_.detail;
        return all;
    }
};

TEST_P(StoreQueue, KeepsTheTermsOfAJob)
{
    struct job_record record = JobRecord("j1");
    record.terms.priority = -7;
    record.terms.resource = JOB_RESOURCE_GPU;
    record.terms.memory_bytes = UINT64_C(5) << 32;
    record.terms.not_before_ms = 1700000000001;
    record.terms.start_by_ms = 1700000000002;
    record.terms.run_ms = 3600000;
    record.terms.schedule = 12;
    record_tenant_copy(record.terms.tenant, "tenant ä");
    snprintf(record.terms.truth, sizeof record.terms.truth, "0123456789abcdef");
    Inserted(record);
    Reopen();
    const Collected all = Loaded();
    ASSERT_EQ(1u, all.jobs.size());
    const struct job_terms &terms = all.jobs[0].terms;
    EXPECT_STREQ("tenant ä", terms.tenant);
    EXPECT_EQ(-7, terms.priority);
    EXPECT_EQ(JOB_RESOURCE_GPU, terms.resource);
    EXPECT_EQ(UINT64_C(5) << 32, terms.memory_bytes);
    EXPECT_EQ(1700000000001, terms.not_before_ms);
    EXPECT_EQ(1700000000002, terms.start_by_ms);
    EXPECT_EQ(3600000, terms.run_ms);
    EXPECT_EQ(12, terms.schedule);
    EXPECT_STREQ("0123456789abcdef", terms.truth);
    EXPECT_EQ("(none)", all.keys[0]);
}

TEST_P(StoreQueue, KeepsWhenAJobStartedAndABatchMayGoAgain)
{
    struct job_record record = JobRecord("j1");
    record.seq = Inserted(record);
    record.state = JOB_RUNNING;
    record.started_ms = 1700000000123;
    ASSERT_EQ(GAIA_OK, Ops().job_update(store_, &record, &err_));
    struct batch_record batch = BatchRecord(record.seq, 1, BATCH_READY);
    Put(batch);
    batch.kills = 2;
    batch.not_before_ms = 1700000000456;
    Put(batch);
    Reopen();
    const Collected all = Loaded();
    EXPECT_EQ(1700000000123, all.jobs[0].started_ms);
    ASSERT_EQ(1u, all.batches.size());
    EXPECT_EQ(2u, all.batches[0].kills);
    EXPECT_EQ(1700000000456, all.batches[0].not_before_ms);
}

TEST_P(StoreQueue, FindsAJobByItsKeyUntilItHasFailed)
{
    struct job_record record = JobRecord("j1");
    record_tenant_copy(record.terms.tenant, "a");
    const int64_t seq = Inserted(record, "k");
    Collected found;
    const struct store_visitor visitor = found.Visitor();
    ASSERT_EQ(GAIA_OK, Ops().job_find_key(store_, "a", "k", &visitor, &err_)) << err_.detail;
    ASSERT_EQ(1u, found.jobs.size());
    EXPECT_STREQ("j1", found.jobs[0].id);
    EXPECT_EQ("k", found.keys[0]);
    EXPECT_EQ(GAIA_NOT_FOUND, Ops().job_find_key(store_, "b", "k", &visitor, &err_));
    EXPECT_EQ(GAIA_NOT_FOUND, Ops().job_find_key(store_, "a", "K", &visitor, &err_));
    EXPECT_STREQ("there is no job with key 'K'", err_.detail);
    End(seq, "j1", JOB_SUCCEEDED);
    EXPECT_EQ(GAIA_OK, Ops().job_find_key(store_, "a", "k", &visitor, &err_));
    End(seq, "j1", JOB_FAILED);
    EXPECT_EQ(GAIA_NOT_FOUND, Ops().job_find_key(store_, "a", "k", &visitor, &err_));
    record_id_copy(record.id, "j2");
    Inserted(record, "k");
    EXPECT_EQ(GAIA_OK, Ops().job_find_key(store_, "a", "k", &visitor, &err_));
    EXPECT_STREQ("j2", found.jobs.back().id);
}

TEST_P(StoreQueue, RefusesASecondJobOfOneKey)
{
    Inserted(JobRecord("j1"), "k");
    int64_t seq = 0;
    EXPECT_EQ(GAIA_STORE, Insert(JobRecord("j2"), "k", &seq));
    Ops().rollback(store_);
    Begin();
}

TEST_P(StoreQueue, TellsWhichAttemptDidABatch)
{
    const int64_t job = Inserted(JobRecord("j1"));
    const auto report = [&](const char *attempt, bool ok) {
        struct store_result result = {};
        enum store_outcome outcome = STORE_FENCED;
        result.job = job;
        result.batch = 1;
        result.attempt = attempt;
        result.session = "session";
        result.ok = ok;
        EXPECT_EQ(GAIA_OK, Ops().result_commit(store_, &result, &outcome, &err_)) << err_.detail;
        EXPECT_EQ(STORE_COMMITTED, outcome);
    };
    Put(BatchRecord(job, 0, BATCH_DONE));
    Put(BatchRecord(job, 1, BATCH_LEASED, "attempt", "session"));
    Put(BatchRecord(job, 2, BATCH_LEASED, "attempt-3", "session"));
    report("attempt", false);
    Put(BatchRecord(job, 1, BATCH_LEASED, "attempt-2", "session"));
    report("attempt-2", true);
    Put(BatchRecord(job, 1, BATCH_DONE)); // as the core has it
    Reopen();
    Collected done;
    const struct store_visitor visitor = done.Visitor();
    ASSERT_EQ(GAIA_OK, Ops().batches_done(store_, job, &visitor, &err_)) << err_.detail;
    ASSERT_EQ(2u, done.batches.size());
    EXPECT_EQ(BATCH_KIND_PLAN, done.batches[0].kind);
    EXPECT_STREQ("", done.batches[0].attempt);
    EXPECT_EQ(0u, done.batches[1].first_unit);
    EXPECT_EQ(2u, done.batches[1].n_units);
    EXPECT_STREQ("attempt-2", done.batches[1].attempt);
}

TEST_P(StoreQueue, ListsDeadBatchesInPages)
{
    const int64_t one = Inserted(JobRecord("j1"));
    const int64_t two = Inserted(JobRecord("j2"));
    Put(BatchRecord(one, 1, BATCH_DEAD));
    Put(BatchRecord(one, 2, BATCH_DONE));
    Put(BatchRecord(one, 3, BATCH_DEAD));
    Put(BatchRecord(two, 1, BATCH_DEAD));
    Collected page;
    const struct store_visitor visitor = page.Visitor();
    ASSERT_EQ(GAIA_OK, Ops().batches_list(store_, BATCH_DEAD, 0, 0, 2, &visitor, &err_));
    ASSERT_EQ(2u, page.batches.size());
    EXPECT_EQ(3u, page.batches[1].number);
    EXPECT_EQ("j1/a job", page.texts[1]);
    ASSERT_EQ(GAIA_OK, Ops().batches_list(store_, BATCH_DEAD, one, 3, 2, &visitor, &err_));
    ASSERT_EQ(3u, page.batches.size());
    EXPECT_EQ(two, page.batches[2].job);
    EXPECT_EQ("j2/a job", page.texts[2]);
}

TEST_P(StoreQueue, KeepsTheLastAttemptsOfABatch)
{
    const int64_t job = Inserted(JobRecord("j1"));
    for (int i = 0; i < STORE_ATTEMPTS + 3; i++) {
        const std::string detail = "it went wrong " + std::to_string(i);
        const struct store_attempt attempt = {job,          2,           100 + i,
                                              "executor-1", GAIA_DEVICE, detail.c_str()};
        ASSERT_EQ(GAIA_OK, Ops().attempt_add(store_, &attempt, &err_)) << err_.detail;
    }
    const struct store_attempt other = {job, 1, 99, "executor-2", GAIA_UNREACHABLE, "gone"};
    ASSERT_EQ(GAIA_OK, Ops().attempt_add(store_, &other, &err_)) << err_.detail;
    Collected all;
    const struct store_visitor visitor = all.Visitor();
    ASSERT_EQ(GAIA_OK, Ops().attempts_read(store_, job, &visitor, &err_)) << err_.detail;
    const std::string of = std::to_string(job);
    ASSERT_EQ(STORE_ATTEMPTS + 1u, all.texts.size());
    EXPECT_EQ(of + "/1/99/executor-2/unreachable/gone", all.texts[0]);
    EXPECT_EQ(of + "/2/103/executor-1/device/it went wrong 3", all.texts[1]);
    EXPECT_EQ(of + "/2/110/executor-1/device/it went wrong 10", all.texts.back());
}

TEST_P(StoreQueue, TakesAFailedJobUpAgain)
{
    const int64_t job = Inserted(JobRecord("j1"));
    struct batch_record dead = BatchRecord(job, 2, BATCH_DEAD);
    dead.tries = 4;
    dead.losses = 3;
    dead.kills = 3;
    Put(BatchRecord(job, 0, BATCH_DONE));
    Put(BatchRecord(job, 1, BATCH_DONE));
    Put(dead);
    Put(BatchRecord(job, 3, BATCH_CANCELLED));
    Put(BatchRecord(job, 4, BATCH_FAILED));
    End(job, "j1", JOB_FAILED, 8);
    ASSERT_EQ(GAIA_OK, Ops().job_revive(store_, job, &err_)) << err_.detail;
    Reopen();
    Collected all;
    const struct store_visitor visitor = all.Visitor();
    ASSERT_EQ(GAIA_OK, Ops().job_load(store_, job, &visitor, &err_)) << err_.detail;
    ASSERT_EQ(1u, all.jobs.size());
    EXPECT_EQ(JOB_RUNNING, all.jobs[0].state);
    EXPECT_EQ(GAIA_OK, all.errors[0].status);
    EXPECT_EQ(0, all.jobs[0].finished_ms);
    ASSERT_EQ(5u, all.batches.size());
    EXPECT_EQ(BATCH_DONE, all.batches[1].state);
    for (size_t i = 2; i < 5; i++) {
        EXPECT_EQ(BATCH_READY, all.batches[i].state);
        EXPECT_EQ(0u, all.batches[i].tries + all.batches[i].losses + all.batches[i].kills);
    }
}

TEST_P(StoreQueue, TakesOnlyFailedJobsUpAgain)
{
    const int64_t good = Inserted(JobRecord("j1"));
    const int64_t unplanned = Inserted(JobRecord("j2"));
    Put(BatchRecord(good, 0, BATCH_DONE));
    Put(BatchRecord(unplanned, 0, BATCH_FAILED));
    End(good, "j1", JOB_SUCCEEDED, 8);
    End(unplanned, "j2", JOB_FAILED);
    ASSERT_EQ(GAIA_OK, Ops().job_revive(store_, good, &err_));
    ASSERT_EQ(GAIA_OK, Ops().job_revive(store_, unplanned, &err_));
    Collected all;
    const struct store_visitor visitor = all.Visitor();
    ASSERT_EQ(GAIA_OK, Ops().job_load(store_, good, &visitor, &err_));
    EXPECT_TRUE(all.jobs.empty());
    ASSERT_EQ(GAIA_OK, Ops().job_load(store_, unplanned, &visitor, &err_));
    ASSERT_EQ(1u, all.jobs.size());
    EXPECT_EQ(JOB_QUEUED, all.jobs[0].state);
    EXPECT_EQ(BATCH_READY, all.batches.at(0).state);
}

TEST_P(StoreQueue, KeepsSchedules)
{
    struct store_schedule schedule = {};
    record_id_copy(schedule.record.id, "s1");
    record_name_copy(schedule.record.cron, "0 6,18 * * *");
    record_tenant_copy(schedule.record.zone, "Europe/Berlin");
    schedule.record.due_ms = 1700000000000;
    schedule.name = "day 1, ä";
    int64_t seq = 0;
    ASSERT_EQ(GAIA_OK, Ops().schedule_insert(store_, &schedule, "{\"é\":1}", &seq, &err_))
        << err_.detail;
    schedule.record.seq = seq;
    schedule.record.due_ms = 1700000100000;
    schedule.record.is_owed = true;
    schedule.record.is_paused = true;
    ASSERT_EQ(GAIA_OK, Ops().schedule_update(store_, &schedule.record, &err_)) << err_.detail;
    Reopen();
    Collected all = Loaded();
    ASSERT_EQ(1u, all.schedules.size());
    EXPECT_EQ("day 1, ä", all.names[0]);
    EXPECT_STREQ("s1", all.schedules[0].id);
    EXPECT_STREQ("0 6,18 * * *", all.schedules[0].cron);
    EXPECT_STREQ("Europe/Berlin", all.schedules[0].zone);
    EXPECT_EQ(1700000100000, all.schedules[0].due_ms);
    EXPECT_TRUE(all.schedules[0].is_owed);
    EXPECT_TRUE(all.schedules[0].is_paused);
    char *spec = nullptr;
    ASSERT_EQ(GAIA_OK, Ops().schedule_spec_read(store_, seq, &spec, &err_)) << err_.detail;
    EXPECT_STREQ("{\"é\":1}", spec);
    free(spec);
    ASSERT_EQ(GAIA_OK, Ops().schedule_drop(store_, seq, &err_)) << err_.detail;
    const struct store_visitor visitor = all.Visitor();
    all.schedules.clear();
    ASSERT_EQ(GAIA_OK, Ops().schedules_list(store_, &visitor, &err_)) << err_.detail;
    EXPECT_TRUE(all.schedules.empty());
    EXPECT_EQ(GAIA_NOT_FOUND, Ops().schedule_spec_read(store_, seq, &spec, &err_));
}

TEST_P(StoreQueue, ShowsAJobWithItsForecastsAndWarnings)
{
    const int64_t job = Inserted(JobRecord("j1"));
    Inserted(JobRecord("j2"));
    const struct store_forecast rows[] = {{1, "b", GAIA_OK, ""}, {0, "a", GAIA_DEVICE, "lost"}};
    for (const struct store_forecast &row : rows) {
        ASSERT_EQ(GAIA_OK, Ops().forecast_put(store_, job, &row, &err_)) << err_.detail;
    }
    ASSERT_EQ(GAIA_OK, Ops().warning_add(store_, job, "one", &err_)) << err_.detail;
    ASSERT_EQ(GAIA_OK, Ops().warning_add(store_, job, "two", &err_)) << err_.detail;
    Collected all;
    const struct store_visitor visitor = all.Visitor();
    ASSERT_EQ(GAIA_OK, Ops().job_show(store_, "j1", &visitor, &err_)) << err_.detail;
    ASSERT_EQ(1u, all.jobs.size());
    EXPECT_STREQ("j1", all.jobs[0].id);
    EXPECT_EQ((std::vector<uint32_t>{0, 1}), all.forecasts);
    EXPECT_EQ((std::vector<gaia_status>{GAIA_DEVICE, GAIA_OK}), all.statuses);
    EXPECT_EQ((std::vector<std::string>{"a: lost", "b: ", "one", "two"}), all.texts);
    ASSERT_EQ(GAIA_OK, Ops().job_show(store_, "j2", &visitor, &err_)) << err_.detail;
    EXPECT_EQ(2u, all.jobs.size());
    EXPECT_EQ(4u, all.texts.size());
    EXPECT_EQ(GAIA_NOT_FOUND, Ops().job_show(store_, "j3", &visitor, &err_));
    EXPECT_STREQ("there is no job 'j3'", err_.detail);
}

INSTANTIATE_TEST_SUITE_P(Stores, StoreQueue, ::testing::ValuesIn(AllStores()),
                         [](const auto &tested) { return StoreName(tested); });

} // namespace
