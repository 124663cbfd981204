#define CAF_SUITE domain.waiting_room_properties

#include "domain/waiting_room.hpp"
#include "tests/domain/halls.hpp"

#include "caf/test/bdd_dsl.hpp"

#include <rapidcheck.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

using namespace usher::domain;
using namespace usher::domain::test;

namespace {

using step = std::tuple<int, int, int>;

rc::Gen<std::vector<step>> steps() {
  return rc::gen::scale(4, rc::gen::container<std::vector<step>>(rc::gen::tuple(
                               rc::gen::inRange(0, 20), rc::gen::inRange(0, 60), rc::gen::inRange(1, 400))));
}

/// Watches a room and knows only the rules: who came when, who is there, and how many per second.
class doorkeeper {
public:
  void do_step(const step& x) {
    auto [what, who, amount] = x;
    buyer_id buyer{"p" + std::to_string(who)};
    switch (what) {
      case 0:
      case 1:
      case 2:
        for (int i = 0; i < 10; ++i)
          join(buyer_id{"p" + std::to_string((who + i) % 60)});
        break;
      case 3:
      case 4:
        if (amount % 3 != 0)
          connect(buyer, entrance_of(amount));
        else
          disconnect(buyer, entrance_of(amount / 3));
        break;
      case 5:
        leave(buyer);
        break;
      case 6:
        paused_ = !paused_;
        room_.pause(paused_);
        break;
      case 7:
        change_rate(static_cast<std::uint32_t>(1 + amount % 40), static_cast<std::uint32_t>(who));
        break;
      case 8:
        room_.stop_shopping(buyer);
        shopping_.erase(buyer);
        back_inside(amount);
        break;
      case 9:
        restart(amount % 2 == 0);
        break;
      case 10:
        close_entrance(entrance_of(amount));
        break;
      default:
        now_ += std::chrono::milliseconds{amount};
        admit();
        // As a timer would, at exactly the moments that the room names.
        for (int i = 0; i < 5; ++i) {
          auto next = room_.next_admission(now_);
          if (!next || *next > now_ + seconds{1})
            break;
          now_ = std::max(now_, *next);
          admit();
        }
        break;
    }
    check_figures();
  }

private:
  void write() {
    while (auto needed = room_.numbers_needed()) {
      room_.apply(*needed);
      journal_.emplace_back(*needed);
    }
  }

  void join(const buyer_id& buyer) {
    write();
    auto number = std::get<queue_number>(room_.join(buyer, now_));
    if (waiting_.contains(buyer) || shopping_.contains(buyer))
      return;
    RC_ASSERT(number > highest_);
    highest_ = number;
    waiting_[buyer] = number;
    known_.insert(buyer);
    note_presence(buyer);
  }

  void leave(const buyer_id& buyer) {
    room_.leave(buyer);
    // People whose turn is over have nothing left to leave.
    if (waiting_.erase(buyer) + shopping_.erase(buyer) == 0)
      return;
    known_.erase(buyer);
    connected_.erase(buyer);
    present_.erase(buyer);
  }

  static std::size_t entrance_of(int amount) { return amount % 2 == 0 ? 0 : waiting_room::entrances - 1; }

  void connect(const buyer_id& buyer, std::size_t entrance) {
    room_.connected(buyer, entrance);
    if (waiting_.contains(buyer))
      connected_[buyer].insert(entrance);
    note_presence(buyer);
  }

  void disconnect(const buyer_id& buyer, std::size_t entrance) {
    room_.disconnected(buyer, entrance);
    connected_[buyer].erase(entrance);
    note_presence(buyer);
  }

  void close_entrance(std::size_t entrance) {
    room_.close_entrance(entrance);
    for (auto& [buyer, where] : connected_)
      where.erase(entrance);
    for (const auto& [buyer, number] : waiting_)
      note_presence(buyer);
  }

  void note_presence(const buyer_id& buyer) {
    if (!connected_[buyer].empty() && waiting_.contains(buyer))
      present_.insert(buyer);
    else
      present_.erase(buyer);
  }

  void change_rate(std::uint32_t rate, std::uint32_t most) {
    rates_.emplace_back(now_, rate);
    shopping_max_ = most;
    room_.change(rate, most);
  }

