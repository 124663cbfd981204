#pragma once

#include "domain/ids.hpp"
#include "domain/instant.hpp"

#include <string>

/// How ids are written in traces and findings.
namespace usher::simulation {

template <class Tag>
[[nodiscard]] std::string words(const domain::wide_id<Tag>& id) {
  return std::to_string(id.high) + "." + std::to_string(id.low);
}

[[nodiscard]] inline std::string words(domain::section_no section, domain::seat_no seat) {
  return "seat " + std::to_string(seat.value()) + " of section " + std::to_string(section.value());
}

[[nodiscard]] inline std::string words(domain::instant at) {
  auto since = at.time_since_epoch().count() % 1'000'000'000'000;
  return std::to_string(since / 1'000'000) + "." + std::to_string(1'000'000 + since % 1'000'000).substr(1) + " s";
}

} // namespace usher::simulation
