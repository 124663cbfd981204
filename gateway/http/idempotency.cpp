#include "gateway/http/idempotency.hpp"

#include <string>

namespace usher::gateway {
namespace {

/// Roughly what the list and the table need for one entry.
constexpr std::size_t entry_overhead = 256;

/// Owner and key as one text; the length keeps `ab`+`c` apart from `a`+`bc`.
std::string name_of(std::string_view owner, std::string_view key) {
  std::string name = std::to_string(owner.size());
  name += ':';
  name += owner;
  name += key;
  return name;
}

std::size_t bytes_of(const stored_answer& answer) {
  auto bytes = answer.body.size() + answer.content_type.size();
  for (const auto& [name, value] : answer.headers)
    bytes += name.size() + value.size();
  return bytes;
}

} // namespace

idempotency_table::idempotency_table(idempotency_limits limits) : limits_(limits) {}

idempotency_table::begun idempotency_table::begin(std::string_view owner, std::string_view key, std::uint64_t request,
                                                  moment now) {
  forget_old(now);
  auto name = name_of(owner, key);
  if (auto found = places_.find(name); found != places_.end()) {
    const auto& known = *found->second;
    if (known.request != request)
      return domain::rejection::idempotency_mismatch;
    if (!known.answer)
      return domain::rejection::in_progress;
    return known.answer;
  }
  auto bytes = name.size() + entry_overhead;
  if (!make_room(1, bytes))
    return domain::rejection::overloaded;
  working_.push_back({std::move(name), request, now, nullptr, bytes});
  bytes_ += bytes;
  places_.emplace(working_.back().name, std::prev(working_.end()));
  return first{};
}

void idempotency_table::finish(std::string_view owner, std::string_view key, stored_answer answer, moment now) {
  auto found = places_.find(name_of(owner, key));
  if (found == places_.end() || found->second->answer)
    return; // it took so long that it counted as lost; its repeat gets the same answer
  auto place = found->second;
  auto bytes = bytes_of(answer);
  if (!make_room(0, bytes)) {
    forget(place);
    return;
  }
  place->answer = std::make_shared<const stored_answer>(std::move(answer));
  place->since = now;
  place->bytes += bytes;
  bytes_ += bytes;
  finished_.splice(finished_.end(), working_, place);
}

void idempotency_table::abandon(std::string_view owner, std::string_view key) {
  auto found = places_.find(name_of(owner, key));
  if (found != places_.end() && !found->second->answer)
    forget(found->second);
}

void idempotency_table::forget(entries::iterator place) {
  bytes_ -= place->bytes;
  places_.erase(place->name);
  auto& list = place->answer ? finished_ : working_;
  list.erase(place);
}

void idempotency_table::forget_old(moment now) {
  while (!finished_.empty() && finished_.front().since + limits_.keep <= now)
    forget(finished_.begin());
  while (!working_.empty() && working_.front().since + limits_.in_progress <= now)
    forget(working_.begin());
}

/// Forgets finished answers until there is room for `more` entries and `bytes`; false if there cannot be.
bool idempotency_table::make_room(std::size_t more, std::size_t bytes) {
  auto fits = [&] { return places_.size() + more <= limits_.entries_max && bytes_ + bytes <= limits_.bytes_max; };
  while (!fits() && !finished_.empty())
    forget(finished_.begin());
  return fits();
}

} // namespace usher::gateway
