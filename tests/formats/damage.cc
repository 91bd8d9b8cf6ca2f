// SPDX-License-Identifier: MIT
//
// The kinds of damage, each told by a seed.
#include "damage.h"

#include <algorithm>
#include <cctype>
#include <cstdint>

namespace
{

constexpr size_t kHeadBytes = 2048; // where formats have their sizes and attributes, mostly

size_t below(Random &random, size_t n)
{
    return n == 0 ? 0 : static_cast<size_t>(random() % n);
}

std::ptrdiff_t signed_of(size_t n)
{
    return static_cast<std::ptrdiff_t>(n);
}

void flip(Bytes &bytes, size_t begin, size_t end, Random &random)
{
    for (size_t n = 1 + below(random, 8); n > 0 && begin < end; n--) {
        bytes[begin + below(random, end - begin)] ^= static_cast<uint8_t>(1 + below(random, 255));
    }
}

void run_of_one_value(Bytes &bytes, Random &random)
{
    const size_t at = below(random, bytes.size());
    const size_t n = std::min(bytes.size() - at, size_t{1} << below(random, 12));
    std::fill_n(bytes.begin() + signed_of(at), n,
                static_cast<uint8_t>(below(random, 2) == 0 ? 0 : 0xff));
}

void swap_blocks(Bytes &bytes, Random &random)
{
    const size_t n = std::min(bytes.size() / 2, size_t{1} << (2 + below(random, 9)));
    const size_t a = below(random, bytes.size() - 2 * n + 1);
    const size_t b = a + n + below(random, bytes.size() - a - 2 * n + 1);
    std::swap_ranges(bytes.begin() + signed_of(a), bytes.begin() + signed_of(a + n),
                     bytes.begin() + signed_of(b));
}

void insert_or_erase(Bytes &bytes, Random &random)
{
    const size_t at = below(random, bytes.size());
    const size_t n = 1 + below(random, 64);
    if (below(random, 2) == 0) {
        bytes.insert(bytes.begin() + signed_of(at), n, static_cast<uint8_t>(random()));
    } else {
        bytes.erase(bytes.begin() + signed_of(at),
                    bytes.begin() + signed_of(std::min(at + n, bytes.size())));
    }
}

// A number of 1 to 8 bytes in the head becomes one that a size or an offset had better not be.
void lie_in_binary(Bytes &bytes, Random &random)
{
    static const uint64_t lies[] = {0,          1,          2,          0x7fff,
                                    0x7fffffff, 0x80000000, 0xfffffffe, UINT64_MAX,
                                    1ULL << 40, 1ULL << 62, 1ULL << 63, 0x7fffffffffffffff};
    const size_t head = std::min(bytes.size(), kHeadBytes);
    const size_t width = std::min(size_t{1} << below(random, 4), bytes.size());
    const size_t at = std::min(below(random, head) / width * width, bytes.size() - width);
    const uint64_t lie = lies[below(random, sizeof lies / sizeof *lies)];
    const bool big = below(random, 2) == 0;
    for (size_t k = 0; k < width; k++) {
        bytes[at + k] = static_cast<uint8_t>(lie >> (8 * (big ? width - 1 - k : k)));
    }
}

bool begins_number(const Bytes &bytes, size_t i)
{
    return std::isdigit(bytes[i]) != 0 && (i == 0 || std::isalnum(bytes[i - 1]) == 0);
}

// A number of the text becomes another value, or a key is no longer what it was.
void lie_in_text(Bytes &bytes, Random &random)
{
    static const char *const lies[] = {
        "0",  "-1", "1",    "2147483648", "9223372036854775807",  "1e30", "null", "\"4\"",
        "[]", "{}", "true", "\"NaN\"",    "18446744073709551616", "0.5",  "3"};
    std::vector<size_t> numbers;
    for (size_t i = 0; i < bytes.size(); i++) {
        if (begins_number(bytes, i)) {
            numbers.push_back(i);
        }
    }
    if (numbers.empty() || below(random, 8) == 0) {
        const size_t key = below(random, bytes.size());
        const auto quote = std::find(bytes.begin() + signed_of(key), bytes.end(), '"');
        if (bytes.end() - quote > 1) {
            quote[1] = static_cast<uint8_t>('a' + below(random, 26));
        }
        return;
    }
    const size_t at = numbers[below(random, numbers.size())];
    size_t end = at;
    while (end < bytes.size() && (std::isalnum(bytes[end]) != 0 || bytes[end] == '.')) {
        end++;
    }
    const std::string lie = lies[below(random, sizeof lies / sizeof *lies)];
    bytes.erase(bytes.begin() + signed_of(at), bytes.begin() + signed_of(end));
    bytes.insert(bytes.begin() + signed_of(at), lie.begin(), lie.end());
}

// Whether everything that differs is under a checksum.
bool differences_checked(const SoundFile &file, const Bytes &bytes)
{
    if (file.all_checked || bytes == file.bytes) {
        return true;
    }
    if (bytes.size() != file.bytes.size()) {
        return false;
    }
    for (size_t i = 0; i < bytes.size(); i++) {
        const bool checked = std::any_of(file.checked.begin(), file.checked.end(), [&](Span span) {
            return i >= span.first && i < span.second;
        });
        if (bytes[i] != file.bytes[i] && !checked) {
            return false;
        }
    }
    return true;
}

} // namespace

Damaged damage(const SoundFile &file, const std::vector<Bytes> &foreign, Random &random)
{
    Damaged out = {file.bytes, "", false};
    bool cut = false;
    switch (below(random, 10)) {
    case 0:
        out.what = "bytes flipped";
        flip(out.bytes, 0, out.bytes.size(), random);
        break;
    case 1:
    case 2:
        out.what = "bytes flipped in a checked part, or anywhere";
        if (!file.checked.empty()) {
            const Span span = file.checked[below(random, file.checked.size())];
            flip(out.bytes, span.first, span.second, random);
        } else {
            flip(out.bytes, 0, out.bytes.size(), random);
        }
        break;
    case 3:
        out.what = "truncated";
        cut = true;
        out.bytes.resize(below(random, out.bytes.size()));
        break;
    case 4:
        out.what = "blocks swapped";
        swap_blocks(out.bytes, random);
        break;
    case 5:
        out.what = "a run of zeros or ones";
        run_of_one_value(out.bytes, random);
        break;
    case 6:
        out.what = "bytes inserted or erased";
        insert_or_erase(out.bytes, random);
        break;
    case 7:
        out.what = below(random, 4) == 0 ? "emptied" : "of another format";
        out.bytes = out.what == "emptied" ? Bytes() : foreign[below(random, foreign.size())];
        cut = out.what == "emptied";
        break;
    default:
        out.what = "a size or attribute lied about";
        file.text ? lie_in_text(out.bytes, random) : lie_in_binary(out.bytes, random);
        break;
    }
    out.told = (cut && file.length_told) || differences_checked(file, out.bytes);
    return out;
}
