// SPDX-License-Identifier: MIT
//
// The page around the document: whatever the document's texts hold, the page's own elements stand.
#include <gtest/gtest.h>

#include <memory>
#include <string>

extern "C" {
#include <jansson.h>

#include "report_embedded.h"
#include "report_page.h"
}

namespace
{

size_t count(const std::string &text, const std::string &piece)
{
    size_t n = 0;
    for (size_t at = text.find(piece); at != std::string::npos; at = text.find(piece, at + 1)) {
        n++;
    }
    return n;
}

std::string page_of(const std::string &json)
{
    text from = {};
    text out = {};
    gaia_error err = {};
    text_append(&from, json.c_str());
    EXPECT_EQ(GAIA_OK, report_page_write(&from, &out, &err)) << err.detail;
    std::string page(out.s != nullptr ? out.s : "", out.length);
    text_fini(&out);
    text_fini(&from);
    return page;
}

// The document between its element's tags.
std::string data_of(const std::string &page)
{
    const std::string open = "<script type=\"application/json\" id=\"data\">";
    const size_t from = page.find(open) + open.size();
    return page.substr(from, page.find("</script>", from) - from);
}

TEST(ReportPage, HasADocumentThatReadsBack)
{
    gaia_error err = {};
    if (embedded_report_count == 0) { // built without Vega: the program says what to do
        EXPECT_EQ(GAIA_FORMAT_UNSUPPORTED, report_page_check(&err));
        EXPECT_NE(nullptr, strstr(err.detail, "libjs-vega"));
        return;
    }
    const std::string hostile =
        "</script><img src=x onerror=\"hit()\"><!-- <script> & ]]> @DATA@ \xe2\x80\xa8";
    json_t *made = json_pack("{s:s}", "id", hostile.c_str());
    char *json = json_dumps(made, JSON_COMPACT);
    json_decref(made);
    const std::string page = page_of(json);
    const std::string data = data_of(page);
    free(json);
    EXPECT_EQ(std::string::npos, data.find_first_of("<>&"));
    json_t *read = json_loadb(data.data(), data.size(), 0, nullptr);
    ASSERT_NE(nullptr, read);
    EXPECT_EQ(hostile, json_string_value(json_object_get(read, "id")));
    json_decref(read);
    // As many elements as in a page of nothing.
    const std::string empty = page_of("{}");
    for (const char *piece : {"<script", "</script", "<!--", "<img", "<style"}) {
        EXPECT_EQ(count(empty, piece), count(page, piece)) << piece;
    }
}

TEST(ReportPage, AsksForNothingAndAllowsNothingElse)
{
    if (embedded_report_count == 0) {
        return;
    }
    const std::string page = page_of("{}");
    EXPECT_NE(std::string::npos, page.find("default-src 'none'; script-src 'sha256-"));
    EXPECT_NE(std::string::npos, page.find("connect-src 'none'"));
    EXPECT_EQ(std::string::npos, page.find("unsafe-eval"));
    const std::string head = page.substr(0, page.find("id=\"data\""));
    EXPECT_EQ(0u, count(head, " src=") + count(head, "@import") + count(head, "url("));
    EXPECT_EQ(0u, count(page, "_HASH@") + count(page, "@STYLE@") + count(page, "@SCRIPT@") +
                      count(page, "@LIBRARY@"));
}

} // namespace
