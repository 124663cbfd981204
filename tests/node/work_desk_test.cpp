#define CAF_SUITE node.work_desk

#include "node/work_desk.hpp"

#include "caf/test/bdd_dsl.hpp"

#include <future>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

using usher::node::work_desk;

namespace {

/// What was done with the pieces, in order.
class noted {
public:
  void add(const std::string& what) {
    std::lock_guard lock{mutex_};
    all_.push_back(what);
  }
  std::vector<std::string> all() const {
    std::lock_guard lock{mutex_};
    return all_;
  }

private:
  mutable std::mutex mutex_;
  std::vector<std::string> all_;
};

struct fixture {
  noted notes;
  std::promise<void> begun;
  std::promise<void> may_end;

  work_desk::piece piece(const std::string& name) {
    return {[=, this] { notes.add("did " + name); }, [=, this] { notes.add("dropped " + name); }};
  }
  /// Is under way until `may_end`.
  work_desk::piece long_piece() {
    return {[this] {
              begun.set_value();
              may_end.get_future().wait();
              notes.add("did the long one");
            },
            [this] { notes.add("dropped the long one"); }};
  }
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("work is done one piece after the other, on the desk's own thread") {
  work_desk desk;
  std::promise<std::thread::id> where;
  CHECK(desk.add(piece("a")));
  CHECK(desk.add(piece("b")));
  CHECK(desk.add({[&] { where.set_value(std::this_thread::get_id()); }, [] {}}));
  CHECK(where.get_future().get() != std::this_thread::get_id());
  CHECK_EQ(notes.all(), (std::vector<std::string>{"did a", "did b"}));
}

SCENARIO("no more pieces wait than may") {
  work_desk desk{2};
  CHECK(desk.add(long_piece()));
  begun.get_future().wait();
  CHECK(desk.add(piece("a")));
  CHECK(desk.add(piece("b")));
  CHECK(!desk.add(piece("c")));
  may_end.set_value();
  std::promise<void> last;
  while (!desk.add({[&] { last.set_value(); }, [] {}}))
    std::this_thread::yield();
  last.get_future().wait();
  CHECK_EQ(notes.all(), (std::vector<std::string>{"did the long one", "did a", "did b"}));
}

SCENARIO("a desk that stops finishes what is under way, and drops what waits") {
  work_desk desk;
  CHECK(desk.add(long_piece()));
  begun.get_future().wait();
  CHECK(desk.add(piece("a")));
  std::promise<void> dropped;
  CHECK(desk.add({[] {}, [&] { dropped.set_value(); }}));
  std::thread stopping{[&] { desk.stop(); }};
  dropped.get_future().wait();
  CHECK(!desk.add(piece("late")));
  CHECK_EQ(notes.all(), std::vector<std::string>{"dropped a"});
  may_end.set_value();
  stopping.join();
  CHECK_EQ(notes.all(), (std::vector<std::string>{"dropped a", "did the long one"}));
  desk.stop(); // once more, for nothing
  CHECK(!desk.add(piece("later")));
}

END_FIXTURE_SCOPE()
