#include "cluster/lookout.hpp"

#include "log/log.hpp"

namespace usher::cluster {

using persistence::coordination;
using persistence::end_answer;

namespace {

void remove(membership& all, incarnation who) {
  std::erase_if(all.members, [who](const member& one) { return one.number == who; });
}

} // namespace

membership lookout::read(coordination& store) {
  auto asked = now_();
  auto all = store.members();
  if (asked - answered_ > limits_.gap)
    cuts_ = cuts{}; // for how long they have been the same, nobody knows
  answered_ = now_();
  watch_.note(all, asked, answered_);
  return all;
}

std::vector<accusation> lookout::accused(const membership& all, const std::optional<own_view>& own) {
  if (own)
    return cuts_.who_must_go(all, *own, watch_, answered_);
  std::vector<accusation> silent;
  for (const auto& one : watch_.silent(answered_))
    silent.push_back({one.number, one.beat, "its beat stands still, and somebody would join"});
  return silent;
}

void lookout::judge(coordination& store, membership& all, const std::optional<own_view>& own) {
  for (const auto& [who, beat, why] : accused(all, own)) {
    auto answer = own ? store.end_node(own->me, who, beat, why) : store.end_silent(who, beat, why);
    if (answer == end_answer::ended)
      log::of("cluster").warn("node {} was ended: {}", who.value(), why);
    if (answer == end_answer::ended || answer == end_answer::gone)
      remove(all, who);
    if (answer == end_answer::accuser_ended && own)
      return remove(all, own->me);
  }
}

} // namespace usher::cluster
