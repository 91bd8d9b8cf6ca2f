// SPDX-License-Identifier: MIT
//
// Files of error maps: they are handed about, an executor's comes over a shared folder, and one may
// be anybody's. The input is a file whose seals are made right here: a hash that is right is no
// reason to trust what it is of. What can be opened is drawn as `gaia report` does.
#include "fuzz.h"

#include <sys/mman.h>
#include <unistd.h>

#include <string>
#include <vector>

#include <jansson.h>
#include <xxhash.h>

extern "C" {
#include "map_file.h"
#include "report_maps.h"
}

namespace
{

// What a map begins with.
struct frame {
    char magic[8];
    uint64_t head_bytes;
    uint64_t n_lat;
    uint64_t n_lon;
};

int file_of(const std::string &bytes)
{
    const int fd = memfd_create("maps", MFD_CLOEXEC);
    promised(fd >= 0 && write(fd, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()),
             "it can be written");
    return fd;
}

// Every map with the seal that it ought to have, where its frame's lengths are within the input.
std::string sealed(const uint8_t *input, size_t n)
{
    std::string bytes(reinterpret_cast<const char *>(input), n);
    for (size_t at = 0; n - at >= sizeof(frame);) {
        frame begin;
        std::memcpy(&begin, bytes.data() + at, sizeof begin);
        const size_t left = n - at - sizeof begin;
        if (begin.head_bytes > left || begin.n_lat > left || begin.n_lon > left) {
            break;
        }
        const size_t values = begin.n_lat + begin.n_lon + MAP_PLANES * begin.n_lat * begin.n_lon;
        const size_t end = at + sizeof begin + begin.head_bytes + values * sizeof(double);
        if (end > n || n - end < sizeof(uint64_t)) {
            break;
        }
        const uint64_t seal = XXH3_64bits(bytes.data() + at, end - at);
        std::memcpy(&bytes[end], &seal, sizeof seal);
        at = end + sizeof seal;
    }
    return bytes;
}

// What was read is written, and read again, as it was.
void write_again(const map_file *file, size_t i)
{
    const map_head *head = map_file_head(file, i);
    std::vector<double> planes(MAP_PLANES * head->grid.n_lat * head->grid.n_lon);
    gaia_error err = {};
    char *text = nullptr;
    size_t length = 0;
    promised(map_file_read(file, i, planes.data(), &err) == GAIA_OK, "planes that are there");
    FILE *stream = open_memstream(&text, &length);
    promised(map_write(stream, head, planes.data(), &err) == GAIA_OK, "it can be written");
    (void)std::fclose(stream);
    map_file *again = nullptr;
    promised(map_file_open_fd(file_of({text, length}), "again", &again, &err) == GAIA_OK &&
                 map_file_count(again) == 1,
             "what was written is a map");
    const map_head *same = map_file_head(again, 0);
    promised(map_grid_same(&head->grid, &same->grid) && head->lead_time_s == same->lead_time_s &&
                 std::strcmp(head->forecast, same->forecast) == 0,
             "of the same");
    map_file_close(again);
    std::free(text);
}

// A page whose axes are those of the maps.
class Page
{
  public:
    explicit Page(const map_file *file)
    {
        for (size_t i = 0; i < map_file_count(file); i++) {
            const map_head *head = map_file_head(file, i);
            forecasts_.push_back({head->forecast, GAIA_OK, ""});
            variables_.push_back(head->variable);
            units_.push_back({static_cast<uint32_t>(i), static_cast<uint32_t>(i), head->level,
                              head->lead_time_s, head->first_init_time_s});
        }
        plan_.n_forecasts = forecasts_.size();
        plan_.forecasts = forecasts_.data();
        plan_.n_variables = variables_.size();
        plan_.variables = variables_.data();
        plan_.n_units = units_.size();
        plan_.units = units_.data();
        plan_.n_regions = plan_.n_weights = 1;
        plan_.regions = &region_;
        plan_.weights = &weighting_;
        gaia_error err = {};
        arena_init(&arena_, SIZE_MAX);
        promised(report_axes_make(&plan_, &arena_, &axes_, &err) == GAIA_OK, "there is memory");
    }

    ~Page()
    {
        arena_fini(&arena_);
    }

    const report_axes *axes() const
    {
        return &axes_;
    }

