/* SPDX-License-Identifier: MIT
 *
 * Request and reply over real sockets on the loopback: parallel and parked requests, peers that
 * die, calls that time out. Times are upper bounds wide enough for a loaded machine.
 */
#include <gtest/gtest.h>

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <netinet/in.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

extern "C" {
#include "clock.h"
#include "transport.h"
#include "wire.h"
}

extern char **environ;

namespace
{

constexpr int64_t patience_ms = 20000;

struct Event {
    transport_request *request; /* NULL: the connection ended */
    uint32_t pipe;
    std::string bytes;
};

/* A server whose events the test takes one by one, in its own time. */
class Server
{
  public:
    explicit Server(unsigned n_contexts, const char *address = "tcp://127.0.0.1:0")
    {
        gaia_error err = {};
        const transport_events callbacks = {this, received, disconnected};
        EXPECT_EQ(GAIA_OK, transport_listen(address, n_contexts, &callbacks, url, &server, &err))
            << err.detail;
    }

    ~Server()
    {
        close();
    }

    void close()
    {
        transport_close(server);
        server = nullptr;
    }

    Event next(bool want_request)
    {
        std::unique_lock<std::mutex> hold(lock);
        const auto wanted = [&] {
            return !events.empty() && (events.front().request != nullptr) == want_request;
        };
        const auto ready = [&] {
            while (!events.empty() && (events.front().request != nullptr) != want_request) {
                skipped.push_back(events.front());
                events.pop_front();
            }
            return wanted();
        };
        if (!arrived.wait_for(hold, std::chrono::milliseconds(patience_ms), ready)) {
            ADD_FAILURE() << "no event came";
            return {};
        }
        const Event event = events.front();
        events.pop_front();
        return event;
    }

    /* The next event, if there is one now. */
    bool poll(Event *event)
    {
        const std::lock_guard<std::mutex> hold(lock);
        if (events.empty()) {
            return false;
        }
        *event = events.front();
        events.pop_front();
        return true;
    }

    size_t pending()
    {
        const std::lock_guard<std::mutex> hold(lock);
        return events.size();
    }

    static void answer(transport_request *request, const std::string &text)
    {
        transport_reply(request, reinterpret_cast<const unsigned char *>(text.data()), text.size());
    }

    char url[64] = "";
    transport_server *server = nullptr;

  private:
    static void received(void *context, transport_request *request, uint32_t pipe,
                         unsigned char *bytes, size_t length)
    {
        Server *self = static_cast<Server *>(context);
        const std::lock_guard<std::mutex> hold(self->lock);
        self->events.push_back(
            {request, pipe, std::string(reinterpret_cast<char *>(bytes), length)});
        self->arrived.notify_all();
        free(bytes);
    }

    static void disconnected(void *context, uint32_t pipe)
    {
        Server *self = static_cast<Server *>(context);
        const std::lock_guard<std::mutex> hold(self->lock);
        self->events.push_back({nullptr, pipe, ""});
        self->arrived.notify_all();
    }

    std::mutex lock;
    std::condition_variable arrived;
    std::deque<Event> events;
    std::deque<Event> skipped;
};

class Client
{
  public:
    explicit Client(const char *url)
    {
        gaia_error err = {};
        EXPECT_EQ(GAIA_OK, transport_dial(url, &client, &err)) << err.detail;
    }

    ~Client()
    {
        hang_up();
    }

    void hang_up()
    {
        transport_hang_up(client);
        client = nullptr;
    }

    gaia_status call(const std::string &request, int64_t timeout_ms, std::string *reply)
    {
        unsigned char *bytes = nullptr;
        size_t length = 0;
        gaia_error err = {};
        const gaia_status status =
            transport_call(client, reinterpret_cast<const unsigned char *>(request.data()),
                           request.size(), timeout_ms, &bytes, &length, &err);
        if (status == GAIA_OK) {
            reply->assign(reinterpret_cast<char *>(bytes), length);
            free(bytes);
        } else {
            EXPECT_EQ(status, err.status);
        }
        return status;
    }

