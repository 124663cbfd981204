#pragma once

#include "gateway/thread/answer.hpp"
#include "messages/interfaces.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace usher::gateway {

/// Collects what the sessions of one thread ask, and remembers who awaits which answer. Belongs to that thread.
class outbox {
public:
  using clock = std::chrono::steady_clock;
  using on_answer = std::function<void(answer&&)>;
  /// Takes what was collected since the last time.
  using send_batch = std::function<void(messages::session_requests)>;
  /// Arranges for one call of `flush`, after the present turn of the loop.
  using plan_flush = std::function<void()>;

  outbox(std::size_t requests_max, clock::duration patience, send_batch send, plan_flush plan);

  /// Asks, and calls `then` with the answer, once. False when too many answers are awaited: then nothing was asked, and
  /// `then` is never called.
  [[nodiscard]] bool ask(messages::session_request request, on_answer then, clock::time_point now);
  /// Asks what has no answer.
  void tell(messages::session_request request);
  /// For how long an answer is awaited.
  [[nodiscard]] clock::duration patience() const noexcept { return patience_; }
  /// Whether so many answers are awaited that requests which can wait should wait.
  [[nodiscard]] bool busy() const noexcept { return awaited_ >= requests_max_ / 2; }

  /// Passes on what was collected.
  void flush();
  /// An answer is here. One that nobody awaits any more is dropped.
  void answered(std::uint64_t number, answer&& what);
  /// Gives up on answers that take too long: they are `lost`.
  void sweep(clock::time_point now);
  /// From now on calls nobody.
  void forget_all();

private:
  /// A slot for one awaited answer. Its number has the round (how often the slot was used) in the bits above its index,
  /// so a late answer to an earlier round is recognized.
  struct place {
    std::uint32_t round = 0;
    clock::time_point until;
    on_answer then;
  };

  void add(std::uint64_t number, messages::session_request&& request);
  void finish(std::uint32_t index, answer&& what);

  std::size_t requests_max_;
  clock::duration patience_;
  send_batch send_;
  plan_flush plan_;
  messages::session_requests collected_;
  std::vector<place> places_;
  std::vector<std::uint32_t> free_;
  std::size_t awaited_ = 0;
};

} // namespace usher::gateway
