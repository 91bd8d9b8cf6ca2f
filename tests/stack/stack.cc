/* SPDX-License-Identifier: MIT
 *
 * Starting, watching and ending the stack under test. No process is signalled that is not a child
 * of this one or of its node.
 */
#include "stack.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

extern "C" {
#include "clock.h"
#include "json.h"
}

extern char **environ;

namespace
{

constexpr int64_t patience_ms = 120000;

/* The parent of a process; 0 if it is gone or a zombie. */
pid_t parent_of(pid_t pid)
{
    const std::string stat = file_text("/proc/" + std::to_string(pid) + "/stat");
    const size_t end = stat.rfind(')');
    if (end == std::string::npos || stat[end + 2] == 'Z') {
        return 0;
    }
    return static_cast<pid_t>(atoi(stat.c_str() + end + 4));
}

std::vector<pid_t> children_of(pid_t parent)
{
    std::vector<pid_t> found;
    for (const auto &entry : std::filesystem::directory_iterator("/proc")) {
        const pid_t pid = static_cast<pid_t>(atoi(entry.path().filename().c_str()));
        if (pid > 0 && parent_of(pid) == parent) {
            found.push_back(pid);
        }
    }
    std::sort(found.begin(), found.end());
    return found;
}

std::string program_of(pid_t pid)
{
    char path[PATH_MAX] = "";
    const ssize_t n =
        readlink(("/proc/" + std::to_string(pid) + "/exe").c_str(), path, sizeof path - 1);
    return n > 0 ? std::filesystem::path(std::string(path, static_cast<size_t>(n)))
                       .filename()
                       .string()
                 : "";
}

} // namespace

bool wait_until(const std::function<bool()> &good)
{
    const int64_t deadline_ms = clock_monotonic_ms() + patience_ms;
    while (!good()) {
        if (clock_monotonic_ms() > deadline_ms) {
            return false;
        }
        clock_sleep_ms(10);
    }
    return true;
}

std::string file_text(const std::string &path)
{
    std::ifstream in(path);
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
}

void file_put(const std::string &path, const std::string &text)
{
    std::ofstream(path) << text;
}

void Stack::SetUp()
{
    ASSERT_EQ(0, prctl(PR_SET_CHILD_SUBREAPER, 1));
    char made[] = "/tmp/gaia-stack-XXXXXX";
    directory = mkdtemp(made);
    state = directory + "/state";
    binaries = GAIA_BINARIES;
}

void Stack::TearDown()
{
    const Ended down = gaia({"down"});
    EXPECT_EQ(0, down.status) << down.err;
    const auto all_gone = [] {
        while (waitpid(-1, nullptr, WNOHANG) > 0) {
        }
        return children_of(getpid()).empty();
    };
    const int64_t deadline_ms = clock_monotonic_ms() + 10000;
    while (!all_gone() && clock_monotonic_ms() < deadline_ms) {
        clock_sleep_ms(10);
    }
    for (const pid_t pid : children_of(getpid())) {
        ADD_FAILURE() << program_of(pid) << " is left";
        kill(pid, SIGKILL);
        waitpid(pid, nullptr, 0);
    }
    /* A process that a sanitizer ended is started again like any other: only the log tells. */
    const std::string log = log_text();
    EXPECT_EQ(std::string::npos, log.find("Sanitizer")) << log;
    EXPECT_EQ(std::string::npos, log.find("runtime error")) << log;
    if (HasFailure()) {
        fprintf(stderr, "%s", log.c_str());
    }
    std::filesystem::remove_all(directory);
}

std::string Stack::log_text() const
{
    std::string text;
    if (std::filesystem::exists(state + "/log")) {
        for (const auto &entry : std::filesystem::recursive_directory_iterator(state + "/log")) {
            text += entry.is_regular_file() ? file_text(entry.path()) : "";
        }
    }
    return text;
}

Running Stack::gaia_start(const std::vector<std::string> &arguments)
{
    static int n_started = 0;
    const std::string base = directory + "/run" + std::to_string(n_started++);
    Running running = {0, base + ".out", base + ".err"};
    std::vector<std::string> words = {binaries + "/gaia"};
    words.insert(words.end(), arguments.begin(), arguments.end());
    if (arguments.at(0) != "score") {
        words.insert(words.end(), {"--state", state});
    }
    std::vector<char *> argv;
    for (std::string &word : words) {
        argv.push_back(word.data());
    }
    argv.push_back(nullptr);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addchdir_np(&files, directory.c_str());
    posix_spawn_file_actions_addopen(&files, 1, running.out_path.c_str(), O_WRONLY | O_CREAT, 0600);
    posix_spawn_file_actions_addopen(&files, 2, running.err_path.c_str(), O_WRONLY | O_CREAT, 0600);
    EXPECT_EQ(0, posix_spawn(&running.pid, argv[0], &files, nullptr, argv.data(), environ));
    posix_spawn_file_actions_destroy(&files);
    return running;
}

Ended Stack::gaia_wait(const Running &running)
{
    int how = 0;
    EXPECT_EQ(running.pid, waitpid(running.pid, &how, 0));
    return {WIFEXITED(how) ? WEXITSTATUS(how) : 128 + WTERMSIG(how), file_text(running.out_path),
            file_text(running.err_path)};
}

