/* SPDX-License-Identifier: MIT
 *
 * A server whose requests the test answers, and clients that call it.
 */
#ifndef TRANSPORT_FIXTURE_H
#define TRANSPORT_FIXTURE_H

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <string>
#include <thread>

extern "C" {
#include "clock.h"
#include "transport.h"
}

inline constexpr int64_t patience_ms = 120000; // for sanitizers on machines at work

struct Event {
    transport_request *request; /* NULL: the connection ended */
    uint32_t pipe;
    std::string bytes;
};

/* A server whose events the test takes one by one, in its own time. */
class Server
{
  public:
    explicit Server(unsigned n_contexts, const char *address = "tcp://127.0.0.1:0",
                    const transport_limits *limits = nullptr, const transport_tls *tls = nullptr)
    {
        gaia_error err = {};
        const transport_events callbacks = {this, received, disconnected};
        EXPECT_EQ(GAIA_OK, transport_listen(address, n_contexts, &callbacks, limits, tls, url,
                                            &server, &err))
            << err.detail;
    }

    ~Server()
    {
        close();
        for (const std::deque<Event> *left : {&events, &skipped}) {
            for (const Event &event : *left) { // what nobody took is still held
                if (event.request != nullptr) {
                    transport_drop(event.request);
                }
            }
        }
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
    explicit Client(const char *url, const transport_tls *tls = nullptr)
    {
        gaia_error err = {};
        EXPECT_EQ(GAIA_OK, transport_dial(url, tls, &client, &err)) << err.detail;
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
inline std::thread echo(Server *server, int count)
{
    return std::thread([=] {
        for (int i = 0; i < count; i++) {
            const Event event = server->next(true);
            Server::answer(event.request, "re:" + event.bytes);
        }
    });
}

#endif
