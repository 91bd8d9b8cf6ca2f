// SPDX-License-Identifier: MIT
//
// A Zarr store whose keys and bytes are cut from the input of a fuzz target.
#include "memory_store.h"

#include <algorithm>

#include "fuzz.h"

extern "C" {
#include "arena.h"
#include "error.h"
#include "zarr_chunk.h"
#include "zarr_group.h"
#include "zarr_meta.h"
}

namespace
{

constexpr size_t kChunkBytesMax = size_t{1} << 20;
constexpr size_t kArenaBytes = size_t{16} << 20;

struct MemoryStore {
    zarr_store store = {};
    const std::map<std::string, std::string> *documents = nullptr;
    const std::string *chunk = nullptr;
};

bool is_document(const std::string &key)
{
    const std::string name =
        key.substr(key.rfind('/') == std::string::npos ? 0 : key.rfind('/') + 1);
    return name[0] == '.' || name == "zarr.json";
}

gaia_status get(zarr_store *store, const char *key, const zarr_range *range, size_t bytes_max,
                zarr_buffer *out, bool *found, gaia_error *err)
{
    const auto *memory = reinterpret_cast<const MemoryStore *>(store);
    const auto document = memory->documents->find(key);
    if (document == memory->documents->end() && (is_document(key) || memory->chunk->empty())) {
        *found = false;
        return GAIA_OK;
    }
    const std::string &all = is_document(key) ? document->second : *memory->chunk;
    size_t begin = 0;
    size_t length = all.size();
    if (range != nullptr) {
        length = std::min(range->length, all.size());
        begin = range->from_end
                    ? all.size() - length
                    : static_cast<size_t>(std::min<uint64_t>(range->offset, all.size()));
        length = std::min(length, all.size() - begin);
    }
    if (length > bytes_max) {
        return error_set(err, GAIA_LIMIT, "%s: %zu bytes", key, length);
    }
    *found = true;
    const gaia_status status = zarr_buffer_resize(out, length, err);
    if (status == GAIA_OK && length > 0) {
        std::memcpy(out->bytes, all.data() + begin, length);
    }
    return status;
}

gaia_status list(zarr_store *store, arena *arena, const char ***names, size_t *n_names,
                 gaia_error *err)
{
    const auto *memory = reinterpret_cast<const MemoryStore *>(store);
    *names = static_cast<const char **>(
        arena_alloc(arena, memory->documents->size(), sizeof(const char *)));
    for (const auto &[key, text] : *memory->documents) {
        const size_t slash = key.find('/');
        if (*names != nullptr && slash != std::string::npos) {
            (*names)[(*n_names)++] = arena_strdup(arena, key.substr(0, slash).c_str());
        }
    }
    return *names != nullptr ? GAIA_OK : error_memory(err, 1);
}

const zarr_store_ops kOps = {nullptr, get, list};

// Decodes the array's first plane where it is small enough for a fuzzer's pace.
void read_plane(zarr_chunks *chunks, const zarr_array &array)
{
    uint64_t n = 1;
    for (int k = std::max(0, array.rank - 2); k < array.rank; k++) {
        if (array.shape[k] > kChunkBytesMax || (n *= array.shape[k]) > kChunkBytesMax / 8) {
            return;
        }
    }
    if (zarr_chunk_memory(&array) > kChunkBytesMax || n == 0) {
        return;
    }
    const std::vector<uint64_t> index(ZARR_RANK_MAX, 0);
    std::vector<double> plane(static_cast<size_t>(n));
    gaia_error err = {};
    const gaia_status status =
        zarr_plane_read(chunks, &array, index.data(), kChunkBytesMax, plane.data(), &err);
    promised_error(status, err);
}

void read_array(zarr_group *group, zarr_chunks *chunks, const char *name)
{
    const json_t *meta = nullptr;
    const json_t *attributes = nullptr;
    zarr_array array = {};
    gaia_error err = {};
    gaia_status status = zarr_group_array(group, name, &meta, &attributes, &err);
    promised_error(status, err);
    if (status != GAIA_OK || meta == nullptr) {
        return;
    }
    status = zarr_array_shape("store: array", group->version, name, meta, attributes, &array, &err);
    promised_error(status, err);
    if (status == GAIA_OK) {
        status = zarr_array_layout("store: array", meta, &array, &err);
        promised_error(status, err);
    }
    if (status == GAIA_OK) {
        read_plane(chunks, array);
    }
}

} // namespace

std::vector<std::string> parts_of(const uint8_t *bytes, size_t n)
{
    static const std::string line = "\n===\n";
    const std::string all(reinterpret_cast<const char *>(bytes), n);
    std::vector<std::string> parts;
    size_t begin = 0;
    for (size_t at = all.find(line); at != std::string::npos; at = all.find(line, begin)) {
        parts.push_back(all.substr(begin, at - begin));
        begin = at + line.size();
    }
    parts.push_back(all.substr(begin));
    return parts;
}

void read_store_of(const std::map<std::string, std::string> &documents, const std::string &chunk)
{
    char name[] = "store";
    MemoryStore memory = {{&kOps, name}, &documents, &chunk};
    zarr_group group = {};
    gaia_error err = {};
    const gaia_status status = zarr_group_open(&memory.store, &group, &err);
    promised_error(status, err);
    if (status != GAIA_OK) {
        return;
    }
    arena arena = {};
    arena_init(&arena, kArenaBytes);
    zarr_chunks chunks = {};
    chunks.store = &memory.store;
    const char **names = nullptr;
    size_t n_names = 0;
    if (zarr_group_names(&group, &arena, &names, &n_names, &err) == GAIA_OK) {
        for (size_t i = 0; i < n_names; i++) {
            read_array(&group, &chunks, names[i]);
        }
    }
    zarr_chunks_fini(&chunks);
    zarr_group_close(&group);
    arena_fini(&arena);
}
