#pragma once

#include "tests/simulation/agenda.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace usher::simulation {

/// Everything that happened, in order: as a digest always, as lines if somebody wants them.
class trace {
public:
  /// Gets each line, without its end; null to have none.
  using reader = std::function<void(const std::string& line)>;

  explicit trace(reader lines) : lines_(std::move(lines)) {}

  /// Lines cost more than all the rest: make them only if they are wanted.
  [[nodiscard]] bool wanted() const noexcept { return lines_ != nullptr; }

  void note(moment at, std::uint64_t what) {
    mix(static_cast<std::uint64_t>(at.count()));
    mix(what);
  }

  void note(moment at, std::string_view what) {
    note(at, digest_of(what));
    if (lines_)
      write(at, what);
  }

  /// A line that is not part of the digest by itself: `note` its content, too.
  void write(moment at, std::string_view text) const {
    auto us = at.count() / 1'000;
    auto fraction = std::to_string(1'000'000 + us % 1'000'000).substr(1);
    lines_(std::to_string(us / 1'000'000) + "." + fraction + " " + std::string{text});
  }

  [[nodiscard]] std::uint64_t digest() const noexcept { return digest_; }

  [[nodiscard]] static std::uint64_t digest_of(std::string_view text) {
    std::uint64_t result = 0xcbf29ce484222325; // FNV-1a
    for (unsigned char c : text)
      result = (result ^ c) * 0x100000001b3;
    return result;
  }

private:
  void mix(std::uint64_t x) { digest_ = (digest_ ^ x) * 0x9e3779b97f4a7c15 + (digest_ >> 29); }

  reader lines_;
  std::uint64_t digest_ = 0;
};

} // namespace usher::simulation
