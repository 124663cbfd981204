#include "cluster/lookout.hpp"

#include "log/log.hpp"

#include <algorithm>
#include <string>

namespace usher::cluster {

using persistence::coordination;
using persistence::end_answer;

namespace {

void remove(membership& all, incarnation who) {
  std::erase_if(all.members, [who](const member& one) { return one.number == who; });
}

/// `3 ("b")`.
std::string described(const membership& all, incarnation who) {
  auto found = std::ranges::find(all.members, who, &member::number);
  auto number = std::to_string(who.value());
  return found == all.members.end() ? number : number + " (\"" + found->card.name + "\")";
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
    silent.push_back({one.number, one.beat, "its beat stands still, and somebody would join", "silent_to_store"});
  return silent;
}

std::vector<accusation> lookout::judge(coordination& store, membership& all, const std::optional<own_view>& own) {
  std::vector<accusation> ended;
  for (const auto& one : accused(all, own)) {
    auto answer =
        own ? store.end_node(own->me, one.who, one.beat, one.why) : store.end_silent(one.who, one.beat, one.why);
    if (answer == end_answer::ended) {
      log::of("cluster").warn("{} has ended node {}, at beat {}: {}",
                              own ? "node " + described(all, own->me) : "a node that would join",
                              described(all, one.who), one.beat, one.why);
      ended.push_back(one);
    }
    if (answer == end_answer::ended || answer == end_answer::gone)
      remove(all, one.who);
    if (answer == end_answer::accuser_ended && own) {
      remove(all, own->me);
      break;
    }
  }
  return ended;
}

} // namespace usher::cluster
