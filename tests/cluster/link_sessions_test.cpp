#define CAF_SUITE cluster.link_sessions

#include "cluster/link/link_sessions.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <algorithm>
#include <deque>
#include <map>
#include <random>
#include <set>

using namespace usher::cluster;
using namespace std::chrono_literals;

namespace {

constexpr tick start = tick{} + 1h;

/// What one node's link has told, each in a line.
using told_lines = std::vector<std::string>;

/// Two nodes, and a network between them in which connections break and words are under way for a while.
class two_nodes {
public:
  struct node {
    node(const std::string& cluster, const std::string& name, incarnation now)
        : me(now), sessions({cluster, name}, news(), [this](const std::string& line) { complaints.push_back(line); }) {}

    link_news news() {
      return {
          [this](incarnation who, std::uint64_t session) {
            told.push_back("up " + std::to_string(who.value()));
            open = session;
          },
          [this](incarnation who, std::uint64_t session, bool refused) {
            told.push_back("down " + std::to_string(who.value()) + (session == 0 ? " unseen" : "")
                           + (refused ? " refused" : ""));
            is_right = is_right && (session == 0 || session == open);
            if (session != 0)
              open = 0;
          },
          [this](incarnation, std::uint64_t session, std::string frame) {
            is_right = is_right && session != 0 && session == open;
            frames.push_back(std::move(frame));
          },
      };
    }

    incarnation me;
    told_lines told{};
    std::vector<std::string> frames{};
    std::vector<std::string> complaints{};
    std::uint64_t open = 0; ///< the session that is up, by what was told
    bool is_right = true;   ///< what comes of a session comes between its `up` and its `down`
    bool is_there = true;   ///< it listens, and dials
    link_sessions sessions;
  };

  explicit two_nodes(const std::string& other_cluster = "c")
      : a("c", "a", incarnation{1}), b(other_cluster, "b", incarnation{2}) {}

  void seek_each_other() {
    a.sessions.seek(a.me, {{b.me, "b", "address of b"}}, now);
    b.sessions.seek(b.me, {{a.me, "a", "address of a"}}, now);
  }

  void run(std::chrono::milliseconds time) {
    for (auto until = now + time; now < until; now += 5ms)
      step();
  }

  /// Each end hears of it, but what is under way is lost.
  void break_connections() {
    for (auto& one : std::exchange(connections_, {}))
      for (const auto& its : {one->a_end, one->b_end})
        (its->of_a ? a : b).sessions.lost(its, now);
  }

  void send(node& from, const std::string& frame) {
    auto way = from.sessions.find(from.me == a.me ? b.me : a.me, from.open);
    if (way.over)
      way.over->write(write({way.session, link_payload{frame}}));
  }

  tick now = start;
  node a, b; ///< a is the older one
  bool is_cut_to_a = false;
  bool is_cut_to_b = false;
  std::size_t dials = 0;

private:
  struct connection;
  struct end final : link_channel {
    end(connection& whole, bool a_has_it) : over(whole), of_a(a_has_it) {}

    void write(std::string word) override {
      (of_a ? over.to_b : over.to_a).push_back({over.now() + 10ms, std::move(word)});
    }
    void close() override { over.is_closed = true; }

    connection& over;
    const bool of_a;
  };
  struct under_way {
    tick when;
    std::string word;
  };
  struct connection {
    explicit connection(const tick& clock) : clock_(&clock) {}
    [[nodiscard]] tick now() const { return *clock_; }

    std::deque<under_way> to_a{};
    std::deque<under_way> to_b{};
    bool is_closed = false;
    std::shared_ptr<end> a_end = std::make_shared<end>(*this, true);
    std::shared_ptr<end> b_end = std::make_shared<end>(*this, false);

  private:
    const tick* clock_;
  };

  void step() {
    deliver();
    hang_up();
    for (auto* one : {&a, &b})
      for (const auto& whom : one->sessions.advance(now))
        attempt(*one, whom);
  }

  /// What cannot pass waits, in order.
  void deliver() {
    for (auto& one : std::vector{connections_})
      for (auto to_a : {true, false}) {
        auto& words = to_a ? one->to_a : one->to_b;
        while (!words.empty() && words.front().when <= now && !(to_a ? is_cut_to_a : is_cut_to_b)) {
          auto next = std::move(words.front().word);
          words.pop_front();
          (to_a ? a : b).sessions.take(to_a ? one->a_end : one->b_end, std::move(next), now);
        }
      }
  }

  void hang_up() {
    for (auto& one : std::vector{connections_})
      if (one->is_closed) {
        std::erase(connections_, one);
        kept_.push_back(one);
        a.sessions.lost(one->a_end, now);
        b.sessions.lost(one->b_end, now);
      }
  }

