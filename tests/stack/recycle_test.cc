/* SPDX-License-Identifier: MIT
 *
 * Recycling over time: executors that leak with every batch, now and then one that swells without
 * end, and batches that kill whoever runs them, while good jobs keep coming. GAIA_RECYCLE_SECONDS
 * says for how long (12; an hour with GAIA_LONG=1, for which ./check --long sets it).
 */
#include <algorithm>
#include <atomic>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "faulty.h"

extern "C" {
#include "clock.h"
#include "machine.h"
}

namespace
{

constexpr uint64_t mib = 1 << 20;

int64_t duration_ms()
{
    const char *seconds = std::getenv("GAIA_RECYCLE_SECONDS");
    if (seconds != nullptr) {
        return 1000 * std::atoll(seconds);
    }
    return std::getenv("GAIA_LONG") != nullptr ? 3600 * 1000 : 12 * 1000;
}

/* What the scheduler takes, at one instant. */
struct Take {
    uint64_t rss_bytes;
    size_t n_descriptors;
    size_t n_threads;
};

size_t entries(const std::string &folder)
{
    std::error_code gone;
    size_t n = 0;
    for (std::filesystem::directory_iterator at(folder, gone), end; !gone && at != end;
         at.increment(gone)) {
        n++;
    }
    return n;
}

Take take_of(pid_t pid)
{
    const std::string folder = "/proc/" + std::to_string(pid);
    return {process_rss_bytes(pid), entries(folder + "/fd"), entries(folder + "/task")};
}

/* The middle one of what `of` says of takes[first .. last). */
template <typename Of>
uint64_t median(const std::vector<Take> &takes, size_t first, size_t last, const Of &of)
{
    std::vector<uint64_t> values;
    for (size_t i = first; i < last; i++) {
        values.push_back(of(takes[i]));
    }
    std::sort(values.begin(), values.end());
    return values.empty() ? 0 : values[values.size() / 2];
}

/* Measures while the test works: the executors often, the scheduler a few times a second. */
class Sampler
{
  public:
    Sampler(std::function<std::vector<pid_t>()> executors, pid_t scheduler)
        : thread_([this, executors, scheduler] { run(executors, scheduler); })
    {
    }

    ~Sampler()
    {
        stop();
    }

    void stop()
    {
        over_ = true;
        if (thread_.joinable()) {
            thread_.join();
        }
    }

    uint64_t rss_most = 0;
    std::vector<Take> scheduler_takes;

  private:
    void run(const std::function<std::vector<pid_t>()> &executors, pid_t scheduler)
    {
        constexpr int looks_between = 20;
        std::vector<pid_t> pids;
        for (int i = 0; !over_; i++) {
            if (i % looks_between == 0) {
                pids = executors();
                scheduler_takes.push_back(take_of(scheduler));
            }
            for (const pid_t pid : pids) {
                rss_most = std::max(rss_most, process_rss_bytes(pid));
            }
            clock_sleep_ms(10);
        }
    }

    std::atomic<bool> over_{false};
    std::thread thread_;
};

class Recycle : public Faulty
{
  protected:
    static constexpr int n_executors = 3;
    static constexpr size_t open_most = 6; /* jobs at a time */

    void SetUp() override
    {
        Faulty::SetUp();
        setenv("FAULTY_LEAK_MIB", "4", 1);
        setenv("FAULTY_BATCH_MS", "50", 1);
        setenv("FAULTY_SWELL_MIB", std::to_string(soft_mib + 160).c_str(), 1);
    }

    void TearDown() override
    {
        Faulty::TearDown();
        for (const char *name : {"FAULTY_LEAK_MIB", "FAULTY_BATCH_MS", "FAULTY_SWELL_MIB"}) {
            unsetenv(name);
        }
    }

    /* Takes the jobs that have ended off the open ones. */
    void reap()
    {
        for (auto job = open.begin(); job != open.end();) {
            const std::string now = state_of(job->first);
            if (now != "succeeded" && now != "failed" && now != "cancelled") {
                ++job;
                continue;
            }
            const bool poisoned = job->second.compare(0, 6, "poison") == 0;
            EXPECT_EQ(poisoned ? "failed" : "succeeded", now)
                << job->second << " " << gaia({"job", job->first}).out;
            n_good += !poisoned && now == "succeeded";
            n_poisoned += poisoned;
            job = open.erase(job);
        }
    }

    void submit_named(const std::string &name)
    {
        const std::string id = submit(name, 3);
        ASSERT_NE("", id);
        open[id] = name;
        submitted.push_back(id);
    }

    /* Whether everything that is to be survived has happened. */
    bool seen_all() const
    {
        return n_poisoned > 0 && ends_for("resident memory above its soft limit") > 0 &&
               ends_for("resident memory above its hard limit") > 0;
    }

    void work(int64_t until_ms)
    {
        constexpr int64_t patience_ms = 120000;
        constexpr size_t poison_every = 200;
        constexpr size_t swell_every = 10;
        for (size_t i = 0; !HasFailure();) {
            const int64_t now_ms = clock_monotonic_ms();
            if (now_ms > until_ms && (seen_all() || now_ms > until_ms + patience_ms)) {
                return;
            }
            reap();
            while (open.size() < open_most && !HasFailure()) {
                const std::string number = std::to_string(i);
                submit_named(i % poison_every == 5  ? "poison-" + number
                             : i % swell_every == 7 ? "swell-" + number
                                                    : "good-" + number);
                i++;
            }
            clock_sleep_ms(20);
        }
    }

