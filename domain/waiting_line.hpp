#pragma once

#include "domain/ids.hpp"
#include "domain/line_outline.hpp"
#include "domain/queue_state.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace usher::domain {

/// Somebody with a number. There may be millions, so it is kept small: the buyer's name follows the object in the same
/// allocation, made by `make`.
class waiting_person {
public:
  struct give_back {
    void operator()(waiting_person* person) const noexcept;
  };
  using pointer = std::unique_ptr<waiting_person, give_back>;

  [[nodiscard]] static pointer make(const buyer_id& buyer);
  waiting_person(const waiting_person&) = delete;
  waiting_person& operator=(const waiting_person&) = delete;

  [[nodiscard]] std::string_view buyer() const noexcept;

  queue_number number;
  std::uint64_t entrances = 0; ///< one bit for each entrance at which they are connected
  /// A second since 1970: who waits is there until then, by their asking; the pass of who was let in ends then. 0: they
  /// have not asked; or nobody but the room knows yet that they go in.
  std::uint32_t until_s = 0;
  queue_state state = queue_state::waiting;
  bool asking = false; ///< not yet seen to be absent since they last asked

  [[nodiscard]] bool present() const noexcept { return entrances != 0 || asking; }

private:
  explicit waiting_person(std::uint8_t name_bytes) : name_bytes_(name_bytes) {}
  ~waiting_person() = default;

  std::uint8_t name_bytes_;
};

/// The people who wait, by number, and which of them are present.
///
/// Bits by number, in blocks that keep counts: finding the lowest number and counting the people before a number look
/// at only a few words, however long the line is. The caller owns the people.
class waiting_line {
public:
  /// `person.number` must not be in line.
  void add(waiting_person& person, bool present);
  void remove(queue_number number);
  void set_present(queue_number number, bool present);
  /// Null when nobody waits with this number.
  [[nodiscard]] waiting_person* find(queue_number number) const;

  /// Whoever has the lowest number of those present, or null. O(1) amortized while nobody with a lower number returns.
  [[nodiscard]] waiting_person* first_present();

  /// Whoever has the highest number of those who are not present, or null. O(numbers / 4096).
  [[nodiscard]] waiting_person* last_absent() const;

  [[nodiscard]] std::uint64_t waiting() const noexcept { return waiting_; }
  [[nodiscard]] std::uint64_t present() const noexcept { return present_; }
  [[nodiscard]] std::uint64_t waiting_before(queue_number number) const;
  [[nodiscard]] std::uint64_t present_before(queue_number number) const;
  /// The line in about `stretches` parts of equally many people. O(numbers / 64).
  [[nodiscard]] line_outline outline(std::size_t stretches) const;

private:
  static constexpr std::size_t word_bits = 64;
  static constexpr std::size_t block_words = 64;
  static constexpr std::size_t block_size = word_bits * block_words;

  using bits = std::array<std::uint64_t, block_words>;
  struct people_block {
    bits waiting{};
    bits present{};
    std::array<waiting_person*, block_size> people{};
  };
  struct counted_block {
    std::unique_ptr<people_block> people; ///< null while none of them waits
    std::uint32_t waiting = 0;
    std::uint32_t present = 0;
  };

  [[nodiscard]] std::uint64_t before(queue_number number, std::uint32_t counted_block::*count,
                                     bits people_block::*set) const;

  std::vector<counted_block> blocks_;
  std::uint64_t lowest_ = 0; ///< nobody below this is present
  std::uint64_t waiting_ = 0;
  std::uint64_t present_ = 0;
};

} // namespace usher::domain
