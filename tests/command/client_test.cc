/* SPDX-License-Identifier: MIT
 *
 * What the client makes of answers, good, odd and hostile, from a server of a few lines that says
 * what the test wants.
 */
#include <gtest/gtest.h>

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <gaia/client.h>

namespace
{

class Client : public testing::Test
{
  protected:
    void SetUp() override
    {
        char made[] = "/tmp/gaia-client-XXXXXX";
        state = mkdtemp(made);
        std::ofstream(state + "/secret") << std::string(64, 'a') << "\n";
        std::filesystem::permissions(state + "/secret", std::filesystem::perms(0600));
        listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address = {};
        socklen_t length = sizeof address;
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        ASSERT_EQ(0, bind(listener, reinterpret_cast<sockaddr *>(&address), length));
        ASSERT_EQ(0, listen(listener, 8));
        getsockname(listener, reinterpret_cast<sockaddr *>(&address), &length);
        address_ = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
        announce(address_);
        ASSERT_EQ(GAIA_OK, gaia_client_open(state.c_str(), &client, &err)) << err.detail;
    }

    void TearDown() override
    {
        shutdown(listener, SHUT_RDWR);
        if (server.joinable()) {
            server.join();
        }
        close(listener);
        gaia_client_close(client);
        std::filesystem::remove_all(state);
    }

    void announce(const std::string &api)
    {
        std::ofstream(state + "/scheduler.json") << "{\"api\":\"" << api << "\"}";
    }

    /* The next connections get these, whatever they ask for, and are closed. */
    void answers(const std::vector<std::string> &all)
    {
        if (server.joinable()) {
            server.join();
        }
        asked_.clear();
        server = std::thread([this, all] {
            for (const std::string &bytes : all) {
                const int fd = accept(listener, nullptr, nullptr);
                if (fd < 0) {
                    return;
                }
                serve(fd, bytes);
            }
        });
    }

    void answer(const std::string &bytes)
    {
        answers({bytes});
    }

    static std::string http(const std::string &status, const std::string &body)
    {
        return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) +
               "\r\nConnection: close\r\n\r\n" + body;
    }

    /* The requests that the server got, once its answers were read. */
    std::vector<std::string> requests()
    {
        server.join();
        return asked_;
    }

    std::string request()
    {
        return requests().at(0);
    }

    /* A second state directory, whose scheduler listens there. */
    std::string other(const std::string &api)
    {
        const std::string place = state + "/other";
        std::filesystem::create_directory(place);
        std::filesystem::copy(state + "/secret", place + "/secret");
        std::ofstream(place + "/scheduler.json") << "{\"api\":\"" << api << "\"}";
        return place;
    }

    void open(const std::string &places)
    {
        gaia_client_close(client);
        client = nullptr;
        ASSERT_EQ(GAIA_OK, gaia_client_open(places.c_str(), &client, &err)) << err.detail;
    }

    std::string state;
    gaia_client *client = nullptr;
    gaia_client_jobs *jobs = nullptr;
    gaia_error err = {};

    std::string address_; /* where the server listens */

  private:
    void serve(int fd, const std::string &bytes)
    {
        char request[65536];
        std::string got;
        while (got.find("\r\n\r\n") == std::string::npos) {
            const ssize_t n = read(fd, request, sizeof request);
            if (n <= 0) {
                break;
            }
            got.append(request, static_cast<size_t>(n));
        }
        asked_.push_back(got);
        (void)!write(fd, bytes.data(), bytes.size());
        shutdown(fd, SHUT_WR);
        while (read(fd, request, sizeof request) > 0) {
        }
        close(fd);
    }

    int listener = -1;
    std::thread server;
    std::vector<std::string> asked_;
};

int collect(void *context, const char *bytes, size_t length)
{
    static_cast<std::string *>(context)->append(bytes, length);
    return 0;
}

int refuse(void *, const char *, size_t)
{
    return 1;
}

