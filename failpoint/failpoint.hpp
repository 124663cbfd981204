#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

/// Failpoints: named places at which something is made to go wrong on purpose. Only what is compiled with
/// `USHER_FAILPOINTS`, or for the simulation with `USHER_PLANTS`, has any of it; elsewhere nothing is left of a call.
namespace usher::failpoint {

/// A place that can be made to go wrong. At each the process can be delayed and ended.
struct place {
  std::string_view name;
  bool may_crash; ///< its actor can end there, as after a programmer's error
  bool may_fail;  ///< what is called there can fail by itself, too: a store, or a provider
  std::string_view sentence;
};

// clang-format off
inline constexpr auto all_places = std::to_array<place>({
    {"section.before-append",          true,  false, "a section hands its facts to the journal"},
    {"section.before-answer",          true,  false, "facts of a section are durable, and nobody has heard of them"},
    {"section.rebuilding",             true,  false, "a section was claimed anew after a doubt, and nobody is answered yet"},
    {"event.before-append",            true,  false, "an event hands its facts to the journal"},
    {"event.before-answer",            true,  false, "facts of an event are durable, and nobody has heard of them"},
    {"event.rebuilding",               true,  false, "an event was claimed anew after a doubt, and nobody is answered yet"},
    {"waiting-room.before-append",     true,  false, "a waiting room hands a fact to the journal"},
    {"waiting-room.before-answer",     true,  false, "numbers or turns are durable, and nobody has heard of them"},
    {"waiting-room.rebuilding",        true,  false, "a waiting room was claimed anew after a doubt, and nobody is answered yet"},
    {"checkout.before-start-payment",  true,  false, "the sections are asked to keep a hold while it is paid for"},
    {"checkout.after-start-payment",   true,  false, "all sections have answered that"},
    {"checkout.before-charge",         true,  true,  "the provider is asked to charge; if that fails, it is not asked"},
    {"checkout.after-charge",          true,  true,  "the provider has answered; if that fails, the answer is lost"},
    {"checkout.before-status",         true,  true,  "the provider is asked what became of a charge; as above"},
    {"checkout.after-status",          true,  true,  "the provider has answered that; as above"},
    {"checkout.before-sell",           true,  false, "the sections are asked to sell the seats"},
    {"checkout.after-sell",            true,  false, "all sections have answered that"},
    {"checkout.before-take-back",      true,  false, "the sections are asked to take back what was sold"},
    {"checkout.after-take-back",       true,  false, "all sections have answered that"},
    {"checkout.before-refund",         true,  true,  "the provider is asked to give the money back; if that fails, it is not asked"},
    {"checkout.after-refund",          true,  true,  "the provider has answered; if that fails, the answer is lost"},
    {"checkout.before-stop-payment",   true,  false, "the sections are asked to have the hold go on as an ordinary one"},
    {"checkout.after-stop-payment",    true,  false, "all sections have answered that"},
    {"checkout.before-release",        true,  false, "the sections are asked to end the hold"},
    {"checkout.after-release",         true,  false, "all sections have answered that"},
    {"checkout.before-advance",        true,  false, "the event is asked to write down the order's next state"},
    {"checkout.after-advance",         true,  false, "the order's next state is written down"},
    {"journal-writer.before-append",   false, true,  "a group of facts is about to be written; if that fails, none is"},
    {"journal-writer.after-append",    false, true,  "a group of facts is written; if that fails, the answer is lost"},
    {"claim.before-history",           false, true,  "a shard is claimed, and its history not read yet"},
});
// clang-format on

/// Names one of the places. A name that is not in the table does not compile.
class place_name {
public:
  consteval place_name(const char* name) : index_(index_of(name)) {}

  [[nodiscard]] constexpr const place& where() const noexcept { return all_places[index_]; }

private:
  static consteval std::uint8_t index_of(std::string_view name) {
    for (std::size_t i = 0; i < all_places.size(); ++i)
      if (all_places[i].name == name)
        return static_cast<std::uint8_t>(i);
    throw std::invalid_argument{"there is no such failpoint"};
  }

  std::uint8_t index_;
};

/// What can be made to happen at a place.
enum class action : std::uint8_t {
  none,
  crash, ///< the actor ends by an exception that nobody expected
  delay, ///< its thread waits: for real processes only, as it holds up whoever shares the thread
  fail,  ///< what is called there fails
  exit,  ///< the process ends at once, as by SIGKILL
};

#if defined(USHER_FAILPOINTS) || defined(USHER_PLANTS)

/// Thrown where an actor crashes.
class crash : public std::logic_error {
public:
  using std::logic_error::logic_error;
};

/// Does what is to be done at this place, if anything.
void reached(place_name here);
/// Likewise, at a place that may fail. True if it does: the caller then fails as what it calls would.
[[nodiscard]] bool fails(place_name here);

/// Has the rules of the environment (`USHER_FAILPOINTS`, `USHER_FAILPOINTS_SEED`) decide from now on. Called once,
/// before any place is reached. Returns a warning for the log, or nothing if there are no rules; throws
/// `std::invalid_argument`, with a sentence, if they cannot be understood.
std::optional<std::string> obey_environment();

/// Has somebody else decide what happens at the places that this thread reaches: the simulation.
class deciding {
public:
  using decision = std::function<action(const place& here)>;

  explicit deciding(decision by);
  ~deciding();
  deciding(const deciding&) = delete;
  deciding& operator=(const deciding&) = delete;

private:
  decision by_;
};

#else

constexpr void reached(place_name) noexcept {}

[[nodiscard]] constexpr bool fails(place_name) noexcept {
  return false;
}

inline std::optional<std::string> obey_environment() {
  return std::nullopt;
}

#endif

} // namespace usher::failpoint
