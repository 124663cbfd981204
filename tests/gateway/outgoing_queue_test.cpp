#define CAF_SUITE gateway.outgoing_queue

#include "gateway/thread/connection_table.hpp"
#include "gateway/thread/outgoing_queue.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <memory>
#include <vector>

using namespace usher::gateway;

namespace {

constexpr auto frame_bytes = sizeof(outgoing_frame); ///< that each queued frame takes at least

std::string text(std::size_t bytes) {
  return std::string(bytes, 'x');
}

/// A connection that has something to send, and gives it up when it has to.
struct talker final : connection {
  talker(connection_table& table, outgoing_budget& budget) : connection(table), queue(budget) {}

  void sweep(moment) override {}
  void drain() override {}
  void abort() override {}
  [[nodiscard]] std::size_t outgoing_bytes() const override { return queue.share_of_budget(); }
  void give_way() override {
    queue.drop_waiting();
    gave_way = true;
  }

  outgoing_queue queue;
  bool gave_way = false;
};

} // namespace

SCENARIO("whoever gives way counts no more, though a frame is still in flight") {
  GIVEN("a queue with a frame in flight and one that waits, and another queue that shares a text with it") {
    outgoing_budget budget{1000, nullptr};
    outgoing_queue queue{budget}, other{budget};
    auto shared = share(text(100));
    queue.push({{}, shared});
    queue.take_off();
    queue.push({text(50)});
    other.push({{}, shared});
    queue.write_off();
    CHECK_EQ(queue.share_of_budget(), 0u);
    CHECK_EQ(budget.bytes(), frame_bytes + 100);
    queue.write_off();
    queue.landed();
    CHECK_EQ(budget.bytes(), frame_bytes + 100);
    queue.push({text(7)});
    queue.take_off();
    CHECK_EQ(budget.bytes(), 2 * frame_bytes + 107);
    queue.landed();
    CHECK_EQ(budget.bytes(), frame_bytes + 100);
  }
}

SCENARIO("a budget knows what waits and what is in flight") {
  GIVEN("a queue with two frames") {
    outgoing_budget budget{1000, nullptr};
    {
      outgoing_queue queue{budget};
      queue.push({text(100)});
      queue.push({text(50)});
      CHECK_EQ(budget.bytes(), 2 * frame_bytes + 150);
      CHECK_EQ(queue.take_off().own, text(100));
      CHECK_EQ(queue.waiting(), 1u);
      CHECK_EQ(queue.bytes(), 150u);
      CHECK_EQ(budget.bytes(), 2 * frame_bytes + 150);
      queue.landed();
      CHECK_EQ(budget.bytes(), frame_bytes + 50);
      queue.push({text(1)});
      queue.drop_waiting();
      CHECK_EQ(budget.bytes(), 0u);
      queue.push({text(7)});
      queue.take_off();
      queue.push({text(8)});
    }
    THEN("nothing is left in it after the queue's end") {
      CHECK_EQ(budget.bytes(), 0u);
    }
  }
}

SCENARIO("a text that many send is counted once, and each queue has its share") {
  GIVEN("two queues with the same text") {
    outgoing_budget budget{1000, nullptr};
    outgoing_queue one{budget};
    outgoing_queue other{budget};
    auto shared = share(text(500));
    one.push({text(3), shared});
    CHECK_EQ(one.share_of_budget(), frame_bytes + 503);
    other.push({{}, shared});
    CHECK_EQ(budget.bytes(), 2 * frame_bytes + 503);
    CHECK_EQ(one.share_of_budget(), frame_bytes + 253);
    CHECK_EQ(other.share_of_budget(), frame_bytes + 250);
    CHECK_EQ(one.bytes(), 503u);
    one.drop_waiting();
    CHECK_EQ(budget.bytes(), frame_bytes + 500);
    other.take_off();
    CHECK_EQ(other.share_of_budget(), frame_bytes + 500);
    other.landed();
    CHECK_EQ(budget.bytes(), 0u);
  }
}

SCENARIO("one large frame makes no long queue, what comes behind it does") {
  GIVEN("a queue whose next frame is large") {
    outgoing_budget budget{1'000'000, nullptr};
    outgoing_queue queue{budget};
    queue.push({text(1)});
    queue.take_off();
    queue.push({text(100'000)});
    CHECK_EQ(queue.bytes_behind_next(), 0u);
    queue.push({text(40)});
    queue.push({text(2)});
    CHECK_EQ(queue.bytes_behind_next(), 42u);
    queue.landed();
    queue.take_off();
    CHECK_EQ(queue.bytes_behind_next(), 2u);
  }
}

SCENARIO("a queue that is never empty keeps its order and does not grow") {
  GIVEN("a queue to which a frame comes for every one that leaves") {
    outgoing_budget budget{1'000'000, nullptr};
    outgoing_queue queue{budget};
    for (int number = 0; number < 100; ++number)
      queue.push({std::to_string(number)});
    bool in_order = true;
    for (int number = 100; number < 10'000; ++number) {
      in_order = in_order && queue.take_off().own == std::to_string(number - 100);
      queue.landed();
      queue.push({std::to_string(number)});
    }
    CHECK(in_order);
    CHECK_EQ(queue.waiting(), 100u);
    CHECK_EQ(queue.bytes(), 400u);
  }
}

SCENARIO("when the budget is used up those with the most to send give way, and the others notice nothing") {
  GIVEN("a hundred connections, each with more to send than the one before, and one with a share of a long text") {
    connection_table table;
    outgoing_budget budget{100'000, nullptr};
    std::vector<std::unique_ptr<talker>> all;
    auto shared = share(text(5000));
    for (std::size_t number = 0; number < 100; ++number) {
      all.push_back(std::make_unique<talker>(table, budget));
      all.back()->queue.push({text(10 * number), shared});
    }
    all[0]->queue.push({text(39'000)});
    outgoing_frame next{text(11'000)};
    CHECK(!budget.has_room_for(outgoing_budget::bytes_of(next)));
    auto ended = table.make_room([&] { return budget.is_relieved_for(outgoing_budget::bytes_of(next)); });
    THEN("it has room again after the fewest ends") {
      CHECK_EQ(ended, 1u);
      CHECK(all[0]->gave_way);
      CHECK(budget.has_room_for(outgoing_budget::bytes_of(next)));
    }
    for (int more = 0; more < 2; ++more)
      all[1]->queue.push({text(15'000)});
    table.make_room([&] { return budget.is_relieved_for(0); });
    CHECK(all[1]->gave_way);
    CHECK(!all[2]->gave_way);
    for (auto& one : all)
      one->give_way();
    CHECK_EQ(budget.bytes(), 0u);
    CHECK_EQ(table.make_room([] { return false; }), 0u);
  }
}