TEST_F(Client, SubmitsWithTheSecretAndReadsTheId)
{
    char id[GAIA_CLIENT_ID];
    answer(http("201 Created", "{\"id\":\"abc123\",\"more\":[]}"));
    ASSERT_EQ(GAIA_OK, gaia_client_submit(client, "{\"x\":1}", 7, id, &err)) << err.detail;
    EXPECT_STREQ("abc123", id);
    const std::string sent = request();
    EXPECT_EQ(0u, sent.find("POST /v1/jobs HTTP/1.1\r\n")) << sent;
    EXPECT_NE(std::string::npos,
              sent.find("Authorization: Bearer " + std::string(64, 'a') + "\r\n"));
    EXPECT_NE(std::string::npos, sent.find("Content-Type: application/json"));
    EXPECT_NE(std::string::npos, sent.find("Content-Length: 7"));
}

TEST_F(Client, ReadsAJob)
{
    answer(
        http("200 OK",
             "{\"id\":\"j\",\"name\":null,\"state\":\"failed\",\"units_done\":3,\"units_total\":4,"
             "\"submitted_ms\":1700000000123,\"finished_ms\":null,\"batches_done\":1,"
             "\"batches_total\":2,\"error\":{\"code\":\"file_missing\",\"detail\":\"x: gone\"},"
             "\"forecasts\":[{\"id\":\"a\",\"status\":\"ok\",\"detail\":\"\"},"
             "{\"id\":\"b\",\"status\":\"grid_mismatch\",\"detail\":\"1 and 2\"}],"
             "\"warnings\":[\"w\"],\"new\":{}}"));
    ASSERT_EQ(GAIA_OK, gaia_client_find(client, "j", &jobs, &err)) << err.detail;
    ASSERT_EQ(1u, jobs->n_jobs);
    const struct gaia_client_job &job = jobs->jobs[0];
    EXPECT_STREQ("j", job.id);
    EXPECT_STREQ("", job.name);
    EXPECT_STREQ("failed", job.state);
    EXPECT_EQ(3u, job.units_done);
    EXPECT_EQ(4u, job.units_total);
    EXPECT_EQ(1700000000123, job.submitted_ms);
    EXPECT_EQ(0, job.finished_ms);
    EXPECT_EQ(2u, job.batches_total);
    EXPECT_EQ(GAIA_FILE_MISSING, job.error.status);
    EXPECT_STREQ("x: gone", job.error.detail);
    ASSERT_EQ(2u, job.n_forecasts);
    EXPECT_EQ(GAIA_OK, job.forecasts[0].status);
    EXPECT_EQ(GAIA_GRID_MISMATCH, job.forecasts[1].status);
    EXPECT_STREQ("1 and 2", job.forecasts[1].detail);
    ASSERT_EQ(1u, job.n_warnings);
    EXPECT_STREQ("w", job.warnings[0]);
    gaia_client_jobs_free(jobs);
}

TEST_F(Client, AProblemBecomesItsStatus)
{
    answer(http("404 Not Found", "{\"code\":\"not_found\",\"detail\":\"no job j\"}"));
    EXPECT_EQ(GAIA_NOT_FOUND, gaia_client_find(client, "j", &jobs, &err));
    EXPECT_STREQ("no job j", err.detail);
    answer(http("503 Service Unavailable", "<html>"));
    EXPECT_EQ(GAIA_UNREACHABLE, gaia_client_ready(client, &err));
    answer(http("503 Service Unavailable", "<html>"));
    EXPECT_EQ(GAIA_UNREACHABLE, gaia_client_live(client, &err));
    answer(http("500 Internal Server Error", ""));
    EXPECT_EQ(GAIA_PROTOCOL, gaia_client_ready(client, &err));
    answer(http("401 Unauthorized", "{\"code\":\"denied\",\"detail\":\"x\"}"));
    EXPECT_EQ(GAIA_DENIED, gaia_client_list(client, &jobs, &err));
    /* An error that calls itself a success is none. */
    answer(http("409 Conflict", "{\"code\":\"ok\",\"detail\":\"fine\"}"));
    EXPECT_EQ(GAIA_PROTOCOL, gaia_client_cancel(client, "j", &err));
}

