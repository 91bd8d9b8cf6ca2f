// SPDX-License-Identifier: MIT
//
// A real PostgreSQL server in a temporary folder, for tests: started when first asked for, on a
// unix socket, as another user where the test is root, which PostgreSQL refuses to be.
//
// Invariant: the server ends with the test program, also when that is killed.
#ifndef POSTGRES_SERVER_H
#define POSTGRES_SERVER_H

#include <sys/types.h>

#include <string>

class PostgresServer
{
  public:
    // The one server of this test program. Fails the test, and throws, if there is none to start.
    static PostgresServer &Shared();

    ~PostgresServer();
    PostgresServer(const PostgresServer &) = delete;
    PostgresServer &operator=(const PostgresServer &) = delete;

    // A connection string for an empty schema of its own.
    std::string NewSchema();
    // Runs one command over this connection string; the first value of its answer, or "".
    std::string Ask(const std::string &conninfo, const std::string &command) const;

    // SIGKILL for the server and all its processes, as when the machine is lost; and its start.
    void Kill();
    void Start();

  private:
    PostgresServer();
    std::string Base() const;
    bool Answers() const;

    std::string folder_;
    std::string binaries_;
    pid_t pid_ = -1;
    int n_schemas_ = 0;
};

#endif
