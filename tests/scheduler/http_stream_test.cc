// SPDX-License-Identifier: MIT
//
// A body that is made piece by piece, on a real daemon: whoever breaks off in the middle of it, and
// whatever then takes long to free, holds up nobody else.
#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

extern "C" {
#include "http_stream.h"
}

namespace
{

enum { PATIENCE_S = 60 };

class HttpStream : public ::testing::Test
{
  protected:
    std::mutex lock_;
    std::condition_variable changed_;
    bool is_freed_ = false; // has begun to be
    bool may_end_ = false;  // of freeing
    int n_freed_ = 0;
    std::thread::id daemon_; // libmicrohttpd's thread
    std::thread::id freed_on_;
    struct http_work *work_ = nullptr;
    struct MHD_Daemon *mhd_ = nullptr;
    uint16_t port_ = 0;

    void SetUp() override
    {
        gaia_error err = {};
        ASSERT_EQ(GAIA_OK, http_work_open(2, &work_, &err)) << err.detail;
        struct sockaddr_in address = {};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        mhd_ =
            MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC,
                             0, nullptr, nullptr, Answer, this, MHD_OPTION_SOCK_ADDR,
                             reinterpret_cast<struct sockaddr *>(&address), MHD_OPTION_END);
        ASSERT_NE(nullptr, mhd_);
        port_ = MHD_get_daemon_info(mhd_, MHD_DAEMON_INFO_BIND_PORT)->port;
    }
    void TearDown() override
    {
        Release();
        End();
    }
    void End()
    {
        if (mhd_ != nullptr) {
            http_work_bar(work_, mhd_);
            MHD_stop_daemon(mhd_);
            http_work_unbar(work_, mhd_);
            http_work_close(work_);
            mhd_ = nullptr;
        }
    }
    void Release()
    {
        const std::lock_guard<std::mutex> hold(lock_);
        may_end_ = true;
        changed_.notify_all();
    }
    bool AwaitFreed()
    {
        std::unique_lock<std::mutex> hold(lock_);
        return changed_.wait_for(hold, std::chrono::seconds(PATIENCE_S), [&] { return is_freed_; });
    }

    // "/endless" is a body without end; anything else is answered at once.
    static enum MHD_Result Answer(void *context, struct MHD_Connection *connection, const char *url,
                                  const char *, const char *, const char *, size_t *, void **)
    {
        auto *test = static_cast<HttpStream *>(context);
        static char pong[] = "pong";
        test->daemon_ = std::this_thread::get_id();
        struct MHD_Response *response = nullptr;
        if (std::string(url) == "/endless") {
            const struct http_stream_source source = {test, Next, Free};
            struct text first = {};
            response = http_stream_make(test->work_, connection, &source, &first, true);
        } else {
            response = MHD_create_response_from_buffer(4, pong, MHD_RESPMEM_PERSISTENT);
        }
        const enum MHD_Result result = MHD_queue_response(connection, MHD_HTTP_OK, response);
        MHD_destroy_response(response);
        return result;
    }
    static bool Next(void *, struct text *piece, bool *more)
    {
        text_append(piece, std::string(1 << 16, 'x').c_str());
        *more = true;
        return true;
    }
    static void Free(void *context)
    {
        auto *test = static_cast<HttpStream *>(context);
        std::unique_lock<std::mutex> hold(test->lock_);
        test->is_freed_ = true;
        test->n_freed_++;
        test->freed_on_ = std::this_thread::get_id();
        test->changed_.notify_all();
        test->changed_.wait_for(hold, std::chrono::seconds(PATIENCE_S),
                                [&] { return test->may_end_; });
    }

    // A connection with a request sent and the beginning of its answer there; -1: none in time.
    int Ask(const std::string &path, int patience_s, std::string *begin) const
    {
        struct sockaddr_in address = {};
        address.sin_family = AF_INET;
        address.sin_port = htons(port_);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const std::string request = "GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n";
        char bytes[4096];
        const int fd = socket(AF_INET, SOCK_STREAM, 0);
        struct pollfd polled = {fd, POLLIN, 0};
        if (connect(fd, reinterpret_cast<struct sockaddr *>(&address), sizeof address) != 0 ||
            send(fd, request.data(), request.size(), 0) != static_cast<ssize_t>(request.size()) ||
            poll(&polled, 1, patience_s * 1000) != 1) {
            close(fd);
            return -1;
        }
        const ssize_t n = recv(fd, bytes, sizeof bytes, 0);
        begin->assign(bytes, n > 0 ? static_cast<size_t>(n) : 0);
        return fd;
    }
};

TEST_F(HttpStream, WhoBreaksOffHoldsUpNobody)
{
    std::string begin;
    const int endless = Ask("/endless", PATIENCE_S, &begin);
    ASSERT_NE(-1, endless);
    EXPECT_EQ(0u, begin.find("HTTP/1.1 200")) << begin;
    close(endless);
    ASSERT_TRUE(AwaitFreed());
    for (int i = 0; i < 3; i++) { // while that goes on
        const int other = Ask("/", PATIENCE_S / 4, &begin);
        ASSERT_NE(-1, other) << "nobody answers";
        EXPECT_EQ(0u, begin.find("HTTP/1.1 200")) << begin;
        close(other);
    }
    EXPECT_NE(daemon_, freed_on_);
    Release();
}

// What is left at the end is freed before the threads are gone.
TEST_F(HttpStream, IsFreedOnceAlsoAtTheEnd)
{
    std::string begin;
    const int endless = Ask("/endless", PATIENCE_S, &begin);
    ASSERT_NE(-1, endless);
    Release();
    End();
    EXPECT_EQ(1, n_freed_);
    close(endless);
}

} // namespace
