// SPDX-License-Identifier: MIT
//
// A reader of GET /v1/jobs/{id}/events on a socket of its own. Used by server_events_test.cc.
//
// Invariant: it reads only when it is asked to, so that a test can be as slow as it wants.
#ifndef EVENT_STREAM_H
#define EVENT_STREAM_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <string>
#include <vector>

#include "server_harness.h"

struct StreamEvent {
    std::string id;
    std::string name;
    Json data;

    std::string Get(const char *key) const
    {
        return Member(data.get(), key);
    }
};

class EventStream
{
  public:
    EventStream(const Scheduler &scheduler, const std::string &id, const std::string &last = "",
                const std::string &token = "")
    {
        const std::string port = scheduler.api.substr(scheduler.api.rfind(':') + 1);
        sockaddr_in address = {};
        address.sin_family = AF_INET;
        address.sin_port = htons(static_cast<uint16_t>(std::stoi(port)));
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        EXPECT_EQ(0, connect(fd_, reinterpret_cast<sockaddr *>(&address), sizeof address));
        // HTTP/1.0: the body comes as it is, and ends with the connection.
        const std::string request = "GET /v1/jobs/" + id +
                                    "/events HTTP/1.0\r\nAuthorization: Bearer " +
                                    (token.empty() ? scheduler.secret : token) +
                                    (last.empty() ? "" : "\r\nLast-Event-ID: " + last) + "\r\n\r\n";
        EXPECT_EQ(static_cast<ssize_t>(request.size()),
                  send(fd_, request.data(), request.size(), MSG_NOSIGNAL));
    }
    EventStream(const EventStream &) = delete;
    EventStream(EventStream &&other) : fd_(other.fd_), bytes_(std::move(other.bytes_))
    {
        other.fd_ = -1;
    }
    ~EventStream()
    {
        Close();
    }
    void Close()
    {
        if (fd_ >= 0) {
            close(fd_);
        }
        fd_ = -1;
    }
    // Reads until the headers are there; the status, 0 if there is none.
    int Status()
    {
        while (bytes_.find("\r\n\r\n") == std::string::npos && More()) {
        }
        const size_t end = bytes_.find("\r\n\r\n");
        if (end == std::string::npos || bytes_.rfind("HTTP/1.", 0) != 0) {
            return 0;
        }
        head = bytes_.substr(0, end);
        bytes_.erase(0, end + 4);
        return std::stoi(head.substr(9, 3));
    }
    // The next block of lines; "" once the stream has ended.
    std::string Block()
    {
        while (bytes_.find("\n\n") == std::string::npos && More()) {
        }
        const size_t end = bytes_.find("\n\n");
        if (end == std::string::npos) {
            return "";
        }
        const std::string block = bytes_.substr(0, end);
        bytes_.erase(0, end + 2);
        return block;
    }
    // The next event, past comments; false once the stream has ended.
    bool Next(StreamEvent *event)
    {
        for (std::string block = Block(); !block.empty(); block = Block()) {
            if (block[0] != ':') {
                *event = Parse(block);
                return true;
            }
        }
        return false;
    }
    std::string Rest()
    {
        while (More()) {
        }
        return bytes_;
    }

    std::string head;

  private:
    // Waits for bytes; false at the end.
    bool More()
    {
        char piece[4096];
        pollfd wait = {fd_, POLLIN, 0};
        if (poll(&wait, 1, 60000) != 1) {
            ADD_FAILURE() << "nothing comes: " << bytes_;
            return false;
        }
        const ssize_t n = read(fd_, piece, sizeof piece);
        if (n > 0) {
            bytes_.append(piece, static_cast<size_t>(n));
        }
        return n > 0;
    }
    static StreamEvent Parse(const std::string &block)
    {
        StreamEvent event;
        std::istringstream lines(block);
        for (std::string line; std::getline(lines, line);) {
            const size_t colon = line.find(": ");
            const std::string key = line.substr(0, colon);
            const std::string value = colon != std::string::npos ? line.substr(colon + 2) : "";
            if (key == "id") {
                event.id = value;
            } else if (key == "event") {
                event.name = value;
            } else if (key == "data") {
                event.data = ParseJson(value);
            } else {
                ADD_FAILURE() << "a line of an event: " << line;
            }
        }
        EXPECT_NE(nullptr, event.data) << block;
        return event;
    }
    int fd_ = -1;
    std::string bytes_;
};

#endif