  void restart(bool from_snapshot) {
    if (from_snapshot)
      journal_ = room_.snapshot();
    room_ = waiting_room{{.admission_per_s = rates_.back().second, .max_shopping = shopping_max_, .number_block = 25}};
    for (const auto& x : journal_)
      room_.apply(x);
    room_.follow_earlier_room(now_);
    // Before anybody went in, there was no rate to keep.
    if (turns_.empty())
      rates_ = {{now_ - seconds{10}, rates_.back().second}};
    room_.pause(paused_);
    write();
    shopping_.clear();
    present_.clear();
    connected_.clear();
    known_.clear();
    // People whose pass has ended get no second turn.
    for (const auto& [number, inside_until] : turns_)
      if (inside_until <= now_)
        RC_ASSERT(std::holds_alternative<refusal>(room_.rejoin(buyer_id{"again"}, number, now_)));
    // Whether those who were let in have left since is not written down.
    former_ = let_in_;
    settle();
    // People come back one after the other, the last first.
    std::vector<std::pair<queue_number, buyer_id>> back;
    for (const auto& [buyer, number] : waiting_)
      back.emplace_back(number, buyer);
    std::sort(back.rbegin(), back.rend());
    for (const auto& [number, buyer] : back) {
      RC_ASSERT(std::get<queue_number>(room_.rejoin(buyer, number, now_)) == number);
      known_.insert(buyer);
      connect(buyer, 0);
    }
    (void)room_.rejoin(buyer_id{"nobody"}, queue_number{0}, now_); // it looks at the time even if nobody was there
  }

  /// Somebody who was let in before a restart shows their number.
  void back_inside(int amount) {
    if (former_.empty())
      return;
    auto one = std::next(former_.begin(), amount % static_cast<int>(former_.size()));
    auto [number, buyer] = *one;
    if (waiting_.contains(buyer) || shopping_.contains(buyer))
      return; // with a new number
    auto again = room_.rejoin(buyer, number, now_);
    settle();
    RC_ASSERT(std::holds_alternative<queue_number>(again) == former_.contains(number));
    if (former_.erase(number) == 0)
      return;
    shopping_.insert(buyer);
    known_.insert(buyer);
    RC_ASSERT(room_.place_of(buyer)->pass_until == turns_.at(number));
  }

  [[nodiscard]] bool has_passed(queue_number number) const {
    auto turn = turns_.find(number);
    return turn != turns_.end() && turn->second <= now_;
  }

  /// What the room does whenever it looks at the time.
  void settle() {
    std::erase_if(former_, [this](const auto& x) { return has_passed(x.first); });
  }

  void admit() {
    auto people = room_.admit(now_);
    settle();
    for (const auto& x : people) {
      RC_ASSERT(!paused_);
      RC_ASSERT(present_.contains(x.buyer));
      RC_ASSERT(waiting_.at(x.buyer) == x.number);
      for (const auto& buyer : present_)
        RC_ASSERT(waiting_.at(buyer) >= x.number);
      waiting_.erase(x.buyer);
      present_.erase(x.buyer);
      connected_.erase(x.buyer);
      shopping_.insert(x.buyer);
      let_in_[x.number] = x.buyer;
      RC_ASSERT(shopping_max_ == 0 || shopping_.size() + former_.size() <= shopping_max_);
      admissions_.push_back(now_);
      RC_ASSERT(people_in_last_second() <= lowest_rate_of_last_second());
    }
    auto until = std::chrono::floor<seconds>(now_ + seconds{3});
    if (auto turns = room_.turns_to_write(until)) {
      room_.apply(*turns);
      journal_.emplace_back(*turns);
      for (const auto& span : turns->numbers)
        for (auto number = span.first.value(); number <= span.last.value(); ++number)
          turns_[queue_number{number}] = turns->inside_until;
    }
    RC_ASSERT(room_.let_in(people, now_, until).size() == people.size());
  }

  std::size_t people_in_last_second() const {
    return static_cast<std::size_t>(
        std::count_if(admissions_.begin(), admissions_.end(), [this](instant x) { return x >= now_ - seconds{1}; }));
  }

  std::uint32_t lowest_rate_of_last_second() const {
    std::uint32_t lowest = rates_.back().second;
    for (std::size_t i = 0; i + 1 < rates_.size(); ++i)
      if (rates_[i + 1].first >= now_ - seconds{1})
        lowest = std::min(lowest, rates_[i].second);
    return lowest;
  }

  void check_figures() {
    auto figures = room_.totals();
    RC_ASSERT(figures.waiting == waiting_.size());
    RC_ASSERT(figures.present == present_.size());
    RC_ASSERT(figures.shopping == shopping_.size() + former_.size());
    for (const auto& [buyer, number] : waiting_) {
      auto place = room_.place_of(buyer);
      RC_ASSERT(place.has_value());
      RC_ASSERT(place->number == number);
      auto ahead = std::count_if(waiting_.begin(), waiting_.end(), [&](const auto& x) { return x.second < number; });
      RC_ASSERT(place->ahead == static_cast<std::uint64_t>(ahead));
    }
  }

