// SPDX-License-Identifier: MIT
//
// Gives a target every file of its corpus: replay FOLDER. With libFuzzer this main is left out.
#include "fuzz.h"

#include <algorithm>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <vector>

namespace
{

std::vector<std::filesystem::path> files_of(const char *folder)
{
    std::vector<std::filesystem::path> files;
    for (const auto &entry : std::filesystem::directory_iterator(folder)) {
        if (entry.is_regular_file()) {
            files.push_back(entry.path());
        }
    }
    std::sort(files.begin(), files.end());
    return files;
}

// Exactly as long as the file, so that a sanitizer sees the byte behind it.
void replay(const std::filesystem::path &file)
{
    std::ifstream in(file, std::ios::binary);
    const std::vector<char> bytes{std::istreambuf_iterator<char>(in), {}};
    const std::vector<uint8_t> input(bytes.begin(), bytes.end());
    std::cout << file.filename().string() << std::endl;
    (void)LLVMFuzzerTestOneInput(input.data(), input.size());
}

} // namespace

int main(int argc, char **argv)
{
    try {
        const auto files = files_of(argc == 2 ? argv[1] : ".");
        std::for_each(files.begin(), files.end(), replay);
        std::cout << files.size() << " inputs\n";
        return files.empty() ? 1 : 0;
    } catch (const std::exception &error) {
        std::cerr << error.what() << '\n';
        return 1;
    }
}
