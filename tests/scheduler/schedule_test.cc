// SPDX-License-Identifier: MIT
//
// Jobs that recur: when cron expressions are due in their time zones, and what the core makes of
// it.
#include "core_harness.h"

extern "C" {
#include <gaia/time.h>

#include "cron.h"
}

namespace
{

constexpr uint32_t kPipe = 11;

int64_t At(const std::string &text)
{
    int64_t time_s = 0;
    gaia_error err = {};
    EXPECT_EQ(GAIA_OK, gaia_time_parse(text.c_str(), &time_s, &err)) << err.detail;
    return time_s * 1000;
}

std::string Text(int64_t time_ms)
{
    char text[GAIA_TIME_TEXT];
    gaia_time_format(time_ms / 1000, text);
    return time_ms == CRON_NEVER ? "never" : text;
}

// The next n times after `after`, separated by spaces.
std::string Next(const char *expression, const char *zone, const std::string &after, int n = 1)
{
    struct cron *cron = nullptr;
    gaia_error err = {};
    EXPECT_EQ(GAIA_OK, cron_open(expression, zone, &cron, &err)) << err.detail;
    std::string times;
    int64_t time_ms = At(after);
    for (int i = 0; cron != nullptr && i < n && time_ms != CRON_NEVER; i++) {
        time_ms = cron_next_ms(cron, time_ms);
        times += (i > 0 ? " " : "") + Text(time_ms);
    }
    cron_close(cron);
    return times;
}

TEST(Cron, FindsTheNextTime)
{
    EXPECT_EQ("2026-11-29T12:01:00", Next("* * * * *", "", "2026-11-29T12:00:30"));
    EXPECT_EQ("2026-11-29T12:15:00", Next("*/15 * * * *", "", "2026-11-29T12:00"));
    EXPECT_EQ("2026-11-30T06 2026-11-30T18", Next("0 6,18 * * *", "", "2026-11-29T18:00", 2));
    EXPECT_EQ("2026-12-01T00", Next("@monthly", "", "2026-11-01T00:00"));
    EXPECT_EQ("2027-01-01T00", Next("@yearly", "", "2026-11-01T00:00"));
    EXPECT_EQ("2026-11-30T09:30:00 2026-12-01T09:30:00",
              Next("30 9 * * mon-fri", "", "2026-11-27T09:30", 2)); // a Friday
    EXPECT_EQ("2026-12-06T00", Next("0 0 * * 7", "", "2026-11-29T00:00"));
    EXPECT_EQ("2026-12-06T00", Next("0 0 * * sun", "", "2026-11-29T00:00"));
    EXPECT_EQ("2026-11-29T23:10:00 2026-11-29T23:30:00 2026-11-29T23:50:00",
              Next("10-59/20 23 * * *", "", "2026-11-29T23:00", 3));
    EXPECT_EQ("2026-11-29T12:20:00 2026-11-29T12:45:00",
              Next("20/25 * * * *", "", "2026-11-29T12:00", 2));
}

TEST(Cron, TakesEitherDayWhereBothAreRestricted)
{
    EXPECT_EQ("2026-12-04T00 2026-12-11T00 2026-12-13T00",
              Next("0 0 13 * fri", "", "2026-11-30T00:00", 3));
}

TEST(Cron, KnowsLeapYearsAndDatesThatNeverCome)
{
    EXPECT_EQ("2028-02-29T12 2032-02-29T12", Next("0 12 29 2 *", "", "2026-11-29T00:00", 2));
    EXPECT_EQ("2104-02-29T12", Next("0 12 29 2 *", "", "2096-03-01T00:00")); // 2100 is none
    EXPECT_EQ("never", Next("0 12 30 2 *", "", "2026-11-29T00:00"));
    EXPECT_EQ("never", Next("0 12 31 4,6 *", "", "2026-11-29T00:00"));
}

TEST(Cron, GoesByTheClocksOfItsZone)
{
    EXPECT_EQ("2026-07-01T04 2026-07-02T04",
              Next("0 6 * * *", "Europe/Berlin", "2026-07-01T00:00", 2));
    EXPECT_EQ("2026-12-01T05", Next("0 6 * * *", "Europe/Berlin", "2026-12-01T00:00"));
    EXPECT_EQ("2026-11-30T18:15:00", Next("0 0 * * *", "Asia/Kathmandu", "2026-11-29T18:15"));
    // 02:30 is skipped on 29 March 2026: it counts as 03:00 there.
    EXPECT_EQ("2026-03-28T01:30:00 2026-03-29T01 2026-03-30T00:30:00",
              Next("30 2 * * *", "Europe/Berlin", "2026-03-28T00:00", 3));
    // 02:30 comes twice on 25 October 2026: the first counts.
    EXPECT_EQ("2026-10-24T00:30:00 2026-10-25T00:30:00 2026-10-26T01:30:00",
              Next("30 2 * * *", "Europe/Berlin", "2026-10-24T00:00", 3));
    // What comes every half hour comes once at a time that was skipped.
    EXPECT_EQ("2026-03-29T00:30:00 2026-03-29T01 2026-03-29T01:30:00",
              Next("*/30 * * * *", "Europe/Berlin", "2026-03-29T00:00", 3));
}

TEST(Cron, SaysWhatIsWrongWithAnExpression)
{
    const struct {
        const char *expression;
        const char *zone;
        const char *text;
    } wrong[] = {
        {"* * * *", "",
         "cron: '* * * *' has fewer than five fields: minute, hour, day of the month, month, day "
         "of the week"},
        {"* * * * * *", "",
         "cron: '* * * * * *' has more than five fields: minute, hour, day of the month, month, "
         "day of the week"},
        {"60 * * * *", "", "cron: '60' is no minute: 0 to 59, *, a-b, /n and commas"},
        {"* 5-2 * * *", "", "cron: '5-2' is no hour: 0 to 23, *, a-b, /n and commas"},
        {"* * 0 * *", "", "cron: '0' is no day of the month: 1 to 31, *, a-b, /n and commas"},
        {"* * * 13 *", "", "cron: '13' is no month: 1 to 12, *, a-b, /n and commas"},
        {"* * * * 1,", "", "cron: '1,' is no day of the week: 0 to 7, *, a-b, /n and commas"},
        {"*/0 * * * *", "", "cron: '*/0' is no minute: 0 to 59, *, a-b, /n and commas"},
        {"1x * * * *", "", "cron: '1x' is no minute: 0 to 59, *, a-b, /n and commas"},
        {"99999999999 * * * *", "",
         "cron: '99999999999' is no minute: 0 to 59, *, a-b, /n and commas"},
        {"* * * * *", "Europe/Atlantis", "zone: there is no time zone 'Europe/Atlantis'"},
        {"* * * * *", "/etc/passwd", "zone: there is no time zone '/etc/passwd'"},
        {"* * * * *", "Europe/../../x", "zone: there is no time zone 'Europe/../../x'"},
    };
    for (const auto &one : wrong) {
        struct cron *cron = nullptr;
        gaia_error err = {};
        EXPECT_EQ(GAIA_USAGE, cron_open(one.expression, one.zone, &cron, &err)) << one.expression;
        EXPECT_STREQ(one.text, err.detail);
        EXPECT_EQ(nullptr, cron);
    }
}

// Submits what the last step asked for, as the server does; "" if it asked for nothing.
std::string Submitted(Harness *h)
{
    const struct core_action *run = h->Find(CORE_RUN_SCHEDULE);
    if (run == nullptr) {
        return "";
    }
    struct job_terms terms = {};
    terms.schedule = run->schedule->seq;
    return h->Submit(true, terms);
}

TEST(Schedule, RunsWhenItIsDueAndSetsTheNextTime)
{
    Harness h;
    const int64_t due_ms = h.WallMs() + 1000;
    h.Schedule("* * * * *", due_ms);
    EXPECT_EQ(h.now_ms + 1000, core_wake_ms(h.core));
    h.Tick(999);
    EXPECT_EQ("", Submitted(&h));
    h.Tick(1);
    ASSERT_NE(nullptr, h.Find(CORE_STORE_SCHEDULE));
    EXPECT_EQ(due_ms / 60000 * 60000 + 60000, h.Find(CORE_STORE_SCHEDULE)->schedule->due_ms);
    EXPECT_NE("", Submitted(&h));
}

TEST(Schedule, NeverHasTwoRunsAndMakesUpForOne)
{
    struct core_config config = core_config_default();
    config.session_ms = INT64_MAX / 4;
    Harness h(config);
    h.Schedule("* * * * *", h.WallMs());
    h.Tick();
    const std::string first = Submitted(&h);
    for (int i = 0; i < 5; i++) {
        h.Tick(60000);
        EXPECT_EQ("", Submitted(&h));
    }
    h.Cancel(first);
    EXPECT_NE(nullptr, h.Find(CORE_STORE_SCHEDULE));
    const std::string second = Submitted(&h);
    EXPECT_NE("", second);
    h.Cancel(second);
    EXPECT_EQ("", Submitted(&h)) << "five missed runs are one";
}

TEST(Schedule, CoalescesWhatCameDueWhileNobodyWasThere)
{
    Harness h;
    h.Schedule("* * * * *", h.WallMs() - 3 * 3600 * 1000);
    h.Tick();
    EXPECT_NE("", Submitted(&h));
    h.Tick(59000);
    EXPECT_EQ("", Submitted(&h));
}

TEST(Schedule, ThatIsPausedRunsNothingAndOwesNothing)
{
    Harness h;
    const std::string id = h.Schedule("* * * * *", h.WallMs() + 1000);
    h.Change(CORE_PAUSE, id, true);
    EXPECT_TRUE(h.Find(CORE_STORE_SCHEDULE)->schedule->is_paused);
    h.Tick(300000);
    EXPECT_EQ("", Submitted(&h));
    h.Change(CORE_PAUSE, id, false);
    EXPECT_GT(h.Find(CORE_STORE_SCHEDULE)->schedule->due_ms, h.WallMs());
    h.Tick();
    EXPECT_EQ("", Submitted(&h));
    h.Tick(60000);
    EXPECT_NE("", Submitted(&h));
}

TEST(Schedule, ThatIsDroppedIsGoneAndItsJobGoesOn)
{
    Harness h;
    const std::string id = h.Schedule("* * * * *", h.WallMs());
    h.Tick();
    const std::string job = Submitted(&h);
    h.Change(CORE_UNSCHEDULE, id);
    EXPECT_NE(nullptr, h.Find(CORE_DROP_SCHEDULE));
    EXPECT_FALSE(core_schedule_known(h.core, id.c_str()));
    h.Tick(120000);
    EXPECT_EQ("", Submitted(&h));
    EXPECT_TRUE(h.Lives(job));
    h.Cancel(job);
    EXPECT_EQ("", Submitted(&h));
}

TEST(Schedule, IsTiedToItsRunAgainAfterARestart)
{
    Harness h;
    struct schedule_record schedule = {};
    schedule.seq = 9;
    record_id_copy(schedule.id, "s9");
    record_name_copy(schedule.cron, "* * * * *");
    schedule.due_ms = h.WallMs();
    struct core_event event = Harness::Event(CORE_RESTORE_SCHEDULE);
    event.u.schedule = &schedule;
    ASSERT_EQ(GAIA_OK, h.Step(event));
    struct job_record job = {};
    job.seq = 1;
    record_id_copy(job.id, "run");
    job.terms.schedule = 9;
    event = Harness::Event(CORE_RESTORE_JOB);
    event.u.job.record = &job;
    job.batches_total = 1;
    ASSERT_EQ(GAIA_OK, h.Step(event));
    struct batch_record batch = {};
    batch.job = 1;
    batch.state = BATCH_READY;
    batch.kind = BATCH_KIND_TASK;
    event = Harness::Event(CORE_RESTORE_BATCH);
    event.u.batch = &batch;
    ASSERT_EQ(GAIA_OK, h.Step(event));
    ASSERT_EQ(GAIA_OK, h.Step(Harness::Event(CORE_RESTORE_END)));
    h.Tick();
    EXPECT_EQ(nullptr, h.Find(CORE_RUN_SCHEDULE));
    EXPECT_TRUE(h.Find(CORE_STORE_SCHEDULE)->schedule->is_owed);
    h.Cancel("run");
    EXPECT_NE(nullptr, h.Find(CORE_RUN_SCHEDULE));
}

} // namespace
