// SPDX-License-Identifier: MIT
//
// Manifests: what is written, what is refused, and what a folder that differs is told.

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <unistd.h>

extern "C" {
#include "manifest.h"
#include "manifest_folder.h"
}

#include "made_file.h"
#include "made_store.h"

namespace
{

void put(const std::string &path, const std::string &text)
{
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    file_put(path, Bytes(text.begin(), text.end()));
}

std::string written(const manifest *m)
{
    text out = {};
    manifest_write(m, &out);
    std::string json = out.s;
    text_fini(&out);
    return json;
}

std::string output_of(const std::string &command)
{
    std::string said;
    std::array<char, 4096> piece = {};
    FILE *pipe = popen(command.c_str(), "r");
    for (size_t n = 1; n > 0; said.append(piece.data(), n)) {
        n = fread(piece.data(), 1, piece.size(), pipe);
    }
    EXPECT_EQ(pclose(pipe), 0) << command;
    return said;
}

class Manifest : public ::testing::Test
{
  protected:
    void SetUp() override
    {
        put(root + "/.zgroup", "abc");
        put(root + "/z/0.0", "a");
        put(root + "/z.b", "");
        put(root + "/z/quote\" and \\", "abc");
        put(root + "/\xc3\xa4/x", "a");
    }

    std::string make(digest_kind kind = DIGEST_XXH64, const char *except = nullptr)
    {
        manifest *made = nullptr;
        EXPECT_EQ(manifest_make(root.c_str(), kind, except, &made, &err), GAIA_OK) << err.detail;
        const std::string json = made != nullptr ? written(made) : "";
        manifest_free(made);
        return json;
    }

    // Why the text is refused; "" if it is not.
    std::string refused(const std::string &json)
    {
        manifest *parsed = nullptr;
        gaia_error why = {};
        const gaia_status status =
            manifest_parse("m.json", json.data(), json.size(), &parsed, &why);
        EXPECT_EQ(status == GAIA_OK, parsed != nullptr);
        manifest_free(parsed);
        return status == GAIA_OK ? "" : why.detail;
    }

    // A manifest of these files, as JSON, with a content hash that is not theirs.
    static std::string of_files(const std::string &files)
    {
        return R"({"schema":"gaia.manifest/1","algorithm":"xxh64","content_hash":"x","files":{)" +
               files + "}}";
    }

