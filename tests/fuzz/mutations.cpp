#include "tests/fuzz/target.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <random>

/// Runs a target over its seeds and a number of random changes of them, the same ones every time: stands in for a
/// fuzzer in every run of the tests. With `--seeds FOLDER` it writes the seeds there, one per file, for a fuzzer to
/// start from.

namespace {

constexpr std::string_view pieces[] = {"{",
                                       "}",
                                       "[",
                                       "]",
                                       "\"",
                                       ":",
                                       ",",
                                       "\\",
                                       "\\u0000",
                                       "null",
                                       "-1",
                                       "1e999",
                                       "18446744073709551616",
                                       "\xff",
                                       "\xed\xa0\x80",
                                       "~",
                                       "/",
                                       "[[[[[[[[[[[[",
                                       "\r\n",
                                       "\r\n\r\n",
                                       "0\r\n\r\n",
                                       "Content-Length: 7\r\n",
                                       "Transfer-Encoding: chunked\r\n",
                                       "Expect: 100-continue\r\n",
                                       "Connection: close\r\n",
                                       "HTTP/1.0"};

std::size_t any_place(std::mt19937_64& random, const std::string& text) {
  return text.empty() ? 0 : random() % (text.size() + 1);
}

void change(std::mt19937_64& random, std::string& text, const std::string& other) {
  auto at = any_place(random, text);
  switch (random() % 5) {
    case 0:
      text.erase(at, random() % 8);
      break;
    case 1:
      text.insert(at, pieces[random() % std::size(pieces)]);
      break;
    case 2:
      if (at < text.size())
        text[at] = static_cast<char>(random());
      break;
    case 3:
      text.insert(at, text.substr(any_place(random, text), random() % 32));
      break;
    default:
      text = text.substr(0, at) + other.substr(any_place(random, other));
  }
}

bool write_seeds(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  std::size_t number = 0;
  for (const auto& seed : usher::fuzz::seeds())
    if (!(std::ofstream{folder / std::to_string(++number), std::ios::binary} << seed).flush())
      return false;
  return true;
}

} // namespace

int main(int argc, char** argv) {
  if (argc == 3 && argv[1] == std::string_view{"--seeds"})
    return write_seeds(argv[2]) ? 0 : 1;
  auto rounds = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 20'000;
  std::mt19937_64 random{1};
  auto seeds = usher::fuzz::seeds();
  for (const auto& seed : seeds)
    usher::fuzz::try_out(seed);
  for (unsigned long round = 0; round < rounds; ++round) {
    auto text = seeds[random() % seeds.size()];
    for (auto changes = random() % 6 + 1; changes > 0; --changes)
      change(random, text, seeds[random() % seeds.size()]);
    usher::fuzz::try_out(text);
  }
  std::cout << rounds << " changed texts, each read or refused\n";
}