    /* Each end of an executor has a cause of its own: a limit that it passed, or the poison that it
     * said it took. So no neighbour was touched. */
    void expect_causes()
    {
        std::set<pid_t> poisoned;
        std::map<std::string, std::map<int, size_t>> fresh; /* job, batch, executors lost to it */
        const std::string text = log_text();
        static const std::regex form(
            "(poison-\\d+): batch (\\d+) is lease (\\d+) of process (\\d+)");
        for (std::sregex_iterator at(text.begin(), text.end(), form), end; at != end; ++at) {
            poisoned.insert(std::stoi((*at)[4]));
            fresh[(*at)[1]][std::stoi((*at)[2])] += (*at)[3] == "1";
        }
        EXPECT_EQ(n_poisoned, fresh.size());
        for (const EndLine &end : ends()) {
            if (end.reason == "failed") { // poison may also come once a limit was passed
                EXPECT_EQ(1u, poisoned.count(end.pid)) << end.name << " " << end.how;
                continue;
            }
            EXPECT_TRUE(end.reason == "resident memory above its soft limit" ||
                        end.reason == "resident memory above its hard limit")
                << end.name << " " << end.how << " " << end.reason;
        }
        for (const auto &[name, batches] : fresh) {
            size_t most = 0;
            for (const auto &batch : batches) {
                most = std::max(most, batch.second);
            }
            EXPECT_EQ(3u, most) << name << " is quarantined after three fresh executors";
        }
    }

    /* The last third is as the one before it, but for noise. */
    static void expect_flat(const std::vector<Take> &takes)
    {
        const size_t n = takes.size();
        ASSERT_GE(n, 12u);
        const auto change = [&](const auto &of) {
            return std::make_pair(median(takes, n / 3, 2 * n / 3, of),
                                  median(takes, 2 * n / 3, n, of));
        };
        const auto rss = change([](const Take &take) { return take.rss_bytes; });
        const auto threads = change([](const Take &take) { return take.n_threads; });
        const auto descriptors = change([](const Take &take) { return take.n_descriptors; });
        EXPECT_LE(threads.second, threads.first + 2); /* one a connection of the API */
        EXPECT_LE(descriptors.second, descriptors.first + 8);
        if (!sanitized()) { /* those keep what was freed */
            EXPECT_LE(rss.second, rss.first + rss.first / 10 + 8 * mib);
        }
        printf("scheduler: %llu MiB, then %llu MiB; %llu, then %llu descriptors; %llu threads\n",
               static_cast<unsigned long long>(rss.first / mib),
               static_cast<unsigned long long>(rss.second / mib),
               static_cast<unsigned long long>(descriptors.first),
               static_cast<unsigned long long>(descriptors.second),
               static_cast<unsigned long long>(threads.second));
    }

    const int soft_mib = sanitized() ? 700 : 200;
    const int hard_mib = soft_mib + 200;
    std::map<std::string, std::string> open; /* id, name */
    std::vector<std::string> submitted;
    size_t n_good = 0;
    size_t n_poisoned = 0;
};

TEST_F(Recycle, LeaksAndPoisonHurtNobodyElse)
{
    up(n_executors, {"--memory", "64MiB", "--rss-soft", std::to_string(soft_mib) + "MiB",
                     "--rss-hard", std::to_string(hard_mib) + "MiB", "--lifetime-min", "1"});
    const pid_t scheduler = children("gaia-scheduler").at(0);
    const pid_t supervisor = node();
    Sampler sampler([this] { return children("gaia-executor"); }, scheduler);
    work(clock_monotonic_ms() + duration_ms());
    EXPECT_TRUE(seen_all() || HasFailure()) << "not all of it has happened";
    EXPECT_TRUE(wait_until([&] {
        reap();
        return open.empty() || HasFailure();
    })) << open.size()
        << " jobs have not ended";
    sampler.stop();
    if (!sanitized()) { /* those take in a moment what is looked for once in a while */
        EXPECT_LE(sampler.rss_most, static_cast<uint64_t>(hard_mib) * mib / 20 * 21);
    }
    EXPECT_EQ(supervisor, node());
    EXPECT_EQ(scheduler, children("gaia-scheduler").at(0));
    EXPECT_EQ(submitted.size(), n_good + n_poisoned);
    expect_causes();
    expect_flat(sampler.scheduler_takes);
    const Ended scores = gaia({"scores", submitted[0], "--format", "csv"});
    EXPECT_EQ(expected(job("era5_2017_persistence", 3)), scores.out);
    printf("%zu good jobs, %zu poisoned; %zu executors replaced at the soft limit, %zu at the hard "
           "one, %zu failed; most resident %llu MiB of %d\n",
           n_good, n_poisoned, ends_for("resident memory above its soft limit"),
           ends_for("resident memory above its hard limit"), ends_for("failed"),
           static_cast<unsigned long long>(sampler.rss_most / mib), hard_mib);
}

} // namespace
