// SPDX-License-Identifier: MIT
//
// What a test needs to read stores behind an address.
#include "remote_access.h"

#include <cstdlib>
#include <filesystem>

#include "made_certificate.h"

std::unique_ptr<Scratch> RemoteStores::scratch;
std::unique_ptr<StoreServer> RemoteStores::server;

http_limits quick_limits()
{
    http_limits limits = http_limits_default();
    limits.attempts = 3;
    limits.redirects = 3;
    limits.backoff_ms = 2;
    limits.backoff_max_ms = 10;
    limits.retry_after_max_ms = 1000;
    return limits;
}

Access::Access(const http_limits &limits)
{
    gaia_error err = {};
    EXPECT_EQ(http_pool_open(&limits, 1, &access.pool, &err), GAIA_OK) << err.detail;
}

Access::~Access()
{
    http_pool_close(access.pool);
    manifest_free(manifest_);
}

void Access::check_against(const std::string &path, digest_kind kind)
{
    gaia_error err = {};
    ASSERT_EQ(manifest_make(path.c_str(), kind, nullptr, &manifest_, &err), GAIA_OK) << err.detail;
    access.manifest = manifest_;
}

void Access::check_by(const std::string &path)
{
    gaia_error err = {};
    ASSERT_EQ(manifest_read(path.c_str(), &manifest_, &err), GAIA_OK) << err.detail;
    access.manifest = manifest_;
}

std::string Access::hash(const std::string &key) const
{
    const manifest_entry *entry = manifest_find(manifest_, key.c_str());
    char hash[DIGEST_TEXT];
    EXPECT_NE(entry, nullptr) << key;
    digest_text(manifest_->kind, &entry->digest, hash);
    return hash;
}

std::string Access::differs(const std::string &store, const std::string &key,
                            const Bytes &have) const
{
    digest of = {};
    char hash[DIGEST_TEXT];
    EXPECT_EQ(digest_make(manifest_->kind, have.data(), have.size(), &of, nullptr), GAIA_OK);
    digest_text(manifest_->kind, &of, hash);
    return store + ": key '" + key + "' has " + std::to_string(have.size()) + " bytes with " +
           digest_name(manifest_->kind) + " " + hash + "; the manifest " + manifest_->name +
           " says " + std::to_string(manifest_find(manifest_, key.c_str())->bytes) +
           " bytes with " + this->hash(key);
}

Bytes changed(Bytes bytes)
{
    bytes.back() ^= 1;
    return bytes;
}

Bytes page()
{
    const std::string text = "<html><body>Please log in.</body></html>";
    return {text.begin(), text.end()};
}

void RemoteStores::SetUpTestSuite()
{
    setenv("no_proxy", "127.0.0.1,localhost", 1); // whatever the machine's settings are
    scratch = std::make_unique<Scratch>();
    std::filesystem::create_directories(scratch->path("root"));
    made_certificate(scratch->path("certificate"), scratch->path("key"));
    server = std::make_unique<StoreServer>(scratch->path("root"), scratch->path("log"),
                                           scratch->path("certificate"), scratch->path("key"));
}

void RemoteStores::TearDownTestSuite()
{
    server.reset();
    scratch.reset();
}

std::string RemoteStores::root(const std::string &name)
{
    return scratch->path("root/" + name);
}

void RemoteStores::make(const std::string &name, const MadeArray &array, int version,
                        bool consolidated)
{
    std::filesystem::remove_all(root(name));
    MadeStore store(root(name), version, consolidated);
    store.add(array);
    store.add_coordinates();
    store.finish();
}

ReadStore RemoteStores::read(const std::string &fault, const std::string &name,
                             const source_access &access, const std::string &scope)
{
    return read_store(server->url(fault, name, scope), "v", kAmpleLimits, &access);
}