    Scratch scratch_;
    std::string root = scratch_.path("s");
    gaia_error err = {};
};

TEST_F(Manifest, HasSizeAndHashOfEveryFileInTheOrderOfKeys)
{
    const std::string json = make();
    const size_t head = json.find("\"files\"");
    EXPECT_EQ(json.substr(head), "\"files\":{\n"
                                 "\".zgroup\":{\"bytes\":3,\"hash\":\"44bc2cf5ad770999\"},\n"
                                 "\"z.b\":{\"bytes\":0,\"hash\":\"ef46db3751d8e999\"},\n"
                                 "\"z/0.0\":{\"bytes\":1,\"hash\":\"d24ec4f1a98c6e5b\"},\n"
                                 "\"z/quote\\\" and "
                                 "\\\\\":{\"bytes\":3,\"hash\":\"44bc2cf5ad770999\"},\n"
                                 "\"\xc3\xa4/x\":{\"bytes\":1,\"hash\":\"d24ec4f1a98c6e5b\"}},\n"
                                 "\"schema\":\"gaia.manifest/1\"}\n");
    EXPECT_EQ(json, make());
    EXPECT_NE(make(DIGEST_SHA256)
                  .find("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
              std::string::npos);
}

TEST_F(Manifest, ContentHashIsThatOfTheCanonicalForm)
{
    for (const digest_kind kind : {DIGEST_XXH64, DIGEST_SHA256}) {
        const std::string path = scratch_.path("m.json");
        put(path, make(kind));
        EXPECT_EQ(output_of("python3 -c 'import hashlib,json,sys; d=json.load(open(\"" + path +
                            "\")); h=d.pop(\"content_hash\");"
                            "c=json.dumps(d,sort_keys=True,separators=(\",\",\":\"),"
                            "ensure_ascii=False);"
                            "print(h==hashlib.sha256(c.encode()).hexdigest())'"),
                  "True\n");
    }
}

TEST_F(Manifest, IsReadBackHoweverItsJsonIsLaidOut)
{
    const std::string path = scratch_.path("m.json");
    put(path, make());
    const std::string again =
        output_of("python3 -c 'import json; d=json.load(open(\"" + path +
                  "\")); print(json.dumps(dict(reversed(d.items())), indent=3))'");
    manifest *parsed = nullptr;
    ASSERT_EQ(manifest_parse("m", again.data(), again.size(), &parsed, &err), GAIA_OK)
        << err.detail;
    EXPECT_EQ(written(parsed), make());
    EXPECT_EQ(manifest_find(parsed, "z/quote\" and \\")->bytes, 3u);
    EXPECT_EQ(manifest_find(parsed, "z/"), nullptr);
    EXPECT_EQ(manifest_pinned(parsed, parsed->content_hash, &err), GAIA_OK);
    EXPECT_EQ(manifest_pinned(parsed, "00", &err), GAIA_FILE_DAMAGED);
    EXPECT_EQ(std::string(err.detail), "m: manifest_hash wants the content_hash 00, and it is " +
                                           std::string(parsed->content_hash));
    manifest_free(parsed);
}

TEST_F(Manifest, WhatWasChangedInItIsSeen)
{
    std::string json = make();
    const size_t at = json.find("d24ec4f1a98c6e5b");
    json[at] = 'e';
    EXPECT_EQ(refused(json),
              "m.json: it says that its content_hash is "
              "'9ffe08abe2082f7c87d31b797cf5907139be522885a37d9c927b1df36cf3b5f7', and it is "
              "be938a531ab5e6176537114bd5ab006b0202aa3c3f522144d7f80becb56231ed");
    EXPECT_EQ(refused(make()), "");
}

TEST_F(Manifest, HostileOnesAreRefused)
{
    const std::string good = R"({"bytes":1,"hash":"d24ec4f1a98c6e5b"})";
    for (const char *key : {"", "/a", "a/", "a//b", "..", "a/../b", "./a", "a/.", "a\\nb"}) {
        const std::string shown = key == std::string("a\\nb") ? "a b" : key;
        EXPECT_EQ(refused(of_files("\"" + std::string(key) + "\":" + good)),
                  "m.json: '" + shown + "' is no key of a manifest");
    }
    EXPECT_EQ(refused(of_files("\"" + std::string(5000, 'k') + "\":" + good)).substr(0, 1000),
              "m.json: '" + std::string(991, 'k'));
    EXPECT_EQ(refused(of_files("\"a\":" + good + ",\"a\":" + good)),
              "m.json: line 1, column 121: duplicate object key");
    EXPECT_EQ(refused(of_files(R"("a":{"bytes":-1,"hash":"d24ec4f1a98c6e5b"})")),
              "m.json: a: its number of bytes is negative");
    EXPECT_EQ(refused(of_files(R"("a":{"bytes":1,"hash":"D24EC4F1A98C6E5B"})")),
              "m.json: a: its hash is none");
    EXPECT_EQ(refused(of_files(R"("a":{"bytes":1.5,"hash":"d24ec4f1a98c6e5b"})")),
              "m.json: a.bytes: an integer is wanted, not a real number");
    EXPECT_EQ(refused(of_files(R"("a":{"bytes":1})")), "m.json: a: key 'hash' is missing");
    EXPECT_EQ(refused(of_files(R"("a":3)")), "m.json: a: an object is wanted, not an integer");
    EXPECT_EQ(refused(R"({"schema":"gaia.manifest/1","algorithm":"xxh64","content_hash":""})"),
              "m.json: key 'files' is missing or no object");
    EXPECT_EQ(refused("[]"), "m.json: an object is wanted, not an array");
    EXPECT_EQ(refused("{\"schema\": \"x\",\n oops"),
              "m.json: line 2, column 5: string or '}' expected");
    EXPECT_EQ(refused(R"({"schema":"x","algorithm":"xxh64","content_hash":"","files":{}})"),
              "m.json: schema 'x'; 'gaia.manifest/1' is wanted");
    EXPECT_EQ(
        refused(R"({"schema":"gaia.manifest/1","algorithm":"md5","content_hash":"","files":{}})"),
        "m.json: algorithm 'md5'; there are xxh64, sha256");
    EXPECT_EQ(refused(std::string(100000, '[')),
              "m.json: line 1, column 2049: maximum parsing depth reached");
    EXPECT_EQ(refused(std::string(size_t{MANIFEST_BYTES_MAX} + 1, ' ')),
              "m.json: larger than 67108864 bytes");
}

TEST_F(Manifest, SymbolicLinksAreNotFollowed)
{
    manifest *made = nullptr;
    ASSERT_EQ(symlink("/etc/passwd", (root + "/z/link").c_str()), 0);
    EXPECT_EQ(manifest_make(root.c_str(), DIGEST_XXH64, nullptr, &made, &err),
              GAIA_FILE_UNREADABLE);
    EXPECT_EQ(err.detail, root + ": 'z/link': symbolic links are not followed");
    EXPECT_EQ(made, nullptr);
    EXPECT_EQ(manifest_make((root + "/none").c_str(), DIGEST_XXH64, nullptr, &made, &err),
              GAIA_FILE_MISSING);
    EXPECT_EQ(err.detail, root + "/none: No such file or directory");
}

TEST_F(Manifest, OfAFileAndBesideItself)
{
    manifest *made = nullptr;
    ASSERT_EQ(manifest_make((root + "/z/0.0").c_str(), DIGEST_XXH64, nullptr, &made, &err),
              GAIA_OK);
    ASSERT_EQ(made->n_entries, 1u);
    EXPECT_STREQ(made->entries[0].key, "0.0");
    EXPECT_EQ(manifest_check_file(made, (root + "/z/0.0").c_str(), "0.0", &err), GAIA_OK);
    EXPECT_EQ(manifest_check_file(made, (root + "/z.b").c_str(), "0.0", &err), GAIA_FILE_DAMAGED);
    EXPECT_EQ(err.detail, root +
                              "/z.b: key '0.0' has 0 bytes with xxh64 ef46db3751d8e999; the "
                              "manifest " +
                              root + "/z/0.0 says 1 bytes with d24ec4f1a98c6e5b");
    EXPECT_EQ(manifest_check_file(made, (root + "/z.b").c_str(), "z.b", &err), GAIA_FILE_DAMAGED);
    EXPECT_EQ(err.detail, root + "/z.b: key 'z.b' is not in the manifest " + root + "/z/0.0");
    EXPECT_EQ(manifest_check_file(made, (root + "/none").c_str(), "0.0", &err), GAIA_FILE_MISSING);
    EXPECT_EQ(err.detail, root + "/none: No such file or directory");
    EXPECT_EQ(manifest_check_file(made, root.c_str(), "0.0", &err), GAIA_FILE_UNREADABLE);
    EXPECT_EQ(err.detail, root + ": not a regular file");
    manifest_free(made);
    const std::string before = make();
    put(root + "/m.json", before);
    EXPECT_EQ(make(DIGEST_XXH64, (root + "/m.json").c_str()), before);
}

struct Told {
    std::vector<std::string> lines;
    manifest_result result;
};

void note(void *context, manifest_fault fault, const char *key, const char *why)
{
    static const char *const names[] = {"bad ", "missing ", "surplus "};
    static_cast<Told *>(context)->lines.push_back(std::string(names[fault]) + key + why);
}

TEST_F(Manifest, EachFileThatDiffersIsNamed)
{
    const std::string path = root + "/manifest.json";
    manifest *m = nullptr;
    put(path, make());
    ASSERT_EQ(manifest_read(path.c_str(), &m, &err), GAIA_OK) << err.detail;
    const auto check = [&](size_t sample, uint64_t seed) {
        Told told = {};
        EXPECT_EQ(
            manifest_check_folder(m, root.c_str(), sample, seed, note, &told, &told.result, &err),
            GAIA_OK)
            << err.detail;
        return told;
    };
    EXPECT_TRUE(check(SIZE_MAX, 0).lines.empty());
    EXPECT_EQ(check(SIZE_MAX, 0).result.n_hashed, 5u);
    EXPECT_EQ(check(2, 0).result.n_hashed, 2u);
    put(root + "/z/0.0", "b");
    put(root + "/new/file", "b");
    std::filesystem::remove(root + "/z.b");
    const Told all = check(SIZE_MAX, 0);
    ASSERT_EQ(all.lines.size(), 3u);
    EXPECT_EQ(all.lines[0], "surplus new/file");
    EXPECT_EQ(all.lines[1], "bad z/0.0" + root +
                                ": key 'z/0.0' has 1 bytes with xxh64 78452aa11af39f9b; the "
                                "manifest " +
                                path + " says 1 bytes with d24ec4f1a98c6e5b");
    EXPECT_EQ(all.lines[2], "missing z.b");
    // A sample finds the changed byte with some seeds, another size always.
    size_t found = 0;
    for (uint64_t seed = 0; seed < 40; seed++) {
        found += check(1, seed).result.n_bad;
        EXPECT_EQ(check(1, seed).lines, check(1, seed).lines);
    }
    EXPECT_GT(found, 0u);
    EXPECT_LT(found, 40u);
    put(root + "/z/0.0", "longer");
    EXPECT_EQ(check(0, 0).result.n_bad, 1u);
    manifest_free(m);
}

struct Outcome {
    int status;
    std::string out;
};

Outcome run(const std::string &arguments)
{
    Outcome result = {-1, ""};
    std::array<char, 4096> piece = {};
    FILE *pipe = popen((GAIA_BINARIES "/gaia manifest " + arguments + " 2>&1").c_str(), "r");
    for (size_t n = 1; n > 0; result.out.append(piece.data(), n)) {
        n = fread(piece.data(), 1, piece.size(), pipe);
    }
    result.status = WEXITSTATUS(pclose(pipe));
    return result;
}

TEST_F(Manifest, CommandMakesAndChecks)
{
    const std::string m = scratch_.path("m.json");
    EXPECT_EQ(run("make " + root + " --algorithm sha256 --out " + m).status, 0);
    const Outcome good = run("check " + root + " " + m);
    EXPECT_EQ(good.status, 0) << good.out;
    EXPECT_EQ(good.out, "");
    put(root + "/z/0.0", "b");
    const Outcome bad = run("check " + root + " " + m);
    EXPECT_EQ(bad.status, 3);
    EXPECT_EQ(
        bad.out,
        "bad: " + root +
            ": key 'z/0.0' has 1 bytes with sha256 "
            "3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d; the manifest " +
            m +
            " says 1 bytes with "
            "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb\ngaia: " +
            root + ": 1 bad, 0 missing and 0 surplus of 5 files in " + m + "\n");
    const Outcome json = run("check " + root + " " + m + " --json --sample 3 --seed 1");
    EXPECT_NE(json.out.find("\"hashed\": 3"), std::string::npos) << json.out;
    const auto said = [](int status, const std::string &arguments) {
        const Outcome outcome = run(arguments);
        EXPECT_EQ(outcome.status, status) << arguments;
        return outcome.out;
    };
    EXPECT_EQ(said(2, "make " + root + " --algorithm md5"),
              "gaia: --algorithm 'md5': xxh64 or sha256 is wanted\n");
    EXPECT_EQ(said(3, "make " + root + "/none"),
              "gaia: " + root + "/none: No such file or directory\n");
    EXPECT_EQ(said(2, "check " + root),
              "gaia: usage: gaia manifest check PATH MANIFEST [--sample N] [--seed S] [--json]\n");
    EXPECT_EQ(said(2, ""),
              "gaia: usage: gaia manifest make PATH | gaia manifest check PATH MANIFEST\n");
}

} // namespace