TEST_F(Client, AnswersThatAreNotTheApis)
{
    for (const char *body :
         {"", "[]", "{", "{\"jobs\":{}}", "{\"jobs\":[1]}", "{\"jobs\":[{\"id\":7}]}",
          "{\"jobs\":[{\"id\":\"a\",\"units_done\":-1}]}",
          "{\"jobs\":[{\"id\":\"a\",\"warnings\":\"x\"}]}",
          "{\"jobs\":[{\"id\":\"a\",\"error\":\"x\"}]}",
          "{\"jobs\":[{\"id\":\"0123456789012345678901234567890123456789"
          "01234567890123456789012345678901\"}]}"}) {
        answer(http("200 OK", body));
        EXPECT_EQ(GAIA_PROTOCOL, gaia_client_list(client, &jobs, &err)) << body;
        EXPECT_EQ(GAIA_PROTOCOL, err.status) << body;
    }
    answer("nonsense");
    EXPECT_NE(GAIA_OK, gaia_client_list(client, &jobs, &err));
    answer("");
    EXPECT_EQ(GAIA_UNREACHABLE, gaia_client_list(client, &jobs, &err));
}

TEST_F(Client, ScoresAreWholeOrAnError)
{
    std::string csv;
    answer(http("200 OK", "a,b\n1,2\n"));
    EXPECT_EQ(GAIA_OK, gaia_client_scores(client, "j", collect, &csv, &err));
    EXPECT_EQ("a,b\n1,2\n", csv);
    EXPECT_EQ(0u, request().find("GET /v1/jobs/j/scores "));
    answer("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\na,b\n1,2\n");
    EXPECT_EQ(GAIA_UNREACHABLE, gaia_client_scores(client, "j", collect, &csv, &err));
    answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\na,b\n\r\n");
    EXPECT_EQ(GAIA_UNREACHABLE, gaia_client_scores(client, "j", collect, &csv, &err));
    answer(http("200 OK", "a,b\n"));
    EXPECT_EQ(GAIA_CANCELLED, gaia_client_scores(client, "j", refuse, nullptr, &err));
    csv.clear();
    answer(http("409 Conflict", "{\"code\":\"job_invalid\",\"detail\":\"not yet\"}"));
    EXPECT_EQ(GAIA_JOB_INVALID, gaia_client_scores(client, "j", collect, &csv, &err));
    EXPECT_EQ("", csv);
}

TEST_F(Client, IdsThatCouldLeaveThePath)
{
    for (const std::string &id : {std::string(), std::string("../x"), std::string("a/b"),
                                  std::string("a?b"), std::string("a b"), std::string(64, 'a')}) {
        EXPECT_EQ(GAIA_NOT_FOUND, gaia_client_find(client, id.c_str(), &jobs, &err)) << id;
    }
}

TEST_F(Client, ASchedulerThatMovedIsFoundAgain)
{
    const std::string here = state + "/scheduler.json";
    const std::string good = [&] {
        std::ifstream in(here);
        return std::string(std::istreambuf_iterator<char>(in), {});
    }();
    announce("http://127.0.0.1:1");
    EXPECT_EQ(GAIA_UNREACHABLE, gaia_client_ready(client, &err));
    EXPECT_NE(nullptr, strstr(err.detail, "127.0.0.1:1")) << err.detail;
    std::filesystem::remove(here);
    EXPECT_EQ(GAIA_UNREACHABLE, gaia_client_ready(client, &err));
    announce("file:///etc/passwd");
    EXPECT_EQ(GAIA_PROTOCOL, gaia_client_ready(client, &err));
    std::ofstream(here) << good;
    answer(http("200 OK", "ok"));
    EXPECT_EQ(GAIA_OK, gaia_client_ready(client, &err)) << err.detail;
}

