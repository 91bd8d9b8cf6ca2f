// SPDX-License-Identifier: MIT
//
// The document of a page made of a small plan's moments.
#ifndef REPORT_REPORT_DOCUMENT_H
#define REPORT_REPORT_DOCUMENT_H

#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <string>

#include "moments_case.h"

extern "C" {
#include <jansson.h>

#include "report_data.h"
}

using Json = std::unique_ptr<json_t, decltype(&json_decref)>;

class ReportDocument : public testing::Test
{
  protected:
    void TearDown() override
    {
        moments_file_close(file);
        moments_file_close(other);
    }

    // The document of `request`, whose file is made of `made` unless it is set.
    Json document(report_request request)
    {
        text out = {};
        json_error_t why;
        if (file == nullptr) {
            EXPECT_EQ(GAIA_OK, moments_open(made.bytes(), &file, &err)) << err.detail;
        }
        request.file = file;
        EXPECT_EQ(GAIA_OK, report_data_write(&request, &out, &err)) << err.detail;
        json_t *root = json_loadb(out.s, out.length, JSON_REJECT_DUPLICATES, &why);
        EXPECT_NE(nullptr, root) << why.text << " line " << why.line << "\n" << out.s;
        text_fini(&out);
        return Json(root, &json_decref);
    }

    gaia_status refused(report_request request)
    {
        text out = {};
        request.file = file;
        const gaia_status status = report_data_write(&request, &out, &err);
        text_fini(&out);
        return status;
    }

    static double number(const json_t *row, size_t i)
    {
        const json_t *at = json_array_get(row, i);
        return json_is_null(at) ? static_cast<double>(NAN) : json_number_value(at);
    }

    static std::string name(const json_t *root, const char *axis, const json_t *row, size_t i)
    {
        const json_t *at =
            json_array_get(json_object_get(root, axis),
                           static_cast<size_t>(json_integer_value(json_array_get(row, i))));
        const json_t *text =
            json_is_object(at)
                ? json_object_get(at, json_object_get(at, "id") != nullptr ? "id" : "name")
                : at;
        return json_is_string(text) ? json_string_value(text)
                                    : std::to_string(json_number_value(text));
    }

    // "forecast variable region weighting metric" of a row whose indices begin at `first`.
    static std::string key(const json_t *root, const json_t *row, size_t first)
    {
        return name(root, "forecasts", row, first) + " " + name(root, "variables", row, first + 1) +
               " " + name(root, "regions", row, first + 4) + " " +
               name(root, "weightings", row, first + 5) + " " +
               name(root, "metrics", row, first + 6);
    }

    MomentsCase made;
    moments_file *file = nullptr;
    moments_file *other = nullptr;
    gaia_error err = {};
};

#endif
