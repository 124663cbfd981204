#pragma once

#include "domain/decision.hpp"
#include "gateway/moment.hpp"

#include <chrono>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

namespace usher::gateway {

/// An HTTP answer, as given.
struct stored_answer {
  unsigned status = 200;
  std::string content_type;
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers; ///< other than the content type, e.g. `Location`

  friend bool operator==(const stored_answer&, const stored_answer&) = default;
};

struct idempotency_limits {
  std::size_t entries_max = 100'000;
  std::size_t bytes_max = 64 * 1024 * 1024; ///< of keys and answers together
  std::chrono::seconds keep{24 * 3600};     ///< how long an answer can be repeated
  std::chrono::seconds in_progress{60};     ///< after that a request counts as lost and may be tried again
};

/// Remembers the answer given for a client's key, so that a repeat gets the same one. When room runs out, the oldest
/// answers are forgotten first; requests still in progress never are. It saves work and gives exact repeats; even
/// without it nothing is done twice, because ids are derived from keys. Not thread-safe. It is no `bounded_by_end`:
/// bytes are bounded, too, and what is in progress never makes room.
class idempotency_table {
public:
  explicit idempotency_table(idempotency_limits limits = {});

  /// The caller is first: it carries the request out and then calls `finish` or `abandon`.
  struct first {};
  /// `first`, the answer to the finished request, or the refusal: `in_progress`, `idempotency_mismatch` (the key was
  /// used with another `request`), or `overloaded` when the table is full of requests in progress.
  using begun = std::variant<first, std::shared_ptr<const stored_answer>, domain::rejection>;

  /// `owner` is a buyer, `request` a digest of method, target and body.
  [[nodiscard]] begun begin(std::string_view owner, std::string_view key, std::uint64_t request, moment now);
  void finish(std::string_view owner, std::string_view key, stored_answer answer, moment now);
  /// The request was refused, or its outcome is unknown: a repeat is carried out anew.
  void abandon(std::string_view owner, std::string_view key);

  [[nodiscard]] std::size_t size() const noexcept { return places_.size(); }
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

private:
  struct entry {
    std::string name; ///< owner and key
    std::uint64_t request = 0;
    moment since;                                ///< when begun, later when finished
    std::shared_ptr<const stored_answer> answer; ///< null while in progress
    std::size_t bytes = 0;
  };
  using entries = std::list<entry>;

  void forget(entries::iterator place);
  void forget_old(moment now);
  [[nodiscard]] bool make_room(std::size_t more, std::size_t bytes);

  idempotency_limits limits_;
  entries working_;  ///< oldest first
  entries finished_; ///< oldest first
  std::unordered_map<std::string_view, entries::iterator> places_;
  std::size_t bytes_ = 0;
};

} // namespace usher::gateway
