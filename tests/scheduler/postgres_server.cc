// SPDX-License-Identifier: MIT
//
// Starting and ending the server of postgres_server.h.
//
// Invariant: nothing is written outside of the temporary folder.
#include "postgres_server.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

extern char **environ;

namespace
{

namespace fs = std::filesystem;

const int kStartSeconds = 120;

// Where initdb and postgres are: the newest of Debian's folders, else on PATH.
std::string FindBinaries()
{
    std::string found;
    int newest = 0;
    std::error_code none;
    for (const auto &entry : fs::directory_iterator("/usr/lib/postgresql", none)) {
        const int version = atoi(entry.path().filename().c_str());
        if (version > newest && fs::exists(entry.path() / "bin/initdb")) {
            newest = version;
            found = entry.path() / "bin";
        }
    }
    std::istringstream path(getenv("PATH") != nullptr ? getenv("PATH") : "");
    for (std::string folder; found.empty() && std::getline(path, folder, ':');) {
        found = fs::exists(folder + "/initdb") && fs::exists(folder + "/postgres") ? folder : "";
    }
    return found;
}

// What PostgreSQL runs as where the test is root.
const struct passwd *User()
{
    const struct passwd *user = getpwnam("postgres");
    return user != nullptr ? user : getpwnam("nobody");
}

pid_t Spawn(std::vector<std::string> arguments, const std::string &log)
{
    if (geteuid() == 0) {
        const struct passwd *user = User();
        const std::vector<std::string> as = {"setpriv",
                                             "--reuid=" + std::to_string(user->pw_uid),
                                             "--regid=" + std::to_string(user->pw_gid),
                                             "--clear-groups",
                                             "--pdeathsig=KILL",
                                             "--"};
        arguments.insert(arguments.begin(), as.begin(), as.end());
    }
    std::vector<char *> argv;
    for (std::string &argument : arguments) {
        argv.push_back(argument.data());
    }
    argv.push_back(nullptr);
    posix_spawn_file_actions_t files;
    pid_t child = -1;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 1, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    posix_spawn_file_actions_adddup2(&files, 1, 2);
    if (posix_spawnp(&child, argv[0], &files, nullptr, argv.data(), environ) != 0) {
        child = -1;
    }
    posix_spawn_file_actions_destroy(&files);
    return child;
}

std::string ReadAll(const std::string &path)
{
    std::ifstream file(path);
    std::ostringstream all;
    all << file.rdbuf();
    return all.str();
}

void Pause()
{
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
}

} // namespace

PostgresServer &PostgresServer::Shared()
{
    static PostgresServer server;
    return server;
}

PostgresServer::PostgresServer() : binaries_(FindBinaries())
{
    if (binaries_.empty()) {
        ADD_FAILURE() << "no PostgreSQL server is installed (package postgresql-15); a build with "
                         "-DGAIA_POSTGRES=OFF does not ask for one";
        throw std::runtime_error("no PostgreSQL server");
    }
    std::string pattern = (fs::temp_directory_path() / "gaia-pg-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    if (geteuid() == 0 && chown(folder_.c_str(), User()->pw_uid, User()->pw_gid) != 0) {
        throw std::runtime_error("chown");
    }
    int status = -1;
    const pid_t initdb = Spawn({binaries_ + "/initdb", "-D", folder_ + "/data", "-U", "gaia", "-A",
                                "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"},
                               folder_ + "/log");
    if (initdb < 0 || waitpid(initdb, &status, 0) != initdb || status != 0) {
        ADD_FAILURE() << "initdb failed\n" << ReadAll(folder_ + "/log");
        throw std::runtime_error("initdb");
    }
    Start();
}

PostgresServer::~PostgresServer()
{
    Kill();
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
}

std::string PostgresServer::Base() const
{
    return "host=" + folder_ + " user=gaia dbname=postgres";
}

bool PostgresServer::Answers() const
{
    return PQping(Base().c_str()) == PQPING_OK;
}

void PostgresServer::Start()
{
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(kStartSeconds);
    while (std::chrono::steady_clock::now() < end) {
        int status = 0;
        if (pid_ < 0) {
            // What lasts through the end of processes is what is tested, so fsync may be off.
            pid_ = Spawn({binaries_ + "/postgres", "-D", folder_ + "/data", "-k", folder_, "-c",
                          "listen_addresses=", "-c", "fsync=off", "-c", "full_page_writes=off",
                          "-c", "shared_buffers=32MB", "-c", "max_connections=50", "-c",
                          "dynamic_shared_memory_type=mmap"},
                         folder_ + "/log");
        }
        if (pid_ > 0 && Answers()) {
            return;
        }
        // It refuses to start while a process of the one before is there; then it is tried again.
        if (pid_ > 0 && waitpid(pid_, &status, WNOHANG) == pid_) {
            pid_ = -1;
        }
        Pause();
    }
    ADD_FAILURE() << "PostgreSQL did not start\n" << ReadAll(folder_ + "/log");
    throw std::runtime_error("PostgreSQL did not start");
}

void PostgresServer::Kill()
{
    int status = 0;
    if (pid_ <= 0) {
        return;
    }
    // Those that serve connections would outlive it by a moment, in which they answer.
    const std::string self = std::to_string(pid_);
    std::ifstream list("/proc/" + self + "/task/" + self + "/children");
    const std::vector<pid_t> children{std::istream_iterator<pid_t>(list), {}};
    kill(pid_, SIGKILL);
    waitpid(pid_, &status, 0);
    pid_ = -1;
    for (const pid_t child : children) {
        for (int i = 0; kill(child, SIGKILL) == 0 && i < 1000; i++) {
            usleep(1000);
        }
    }
}

std::string PostgresServer::Ask(const std::string &conninfo, const std::string &command) const
{
    PGconn *connection = PQconnectdb(conninfo.c_str());
    PGresult *result = PQexec(connection, command.c_str());
    const ExecStatusType code = PQresultStatus(result);
    EXPECT_TRUE(code == PGRES_COMMAND_OK || code == PGRES_TUPLES_OK)
        << command << ": " << PQerrorMessage(connection);
    const std::string value = PQntuples(result) > 0 ? PQgetvalue(result, 0, 0) : "";
    PQclear(result);
    PQfinish(connection);
    return value;
}

std::string PostgresServer::NewSchema()
{
    const std::string name = "test" + std::to_string(++n_schemas_);
    Ask(Base(), "CREATE SCHEMA " + name);
    return Base() + " options='-c search_path=" + name + "'";
}
