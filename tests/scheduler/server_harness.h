// SPDX-License-Identifier: MIT
//
// A real gaia-scheduler in a state directory of its own, a user that talks HTTP to it, and an
// executor that speaks the wire protocol without an engine. Used by http_test.cc and
// server_test.cc.
//
// Invariant: whatever a test started is ended with the harness; processes are made by posix_spawn,
// since nng does not survive a fork.
#ifndef SERVER_HARNESS_H
#define SERVER_HARNESS_H

#include <curl/curl.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <jansson.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "store_harness.h"

extern char **environ;

struct JsonDelete {
    void operator()(json_t *json) const
    {
        json_decref(json);
    }
};
using Json = std::unique_ptr<json_t, JsonDelete>;

inline Json ParseJson(const std::string &text)
{
    return Json(json_loadb(text.data(), text.size(), 0, nullptr));
}

// A member as text: strings as they are, everything else as JSON; "" if it is absent.
inline std::string Member(const json_t *json, const char *key)
{
    const json_t *member = json_object_get(json, key);
    if (json_is_string(member)) {
        return json_string_value(member);
    }
    char *dumped = member != nullptr ? json_dumps(member, JSON_COMPACT | JSON_ENCODE_ANY) : nullptr;
    const std::string text = dumped != nullptr ? dumped : "";
    free(dumped);
    return text;
}

struct Answer {
    long status = 0;
    std::string body;
    std::string type;
    std::string retry_after;
    Json json;

    std::string Get(const char *key) const
    {
        return Member(json.get(), key);
    }
};

class Scheduler
{
  public:
    TemporaryDirectory directory;
    pid_t pid = -1;
    std::string api;
    std::string control;
    std::string work;
    std::string secret;
    std::string remote_control; // "" unless it listens for other machines
    std::string remote_work;

    std::vector<std::string> more; // arguments

    explicit Scheduler(std::vector<std::string> arguments = {}) : more(std::move(arguments))
    {
        Start();
    }
    // Every test ends with a clean stop: that is where sanitizers report what leaked.
    ~Scheduler()
    {
        if (pid > 0) {
            const int status = End(SIGTERM);
            EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << Read("log");
        }
    }
    pid_t Spawn()
    {
        const std::string program = std::string(GAIA_BINARIES) + "/gaia-scheduler";
        const std::string log = directory / "log";
        std::vector<std::string> words = {"gaia-scheduler", "--state", directory.Path()};
        words.insert(words.end(), more.begin(), more.end());
        std::vector<char *> argv;
        for (std::string &word : words) {
            argv.push_back(word.data());
        }
        argv.push_back(nullptr);
        posix_spawn_file_actions_t files;
        pid_t child = -1;
        posix_spawn_file_actions_init(&files);
        posix_spawn_file_actions_addopen(&files, 2, log.c_str(), O_WRONLY | O_CREAT | O_APPEND,
                                         0600);
        EXPECT_EQ(0, posix_spawn(&child, program.c_str(), &files, nullptr, argv.data(), environ));
        posix_spawn_file_actions_destroy(&files);
        return child;
    }
    // Starts it and waits until it says where to dial.
    void Start()
    {
        unlink((directory / "scheduler.json").c_str());
        pid = Spawn();
        for (int i = 0; i < 3000 && access((directory / "scheduler.json").c_str(), F_OK) != 0;
             i++) {
            usleep(10000);
        }
        const Json note = ParseJson(Read("scheduler.json"));
        ASSERT_NE(nullptr, note) << Read("log");
        api = Member(note.get(), "api");
        control = Member(note.get(), "control");
        work = Member(note.get(), "work");
        remote_control = Member(note.get(), "remote_control");
        remote_work = Member(note.get(), "remote_work");
        secret = Read("secret");
    }
    // Ends it with this signal and returns what waitpid says.
    int End(int signal)
    {
        int status = 0;
        if (pid > 0) {
            kill(pid, signal);
            waitpid(pid, &status, 0);
            pid = -1;
        }
        return status;
    }
    std::string Read(const std::string &name) const
    {
        std::ifstream file(directory / name, std::ios::binary);
        std::ostringstream all;
        all << file.rdbuf();
        return all.str();
    }

    Answer Http(const std::string &method, const std::string &path, const std::string &body = "",
                const std::string &token = "right", const std::string &key = "") const
    {
        Answer answer;
        CURL *curl = curl_easy_init();
        struct curl_slist *headers = nullptr;
        if (!token.empty()) {
            const std::string line = "Authorization: Bearer " + (token == "right" ? secret : token);
            headers = curl_slist_append(headers, line.c_str());
        }
        if (!key.empty()) {
            headers = curl_slist_append(headers, ("Idempotency-Key: " + key).c_str());
        }
        curl_easy_setopt(curl, CURLOPT_URL, (api + path).c_str());
        curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method.c_str());
        curl_easy_setopt(curl, CURLOPT_TIMEOUT, 60L);
        curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
        if (method == "POST") {
            curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.data());
            curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
                             static_cast<curl_off_t>(body.size()));
        }
        curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
        curl_easy_setopt(curl, CURLOPT_HEADERDATA, &answer.retry_after);
        curl_easy_setopt(
            curl, CURLOPT_HEADERFUNCTION,
            +[](char *bytes, size_t size, size_t n, void *out) -> size_t {
                const std::string line(bytes, size * n);
                if (line.rfind("Retry-After: ", 0) == 0) {
                    *static_cast<std::string *>(out) = line.substr(13, line.size() - 15);
                }
                return size * n;
            });
        curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer.body);
        curl_easy_setopt(
            curl, CURLOPT_WRITEFUNCTION,
            +[](char *bytes, size_t size, size_t n, void *out) -> size_t {
                static_cast<std::string *>(out)->append(bytes, size * n);
                return size * n;
            });
        const CURLcode code = curl_easy_perform(curl);
        char *type = nullptr;
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer.status);
        curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type);
        answer.type = type != nullptr ? type : "";
        if (code != CURLE_OK && answer.status == 0) {
            ADD_FAILURE() << method << ' ' << path << ": " << curl_easy_strerror(code);
        }
        curl_slist_free_all(headers);
        curl_easy_cleanup(curl);
        answer.json = ParseJson(answer.body);
        return answer;
    }
    std::string Submit(size_t n_forecasts = 1) const
    {
        std::string forecasts;
        for (size_t i = 0; i < n_forecasts; i++) {
            forecasts += std::string(i > 0 ? ", " : "") + "{\"id\": \"f" + std::to_string(i) +
                         "\", \"files\": [\"/data/f" + std::to_string(i) + ".nc\"]}";
        }
        const Answer answer =
            Http("POST", "/v1/jobs",
                 "{\"schema\": \"gaia.job/1\", \"name\": \"a test\", \"forecasts\": [" + forecasts +
                     "], \"truth\": {\"files\": [\"/data/truth.nc\"]}}");
        EXPECT_EQ(201, answer.status) << answer.body;
        return answer.Get("id");
    }
    Answer Job(const std::string &id) const
    {
        return Http("GET", "/v1/jobs/" + id);
    }
    // Waits until the job is in this state; the job as it is then.
    Answer Await(const std::string &id, const std::string &state) const
    {
        Answer job = Job(id);
        for (int i = 0; i < 1000 && job.Get("state") != state; i++) {
            usleep(20000);
            job = Job(id);
        }
        EXPECT_EQ(state, job.Get("state")) << job.body << Read("log");
        return job;
    }
};

#endif
