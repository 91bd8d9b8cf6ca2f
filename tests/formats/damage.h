// SPDX-License-Identifier: MIT
//
// Damage to the bytes of a file, of every kind, from a source of random numbers alone.
#ifndef FORMATS_DAMAGE_H
#define FORMATS_DAMAGE_H

#include <cstddef>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "made_store.h"

using Random = std::mt19937_64;
using Span = std::pair<size_t, size_t>; // [first, second) of a file

// One sound file and what is known of its bytes.
struct SoundFile {
    std::string path;
    Bytes bytes;
    std::vector<Span> checked; // what a checksum covers; apart from each other
    bool all_checked = false;  // the file's length too
    bool text = false;         // JSON
    bool length_told = true;   // by its format: a part of it is no sound file
};

struct Damaged {
    Bytes bytes;
    std::string what;  // for messages
    bool told = false; // by a checksum or a length: no reader may take it for sound
};

// Damages a file; `foreign` are files of other formats. The bytes may come out the same.
Damaged damage(const SoundFile &file, const std::vector<Bytes> &foreign, Random &random);

#endif