  instant now_ = at(1000);
  std::vector<std::pair<instant, std::uint32_t>> rates_{{at(0), 10}};
  std::uint32_t shopping_max_ = 0;
  waiting_room room_{{.admission_per_s = 10, .number_block = 25}};
  bool paused_ = false;
  std::vector<fact> journal_;
  std::map<queue_number, instant> turns_; ///< and until when their passes last
  queue_number highest_;
  std::map<buyer_id, queue_number> waiting_;
  std::set<buyer_id> known_;
  std::map<buyer_id, std::set<std::size_t>> connected_; ///< at which entrances
  std::set<buyer_id> present_;                          ///< connected and waiting
  std::set<buyer_id> shopping_;
  std::map<queue_number, buyer_id> let_in_;
  std::map<queue_number, buyer_id> former_; ///< let in before a restart, and not back since
  std::vector<instant> admissions_;
};

} // namespace

SCENARIO("order, rate, cap and numbers are kept whatever people and operators do") {
  CHECK(rc::check("random coming, going, rates, pauses and restarts", [] {
    doorkeeper keeper;
    for (const auto& x : *steps())
      keeper.do_step(x);
  }));
}

SCENARIO("from afar the line looks as it is, but for the people between two marks") {
  CHECK(rc::check("random numbers, with gaps", [] {
    auto stretches = *rc::gen::inRange<std::size_t>(1, 100);
    auto gaps = *rc::gen::scale(10, rc::gen::container<std::vector<int>>(
                                        rc::gen::weightedElement<int>({{40, 1}, {6, 2}, {3, 70}, {1, 5'000}})));
    std::vector<waiting_person::pointer> people;
    waiting_line line;
    std::uint64_t number = 0;
    for (auto gap : gaps) {
      people.push_back(waiting_person::make(ada));
      people.back()->number = queue_number{number += static_cast<std::uint64_t>(gap)};
      line.add(*people.back(), gap % 2 == 1);
    }
    auto outline = line.outline(stretches);
    RC_ASSERT(outline.marks.size() <= 2 * stretches + 2);
    // A word of numbers is not divided.
    auto error = std::max<std::uint64_t>(people.size() / stretches, 1) + 64;
    auto close = [&](std::uint64_t told, std::uint64_t exact) {
      RC_ASSERT(told <= exact + error);
      RC_ASSERT(exact <= told + error);
    };
    for (std::uint64_t n = 0; n <= number + 2; n += 1 + n / 50) {
      auto told = outline.before(queue_number{n});
      close(told.waiting, line.waiting_before(queue_number{n}));
      close(told.present, line.present_before(queue_number{n}));
    }
    if (!people.empty()) {
      RC_ASSERT(outline.before(people.front()->number).waiting == 0u);
      RC_ASSERT(outline.before(queue_number{number + 1}).waiting == people.size());
      RC_ASSERT(outline.before(queue_number{number + 1}).present == line.present());
    }
  }));
}

SCENARIO("everybody who stays is let in within the time they were told") {
  CHECK(rc::check("random lines", [] {
    auto rate = *rc::gen::inRange<std::uint32_t>(1, 50);
    auto people = *rc::gen::inRange(1, 200);
    auto who_is_there =
        *rc::gen::container<std::vector<bool>>(static_cast<std::size_t>(people), rc::gen::arbitrary<bool>());
    auto absent_return = *rc::gen::arbitrary<bool>();
    waiting_room room{{.admission_per_s = rate}};
    room.apply(*room.numbers_needed());
    auto now = at(1000);
    for (int i = 0; i < people; ++i) {
      buyer_id buyer{std::to_string(i)};
      (void)room.join(buyer, now);
      if (who_is_there[static_cast<std::size_t>(i)])
        room.connected(buyer, 0);
    }
    // Use up part of a second first.
    for (int i = 0; i < 7; ++i)
      (void)room.let_in(room.admit(now + std::chrono::milliseconds{i * 13}), now, now + seconds{600});
    now += std::chrono::milliseconds{100};
    std::map<buyer_id, queue_place> told;
    for (int i = 0; i < people; ++i)
      if (auto place = room.place_of(buyer_id{std::to_string(i)}); place->state == queue_state::waiting)
        told[buyer_id{std::to_string(i)}] = *place;
    if (absent_return)
      for (const auto& [buyer, place] : told)
        room.connected(buyer, 0);
    auto begin = now;
    while (auto next = room.next_admission(now)) {
      RC_ASSERT(*next >= now);
      now = *next;
      for (const auto& x : room.let_in(room.admit(now), now, now + seconds{600})) {
        RC_ASSERT(now - begin >= told.at(x.buyer).eta_low);
        RC_ASSERT(now - begin <= told.at(x.buyer).eta_high.value());
      }
    }
    RC_ASSERT(room.totals().present == 0u);
  }));
}