  void attempt(node& from, const link_attempt& whom) {
    auto& to = &from == &a ? b : a;
    if (!from.is_there)
      return;
    if (is_cut_to_a || is_cut_to_b)
      return from.sessions.tried(whom.whom.node, reach::silent, nullptr, now);
    if (!to.is_there)
      return from.sessions.tried(whom.whom.node, reach::refused, nullptr, now);
    if (!whom.dials)
      return from.sessions.tried(whom.whom.node, reach::open, nullptr, now);
    ++dials;
    auto fresh = connections_.emplace_back(std::make_shared<connection>(now));
    from.sessions.tried(whom.whom.node, reach::open, &from == &a ? fresh->a_end : fresh->b_end, now);
  }

  std::vector<std::shared_ptr<connection>> connections_{};
  std::vector<std::shared_ptr<connection>> kept_{}; ///< somebody may still have an end
};

std::vector<std::string> numbers(int count) {
  std::vector<std::string> result;
  for (auto i = 0; i < count; ++i)
    result.push_back(std::to_string(i));
  return result;
}

} // namespace

SCENARIO("the younger of two nodes dials, and frames go both ways in order") {
  two_nodes all;
  all.seek_each_other();
  all.run(500ms);
  CHECK_EQ(all.a.told, told_lines{"up 2"});
  CHECK_EQ(all.b.told, told_lines{"up 1"});
  CHECK_EQ(all.dials, 1u);
  for (const auto& one : numbers(100)) {
    all.send(all.a, one);
    all.send(all.b, one);
  }
  all.run(10s);
  CHECK_EQ(all.a.frames, numbers(100));
  CHECK_EQ(all.b.frames, numbers(100));
  CHECK_EQ(all.a.told.size(), 1u);
  CHECK_EQ(all.b.told.size(), 1u);
  CHECK(all.a.complaints.empty());
}

SCENARIO("a node that is not expected gets nothing") {
  GIVEN("a younger node that the older one does not know yet") {
    two_nodes all;
    all.b.sessions.seek(all.b.me, {{all.a.me, "a", "address of a"}}, all.now);
    WHEN("it dials") {
      all.run(1s);
      THEN("it is turned away until it is known") {
        CHECK(all.a.told.empty());
        CHECK(all.b.told.empty());
        CHECK(!all.a.complaints.empty());
        all.seek_each_other();
        all.run(1500ms);
        CHECK_EQ(all.a.told, told_lines{"up 2"});
        CHECK_EQ(all.b.told, told_lines{"up 1"});
      }
    }
  }
}

SCENARIO("a node of another cluster, or in another life, gets nothing") {
  two_nodes stranger{"another"};
  two_nodes past;
  past.b.sessions.seek(past.b.me, {{incarnation{0}, "a", "address of a"}}, past.now);
  for (auto* all : {&stranger, &past}) {
    if (all == &stranger)
      all->seek_each_other();
    all->run(1500ms);
    CHECK(all->a.told.empty());
    CHECK(all->b.told.empty());
    CHECK(!all->a.complaints.empty());
    CHECK_GE(all->dials, 3u);
    CHECK_LE(all->dials, 4u);
    all->run(1500ms); // whoever could be reached so far by nobody is told of once
    CHECK_EQ(all->b.told.size(), 1u);
  }
}

SCENARIO("a node that has gone is told as refused") {
  two_nodes all;
  all.seek_each_other();
  all.run(5s);
  all.b.is_there = false;
  all.break_connections();
  auto broken_at = all.now;
  while (all.a.told.size() == 1)
    all.run(5ms);
  CHECK_LE(all.now - broken_at, 10ms);
  all.run(5s);
  CHECK_EQ(all.a.told, (told_lines{"up 2", "down 2 refused"}));
}

SCENARIO("a connection that breaks between two that live is made anew at once") {
  two_nodes all;
  all.seek_each_other();
  all.run(5s);
  all.break_connections();
  all.run(200ms);
  CHECK_EQ(all.a.told, (told_lines{"up 2", "down 2", "up 2"}));
  CHECK_EQ(all.b.told, (told_lines{"up 1", "down 1", "up 1"}));
}

SCENARIO("sessions that do not last are not made anew without a pause") {
  two_nodes all;
  all.seek_each_other();
  for (auto end = all.now + 10s; all.now < end; all.run(5ms))
    all.a.sessions.end(all.b.me, all.a.open, all.now);
  CHECK_LE(all.dials, 14u);
  CHECK_GE(all.dials, 9u);
  CHECK(all.a.is_right);
}

SCENARIO("a cut in one direction ends the session for both, and it comes back") {
  two_nodes all;
  all.seek_each_other();
  all.run(5s);
  all.is_cut_to_a = true;
  all.run(2400ms);
  CHECK_EQ(all.a.told, (told_lines{"up 2", "down 2"}));
  CHECK_EQ(all.b.told, (told_lines{"up 1", "down 1"}));
  all.is_cut_to_a = false;
  all.run(1500ms);
  CHECK_EQ(all.a.told.back(), "up 2");
  CHECK_EQ(all.b.told.back(), "up 1");
}

