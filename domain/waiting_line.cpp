#include "domain/waiting_line.hpp"

#include "domain/ensure.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <new>
#include <type_traits>

namespace usher::domain {
namespace {

constexpr std::uint64_t mask(std::uint64_t number) {
  return std::uint64_t{1} << number % 64;
}

} // namespace

waiting_person::pointer waiting_person::make(const buyer_id& buyer) {
  const auto& name = buyer.value();
  ensure(name.size() <= std::numeric_limits<std::uint8_t>::max(), "a buyer's name is at most 128 bytes");
  auto* place = static_cast<char*>(::operator new(sizeof(waiting_person) + name.size()));
  std::memcpy(place + sizeof(waiting_person), name.data(), name.size());
  return pointer{new (place) waiting_person{static_cast<std::uint8_t>(name.size())}};
}

std::string_view waiting_person::buyer() const noexcept {
  return {reinterpret_cast<const char*>(this) + sizeof(waiting_person), name_bytes_};
}

void waiting_person::give_back::operator()(waiting_person* person) const noexcept {
  static_assert(std::is_trivially_destructible_v<queue_number>, "a person is given back without further ado");
  ::operator delete(person);
}

void waiting_line::add(waiting_person& person, bool present) {
  auto number = person.number.value();
  if (number / block_size >= blocks_.size())
    blocks_.resize(number / block_size + 1);
  auto& block = blocks_[number / block_size];
  if (!block.people)
    block.people = std::make_unique<people_block>();
  auto& word = block.people->waiting[number % block_size / word_bits];
  ensure((word & mask(number)) == 0, "a number stands in line once");
  word |= mask(number);
  block.people->people[number % block_size] = &person;
  ++block.waiting;
  ++waiting_;
  set_present(person.number, present);
}

void waiting_line::remove(queue_number number) {
  set_present(number, false);
  auto n = number.value();
  auto& block = blocks_[n / block_size];
  block.people->waiting[n % block_size / word_bits] &= ~mask(n);
  block.people->people[n % block_size] = nullptr;
  --waiting_;
  if (--block.waiting == 0)
    block.people.reset();
}

void waiting_line::set_present(queue_number number, bool present) {
  ensure(find(number) != nullptr, "only those in line are there or not");
  auto n = number.value();
  auto& block = blocks_[n / block_size];
  auto& word = block.people->present[n % block_size / word_bits];
  if (((word & mask(n)) != 0) == present)
    return;
  word ^= mask(n);
  if (present) {
    ++block.present;
    ++present_;
    lowest_ = std::min(lowest_, n);
  } else {
    --block.present;
    --present_;
  }
}

waiting_person* waiting_line::find(queue_number number) const {
  auto n = number.value();
  if (n / block_size >= blocks_.size() || !blocks_[n / block_size].people)
    return nullptr;
  return blocks_[n / block_size].people->people[n % block_size];
}

waiting_person* waiting_line::first_present() {
  if (present_ == 0)
    return nullptr;
  auto block = lowest_ / block_size;
  while (blocks_[block].present == 0)
    ++block;
  auto word = lowest_ / block_size == block ? lowest_ % block_size / word_bits : 0;
  const auto& people = *blocks_[block].people;
  while (people.present[word] == 0)
    ++word;
  auto bit = static_cast<std::size_t>(std::countr_zero(people.present[word]));
  lowest_ = block * block_size + word * word_bits + bit;
  return people.people[lowest_ % block_size];
}

waiting_person* waiting_line::last_absent() const {
  auto has_any = [](const counted_block& x) { return x.waiting > x.present; };
  auto block = std::find_if(blocks_.rbegin(), blocks_.rend(), has_any);
  if (block == blocks_.rend())
    return nullptr;
  const auto& people = *block->people;
  auto word = block_words - 1;
  while ((people.waiting[word] & ~people.present[word]) == 0)
    --word;
  auto bit = std::bit_width(people.waiting[word] & ~people.present[word]) - 1;
  return people.people[word * word_bits + static_cast<std::size_t>(bit)];
}

std::uint64_t waiting_line::before(queue_number number, std::uint32_t counted_block::*count,
                                   bits people_block::*set) const {
  auto n = number.value();
  auto last = std::min<std::uint64_t>(n / block_size, blocks_.size());
  std::uint64_t sum = 0;
  for (std::uint64_t i = 0; i < last; ++i)
    sum += blocks_[i].*count;
  if (last == blocks_.size() || !blocks_[last].people)
    return sum;
  const auto& words = (*blocks_[last].people).*set;
  auto last_word = n % block_size / word_bits;
  for (std::size_t i = 0; i < last_word; ++i)
    sum += static_cast<std::uint64_t>(std::popcount(words[i]));
  return sum + static_cast<std::uint64_t>(std::popcount(words[last_word] & (mask(n) - 1)));
}

line_outline waiting_line::outline(std::size_t stretches) const {
  const auto people_in_one = std::max<std::uint64_t>((waiting_ + stretches - 1) / stretches, 1);
  line_outline result;
  line_mark reached;          // behind everybody so far
  std::uint64_t begun_at = 0; // how many stood before the present stretch
  bool begun = false;
  auto add = [&](std::uint64_t first_of_word, std::uint64_t waiting, std::uint64_t present) {
    if (!begun) {
      reached.number = queue_number{first_of_word + static_cast<std::uint64_t>(std::countr_zero(waiting))};
      begun_at = reached.waiting;
      result.marks.push_back(reached);
    }
    reached.number = queue_number{first_of_word + static_cast<std::uint64_t>(std::bit_width(waiting))};
    reached.waiting += static_cast<std::uint64_t>(std::popcount(waiting));
    reached.present += static_cast<std::uint64_t>(std::popcount(present));
    begun = reached.waiting - begun_at < people_in_one;
    if (!begun)
      result.marks.push_back(reached);
  };
  for (std::size_t block = 0; block < blocks_.size(); ++block) {
    if (!blocks_[block].people)
      continue;
    const auto& people = *blocks_[block].people;
    for (std::size_t word = 0; word < block_words; ++word)
      if (people.waiting[word] != 0)
        add(block * block_size + word * word_bits, people.waiting[word], people.present[word]);
  }
  if (begun)
    result.marks.push_back(reached);
  return result;
}

std::uint64_t waiting_line::waiting_before(queue_number number) const {
  return before(number, &counted_block::waiting, &people_block::waiting);
}

std::uint64_t waiting_line::present_before(queue_number number) const {
  return before(number, &counted_block::present, &people_block::present);
}

} // namespace usher::domain
