#include "domain/taken_turns.hpp"

#include "domain/ensure.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <iterator>
#include <utility>

namespace usher::domain {
namespace {

constexpr std::uint64_t word_bits = 64;

std::uint64_t mask(queue_number number) {
  return std::uint64_t{1} << number.value() % word_bits;
}

template <class Visit>
void for_each_number(const std::vector<number_span>& numbers, Visit visit) {
  for (const auto& span : numbers)
    for (auto number = span.first.value(); number <= span.last.value(); ++number)
      visit(queue_number{number});
}

/// Adds a number that is above all others.
void append(std::vector<number_span>& spans, queue_number number) {
  if (!spans.empty() && spans.back().last.value() + 1 == number.value())
    spans.back().last = number;
  else
    spans.push_back({number, number});
}

/// The highest of them, which must ascend; 0 if there are none.
queue_number last_of(const std::vector<number_span>& numbers) {
  queue_number last;
  for (const auto& span : numbers) {
    ensure(span.first > last && span.last >= span.first, "spans of numbers ascend");
    last = span.last;
  }
  return last;
}

/// The numbers of both, ascending, each once.
std::vector<number_span> united(const std::vector<number_span>& a, const std::vector<number_span>& b) {
  std::vector<number_span> all;
  all.reserve(a.size() + b.size());
  std::merge(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(all),
             [](const number_span& x, const number_span& y) { return x.first < y.first; });
  std::vector<number_span> result;
  for (const auto& span : all) {
    if (!result.empty() && span.first.value() <= result.back().last.value() + 1)
      result.back().last = std::max(result.back().last, span.last);
    else
      result.push_back(span);
  }
  return result;
}

} // namespace

void taken_turns::set(bits& of, queue_number number) {
  auto word = static_cast<std::size_t>(number.value() / word_bits);
  if (word >= of.size())
    of.resize(word + 1);
  of[word] |= mask(number);
}

void taken_turns::clear(bits& of, queue_number number) {
  if (auto word = static_cast<std::size_t>(number.value() / word_bits); word < of.size())
    of[word] &= ~mask(number);
}

bool taken_turns::has(const bits& of, queue_number number) {
  auto word = static_cast<std::size_t>(number.value() / word_bits);
  return word < of.size() && (of[word] & mask(number)) != 0;
}

void taken_turns::take(queue_number number) {
  set(over_, number);
  taken_.push_back(number);
  highest_ = std::max(highest_, number);
}

void taken_turns::give_up(queue_number number) {
  set(over_, number);
}

void taken_turns::settle(instant now) {
  for (; !recent_.empty() && recent_.front().inside_until <= now; recent_.pop_front())
    for_each_number(recent_.front().numbers, [&](queue_number each) {
      auto inside = inside_.find(each.value());
      // Whoever is back is over already; a number may have been written once more, with a later end.
      if (inside == inside_.end() || inside->second > now)
        return;
      inside_.erase(inside);
      set(over_, each);
    });
}

std::optional<instant> taken_turns::come_back(queue_number number) {
  auto inside = inside_.find(number.value());
  if (inside == inside_.end())
    return std::nullopt;
  auto until = inside->second;
  inside_.erase(inside);
  set(over_, number);
  return until;
}

std::optional<instant> taken_turns::next_to_settle() const {
  if (inside_.empty())
    return std::nullopt;
  return recent_.front().inside_until;
}

bool taken_turns::over(queue_number number) const {
  return has(over_, number);
}

std::optional<turns_taken> taken_turns::to_write(instant inside_until) const {
  if (taken_.empty())
    return std::nullopt;
  auto ordered = taken_;
  std::sort(ordered.begin(), ordered.end());
  turns_taken turns{{}, inside_until};
  for (auto number : ordered)
    append(turns.numbers, number);
  return turns;
}

void taken_turns::apply(const turns_taken& happened) {
  highest_ = std::max(highest_, last_of(happened.numbers));
  taken_.clear();
  for_each_number(happened.numbers, [&](queue_number each) {
    if (over(each))
      return; // this object let them in itself
    auto& until = inside_[each.value()];
    until = std::max(until, happened.inside_until);
  });
  if (!recent_.empty() && recent_.back().inside_until == happened.inside_until)
    recent_.back().numbers = united(recent_.back().numbers, happened.numbers);
  else
    recent_.push_back(happened);
}

void taken_turns::apply(const numbers_used_up& happened) {
  auto last = last_of(happened.numbers);
  ensure(happened.highest_turn <= last, "whoever was let in had a number");
  highest_ = std::max(highest_, happened.highest_turn);
  for_each_number(happened.numbers, [this](queue_number each) { set(over_, each); });
}

std::vector<fact> taken_turns::snapshot() const {
  auto settled = over_;
  for (const auto& turns : recent_)
    for_each_number(turns.numbers, [&](queue_number number) { clear(settled, number); });
  for (auto number : taken_)
    clear(settled, number);
  numbers_used_up used_up;
  for (std::size_t word = 0; word < settled.size(); ++word)
    for (auto rest = settled[word]; rest != 0; rest &= rest - 1)
      append(used_up.numbers, queue_number{word * word_bits + static_cast<std::uint64_t>(std::countr_zero(rest))});
  std::vector<fact> facts;
  if (!used_up.numbers.empty()) {
    used_up.highest_turn = std::min(highest_, used_up.numbers.back().last);
    facts.emplace_back(std::move(used_up));
  }
  facts.insert(facts.end(), recent_.begin(), recent_.end());
  return facts;
}

} // namespace usher::domain