  private:
    std::vector<plan_forecast> forecasts_;
    std::vector<const char *> variables_;
    std::vector<gaia_unit> units_;
    const char *region_ = "global";
    const char *weighting_ = "cos";
    plan plan_ = {};
    arena arena_ = {};
    report_axes axes_ = {};
};

size_t count_of(const json_t *edges)
{
    for (size_t i = 1; i < json_array_size(edges); i++) {
        promised(json_is_number(json_array_get(edges, i)), "an edge is a number");
    }
    return json_array_size(edges) - 1;
}

// Ascending, and no farther than once round.
void longitudes_promised(const json_t *edges)
{
    const size_t n = count_of(edges);
    const double first = json_number_value(json_array_get(edges, 0));
    for (size_t i = 1; i <= n; i++) {
        promised(json_number_value(json_array_get(edges, i - 1)) <=
                     json_number_value(json_array_get(edges, i)),
                 "longitudes ascend");
    }
    promised(json_number_value(json_array_get(edges, n)) - first <= 360.001, "and go round once");
}

// The bytes of base64.
std::vector<unsigned> decoded(const char *text)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::vector<unsigned> bytes;
    unsigned bits = 0;
    unsigned n_bits = 0;
    for (const char *at = text; *at != '\0' && *at != '='; at++) {
        const char *digit = std::strchr(digits, *at);
        promised(digit != nullptr, "data is base64");
        bits = bits << 6 | static_cast<unsigned>(digit - digits);
        n_bits += 6;
        if (n_bits >= 8) {
            n_bits -= 8;
            bytes.push_back(bits >> n_bits & 255);
        }
    }
    return bytes;
}

// Every block is in its place; those with a value have ends, and both ends are reached.
void measure_promised(const json_t *measure, size_t n_blocks)
{
    const json_t *low = json_object_get(measure, "low");
    const json_t *high = json_object_get(measure, "high");
    const std::vector<unsigned> bytes =
        decoded(json_string_value(json_object_get(measure, "data")));
    bool least = false;
    bool greatest = false;
    bool any = false;
    promised(bytes.size() == 2 * n_blocks, "all blocks");
    for (size_t i = 0; i < n_blocks; i++) {
        const unsigned code = bytes[2 * i] | bytes[2 * i + 1] << 8;
        any = any || code != 65535;
        least = least || code == 0;
        greatest = greatest || code == 65534;
    }
    promised(any == json_is_number(low) && any == json_is_number(high), "values have ends");
    promised(!any || least, "the least is there");
    promised(!any || json_number_value(low) == json_number_value(high) || greatest,
             "and the greatest");
}

void member_promised(const text *out, size_t n_maps)
{
    const std::string member = "{" + std::string(out->s != nullptr ? out->s + 1 : "") + "}";
    json_error_t wrong;
    json_t *json = json_loads(member.c_str(), JSON_REJECT_DUPLICATES, &wrong);
    promised(json != nullptr, "the member is JSON");
    const json_t *grids = json_object_get(json_object_get(json, "maps"), "grids");
    const json_t *list = json_object_get(json_object_get(json, "maps"), "list");
    promised(json_array_size(list) == n_maps, "every map is drawn");
    for (size_t i = 0; i < json_array_size(grids); i++) {
        longitudes_promised(json_object_get(json_array_get(grids, i), "lon"));
    }
    for (size_t i = 0; i < n_maps; i++) {
        const json_t *map = json_array_get(list, i);
        const json_t *grid = json_array_get(
            grids, static_cast<size_t>(json_integer_value(json_object_get(map, "grid"))));
        promised(grid != nullptr, "its grid is there");
        const size_t n_blocks =
            count_of(json_object_get(grid, "lat")) * count_of(json_object_get(grid, "lon"));
        measure_promised(json_object_get(map, "mean_error"), n_blocks);
        measure_promised(json_object_get(map, "rmse"), n_blocks);
    }
    json_decref(json);
}

void draw(const map_file *file)
{
    const Page page(file);
    const size_t n_maps = map_file_count(file);
    report_maps *maps = nullptr;
    gaia_error err = {};
    text out = {};
    json_t *warnings = json_array();
    promised(report_maps_open(n_maps, &maps, &err) == GAIA_OK, "there is memory");
    promised(report_maps_add(maps, file, &err) == GAIA_OK, "what was opened can be drawn");
    report_maps_write(maps, page.axes(), warnings, &out);
    promised(!out.failed && json_array_size(warnings) == 0, "there is room");
    member_promised(&out, n_maps);
    text_fini(&out);
    json_decref(warnings);
    report_maps_close(maps);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    map_file *file = nullptr;
    gaia_error err = {};
    const gaia_status status = map_file_open_fd(file_of(sealed(bytes, n)), "m.gmap", &file, &err);
    promised_error(status, err);
    promised((status == GAIA_OK) == (file != nullptr), "a file comes on success alone");
    if (file != nullptr) {
        for (size_t i = 0; i < map_file_count(file); i++) {
            write_again(file, i);
        }
        draw(file);
    }
    map_file_close(file);
    return 0;
}
