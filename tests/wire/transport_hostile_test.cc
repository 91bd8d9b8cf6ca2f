/* SPDX-License-Identifier: MIT
 *
 * What one peer can take from the others of a server: its contexts and its places.
 */
#include "transport_fixture.h"

#include <functional>
#include <vector>

#include "hostile_peer.h"

namespace
{

bool wait_for(const std::function<bool()> &good)
{
    const int64_t deadline_ms = clock_monotonic_ms() + patience_ms;
    while (!good() && clock_monotonic_ms() < deadline_ms) {
        clock_sleep_ms(10);
    }
    return good();
}

transport_refusals refused(const Server &server)
{
    transport_refusals refusals = {};
    transport_watch(server.server, clock_monotonic_ms(), &refusals);
    return refusals;
}

/* Whether the end of a connection is still noticed. */
bool buries(const Server &server)
{
    const uint64_t before = refused(server).silent;
    {
        HostilePeer peer(server.url);
        EXPECT_TRUE(peer.Send(HostilePeer::Handshake()));
        clock_sleep_ms(50);
    }
    return wait_for([&] { return refused(server).silent > before; });
}

TEST(TransportHostile, AConnectionHasSoManyRequestsAtOnceAndNoMore)
{
    Server server(32);
    HostilePeer peer(server.url);
    std::string requests = HostilePeer::Handshake();
    for (int i = 0; i < 20; i++) {
        requests += HostilePeer::Request("again");
    }
    ASSERT_TRUE(peer.Send(requests));
    EXPECT_TRUE(peer.Ended(patience_ms));
    EXPECT_TRUE(wait_for([&] { return refused(server).flood > 0; }));
    EXPECT_TRUE(buries(server));
    EXPECT_LE(server.pending(), 10u); /* eight requests, and the end of their connection */
    Client client(server.url);
    std::thread answers([&] {
        for (bool done = false; !done;) {
            const Event event = server.next(true);
            done = event.bytes == "mine";
            Server::answer(event.request, "re:" + event.bytes);
        }
    });
    std::string reply;
    EXPECT_EQ(GAIA_OK, client.call("mine", patience_ms, &reply));
    EXPECT_EQ("re:mine", reply);
    answers.join();
}

TEST(TransportHostile, ARequestAboveTheLimitEndsItsConnection)
{
    const transport_limits limits = {1000, 0};
    Server server(4, "tcp://127.0.0.1:0", &limits);
    HostilePeer above(server.url);
    ASSERT_TRUE(
        above.Send(HostilePeer::Handshake() + HostilePeer::Request(std::string(1001, 'x'))));
    EXPECT_TRUE(above.Ended(patience_ms));
    EXPECT_TRUE(wait_for([&] { return refused(server).oversize == 1; }));
    HostilePeer far_above(server.url);
    ASSERT_TRUE(far_above.Send(HostilePeer::Handshake() + HostilePeer::Frame(UINT64_C(1) << 40)));
    EXPECT_TRUE(far_above.Ended(patience_ms));
    EXPECT_TRUE(wait_for([&] { return refused(server).silent == 1; }));
    Client client(server.url);
    std::thread answers = echo(&server, 1);
    std::string reply;
    EXPECT_EQ(GAIA_OK, client.call(std::string(1000, 'x'), patience_ms, &reply));
    answers.join();
}

TEST(TransportHostile, StrangersMakeRoomAndTheTrustedStay)
{
    const transport_limits limits = {1000, 4};
    Server server(8, "tcp://127.0.0.1:0", &limits);
    Client trusted(server.url);
    std::string reply;
    const auto call = [&](Client *client, bool trust) {
        std::thread answers([&] {
            const Event event = server.next(true);
            if (trust) {
                transport_trust(server.server, event.pipe);
            }
            Server::answer(event.request, "re:" + event.bytes);
        });
        EXPECT_EQ(GAIA_OK, client->call("x", patience_ms, &reply));
        answers.join();
    };
    call(&trusted, true);
    std::vector<HostilePeer> peers;
    for (int i = 0; i < 20; i++) {
        peers.emplace_back(server.url);
        ASSERT_TRUE(peers.back().Send(HostilePeer::Handshake()));
        /* One after the other, so that it is known who came first. */
        ASSERT_TRUE(wait_for([&] {
            return refused(server).connections >= static_cast<uint64_t>(i < 3 ? 0 : i - 2);
        }));
    }
    for (size_t i = 0; i < 10; i++) {
        EXPECT_TRUE(peers[i].Ended(patience_ms)) << i;
    }
    call(&trusted, false);
    Client next(server.url);
    call(&next, false);
    EXPECT_TRUE(wait_for([&] { return refused(server).connections >= 18; }));
}

} // namespace