    transport_client *client = nullptr;
};

/* Answers `count` requests with "re:" and the request, on a thread of its own. */
std::thread echo(Server *server, int count)
{
    return std::thread([=] {
        for (int i = 0; i < count; i++) {
            const Event event = server->next(true);
            Server::answer(event.request, "re:" + event.bytes);
        }
    });
}

TEST(Transport, BoundAddressIsReal)
{
    Server server(1);
    EXPECT_EQ(0, strncmp(server.url, "tcp://127.0.0.1:", 16));
    EXPECT_GT(atoi(server.url + 16), 0);
}

TEST(Transport, OneCallAfterAnother)
{
    Server server(1);
    Client client(server.url);
    std::thread answers = echo(&server, 100);
    std::string reply;
    for (int i = 0; i < 100; i++) {
        ASSERT_EQ(GAIA_OK, client.call(std::to_string(i), patience_ms, &reply));
        EXPECT_EQ("re:" + std::to_string(i), reply);
    }
    answers.join();
}

TEST(Transport, ParallelClients)
{
    constexpr int n_clients = 8;
    constexpr int n_calls = 50;
    Server server(4);
    std::thread answers = echo(&server, n_clients * n_calls);
    std::atomic<int> good(0);
    std::vector<std::thread> threads;
    for (int c = 0; c < n_clients; c++) {
        threads.emplace_back([&, c] {
            Client client(server.url);
            std::string reply;
            for (int i = 0; i < n_calls; i++) {
                const std::string request = std::to_string(c) + "/" + std::to_string(i);
                good += client.call(request, patience_ms, &reply) == GAIA_OK &&
                        reply == "re:" + request;
            }
        });
    }
    for (std::thread &thread : threads) {
        thread.join();
    }
    answers.join();
    EXPECT_EQ(n_clients * n_calls, good);
}

TEST(Transport, AParkedRequestHoldsUpNoOther)
{
    Server server(2);
    Client parked(server.url);
    Client quick(server.url);
    std::string parked_reply;
    std::thread waiting(
        [&] { EXPECT_EQ(GAIA_OK, parked.call("park", patience_ms, &parked_reply)); });
    const Event held = server.next(true);
    EXPECT_EQ("park", held.bytes);
    std::thread answers = echo(&server, 20);
    std::string reply;
    for (int i = 0; i < 20; i++) {
        EXPECT_EQ(GAIA_OK, quick.call("quick", patience_ms, &reply));
    }
    answers.join();
    Server::answer(held.request, "at last");
    waiting.join();
    EXPECT_EQ("at last", parked_reply);
}

TEST(Transport, AfterATimeoutTheNextCallGetsItsOwnReply)
{
    Server server(4);
    Client client(server.url);
    std::string reply;
    for (int i = 0; i < 5; i++) {
        EXPECT_EQ(GAIA_TIMEOUT, client.call("slow", 50, &reply));
        const Event slow = server.next(true);
        /* The stale reply is on its way, or even there, when the next call begins. */
        Server::answer(slow.request, "stale");
        std::thread answers = echo(&server, 1);
        EXPECT_EQ(GAIA_OK, client.call("fast", patience_ms, &reply));
        EXPECT_EQ("re:fast", reply);
        answers.join();
    }
}

TEST(Transport, NobodyThere)
{
    Client client("tcp://127.0.0.1:1");
    std::string reply;
    const int64_t begin_ms = clock_monotonic_ms();
    EXPECT_EQ(GAIA_TIMEOUT, client.call("hello", 200, &reply));
    EXPECT_GE(clock_monotonic_ms() - begin_ms, 190);
    EXPECT_EQ(GAIA_TIMEOUT, client.call("hello", 0, &reply));
    EXPECT_EQ(GAIA_UNREACHABLE, client.call("hello", 10 * patience_ms, &reply));
}

TEST(Transport, BadAddresses)
{
    gaia_error err = {};
    char bound[64];
    transport_server *server = nullptr;
    transport_client *client = nullptr;
    const transport_events events = {};
    EXPECT_EQ(GAIA_UNREACHABLE, transport_listen("nonsense", 1, &events, bound, &server, &err));
    EXPECT_EQ(GAIA_UNREACHABLE,
              transport_listen("tcp://127.0.0.1:99999", 1, &events, bound, &server, &err));
    EXPECT_EQ(GAIA_UNREACHABLE,
              transport_listen("tcp://127.0.0.1:0", 0, &events, bound, &server, &err));
    EXPECT_EQ(GAIA_UNREACHABLE, transport_dial("nonsense", &client, &err));
    EXPECT_EQ(nullptr, server);
    EXPECT_EQ(nullptr, client);
    Server first(1);
    EXPECT_EQ(GAIA_UNREACHABLE, transport_listen(first.url, 1, &events, bound, &server, &err));
}

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

TEST(Transport, ADroppedRequestFreesItsContext)
{
    Server server(1);
    Client client(server.url);
    std::string reply;
    for (int i = 0; i < 3; i++) {
        EXPECT_EQ(GAIA_TIMEOUT, client.call("drop", 300, &reply));
        transport_drop(server.next(true).request);
    }
    std::thread answers = echo(&server, 1);
    EXPECT_EQ(GAIA_OK, client.call("keep", patience_ms, &reply));
    answers.join();
}

TEST(Transport, InterruptEndsACallInProgressAndLaterOnes)
{
    Server server(1);
    Client client(server.url);
    std::string reply;
    std::thread waiting(
        [&] { EXPECT_EQ(GAIA_CANCELLED, client.call("park", patience_ms, &reply)); });
    const Event held = server.next(true);
    transport_interrupt(client.client);
    waiting.join();
    EXPECT_EQ(GAIA_CANCELLED, client.call("more", patience_ms, &reply));
    transport_drop(held.request);
}

TEST(Transport, SixteenMegabytesEachWay)
{
    Server server(1);
    Client client(server.url);
    std::thread answers = echo(&server, 1);
    std::string big(16 << 20, 'x');
    std::string reply;
    EXPECT_EQ(GAIA_OK, client.call(big, patience_ms, &reply));
    EXPECT_EQ(big.size() + 3, reply.size());
    answers.join();
}

TEST(Transport, StrangersOnThePortDoNoHarm)
{
    Server server(2);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<uint16_t>(atoi(server.url + 16)));
    const std::string hostile[] = {
        "", "GET / HTTP/1.0\r\n\r\n",
        /* The handshake of REQ, then a message that says it is 2^62 bytes long, then one of 0
           bytes. */
        std::string("\0SP\0\0\x30\0\0", 8) + std::string("\x40\0\0\0\0\0\0\0", 8),
        std::string("\0SP\0\0\x30\0\0", 8) + std::string("\0\0\0\0\0\0\0\0", 8)};
    for (const std::string &bytes : hostile) {
        const int fd = socket(AF_INET, SOCK_STREAM, 0);
        ASSERT_EQ(0, connect(fd, reinterpret_cast<sockaddr *>(&address), sizeof address));
        EXPECT_EQ(static_cast<ssize_t>(bytes.size()),
                  send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL));
        close(fd);
    }
    Client client(server.url);
    std::thread answers = echo(&server, 1);
    std::string reply;
    EXPECT_EQ(GAIA_OK, client.call("still there", patience_ms, &reply));
    answers.join();
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
    ASSERT_EQ(GAIA_OK, transport_listen("tcp://127.0.0.1:0", 4, &events, url, &server, &err));
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
