#pragma once

#include "tests/simulation/fiber.hpp"
#include "tests/simulation/sim_store.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <type_traits>
#include <utility>

namespace usher::simulation {

/// What a connection needs of the process that has it.
struct store_client {
  std::string name;
  std::string host; ///< where it runs
  /// Has the process go on with this fiber as soon as it does anything.
  std::function<void(fiber&)> wake;
  /// The process has ended: nothing that it sends arrives any more.
  std::function<bool()> dead;
};

/// How one connection's calls get to the store, and their results back. Within a fiber they take time, and go wrong;
/// outside of all fibers, where nothing can wait, they are done at once if the store can be reached.
class store_line {
public:
  /// `patience`: how long a caller waits for an answer.
  store_line(sim_store& store, store_client client, moment patience);

  [[nodiscard]] sim_store& store() noexcept { return store_; }
  [[nodiscard]] const store_client& client() const noexcept { return client_; }

  /// Does `work` at the store, when it gets there, and comes back with its result, if that gets back. `late` is what is
  /// done in its place when the caller has given up before: nothing, if it is empty.
  template <class Work>
  auto call(const char* what, Work work, std::function<void()> late = {});

private:
  void go_there(const char* what, const std::function<void()>& late);
  void come_back(std::uint64_t starts);
  void travel();
  void sleep(moment time);
  [[noreturn]] void fail(const char* fault);
  void await_service(const std::function<void()>& late);
  [[nodiscard]] bool is_reached() const;

  sim_store& store_;
  store_client client_;
  moment patience_;
};

template <class Work>
auto store_line::call(const char* what, Work work, std::function<void()> late) {
  if (client_.dead())
    throw persistence::store_unavailable{"the process has ended"};
  if (!fiber::current()) {
    if (!is_reached())
      fail("out of reach");
    return work();
  }
  auto starts = store_.starts_;
  go_there(what, late);
  if constexpr (std::is_void_v<decltype(work())>) {
    work();
    come_back(starts);
  } else {
    auto result = work();
    come_back(starts);
    return result;
  }
}

} // namespace usher::simulation
