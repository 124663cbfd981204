#include "tests/simulation/store_line.hpp"

#include "tests/simulation/waiting.hpp"

#include <algorithm>

namespace usher::simulation {

using namespace std::chrono_literals;
using persistence::store_unavailable;

store_line::store_line(sim_store& store, store_client client, moment patience)
    : store_(store), client_(std::move(client)), patience_(patience) {
  if (!fiber::current() && (!is_reached() || store_.when_.now() < store_.paused_until_))
    fail("unreachable at start");
}

bool store_line::is_reached() const {
  return store_.when_.now() >= store_.away_until_ && !store_.cut_off_.contains(client_.host);
}

void store_line::fail(const char* fault) {
  store_.told_.troubled(fault);
  throw store_unavailable{fault};
}

void store_line::sleep(moment time) {
  wait_in(store_.when_, time, client_.wake);
  if (client_.dead())
    throw store_unavailable{"the process has ended"};
}

void store_line::travel() {
  sleep(store_.chance_.wait(100us, 20ms));
}

void store_line::await_service(const std::function<void()>& late) {
  auto waited = moment{0};
  while (store_.when_.now() < store_.paused_until_) {
    auto rest = std::min(store_.paused_until_ - store_.when_.now(), patience_ - waited);
    if (rest <= moment{0}) {
      // It may lie in the server's buffers, and be done when nobody waits for it any more.
      if (late && store_.chance_.chance(500))
        store_.when_.in(store_.paused_until_ - store_.when_.now(), late);
      fail("no answer in time");
    }
    sleep(rest);
    waited += rest;
  }
  if (store_.when_.now() < store_.away_until_)
    fail("out of reach");
}

void store_line::go_there(const char* what, const std::function<void()>& late) {
  travel();
  if (store_.cut_off_.contains(client_.host)) {
    sleep(patience_);
    fail("no way to the store");
  }
  await_service(late);
  if (store_.chance_.chance(store_.troubles_.refused))
    fail("an error before the commit");
  store_.told_.called(what, client_.name);
}

void store_line::come_back(std::uint64_t starts) {
  auto lost = store_.chance_.chance(store_.troubles_.answer_lost);
  if (lost && store_.chance_.chance(500)) {
    store_.slow_until_ = std::max(store_.slow_until_, store_.when_.now() + patience_);
    sleep(patience_);
  } else {
    travel();
  }
  if (lost)
    fail("the answer was lost");
  if (store_.cut_off_.contains(client_.host)) {
    sleep(patience_);
    fail("no way back from the store");
  }
  if (store_.starts_ != starts)
    fail("the connection broke");
}

} // namespace usher::simulation
