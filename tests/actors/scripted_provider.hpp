#pragma once

#include "payments/provider.hpp"

#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace usher::tests {

/// A provider that does what the test says and counts each key's movements of money.
class scripted_provider final : public payments::provider {
public:
  using outcome = payments::outcome;

  /// What happens to one charge: whether the money moves, and what is answered.
  struct charge_script {
    bool moves = true;
    outcome told = outcome::succeeded;
  };

  void charge(const payments::charge_request& request, payments::completion done) override {
    calls.push_back("charge");
    auto script = charge_scripts.empty() ? charge_script{} : charge_scripts.front();
    if (!charge_scripts.empty())
      charge_scripts.pop_front();
    if (script.moves && charges[request.key] == 0)
      ++charges[request.key];
    tell({script.told, script.told == outcome::declined ? "no funds" : ""}, std::move(done));
  }

  void status(const std::string& key, payments::completion done) override {
    calls.push_back("status");
    if (!status_scripts.empty()) {
      auto told = status_scripts.front();
      status_scripts.pop_front();
      return tell({told, {}}, std::move(done));
    }
    tell({charges[key] > 0 ? outcome::succeeded : outcome::never_asked, {}}, std::move(done));
  }

  void refund(const std::string& key, payments::completion done) override {
    calls.push_back("refund");
    if (charges[key] == 0)
      return tell({outcome::declined, "no such charge"}, std::move(done));
    if (refunds[key] == 0)
      ++refunds[key];
    auto told = outcome::succeeded;
    if (!refund_scripts.empty()) {
      told = refund_scripts.front();
      refund_scripts.pop_front();
    }
    tell({told, {}}, std::move(done));
  }

  void close() override {
    for (auto& [answer, done] : std::exchange(held_, {}))
      done({outcome::unknown, {}});
  }

  /// From now on answers wait until `answer_all`.
  void hold_answers() { holding_ = true; }

  void answer_all() {
    holding_ = false;
    for (auto& [answer, done] : std::exchange(held_, {}))
      done(answer);
  }

  [[nodiscard]] int total_charges() const { return sum(charges); }
  [[nodiscard]] int total_refunds() const { return sum(refunds); }

  std::deque<charge_script> charge_scripts; ///< for the next charges; later ones succeed
  std::deque<outcome> status_scripts;       ///< for the next questions; later ones get the truth
  std::deque<outcome> refund_scripts;       ///< the answers to the next refunds, though the money moves
  std::vector<std::string> calls;
  std::map<std::string, int> charges;
  std::map<std::string, int> refunds;

private:
  static int sum(const std::map<std::string, int>& counts) {
    auto result = 0;
    for (const auto& [key, count] : counts)
      result += count;
    return result;
  }

  void tell(payments::answer answer, payments::completion done) {
    if (holding_)
      held_.emplace_back(std::move(answer), std::move(done));
    else
      done(std::move(answer));
  }

  bool holding_ = false;
  std::vector<std::pair<payments::answer, payments::completion>> held_;
};

} // namespace usher::tests
