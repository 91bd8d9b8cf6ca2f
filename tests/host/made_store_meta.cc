// SPDX-License-Identifier: MIT
//
// The metadata documents of made stores.
#include "made_store.h"

namespace
{

size_t bytes_of(const std::string &type)
{
    return static_cast<size_t>(type[1] - '0');
}

template <typename T> std::string list_of(const std::vector<T> &values)
{
    std::string out = "[";
    for (const T &value : values) {
        out += (out.size() > 1 ? ", " : "") + std::to_string(value);
    }
    return out + "]";
}

std::string names_of(const std::vector<std::string> &names)
{
    std::string out = "[";
    for (const std::string &name : names) {
        out += (out.size() > 1 ? ", \"" : "\"") + name + "\"";
    }
    return out + "]";
}

std::string compressor_v2(const MadeArray &a)
{
    if (a.compressor.rfind("blosc ", 0) == 0) {
        return R"({"id": "blosc", "cname": ")" + a.compressor.substr(6, a.compressor.size() - 8) +
               R"(", "clevel": 5, "shuffle": )" + a.compressor.back() +
               R"(, "blocksize": 0, "typesize": null})";
    }
    return a.compressor.empty()              ? "null"
           : a.compressor == "zstd checksum" ? R"({"id": "zstd", "level": 0, "checksum": true})"
                                             : "{\"id\": \"" + a.compressor + "\", \"level\": 6}";
}

std::string filters_v2(const MadeArray &a)
{
    const std::string type = std::string(a.big ? ">" : "<") + a.type;
    std::string out;
    for (const std::string &name : a.filters) {
        const std::string rest =
            name == "shuffle" ? "\"elementsize\": " + std::to_string(bytes_of(a.type))
            : name == "delta" ? "\"dtype\": \"" + type + "\", \"astype\": \"" + type + "\""
                              : "\"scale\": 10, \"offset\": 5, \"dtype\": \"" + type +
                                    "\", \"astype\": \"" + (a.big ? ">" : "<") + "i2\"";
        out = joined(out, "{\"id\": \"" + name + "\", " + rest + "}");
    }
    return out.empty() ? "null" : "[" + out + "]";
}

} // namespace

std::string metadata_v2(const MadeArray &a)
{
    const std::string type = (bytes_of(a.type) == 1 ? "|" : a.big ? ">" : "<") + a.type;
    return "{\"zarr_format\": 2, \"shape\": " + list_of(a.shape) +
           ", \"chunks\": " + list_of(a.chunk) + ", \"dtype\": \"" + type + "\", \"order\": \"" +
           (a.fortran ? "F" : "C") + "\", \"fill_value\": " + a.fill +
           ", \"filters\": " + filters_v2(a) + ", \"compressor\": " + compressor_v2(a) +
           (a.separator.empty() ? "" : ", \"dimension_separator\": \"" + a.separator + "\"") +
           a.more + "}";
}

namespace
{

std::string codecs_v3(const MadeArray &a)
{
    std::string transpose;
    std::string bytes = bytes_of(a.type) == 1
                            ? std::string("\"bytes\"")
                            : std::string(R"({"name": "bytes", "configuration": {"endian": ")") +
                                  (a.big ? "big" : "little") + "\"}}";
    for (const std::vector<int> &turn : a.transpose) {
        transpose = joined(transpose, R"({"name": "transpose", "configuration": {"order": )" +
                                          list_of(turn) + "}}");
    }
    if (!a.compressor.empty()) {
        const std::string name = a.compressor.substr(0, a.compressor.find(' '));
        const std::string checksum = a.compressor == "zstd checksum" ? "true" : "false";
        bytes += R"(, {"name": ")" + name + R"(", "configuration": {"level": 5, "checksum": )" +
                 checksum + "}}";
    }
    bytes += a.crc32c ? R"(, {"name": "crc32c"})" : "";
    if (a.inner.empty()) {
        return "[" + joined(transpose, bytes) + "]";
    }
    const std::string index = std::string(R"([{"name": "bytes", "configuration": {"endian": ")") +
                              (a.index_big ? "big" : "little") + "\"}}" +
                              (a.index_crc32c ? R"(, {"name": "crc32c"})" : "") + "]";
    return R"([{"name": "sharding_indexed", "configuration": {"chunk_shape": )" + list_of(a.inner) +
           ", \"codecs\": [" + joined(transpose, bytes) + "], \"index_codecs\": " + index +
           ", \"index_location\": \"" + (a.index_at_start ? "start" : "end") + "\"}}]";
}

std::string type_v3(const std::string &type)
{
    if (type[0] == 'M' || type[0] == 'm') {
        return std::string(R"({"name": "numpy.)") +
               (type[0] == 'M' ? "datetime64" : "timedelta64") +
               R"(", "configuration": {"unit": ")" + type.substr(3, type.size() - 4) +
               R"(", "scale_factor": 1}})";
    }
    return type == "b1" ? "\"bool\""
                        : std::string(type[0] == 'f'   ? "\"float"
                                      : type[0] == 'u' ? "\"uint"
                                                       : "\"int") +
                              std::to_string(8 * bytes_of(type)) + "\"";
}

} // namespace

std::string metadata_v3(const MadeArray &a)
{
    const std::string separator =
        a.separator.empty() ? "" : R"("separator": ")" + a.separator + "\"";
    return R"({"zarr_format": 3, "node_type": "array", "shape": )" + list_of(a.shape) +
           ", \"data_type\": " + type_v3(a.type) +
           R"(, "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": )" +
           list_of(a.chunk) + R"(}}, "chunk_key_encoding": {"name": ")" +
           (a.v2_keys ? "v2" : "default") + R"(", "configuration": {)" + separator +
           "}}, \"fill_value\": " + a.fill + ", \"codecs\": " + codecs_v3(a) +
           ", \"dimension_names\": " + names_of(a.dimensions) + ", \"attributes\": {" +
           a.attributes + "}, \"storage_transformers\": []" + a.more + "}";
}

std::string attributes_v2(const MadeArray &a)
{
    return "{" + joined("\"_ARRAY_DIMENSIONS\": " + names_of(a.dimensions), a.attributes) + "}";
}

std::string joined(const std::string &a, const std::string &b)
{
    return a.empty() || b.empty() ? a + b : a + ", " + b;
}
