// SPDX-License-Identifier: MIT
//
// Scores of a large job while they are sent: to a slow reader, to one that leaves, to many at once.
//
// Invariant: what is in memory of an answer is a piece of it.
#include <algorithm>
#include <atomic>
#include <thread>

#include "fake_executor.h"

namespace
{

enum { UNITS = 12000, LINES = UNITS * 2 * 8 };

class ServerScores : public ::testing::Test
{
  protected:
    Scheduler scheduler_;
    std::string id_;
    pid_t pid_ = -1; // of the scheduler; readers may outlive it

    void SetUp() override
    {
        pid_ = scheduler_.pid;
        id_ = scheduler_.Submit();
        FakeExecutor executor(scheduler_, "e1");
        executor.Hello();
        executor.Work(1, UNITS);
        scheduler_.Await(id_, "succeeded");
        // What the loop keeps of the job is there from now on.
        EXPECT_EQ(200, scheduler_.Http("GET", "/v1/jobs/" + id_ + "/scores?limit=1").status);
    }
    size_t Resident() const
    {
        std::ifstream file("/proc/" + std::to_string(pid_) + "/statm");
        size_t all = 0;
        size_t resident = 0;
        file >> all >> resident;
        return resident * static_cast<size_t>(sysconf(_SC_PAGESIZE));
    }
    struct Reader {
        const ServerScores *test;
        size_t n_bytes = 0;
        size_t n_lines = 0;
        size_t resident = 0; // at most
        size_t leave_at = SIZE_MAX;
    };
    // Reads all of the scores, or as many bytes as the reader wants.
    CURLcode Read(Reader *reader, const std::string &query) const
    {
        CURL *curl = curl_easy_init();
        const std::string line = "Authorization: Bearer " + scheduler_.secret;
        struct curl_slist *headers = curl_slist_append(nullptr, line.c_str());
        const std::string url = scheduler_.api + "/v1/jobs/" + id_ + "/scores" + query;
        reader->test = this;
        curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
        curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(curl, CURLOPT_TIMEOUT, 300L);
        curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
        curl_easy_setopt(curl, CURLOPT_WRITEDATA, reader);
        curl_easy_setopt(
            curl, CURLOPT_WRITEFUNCTION,
            +[](char *bytes, size_t size, size_t n, void *context) -> size_t {
                auto *to = static_cast<Reader *>(context);
                to->n_bytes += size * n;
                to->n_lines += static_cast<size_t>(std::count(bytes, bytes + size * n, '\n'));
                to->resident = std::max(to->resident, to->test->Resident());
                return to->n_bytes > to->leave_at ? 0 : size * n;
            });
        const CURLcode code = curl_easy_perform(curl);
        curl_slist_free_all(headers);
        curl_easy_cleanup(curl);
        return code;
    }
};

// A page is made of all sums at once: of how many is the operator's to say.
TEST_F(ServerScores, APageIsMadeOfNoMoreSumsThanIsSaid)
{
    ASSERT_EQ(0, scheduler_.End(SIGTERM));
    scheduler_.more = {"--api-page-sums", "64KiB"};
    scheduler_.Start();
    pid_ = scheduler_.pid;
    const Answer page = scheduler_.Http("GET", "/v1/jobs/" + id_ + "/report");
    EXPECT_EQ(409, page.status);
    EXPECT_NE(std::string::npos, page.body.find("more than 65536 bytes of sums")) << page.body;
}

TEST_F(ServerScores, TakeMemoryForAPieceOnly)
{
    const size_t before = Resident();
    Reader reader = {};
    ASSERT_EQ(CURLE_OK, Read(&reader, "?rows=times"));
    EXPECT_EQ(size_t{LINES} + 1, reader.n_lines);
    EXPECT_GT(reader.n_bytes, size_t{10} << 20);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) // they keep what was freed
    EXPECT_LT(reader.resident, before + (size_t{6} << 20)) << before;
#endif
}

TEST_F(ServerScores, AreGivenToManyAtOnceAndToThoseWhoStay)
{
    std::atomic<int> n_whole{0};
    std::atomic<int> n_left{0};
    std::vector<std::thread> readers;
    for (int i = 0; i < 8; i++) {
        readers.emplace_back([this, i, &n_whole, &n_left] {
            Reader reader = {};
            reader.leave_at = i % 2 == 0 ? SIZE_MAX : 100000;
            const CURLcode code = Read(&reader, i < 4 ? "" : "?format=json&metric=rmse");
            n_whole += code == CURLE_OK;
            n_left += code == CURLE_WRITE_ERROR;
        });
    }
    EXPECT_EQ(200, scheduler_.Http("GET", "/livez").status);
    EXPECT_EQ(200, scheduler_.Job(id_).status);
    for (std::thread &reader : readers) {
        reader.join();
    }
    EXPECT_EQ(4, n_whole);
    EXPECT_EQ(4, n_left);
}

TEST_F(ServerScores, EndEarlyWithTheScheduler)
{
    std::atomic<bool> is_under_way{false};
    CURLcode code = CURLE_OK;
    std::thread reader([this, &is_under_way, &code] {
        Reader slow = {};
        is_under_way = true;
        while (code == CURLE_OK) { // until one is cut off, or finds nobody
            code = Read(&slow, "");
        }
    });
    while (!is_under_way) {
        usleep(1000);
    }
    usleep(50000);
    const int status = scheduler_.End(SIGTERM);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << scheduler_.Read("log");
    reader.join();
    EXPECT_NE(CURLE_OK, code);
}

} // namespace
