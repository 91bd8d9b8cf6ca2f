// SPDX-License-Identifier: MIT
//
// manifest_parse: a manifest lies beside the files that it speaks for, and may be anybody's.
#include "fuzz.h"

extern "C" {
#include "manifest.h"
#include "text.h"
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    manifest *made = nullptr;
    gaia_error err = {};
    const gaia_status status =
        manifest_parse("m.json", reinterpret_cast<const char *>(bytes), n, &made, &err);
    promised_error(status, err);
    promised((status == GAIA_OK) == (made != nullptr), "a manifest comes on success alone");
    if (made != nullptr) {
        // What was taken can be written, and read again as the same.
        text written = {};
        manifest *again = nullptr;
        manifest_write(made, &written);
        promised(!written.failed, "a manifest can be written");
        promised(manifest_parse("m.json", written.s, written.length, &again, &err) == GAIA_OK,
                 "a written manifest is one");
        promised(std::strcmp(made->content_hash, again->content_hash) == 0, "it is the same");
        for (size_t i = 0; i < made->n_entries; i++) {
            promised(manifest_key_valid(made->entries[i].key), "keys are valid");
            promised(manifest_find(made, made->entries[i].key) == &made->entries[i],
                     "each is there once and is found");
        }
        manifest_free(again);
        text_fini(&written);
    }
    manifest_free(made);
    return 0;
}
