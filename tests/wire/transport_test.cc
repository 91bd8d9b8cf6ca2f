/* SPDX-License-Identifier: MIT
 *
 * Request and reply over real sockets on the loopback: parallel and parked requests, peers that
 * die, calls that time out. Times are upper bounds wide enough for a loaded machine.
 */
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <vector>

#include "transport_fixture.h"

namespace
{

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
    std::thread first = echo(&server, 1);
    EXPECT_EQ(GAIA_OK, client.call("connected", patience_ms, &reply));
    first.join();
    for (int i = 0; i < 3; i++) {
        /* Long enough to leave: what is given up before never comes to the server. */
        EXPECT_EQ(GAIA_TIMEOUT, client.call("slow", 1000, &reply));
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
    EXPECT_EQ(GAIA_UNREACHABLE,
              transport_listen("nonsense", 1, &events, nullptr, nullptr, bound, &server, &err));
    EXPECT_EQ(GAIA_UNREACHABLE, transport_listen("tcp://127.0.0.1:99999", 1, &events, nullptr,
                                                 nullptr, bound, &server, &err));
    EXPECT_EQ(GAIA_UNREACHABLE, transport_listen("tcp://127.0.0.1:0", 0, &events, nullptr, nullptr,
                                                 bound, &server, &err));
    EXPECT_EQ(GAIA_UNREACHABLE, transport_dial("nonsense", nullptr, &client, &err));
    EXPECT_EQ(nullptr, server);
    EXPECT_EQ(nullptr, client);
    Server first(1);
    EXPECT_EQ(GAIA_UNREACHABLE,
              transport_listen(first.url, 1, &events, nullptr, nullptr, bound, &server, &err));
}

TEST(Transport, ADroppedRequestFreesItsContext)
{
    Server server(1);
    Client client(server.url);
    std::string reply;
    for (int i = 0; i < 3; i++) {
        EXPECT_EQ(GAIA_TIMEOUT, client.call("drop", 1000, &reply));
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

} // namespace
