// SPDX-License-Identifier: Apache-2.0
// A fuzz target without a fuzzer: the seeds in its corpus folder, then some thousand deterministic mutations of them.
// Built with g++ and gtest once for each target, so that the targets are tried, and kept compiling, where no clang is.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size);

namespace {

using Input = std::vector<std::uint8_t>;

std::vector<Input> seeds() {
    std::vector<Input> out;
    for (const auto& entry : std::filesystem::directory_iterator(BATON_CORPUS)) {
        std::ifstream file(entry.path(), std::ios::binary);
        out.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    }
    return out;
}

Input mutated(std::mt19937_64& random, const std::vector<Input>& all) {
    Input input = all[random() % all.size()];
    for (std::uint64_t i = 0, n = 1 + random() % 4; i < n; ++i) {
        const std::size_t at = input.empty() ? 0 : random() % input.size();
        const auto here = input.begin() + static_cast<std::ptrdiff_t>(at);
        switch (random() % 4) {
            case 0:
                if (!input.empty()) input[at] ^= static_cast<std::uint8_t>(1u << random() % 8);
                break;
            case 1: input.insert(here, static_cast<std::uint8_t>(random())); break;
            case 2: input.resize(at); break;
            default: {
                const Input& other = all[random() % all.size()];
                input.insert(here, other.begin(), other.end());
            }
        }
    }
    return input;
}

TEST(FuzzReplay, survives_its_seeds_and_their_mutations) {
    const auto all = seeds();
    ASSERT_FALSE(all.empty()) << "no seeds in " << BATON_CORPUS;
    for (const Input& input : all) LLVMFuzzerTestOneInput(input.data(), input.size());
    std::mt19937_64 random(1);
    for (int i = 0; i < 3000; ++i) {
        const Input input = mutated(random, all);
        LLVMFuzzerTestOneInput(input.data(), input.size());
    }
}

}  // namespace
