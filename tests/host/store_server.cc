// SPDX-License-Identifier: MIT
//
// Starts store_server.py, a server of folders that can be told to serve badly.
#include "store_server.h"

#include <array>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

StoreServer::StoreServer(const std::string &root, std::string log, const std::string &certificate,
                         const std::string &key)
    : log_(std::move(log))
{
    std::array<int, 2> in = {};
    std::array<int, 2> out = {};
    if (pipe2(in.data(), O_CLOEXEC) != 0 || pipe2(out.data(), O_CLOEXEC) != 0) {
        throw std::runtime_error("pipe");
    }
    const std::string script = GAIA_SOURCE "/tests/host/store_server.py";
    std::vector<std::string> words = {"python3", "-B", script, root, log_};
    if (!certificate.empty()) {
        words.insert(words.end(), {certificate, key});
    }
    std::vector<char *> argv;
    for (std::string &word : words) {
        argv.push_back(word.data());
    }
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in[0], 0);
    posix_spawn_file_actions_adddup2(&actions, out[1], 1);
    const int failed = posix_spawnp(&pid_, "python3", &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    close(in[0]);
    close(out[1]);
    end_ = in[1];
    std::string line;
    for (char c = 0; failed == 0 && read(out[0], &c, 1) == 1 && c != '\n';) {
        line += c;
    }
    close(out[0]);
    std::istringstream ports(line);
    for (std::string port; ports >> port;) {
        ports_.push_back(port);
    }
    if (ports_.size() < 2) {
        throw std::runtime_error("the server did not start");
    }
}

StoreServer::~StoreServer()
{
    close(end_);
    if (pid_ > 0) {
        waitpid(pid_, nullptr, 0);
    }
}

std::string StoreServer::url(const std::string &fault, const std::string &path,
                             const std::string &scope) const
{
    return "http://127.0.0.1:" + ports_.at(0) + "/" + fault + "/" + scope + "/" + path;
}

std::string StoreServer::https(const std::string &fault, const std::string &path,
                               const std::string &host) const
{
    return "https://" + host + ":" + ports_.at(2) + "/" + fault + "/all/" + path;
}

std::vector<std::string> StoreServer::requests() const
{
    std::vector<std::string> lines;
    std::ifstream log(log_);
    for (std::string line; std::getline(log, line);) {
        lines.push_back(line);
    }
    std::ofstream(log_, std::ios::trunc);
    return lines;
}
