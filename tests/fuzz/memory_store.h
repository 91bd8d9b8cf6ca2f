// SPDX-License-Identifier: MIT
//
// A Zarr store in memory, and all that a reader does with one array of it.
#ifndef FUZZ_MEMORY_STORE_H
#define FUZZ_MEMORY_STORE_H

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

// Cuts the input into parts, between lines that are "===" alone.
std::vector<std::string> parts_of(const uint8_t *bytes, size_t n);

// Opens the store of these documents; reads the metadata of every array, and a plane of each that
// is small. Every chunk holds `chunk`.
void read_store_of(const std::map<std::string, std::string> &documents, const std::string &chunk);

#endif
