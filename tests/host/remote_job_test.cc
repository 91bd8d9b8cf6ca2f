// SPDX-License-Identifier: MIT
//
// Jobs over addresses and manifests: the same sums as from files, and what one forecast's failure
// does to the others.

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <map>
#include <string>

#include "engine_run.h"
#include "remote_access.h"
#include "task.h"

namespace
{

void text_put(const std::string &path, const std::string &text)
{
    file_put(path, Bytes(text.begin(), text.end()));
}

// What a run of a job said.
struct Said {
    gaia_status status = GAIA_OK;
    std::string error;
    std::map<std::string, size_t> scores; // of each forecast
    std::map<std::string, std::string> failures;
};

void on_score(void *context, const gaia_score *score)
{
    static_cast<Said *>(context)->scores[score->forecast]++;
}

void on_failed(void *context, const char *forecast, const gaia_error *why)
{
    static_cast<Said *>(context)->failures[forecast] = why->detail;
}

class RemoteJob : public RemoteStores
{
  protected:
    static void SetUpTestSuite()
    {
        RemoteStores::SetUpTestSuite();
        std::filesystem::copy(GAIA_TEST_DATA "/hres_2018_zarr", root("hres"),
                              std::filesystem::copy_options::recursive);
        std::filesystem::copy(root("hres"), root("changed"),
                              std::filesystem::copy_options::recursive);
        for (const char *name : {"forecast", "truth"}) {
            put_manifest(std::string("hres/") + name + ".zarr", std::string(name) + ".json");
        }
    }

    static void put_manifest(const std::string &folder, const std::string &name)
    {
        manifest *made = nullptr;
        gaia_error err = {};
        text json = {};
        ASSERT_EQ(manifest_make(root(folder).c_str(), DIGEST_SHA256, nullptr, &made, &err), GAIA_OK)
            << err.detail;
        manifest_write(made, &json);
        text_put(root(name), json.s);
        text_fini(&json);
        manifest_free(made);
    }

    // What is said of the key whose bytes are these, which the manifest at root/name does not say.
    static std::string differs(const std::string &where, const std::string &key, const Bytes &have,
                               const std::string &name)
    {
        Access access;
        access.check_by(root(name));
        return access.differs(where, key, have);
    }

    static std::string source(const std::string &file, const std::string &more = "",
                              const std::string &id = "")
    {
        return "{" + (id.empty() ? "" : "\"id\": \"" + id + "\", ") + "\"files\": [\"" + file +
               "\"]" + (more.empty() ? "" : ", " + more) + "}";
    }

    static std::string job(const std::string &forecasts, const std::string &truth,
                           const std::string &climatology)
    {
        return R"({"schema": "gaia.job/1", "variables": ["z", "t"], "forecasts": [)" + forecasts +
               R"(], "truth": )" + truth + R"(, "climatology": )" + climatology + "}";
    }

    static Rows sums_of(const std::string &json)
    {
        Work run;
        gaia_error err = {};
        gaia_job *parsed = nullptr;
        engine *opened = nullptr;
        plan *made = nullptr;
        const gaia_engine_options options = {"cpu", 1, 64 << 20, 0, 0};
        EXPECT_EQ(gaia_job_parse(json.data(), json.size(), &parsed, &err), GAIA_OK) << err.detail;
        run.job.reset(parsed);
        EXPECT_EQ(engine_open(&options, &opened, &err), GAIA_OK) << err.detail;
        run.open.reset(opened);
        if (engine_plan(opened, parsed, &made, &err) != GAIA_OK) {
            ADD_FAILURE() << err.detail;
            return {};
        }
        run.made.reset(made);
        return run_sums(run, 100000);
    }

    static Said score(const std::string &json)
    {
        Said said;
        gaia_error err = {};
        gaia_job *parsed = nullptr;
        const gaia_engine_options options = {"cpu", 1, 64 << 20, 0, 0};
        const gaia_observer observer = {&said, on_score, on_failed, nullptr, nullptr};
        said.status = gaia_job_parse(json.data(), json.size(), &parsed, &err);
        if (said.status == GAIA_OK) {
            said.status = gaia_score_job(parsed, &options, &observer, &err);
        }
        gaia_job_free(parsed);
        said.error = err.detail;
        return said;
    }

