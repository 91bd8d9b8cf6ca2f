/* SPDX-License-Identifier: MIT
 *
 * What `gaia submit` makes of a job file before it is sent.
 */
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

extern "C" {
#include "job_paths.h"
}

namespace
{

class JobPaths : public testing::Test
{
  protected:
    void SetUp() override
    {
        char made[] = "/tmp/gaia-command-XXXXXX";
        directory = mkdtemp(made);
        path = directory + "/job.json";
    }

    void TearDown() override
    {
        std::filesystem::remove_all(directory);
    }

    gaia_status read(const std::string &text)
    {
        char *json = nullptr;
        size_t length = 0;
        std::ofstream(path) << text;
        const gaia_status status = job_file_read(path.c_str(), "/data", &json, &length, &err);
        sent = json != nullptr ? json : "";
        EXPECT_EQ(status == GAIA_OK ? sent.size() : 0, length);
        free(json);
        return status;
    }

    std::string directory;
    std::string path;
    std::string sent;
    gaia_error err = {};
};

TEST_F(JobPaths, EverySourcesFilesBecomeAbsolute)
{
    ASSERT_EQ(GAIA_OK,
              read("{\"schema\":\"gaia.job/"
                   "1\",\"forecasts\":[{\"id\":\"a\",\"files\":[\"a.nc\",\"b/c.nc\"]},"
                   "{\"id\":\"b\",\"files\":[\"/x/y.nc\"]}],\"truth\":{\"files\":[\"../t.nc\"]},"
                   "\"climatology\":{\"files\":[\"c.nc\"]},\"reference\":{\"files\":[\"r.nc\"]}}"))
        << err.detail;
    for (const char *file : {"\"/data/a.nc\"", "\"/data/b/c.nc\"", "\"/x/y.nc\"",
                             "\"/data/../t.nc\"", "\"/data/c.nc\"", "\"/data/r.nc\""}) {
        EXPECT_NE(std::string::npos, sent.find(file)) << file << " in " << sent;
    }
}

TEST_F(JobPaths, AddressesStayAndWhatBelongsToThemBecomesAbsolute)
{
    ASSERT_EQ(GAIA_OK, read("{\"schema\":\"gaia.job/1\",\"forecasts\":[{\"id\":\"a\",\"files\":"
                            "[\"https://h/f.zarr\"],\"manifest\":\"m.json\",\"token_file\":\"t\","
                            "\"ca_file\":\"/ca\",\"manifest_hash\":\"00\"}],"
                            "\"truth\":{\"files\":[\"http://h/t.zarr\"],"
                            "\"manifest\":\"https://h/m.json\"}}"))
        << err.detail;
    for (const char *text :
         {"[\"https://h/f.zarr\"]", "\"manifest\":\"/data/m.json\"", "\"token_file\":\"/data/t\"",
          "\"ca_file\":\"/ca\"", "\"manifest_hash\":\"00\"", "[\"http://h/t.zarr\"]",
          "\"manifest\":\"https://h/m.json\""}) {
        EXPECT_NE(std::string::npos, sent.find(text)) << text << " in " << sent;
    }
}

TEST_F(JobPaths, WhatTheEngineWouldRefuseIsRefusedHereAndNamesTheFile)
{
    EXPECT_EQ(GAIA_JOB_INVALID, read("{\n\"schema\": oops"));
    EXPECT_EQ(0, strncmp(err.detail, path.c_str(), path.size()));
    EXPECT_NE(nullptr, strstr(err.detail, "line 2")) << err.detail;
    EXPECT_EQ(GAIA_JOB_INVALID, read("[]"));
    EXPECT_EQ(GAIA_JOB_INVALID, read("{\"schema\":\"gaia.job/1\",\"forecasts\":3,\"truth\":{}}"));
    EXPECT_EQ(GAIA_REGION_UNKNOWN,
              read("{\"schema\":\"gaia.job/1\",\"forecasts\":[{\"id\":\"a\",\"files\":[\"a.nc\"]}],"
                   "\"truth\":{\"files\":[\"t.nc\"]},\"regions\":[\"atlantis\"]}"));
    EXPECT_EQ("", sent);
}

TEST_F(JobPaths, AFileThatIsNotThere)
{
    char *json = nullptr;
    size_t length = 0;
    EXPECT_EQ(GAIA_FILE_MISSING,
              job_file_read((directory + "/none").c_str(), "/", &json, &length, &err));
    EXPECT_EQ(nullptr, json);
}

} // namespace
