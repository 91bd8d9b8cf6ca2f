// SPDX-License-Identifier: MIT
//
// Stores on a server of the tests, and how they are come by: limits so short that no test waits.
#ifndef HOST_REMOTE_ACCESS_H
#define HOST_REMOTE_ACCESS_H

#include <gtest/gtest.h>

#include <memory>
#include <string>

extern "C" {
#include "http_url.h"
#include "manifest_folder.h"
#include "source_access.h"
}

#include "made_file.h"
#include "made_store.h"
#include "store_server.h"
#include "zarr_store_reader.h"

http_limits quick_limits();

// How a source is read, without a job.
class Access
{
  public:
    explicit Access(const http_limits &limits = quick_limits());
    ~Access();
    Access(const Access &) = delete;
    Access &operator=(const Access &) = delete;

    // Takes the manifest of what lies at path.
    void check_against(const std::string &path, digest_kind kind = DIGEST_XXH64);

    // Takes the manifest that is the file at path.
    void check_by(const std::string &path);

    // What is said of the store's key whose bytes are these, which its manifest does not say.
    std::string differs(const std::string &store, const std::string &key, const Bytes &have) const;

    // The hash that the manifest has of the key.
    std::string hash(const std::string &key) const;

    source_access access = {};

  private:
    manifest *manifest_ = nullptr;
};

// What the faults "changed" and "page" send, the first in place of these bytes.
Bytes changed(Bytes bytes);
Bytes page();

// A server for all tests of a suite, and the folder that it serves.
class RemoteStores : public ::testing::Test
{
  protected:
    static void SetUpTestSuite();
    static void TearDownTestSuite();
    static std::string root(const std::string &name);

    // Makes a store of `array` and its coordinates below the root.
    static void make(const std::string &name, const MadeArray &array = {}, int version = 2,
                     bool consolidated = true);

    // Reads root/name with this fault; errors say "STORE" for the address.
    static ReadStore read(const std::string &fault, const std::string &name,
                          const source_access &access, const std::string &scope = "chunks");

    static std::unique_ptr<Scratch> scratch;
    static std::unique_ptr<StoreServer> server;
};

#endif
