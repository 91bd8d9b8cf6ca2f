// SPDX-License-Identifier: MIT
//
// A real HTTP server on loopback, in a process of its own (store_server.py, which says what its
// addresses do).
#ifndef HOST_STORE_SERVER_H
#define HOST_STORE_SERVER_H

#include <string>
#include <vector>

#include <sys/types.h>

class StoreServer
{
  public:
    // Serves the files below root; log gets the requests. The certificate and its key are files;
    // "": no TLS.
    StoreServer(const std::string &root, std::string log, const std::string &certificate = "",
                const std::string &key = "");
    ~StoreServer();
    StoreServer(const StoreServer &) = delete;
    StoreServer &operator=(const StoreServer &) = delete;

    // The address of root/path with this fault in this scope, "all" or "chunks".
    std::string url(const std::string &fault, const std::string &path,
                    const std::string &scope = "all") const;
    std::string https(const std::string &fault, const std::string &path,
                      const std::string &host = "127.0.0.1") const;

    // The lines of the log ("PORT PATH AUTHORIZATION ACTIVE"), which is emptied.
    std::vector<std::string> requests() const;

    std::string port(size_t i) const
    {
        return ports_.at(i);
    }

  private:
    std::string log_;
    std::vector<std::string> ports_;
    pid_t pid_ = -1;
    int end_ = -1; // closed, it ends the server
};

#endif