const char kStandby[] = R"({"code":"unreachable","detail":"this scheduler stands by: b leads"})";

// What a request says of its key; "": nothing.
std::string key_of(const std::string &request)
{
    const size_t at = request.find("Idempotency-Key: ");
    return at == std::string::npos ? "" : request.substr(at + 17, request.find('\r', at) - at - 17);
}

TEST_F(Client, OfSeveralTheNextIsAskedWhereOneCannotBeReached)
{
    open(other("http://127.0.0.1:1") + "," + state + "/never_ran," + state);
    answer(http("200 OK", "ok"));
    EXPECT_EQ(GAIA_OK, gaia_client_ready(client, &err)) << err.detail;
    answer(http("404 Not Found", R"({"code":"not_found","detail":"no job x"})"));
    EXPECT_EQ(GAIA_NOT_FOUND, gaia_client_find(client, "x", &jobs, &err)) << "and stays with it";
    answer(http("503 Service Unavailable", kStandby));
    EXPECT_EQ(GAIA_UNREACHABLE, gaia_client_ready(client, &err));
    EXPECT_EQ(0u, std::string(err.detail)
                      .find("none of 2 schedulers takes it; one: the "
                            "scheduler cannot be reached at http://127.0.0.1:1"))
        << err.detail;
}

// What took it may be gone before it says so, and the other has not taken over yet.
TEST_F(Client, AJobIsSubmittedAgainUntilOneHasTakenOver)
{
    char id[GAIA_CLIENT_ID];
    open(state + "," + other(address_));
    answers({"", http("503 Service Unavailable", kStandby),
             http("503 Service Unavailable", kStandby), http("503 Service Unavailable", kStandby),
             http("200 OK", R"({"id":"a"})")});
    ASSERT_EQ(GAIA_OK, gaia_client_submit(client, "{}", 2, id, &err)) << err.detail;
    EXPECT_STREQ("a", id);
    const auto asked = requests();
    ASSERT_EQ(5u, asked.size());
    EXPECT_EQ(32u, key_of(asked[0]).size());
    for (const std::string &one : asked) {
        EXPECT_EQ(key_of(asked[0]), key_of(one));
    }
}

TEST_F(Client, OfSeveralTheOneThatCouldBeReachedSaysWhyNoneTakesIt)
{
    open(state + "," + other("http://127.0.0.1:1"));
    answer(http("503 Service Unavailable", R"({"code":"store","detail":"the disk is full"})"));
    EXPECT_EQ(GAIA_STORE, gaia_client_ready(client, &err));
    EXPECT_STREQ("none of 2 schedulers takes it; one: the disk is full", err.detail);
}

TEST_F(Client, ABlankBeforeTheNameOfAPlaceIsNotPartOfIt)
{
    struct gaia_client *none = nullptr;
    EXPECT_EQ(GAIA_USAGE, gaia_client_open((state + ", " + state).c_str(), &none, &err));
    EXPECT_EQ(nullptr, none);
    EXPECT_NE(nullptr, strstr(err.detail, "names without a blank")) << err.detail;
}

TEST_F(Client, OfSeveralTheOneThatStandsByIsPassedOver)
{
    char id[GAIA_CLIENT_ID];
    open(state + "," + other(address_));
    answers({http("503 Service Unavailable", kStandby), http("201 Created", R"({"id":"a"})")});
    ASSERT_EQ(GAIA_OK, gaia_client_submit(client, "{}", 2, id, &err)) << err.detail;
    EXPECT_STREQ("a", id);
    const auto asked = requests();
    ASSERT_EQ(2u, asked.size());
    EXPECT_EQ(32u, key_of(asked[0]).size());
    EXPECT_EQ(key_of(asked[0]), key_of(asked[1]));
}

