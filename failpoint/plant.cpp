#include "failpoint/plant.hpp"

#include <string>

namespace usher::failpoint {
namespace {

/// Written only while no simulated sale runs.
std::string& planted_now() {
  static std::string name;
  return name;
}

} // namespace

void plant(std::string_view name) {
  planted_now() = name;
}

bool planted(std::string_view name) noexcept {
  return planted_now() == name;
}

} // namespace usher::failpoint
