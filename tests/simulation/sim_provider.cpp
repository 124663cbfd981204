#include "tests/simulation/sim_provider.hpp"

#include <utility>

namespace usher::simulation {

using namespace std::chrono_literals;
using payments::outcome;

void sim_provider::ask(std::function<payments::answer()> work, payments::completion done) {
  auto& house = house_;
  if (!waiting_)
    return;
  auto number = ++asked_;
  waiting_->emplace(number, std::move(done));
  auto answer_in = [&house, number, there = std::weak_ptr{waiting_}](moment time, const payments::answer& answer) {
    house.when_.in(time, [=] {
      if (auto waiting_there = there.lock())
        if (auto one = waiting_there->extract(number))
          one.mapped()(answer);
    });
  };
  // Who gets no answer is told so in the end, or not even that.
  auto lose = [&house, answer_in](const char* fault) {
    house.told_.troubled(fault);
    if (house.chance_.chance(500))
      answer_in(house.chance_.wait(1s, 10s), {outcome::unknown, "no answer"});
  };
  if (house.chance_.chance(house.troubles_.lost_before))
    return lose("a payment request was lost");
  house.when_.in(house.chance_.wait(1ms, 3s), [=, &house, work = std::move(work)] {
    auto answer = work();
    if (house.chance_.chance(house.troubles_.lost_after))
      return lose("a payment's answer was lost");
    answer_in(house.chance_.wait(1ms, 1s), answer);
  });
}

void sim_provider::charge(const payments::charge_request& request, payments::completion done) {
  ask(
      [&house = house_, request]() -> payments::answer {
        auto& account = house.accounts_[request.key];
        if (account.outcome == outcome::never_asked) {
          account.amount = request.amount.amount;
          account.outcome = house.chance_.chance(house.troubles_.declined) ? outcome::declined : outcome::succeeded;
          if (account.outcome == outcome::declined)
            house.told_.troubled("a payment was declined");
          else
            house.told_.moved({request.key, account.amount, false});
        }
        return {account.outcome, account.outcome == outcome::declined ? "no funds" : ""};
      },
      std::move(done));
}

void sim_provider::status(const std::string& key, payments::completion done) {
  ask([&house = house_, key]() -> payments::answer { return {house.accounts_[key].outcome, {}}; }, std::move(done));
}

void sim_provider::refund(const std::string& key, payments::completion done) {
  ask(
      [&house = house_, key]() -> payments::answer {
        auto& account = house.accounts_[key];
        if (account.outcome != outcome::succeeded)
          return {outcome::declined, "no such charge"};
        if (!std::exchange(account.refunded, true))
          house.told_.moved({key, account.amount, true});
        return {outcome::succeeded, {}};
      },
      std::move(done));
}

} // namespace usher::simulation