TEST_F(Client, AJobWhoseAnswerWasLostIsSubmittedUnderTheSameKey)
{
    char id[GAIA_CLIENT_ID];
    const std::string own = R"({"queue":{"key":"k"}})";
    open(state + "," + other(address_));
    answers({"", http("200 OK", R"({"id":"a"})"), http("201 Created", R"({"id":"b"})"), "",
             http("200 OK", R"({"id":"c"})")});
    ASSERT_EQ(GAIA_OK, gaia_client_submit(client, "{}", 2, id, &err)) << err.detail;
    ASSERT_EQ(GAIA_OK, gaia_client_submit(client, "{}", 2, id, &err)) << err.detail;
    ASSERT_EQ(GAIA_OK, gaia_client_submit(client, own.c_str(), own.size(), id, &err)) << err.detail;
    EXPECT_STREQ("c", id);
    const auto asked = requests();
    ASSERT_EQ(5u, asked.size());
    EXPECT_EQ(key_of(asked[0]), key_of(asked[1]));
    EXPECT_NE(key_of(asked[1]), key_of(asked[2])) << "another job";
    EXPECT_EQ("", key_of(asked[3]) + key_of(asked[4])) << "its own key counts";
}

TEST_F(Client, WhatHasNoKeyIsSentOnceToTheOneThatLeads)
{
    char id[GAIA_CLIENT_ID];
    open(state + "," + other(address_));
    answers({http("503 Service Unavailable", kStandby), http("200 OK", "ok"), ""});
    EXPECT_EQ(GAIA_UNREACHABLE, gaia_client_schedule(client, "{}", 2, id, &err));
    const auto asked = requests();
    ASSERT_EQ(3u, asked.size());
    EXPECT_EQ(0u, asked[0].find("GET /readyz "));
    EXPECT_EQ(0u, asked[1].find("GET /readyz "));
    EXPECT_EQ(0u, asked[2].find("POST /v1/schedules "));
}

TEST_F(Client, ListsOfPlacesThatAreNone)
{
    gaia_client *none = nullptr;
    EXPECT_EQ(GAIA_USAGE, gaia_client_open((state + ",").c_str(), &none, &err));
    EXPECT_EQ(GAIA_UNREACHABLE, gaia_client_open("/nowhere/a,/nowhere/b", &none, &err));
    const std::string token = state + "/secret";
    const gaia_client_remote remote = {"https://a:1,http://b:1", token.c_str(), nullptr};
    EXPECT_EQ(GAIA_USAGE, gaia_client_open_remote(&remote, &none, &err));
    EXPECT_STREQ("--scheduler http://b:1: a token is not sent in the clear; https is wanted",
                 err.detail);
    EXPECT_EQ(nullptr, none);
}

TEST_F(Client, ASecretThatOthersMayReadIsNotUsed)
{
    const std::string path = state + "/secret";
    std::filesystem::permissions(path, std::filesystem::perms(0644));
    gaia_client *other = nullptr;
    EXPECT_EQ(GAIA_DENIED, gaia_client_open(state.c_str(), &other, &err));
    EXPECT_EQ(path + ": holds a secret, but its mode 0644 lets others at it; chmod 0600",
              std::string(err.detail));
    std::filesystem::remove(path);
    ASSERT_EQ(0, mkfifo(path.c_str(), 0600));
    EXPECT_EQ(GAIA_FILE_UNREADABLE, gaia_client_open(state.c_str(), &other, &err));
    EXPECT_EQ(path + ": not a regular file", std::string(err.detail));
}

TEST_F(Client, NoSchedulerHasEverRun)
{
    gaia_client *other = nullptr;
    EXPECT_EQ(GAIA_UNREACHABLE, gaia_client_open((state + "/none").c_str(), &other, &err));
    EXPECT_EQ(nullptr, other);
}

} // namespace