Ended Stack::gaia(const std::vector<std::string> &arguments)
{
    return gaia_wait(gaia_start(arguments));
}

void Stack::up(int n_executors, const std::vector<std::string> &more)
{
    std::vector<std::string> words = {"up",        "--executors", std::to_string(n_executors),
                                      "--threads", "1",           "--device",
                                      "cpu",       "--memory",    "256MiB"};
    words.insert(words.end(), more.begin(), more.end());
    const Ended ended = gaia(words);
    ASSERT_EQ(0, ended.status) << ended.err;
}

std::string Stack::job(const std::string &name, int n_forecasts, const std::string &more)
{
    const std::string data = std::string(GAIA_TEST_DATA "/") + name + "/";
    std::string text = "{\"schema\":\"gaia.job/1\",\"name\":\"" + name + "\",\"forecasts\":[";
    for (int i = 0; i < n_forecasts; i++) {
        text += std::string(i > 0 ? "," : "") + "{\"id\":\"f" + std::to_string(i) +
                "\",\"files\":[\"" + data + "forecast.nc\"]}";
    }
    text += "]";
    for (const char *source : {"truth", "climatology", "reference"}) {
        if (std::filesystem::exists(data + source + ".nc")) {
            text += std::string(",\"") + source + "\":{\"files\":[\"" + data + source + ".nc\"]}";
        }
    }
    const std::string path = directory + "/" + name + "-" + std::to_string(n_forecasts) + ".json";
    file_put(path, text + more + "}");
    return path;
}

std::string Stack::expected(const std::string &job_path)
{
    const Ended ended = gaia({"score", "--job", job_path, "--format", "csv", "--threads", "1"});
    EXPECT_EQ(0, ended.status) << ended.err;
    EXPECT_FALSE(ended.out.empty());
    return ended.out;
}

pid_t Stack::node()
{
    return static_cast<pid_t>(atoi(file_text(state + "/node.pid").c_str()));
}

std::vector<pid_t> Stack::children(const std::string &program)
{
    std::vector<pid_t> found;
    for (const pid_t pid : children_of(node())) {
        if (program_of(pid) == program) {
            found.push_back(pid);
        }
    }
    return found;
}

/* The body of a GET, "" if it fails. */
static std::string http_get(const std::string &state, const std::string &path)
{
    json_t *root = json_loads(file_text(state + "/scheduler.json").c_str(), 0, nullptr);
    const char *api = json_string_value(json_object_get(root, "api"));
    const char *colon = api != nullptr ? strrchr(api, ':') : nullptr;
    const int port = colon != nullptr ? atoi(colon + 1) : 0;
    json_decref(root);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<uint16_t>(port));
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    std::string answer;
    const std::string request = "GET " + path + " HTTP/1.0\r\nAuthorization: Bearer " +
                                file_text(state + "/secret").substr(0, 64) + "\r\n\r\n";
    if (connect(fd, reinterpret_cast<sockaddr *>(&address), sizeof address) == 0 &&
        send(fd, request.data(), request.size(), MSG_NOSIGNAL) > 0) {
        char piece[4096];
        for (ssize_t n; (n = read(fd, piece, sizeof piece)) > 0;) {
            answer.append(piece, static_cast<size_t>(n));
        }
    }
    close(fd);
    const size_t body = answer.find("\r\n\r\n");
    return body == std::string::npos ? "" : answer.substr(body + 4);
}

int Stack::leases(const std::string &executor)
{
    json_t *root = json_loads(http_get(state, "/v1/executors").c_str(), 0, nullptr);
    int found = -1;
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(root, "executors"), i, one)
    {
        const char *id = json_string_value(json_object_get(one, "id"));
        if (id != nullptr && id == executor &&
            strcmp("gone", json_string_value(json_object_get(one, "state"))) != 0) {
            found = static_cast<int>(json_integer_value(json_object_get(one, "leases")));
        }
    }
    json_decref(root);
    return found;
}

double Stack::metric(const std::string &series)
{
    const std::string text = "\n" + http_get(state, "/metrics");
    const size_t at = text.find("\n" + series + " ");
    return at != std::string::npos ? std::stod(text.substr(at + series.size() + 2)) : -1;
}

std::string Stack::state_of(const std::string &id)
{
    gaia_client *client = nullptr;
    gaia_client_jobs *job = nullptr;
    std::string found;
    if (gaia_client_open(state.c_str(), &client, nullptr) == GAIA_OK &&
        gaia_client_find(client, id.c_str(), &job, nullptr) == GAIA_OK) {
        found = job->jobs->state;
    }
    gaia_client_jobs_free(job);
    gaia_client_close(client);
    return found;
}

pid_t Stack::executor_stop_in_lease(const std::string &id)
{
    pid_t stopped = 0;
    const bool caught = wait_until([&] {
        const std::vector<pid_t> executors = children("gaia-executor");
        if (executors.empty() || state_of(id) != "running") {
            return false;
        }
        /* Stopped first and asked about afterwards: only so is the answer still true when it comes.
         */
        kill(executors[0], SIGSTOP);
        if (leases("executor-1") == 1 && state_of(id) == "running") {
            stopped = executors[0];
            return true;
        }
        kill(executors[0], SIGCONT);
        return false;
    });
    EXPECT_TRUE(caught) << "no executor was caught in a lease; the job is " << state_of(id);
    return stopped;
}
