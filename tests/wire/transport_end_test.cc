/* SPDX-License-Identifier: MIT
 *
 * What ends: connections, servers, peers killed at rest and in the middle of traffic.
 */
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <set>
#include <vector>

#include "transport_fixture.h"

extern char **environ;

namespace
{

TEST(Transport, HangingUpIsAnEvent)
{
    Server server(2);
    Client client(server.url);
    std::string reply;
    EXPECT_EQ(GAIA_TIMEOUT, client.call("x", 2000, &reply));
    const Event request = server.next(true);
    const int64_t begin_ms = clock_monotonic_ms();
    client.hang_up();
    const Event gone = server.next(false);
    EXPECT_EQ(request.pipe, gone.pipe);
    EXPECT_LT(clock_monotonic_ms() - begin_ms, 2000);
    /* Nobody is there to read it; the request is released all the same. */
    Server::answer(request.request, "to nobody");
}

TEST(Transport, TheServersEndIsNotResentAndNotWaitedFor)
{
    auto first = std::make_unique<Server>(2);
    const std::string url = first->url;
    Client client(url.c_str());
    std::string reply;
    gaia_status status = GAIA_OK;
    std::thread waiting([&] { status = client.call("once", patience_ms, &reply); });
    transport_drop(first->next(true).request);
    const int64_t begin_ms = clock_monotonic_ms();
    first.reset();
    waiting.join();
    EXPECT_EQ(GAIA_UNREACHABLE, status);
    EXPECT_LT(clock_monotonic_ms() - begin_ms, patience_ms / 2);
    Server second(2, url.c_str());
    std::thread answers = echo(&second, 1);
    EXPECT_EQ(GAIA_OK, client.call("twice", patience_ms, &reply));
    EXPECT_EQ("re:twice", reply);
    answers.join();
    EXPECT_EQ(0u, second.pending());
}

TEST(Transport, RequestsMayOutliveTheServer)
{
    Server server(4);
    Client client(server.url);
    std::string reply;
    EXPECT_EQ(GAIA_TIMEOUT, client.call("a", 1000, &reply));
    EXPECT_EQ(GAIA_TIMEOUT, client.call("b", 1000, &reply));
    const Event a = server.next(true);
    const Event b = server.next(true);
    server.close();
    Server::answer(a.request, "late");
    transport_drop(b.request);
}

/* A peer in a process of its own: this program again, told by its environment where to dial, and
 * whether to call once or without end. */
TEST(Transport, PeerProcess)
{
    const char *url = getenv("GAIA_TEST_PEER_URL");
    if (url == nullptr) {
        return; /* only peer_spawn gives it something to do */
    }
    Client client(url);
    std::string reply;
    do {
        (void)client.call("from the peer", 60000, &reply);
    } while (getenv("GAIA_TEST_PEER_REPEATS") != nullptr);
}

pid_t peer_spawn(const char *url, bool repeats)
{
    std::string self = "/proc/self/exe";
    std::string filter = "--gtest_filter=Transport.PeerProcess";
    std::string setting = std::string("GAIA_TEST_PEER_URL=") + url;
    std::string repeat = "GAIA_TEST_PEER_REPEATS=1";
    char *argv[] = {self.data(), filter.data(), nullptr};
    std::vector<char *> environment = {setting.data()};
    if (repeats) {
        environment.push_back(repeat.data());
    }
    for (char **entry = environ; *entry != nullptr; entry++) {
        environment.push_back(*entry);
    }
    environment.push_back(nullptr);
    pid_t peer = 0;
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
    EXPECT_EQ(0, posix_spawn(&peer, "/proc/self/exe", &files, nullptr, argv, environment.data()));
    posix_spawn_file_actions_destroy(&files);
    return peer;
}

TEST(Transport, AKilledPeerIsAnEvent)
{
    Server server(2);
    const pid_t peer = peer_spawn(server.url, false);
    const Event request = server.next(true);
    EXPECT_EQ("from the peer", request.bytes);
    const int64_t begin_ms = clock_monotonic_ms();
    ASSERT_EQ(0, kill(peer, SIGKILL));
    const Event gone = server.next(false);
    EXPECT_EQ(request.pipe, gone.pipe);
    EXPECT_LT(clock_monotonic_ms() - begin_ms, 2000);
    Server::answer(request.request, "to the dead");
    int how = 0;
    ASSERT_EQ(peer, waitpid(peer, &how, 0));
    EXPECT_TRUE(WIFSIGNALED(how));
    Client client(server.url);
    std::thread answers = echo(&server, 1);
    std::string reply;
    EXPECT_EQ(GAIA_OK, client.call("the living", patience_ms, &reply));
    answers.join();
}

TEST(Transport, PeersKilledInTheMiddleOfTrafficAreEventsOneByOne)
{
    constexpr int n_peers = 100;
    std::mutex lock;
    std::set<uint32_t> alive;
    std::set<uint32_t> seen;
    struct Context {
        std::mutex *lock;
        std::set<uint32_t> *alive;
        std::set<uint32_t> *seen;
    } context = {&lock, &alive, &seen};
    const transport_events events = {&context,
                                     [](void *arg, transport_request *request, uint32_t pipe,
                                        unsigned char *bytes, size_t length) {
                                         const Context *self = static_cast<Context *>(arg);
                                         {
                                             const std::lock_guard<std::mutex> hold(*self->lock);
                                             if (self->seen->insert(pipe).second) {
                                                 self->alive->insert(pipe);
                                             }
                                         }
                                         transport_reply(request, bytes, length);
                                         free(bytes);
                                     },
                                     [](void *arg, uint32_t pipe) {
                                         const Context *self = static_cast<Context *>(arg);
                                         const std::lock_guard<std::mutex> hold(*self->lock);
                                         self->seen->insert(pipe);
                                         self->alive->erase(pipe);
                                     }};
    char url[64];
    transport_server *server = nullptr;
    gaia_error err = {};
    ASSERT_EQ(GAIA_OK, transport_listen("tcp://127.0.0.1:0", 4, &events, nullptr, nullptr, url,
                                        &server, &err));
    for (int i = 0; i < n_peers; i++) {
        const pid_t peer = peer_spawn(url, true);
        const int64_t deadline_ms = clock_monotonic_ms() + patience_ms;
        bool here = false;
        while (!here && clock_monotonic_ms() < deadline_ms) {
            clock_sleep_ms(5);
            const std::lock_guard<std::mutex> hold(lock);
            here = !alive.empty();
        }
        EXPECT_TRUE(here);
        EXPECT_EQ(0, kill(peer, SIGKILL));
        EXPECT_EQ(peer, waitpid(peer, nullptr, 0));
        bool gone = false;
        while (!gone && clock_monotonic_ms() < deadline_ms) {
            clock_sleep_ms(1);
            const std::lock_guard<std::mutex> hold(lock);
            gone = alive.empty();
        }
        ASSERT_TRUE(gone) << "peer " << i;
    }
    transport_close(server);
}

/* nng can fail to return from closing a socket (transport_nng.c): that must stay without effect. */
TEST(Transport, ClosingUnderTrafficReturns)
{
    for (int round = 0; round < 6; round++) {
        auto server = std::make_unique<Server>(4);
        std::atomic<bool> stop(false);
        std::vector<std::thread> threads;
        threads.emplace_back([&] {
            while (!stop) {
                Event event;
                if (server->poll(&event) && event.request != nullptr) {
                    Server::answer(event.request, "yes");
                }
            }
        });
        for (int c = 0; c < 4; c++) {
            threads.emplace_back([&] {
                Client client(server->url);
                std::string reply;
                while (!stop) {
                    (void)client.call("?", 100, &reply);
                }
            });
        }
        clock_sleep_ms(20);
        const int64_t begin_ms = clock_monotonic_ms();
        server->close();
        EXPECT_LT(clock_monotonic_ms() - begin_ms, 10000);
        stop = true;
        for (std::thread &thread : threads) {
            thread.join();
        }
    }
}

} // namespace
