// SPDX-License-Identifier: MIT
//
// A peer that keeps to no protocol: bytes over TCP, as its test wants them.
#ifndef HOSTILE_PEER_H
#define HOSTILE_PEER_H

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <utility>

class HostilePeer
{
  public:
    // Connects to the port that the url ends with, on this machine.
    explicit HostilePeer(const std::string &url)
        : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))
    {
        sockaddr_in address = {};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        address.sin_port = htons(static_cast<uint16_t>(atoi(url.c_str() + url.rfind(':') + 1)));
        connected = connect(fd_, reinterpret_cast<sockaddr *>(&address), sizeof address) == 0;
    }
    ~HostilePeer()
    {
        if (fd_ >= 0) {
            close(fd_);
        }
    }
    HostilePeer(HostilePeer &&other) noexcept
        : connected(other.connected), fd_(std::exchange(other.fd_, -1))
    {
    }
    HostilePeer(const HostilePeer &) = delete;
    HostilePeer &operator=(const HostilePeer &) = delete;

    bool Send(const std::string &bytes)
    {
        size_t sent = 0;
        while (sent < bytes.size()) {
            const ssize_t n = send(fd_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
            if (n <= 0) {
                return false;
            }
            sent += static_cast<size_t>(n);
        }
        return true;
    }
    // Ends with a reset in place of an orderly close.
    void Reset()
    {
        const linger now = {1, 0};
        setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
        close(std::exchange(fd_, -1));
    }
    // Reads until the other side ends the connection; false if it has not within the time.
    bool Ended(int timeout_ms)
    {
        pollfd waiting = {fd_, POLLIN, 0};
        char bytes[4096];
        while (poll(&waiting, 1, timeout_ms) > 0) {
            if (recv(fd_, bytes, sizeof bytes, 0) <= 0) {
                return true;
            }
        }
        return false;
    }

    // The first bytes of a client of ours, and a request as it follows them.
    static std::string Handshake()
    {
        return std::string("\0SP\0\0\x30\0\0", 8);
    }
    static std::string Frame(uint64_t length)
    {
        std::string bytes;
        for (int shift = 56; shift >= 0; shift -= 8) {
            bytes += static_cast<char>(length >> shift);
        }
        return bytes;
    }
    static std::string Request(const std::string &message)
    {
        return Frame(message.size() + 4) + std::string("\x80\0\0\x01", 4) + message;
    }

    bool connected;

  private:
    int fd_;
};

#endif