SCENARIO("a node that begins another life ends all its sessions") {
  two_nodes all;
  all.seek_each_other();
  all.run(500ms);
  all.b.me = incarnation{3};
  all.b.sessions.seek(all.b.me, {{all.a.me, "a", "address of a"}}, all.now);
  CHECK_EQ(all.b.told, (told_lines{"up 1", "down 1"}));
  all.run(500ms);
  CHECK_EQ(all.a.told, (told_lines{"up 2", "down 2"}));
  all.seek_each_other();
  all.run(1500ms);
  CHECK_EQ(all.a.told.back(), "up 3");
  CHECK_EQ(all.b.told.back(), "up 1");
}

SCENARIO("a node that is nobody, or that nobody seeks any more, has no sessions") {
  two_nodes all;
  all.seek_each_other();
  all.run(500ms);
  all.a.sessions.seek(all.a.me, {}, all.now);
  all.b.sessions.seek(incarnation{}, {}, all.now);
  CHECK_EQ(all.a.told, (told_lines{"up 2", "down 2"}));
  CHECK_EQ(all.b.told, (told_lines{"up 1", "down 1"}));
  all.run(3s);
  CHECK_EQ(all.dials, 1u);
}

SCENARIO("what makes no sense ends the session, or never begins one") {
  GIVEN("a session that is up") {
    two_nodes all;
    all.seek_each_other();
    all.run(500ms);
    auto way = all.b.sessions.find(all.a.me, all.b.open);
    const std::string too_long(link::frame_max + 1, 'x');
    WHEN("words come that are none, of another session, or too long") {
      for (const auto& word : {std::string{"?"}, std::string{}, write({way.session + 1, link_payload{"x"}}),
                               write({way.session, link_payload{too_long}}), write({way.session, link_hello{}})}) {
        auto before = all.a.complaints.size();
        all.b.sessions.find(all.a.me, all.b.open).over->write(word);
        all.run(50ms);
        CHECK_EQ(all.a.complaints.size(), before + 1);
        CHECK_EQ(all.a.told.back(), "down 2");
        all.run(1500ms);
        CHECK_EQ(all.a.told.back(), "up 2");
        way = all.b.sessions.find(all.a.me, all.b.open);
      }
      THEN("no frame has come") {
        CHECK(all.a.frames.empty());
        CHECK(all.a.is_right);
      }
    }
  }
}

SCENARIO("whatever happens to the network, frames come once, in order, and in a session that is up") {
  for (std::uint32_t seed = 1; seed <= 40; ++seed) {
    std::minstd_rand random{seed};
    two_nodes all;
    all.seek_each_other();
    auto sent = 0;
    for (auto i = 0; i < 400; ++i) {
      all.send(all.a, std::to_string(++sent));
      switch (random() % 40) {
        case 0:
          all.break_connections();
          break;
        case 1:
          all.b.sessions.end(all.a.me, all.b.open, all.now);
          break;
        case 2:
          all.is_cut_to_a = !all.is_cut_to_a;
          break;
        case 3:
          all.is_cut_to_b = !all.is_cut_to_b;
          break;
        case 4:
          all.seek_each_other();
          break;
        default:
          break;
      }
      all.run(std::chrono::milliseconds{random() % 300});
    }
    all.is_cut_to_a = all.is_cut_to_b = false;
    all.run(5s);
    CHECK_EQ(all.a.told.back(), "up 2");
    CHECK_EQ(all.b.told.back(), "up 1");
    CHECK(all.a.is_right);
    CHECK(all.b.is_right);
    CHECK(std::ranges::is_sorted(all.b.frames, {}, [](const auto& text) { return std::stoi(text); }));
    CHECK_EQ(std::set<std::string>(all.b.frames.begin(), all.b.frames.end()).size(), all.b.frames.size());
  }
}

SCENARIO("a node whose actors stand still has no sessions until they move") {
  two_nodes net;
  net.a.sessions.note_progress(net.now);
  net.seek_each_other();
  auto run_moving = [&net](std::chrono::milliseconds time) {
    for (auto gone = 0ms; gone < time; gone += 500ms) {
      net.a.sessions.note_progress(net.now);
      net.run(500ms);
    }
  };
  run_moving(10s);
  CHECK((net.a.told == told_lines{"up 2"}));
  net.run(2400ms);
  CHECK((net.b.told == told_lines{"up 1"}));
  net.run(5s);
  CHECK((net.a.told == told_lines{"up 2", "down 2"}));
  CHECK_EQ(net.b.told.size(), 2u);
  CHECK_EQ(net.b.told.back(), "down 1");
  run_moving(5s);
  CHECK_EQ(net.a.told.back(), "up 2");
  CHECK_EQ(net.b.told.back(), "up 1");
  CHECK(net.a.is_right);
  CHECK(net.b.is_right);
}