    static std::string remote(const std::string &name)
    {
        return server->url("plain", name);
    }
};

TEST_F(RemoteJob, SumsAreThoseOfTheFolderToTheBit)
{
    const auto of = [](const std::string &begin, const std::string &forecast,
                       const std::string &truth) {
        return sums_of(job(source(begin + "forecast.zarr", forecast, "f"),
                           source(begin + "truth.zarr", truth),
                           source(begin + "climatology.zarr")));
    };
    const Rows folder = of(root("hres/"), "", "");
    expect_same(folder, of(remote("hres/"), "", ""));
    expect_same(folder, of(remote("hres/"), "\"manifest\": \"" + root("forecast.json") + "\"",
                           "\"manifest\": \"" + remote("truth.json") + "\""));
    expect_same(folder, of(server->url("chunked", "hres/"), "", ""));
    expect_same(folder, of(server->url("twice-500", "hres/"), "", ""));
}

TEST_F(RemoteJob, RequestsHaveTheLimitsThatTheEngineWasTold)
{
    const std::string failing = server->url("status-500", "hres/forecast.zarr");
    const std::string texts[] = {
        job(source(failing, "", "f"), source(remote("hres/truth.zarr")),
            source(remote("hres/climatology.zarr"))),
        R"({"schema": "gaia.job/1", "task": "weather.hash.verification_compute", "request":
            {"schema": "gaia.hash/1", "source": )" +
            source(failing) + "}}"};
    for (const std::string &text : texts) {
        gaia_error err = {};
        gaia_job *parsed = nullptr;
        engine *opened = nullptr;
        plan *made = nullptr;
        json_t *document = nullptr;
        http_limits limits = quick_limits();
        limits.attempts = 2;
        const gaia_engine_options options = {"cpu", 1, 64 << 20, 0, 0};
        ASSERT_EQ(gaia_job_parse(text.data(), text.size(), &parsed, &err), GAIA_OK) << err.detail;
        ASSERT_EQ(engine_open(&options, &opened, &err), GAIA_OK) << err.detail;
        engine_limit_remote(opened, &limits);
        EXPECT_EQ(parsed->task == nullptr ? engine_plan(opened, parsed, &made, &err)
                                          : task_run(opened, parsed, nullptr, &document, &err),
                  GAIA_UNREACHABLE);
        EXPECT_NE(std::string(err.detail).find("HTTP 500 (2 attempts)"), std::string::npos)
            << err.detail;
        engine_close(opened);
        gaia_job_free(parsed);
    }
}

TEST_F(RemoteJob, AForecastThatDiffersFromItsManifestFailsAndTheOthersDoNot)
{
    std::string changed;
    for (const auto &entry : std::filesystem::directory_iterator(root("changed/forecast.zarr/z"))) {
        const std::string name = entry.path().filename();
        changed = name[0] != '.' && (changed.empty() || name < changed) ? name : changed;
    }
    const std::string path = root("changed/forecast.zarr/z/" + changed);
    Bytes bytes = file_get(path);
    bytes[bytes.size() / 2] ^= 1;
    file_put(path, bytes);
    const std::string checked = "\"manifest\": \"" + root("forecast.json") + "\"";
    for (const std::string &begin : {root(""), remote("")}) {
        const std::string forecasts = source(begin + "hres/forecast.zarr", checked, "good") + ", " +
                                      source(begin + "changed/forecast.zarr", checked, "bad") +
                                      ", " + source(begin + "hres/forecast.zarr", "", "unchecked");
        const Said said = score(job(forecasts, source(begin + "hres/truth.zarr"),
                                    source(begin + "hres/climatology.zarr")));
        EXPECT_EQ(said.status, GAIA_FILE_DAMAGED);
        ASSERT_EQ(said.failures.size(), 1u);
        EXPECT_EQ(said.failures.at("bad"),
                  differs(begin + "changed/forecast.zarr", "z/" + changed, bytes, "forecast.json") +
                      " (z, level 300, time 2018-04-04T12, lead 12 h)");
        EXPECT_GT(said.scores.at("good"), 0u);
        EXPECT_EQ(said.scores.at("good"), said.scores.at("unchecked"));
        EXPECT_EQ(said.scores.count("bad"), 0u);
    }
}

TEST_F(RemoteJob, AManifestIsPinnedByItsContentHash)
{
    manifest *m = nullptr;
    gaia_error err = {};
    ASSERT_EQ(manifest_read(root("forecast.json").c_str(), &m, &err), GAIA_OK);
    const std::string hash = m->content_hash;
    manifest_free(m);
    const auto with = [&](const std::string &pin) {
        return score(job(source(root("hres/forecast.zarr"),
                                "\"manifest\": \"" + remote("forecast.json") +
                                    "\", \"manifest_hash\": \"" + pin + "\"",
                                "f"),
                         source(root("hres/truth.zarr")), source(root("hres/climatology.zarr"))));
    };
    EXPECT_EQ(with(hash).status, GAIA_OK);
    const Said other = with(std::string(64, '0'));
    EXPECT_EQ(other.status, GAIA_FILE_DAMAGED);
    EXPECT_EQ(other.error, remote("forecast.json") + ": manifest_hash wants the content_hash " +
                               std::string(64, '0') + ", and it is " + hash);
}

TEST_F(RemoteJob, OneManifestOfManyForecastsIsReadOnce)
{
    const std::string checked = "\"manifest\": \"" + remote("forecast.json") + "\"";
    std::string forecasts;
    for (const char *id : {"a", "b", "c"}) {
        forecasts +=
            (forecasts.empty() ? "" : ", ") + source(root("hres/forecast.zarr"), checked, id);
    }
    (void)server->requests();
    EXPECT_EQ(score(job(forecasts, source(root("hres/truth.zarr")),
                        source(root("hres/climatology.zarr"))))
                  .status,
              GAIA_OK);
    size_t n = 0;
    for (const std::string &line : server->requests()) {
        n += line.find("forecast.json") != std::string::npos ? 1U : 0U;
    }
    EXPECT_EQ(n, 1U); // the sources stay open from the plan to the sums
}

TEST_F(RemoteJob, ManifestsThatCannotBeHad)
{
    const auto with = [&](const std::string &more) {
        const Said said =
            score(job(source(root("hres/forecast.zarr"), more, "f"),
                      source(root("hres/truth.zarr")), source(root("hres/climatology.zarr"))));
        EXPECT_NE(said.status, GAIA_OK);
        return said.error;
    };
    EXPECT_EQ(with("\"manifest\": \"" + remote("none.json") + "\""),
              remote("none.json") + ": no such manifest");
    EXPECT_EQ(with("\"manifest\": \"" + root("none.json") + "\""),
              root("none.json") + ": No such file or directory");
    EXPECT_EQ(with("\"manifest\": \"" + server->url("page", "forecast.json") + "\""),
              server->url("page", "forecast.json") + ": line 1, column 1: '[' or '{' expected");
    EXPECT_EQ(with("\"manifest\": \"" + server->url("status-403", "forecast.json") + "\""),
              server->url("status-403", "forecast.json") +
                  ": HTTP 403: access denied (no token was sent)");
    EXPECT_EQ(with(R"("manifest_hash": "00")"),
              "job.forecasts[0].manifest_hash: there is no 'manifest' that it could be of");
    EXPECT_EQ(with(R"("manifest": 3)"),
              "job.forecasts[0].manifest: a string is wanted, not an integer");
    EXPECT_EQ(with(R"("ca_file": "")"), "job.forecasts[0].ca_file: it is empty");
}

TEST_F(RemoteJob, TheTokenIsReadFromItsFileAndInNoMessage)
{
    const std::string file = root("token");
    const auto with = [&](const std::string &fault) {
        return score(job(source(server->url(fault, "hres/forecast.zarr"),
                                "\"token_file\": \"" + file + "\"", "f"),
                         source(root("hres/truth.zarr")), source(root("hres/climatology.zarr"))));
    };
    const std::string address = server->url("", "");
    const std::string place = address.substr(0, address.find('/', strlen("http://")));
    text_put(file, place + " s3cr3t.token\n");
    EXPECT_EQ(with("token-s3cr3t.token").status, GAIA_OK);
    const Said denied = with("token-other");
    EXPECT_EQ(denied.status, GAIA_DENIED);
    EXPECT_EQ(denied.error, server->url("token-other", "hres/forecast.zarr") +
                                ": key '.zmetadata': HTTP 403: access denied (the token was sent)");
    for (const std::string &text :
         {std::string(), std::string("s3cr3t"), std::string("two words"), place + " ",
          place + " s3cr3t\nX-More: 1", place + " s3 cr3t", place + " \x01"}) {
        text_put(file, text);
        EXPECT_EQ(with("plain").error,
                  "token_file: " + file + ": one line is wanted, 'https://HOST TOKEN'");
    }
    // A token goes to its own place alone, whatever a job says.
    for (const std::string &other : {std::string("https://127.0.0.1"), place + "0", place + "/else",
                                     place.substr(0, place.size() - 1)}) {
        text_put(file, other + " s3cr3t.token\n");
        const Said said = with("plain");
        EXPECT_EQ(said.status, GAIA_DENIED);
        EXPECT_EQ(said.error, "token_file: " + file + ": its token is for another place than " +
                                  server->url("plain", "hres/forecast.zarr"));
    }
    std::filesystem::remove(file);
    EXPECT_EQ(with("plain").error, "token_file: " + file + ": No such file or directory");
}

TEST_F(RemoteJob, OtherFormatsAreCheckedWholeWhenTheyAreOpened)
{
    const std::string data = GAIA_TEST_DATA "/packing_2007/";
    std::filesystem::create_directories(root("files"));
    for (const char *name : {"test4.grib", "climatology.nc"}) {
        std::filesystem::copy(data + name, root("files/") + name);
    }
    put_manifest("files", "files.json");
    const std::string checked = "\"manifest\": \"" + root("files.json") + "\"";
    const auto run = [&] {
        return score(job(source(data + "test4.zarr", "\"step_override\": 0", "f"),
                         source(root("files/test4.grib"), "\"as\": \"truth\", " + checked),
                         source(root("files/climatology.nc"), checked)));
    };
    EXPECT_EQ(run().status, GAIA_OK) << run().error;
    for (const char *name : {"climatology.nc", "test4.grib"}) {
        Bytes bytes = file_get(root("files/") + name);
        bytes[bytes.size() - 5] ^= 1;
        file_put(root("files/") + name, bytes);
        const Said said = run();
        EXPECT_EQ(said.status, GAIA_FILE_DAMAGED);
        EXPECT_EQ(said.error, differs(root("files/") + name, name, bytes, "files.json"));
    }
}

TEST_F(RemoteJob, OnlyZarrIsReadFromAnAddress)
{
    const std::string url = remote("hres/forecast.nc");
    const Said said =
        score(job(source(url, "\"format\": \"netcdf\"", "f"), source(root("hres/truth.zarr")),
                  source(root("hres/climatology.zarr"))));
    EXPECT_EQ(said.error, url + ": format 'netcdf' is read from files; only zarr is read from an "
                                "address");
}

// What the program writes, and its exit status.
std::pair<int, std::string> gaia(const std::string &arguments)
{
    std::string out;
    std::array<char, 4096> piece = {};
    FILE *pipe = popen((GAIA_BINARIES "/gaia " + arguments + " 2>&1").c_str(), "r");
    for (size_t n = 1; n > 0; out.append(piece.data(), n)) {
        n = fread(piece.data(), 1, piece.size(), pipe);
    }
    const int status = pclose(pipe);
    return {WEXITSTATUS(status), out};
}

TEST_F(RemoteJob, AddressesStandWhereFilesDoOnTheCommandLine)
{
    const std::string options = " --device cpu --format csv --variables z,t";
    const auto of = [&](const std::string &begin) {
        return gaia("score " + begin + "forecast.zarr " + begin + "truth.zarr " + begin +
                    "climatology.zarr" + options);
    };
    const auto folder = of(root("hres/"));
    EXPECT_EQ(folder.first, 0) << folder.second;
    EXPECT_GT(folder.second.size(), 1000u);
    EXPECT_EQ(of(remote("hres/")), folder);
    std::filesystem::copy(root("hres/truth.zarr"), root("bare.zarr"),
                          std::filesystem::copy_options::recursive);
    std::filesystem::remove(root("bare.zarr/.zmetadata"));
    const auto unlisted =
        gaia("score " + remote("hres/forecast.zarr") + " " + remote("bare.zarr") + " --device cpu");
    EXPECT_EQ(unlisted.first, 3);
    EXPECT_EQ(unlisted.second, "gaia: " + remote("bare.zarr") +
                                   ": it has no consolidated metadata, and an address cannot be "
                                   "listed: say which variables are wanted\n");
}

} // namespace
