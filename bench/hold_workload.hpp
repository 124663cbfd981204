#pragma once

#include "bench/halls.hpp"
#include "bench/load.hpp"

namespace usher::bench {

/// One `hold` of one free seat after another, each with a key, over all seats of some halls. Every connection is a
/// buyer of its own.
class hold_workload : public workload {
public:
  /// Refers to `all`, which must outlive it.
  explicit hold_workload(const halls& all) : all_(all) {}

  std::optional<std::string> greeting(std::size_t connection) override;
  bool next_request(std::size_t connection, std::string_view id, std::string& text) override;
  answer read(std::string_view frame) override;

private:
  const halls& all_;
  std::size_t next_ = 0;
};

/// Creates the halls' events through the operators' port of a node. Throws `std::runtime_error` if one is refused, and
/// `crowd::unreachable`.
void create_events(const crowd::address& operators, const std::string& key, const halls& all);

} // namespace usher::bench
