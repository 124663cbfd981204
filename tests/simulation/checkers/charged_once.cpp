#include "tests/simulation/checkers/checkers.hpp"
#include "tests/simulation/words.hpp"

#include <map>

namespace usher::simulation {
namespace {

using domain::order_state;

/// An order is charged once, across lost answers and repeats; and in the end the money is where the order says.
class charged_once final : public checker {
public:
  using checker::checker;
  [[nodiscard]] const char* name() const override { return "charged_once"; }

  void moved(const money_moved& money) override {
    auto& account = accounts_[order_of(money.key)];
    if (money.back) {
      if (++account.back > account.taken)
        fail("more money goes back than came, for key " + money.key);
    } else if (++account.taken > 1) {
      fail("order " + words(order_of(money.key)) + " is charged a second time, with key " + money.key);
    }
  }

  void finished() override {
    for (const auto& [id, account] : accounts_)
      if (!written().find(id))
        fail("money moved for order " + words(id) + ", which is not in the journal");
    for (const auto& [id, order] : written().orders()) {
      if (order.started.total == 0)
        continue;
      auto account = accounts_[id];
      auto kept = account.taken - account.back;
      auto due = order.state == order_state::confirmed ? 1 : 0;
      if (domain::is_final(order.state) && kept != due)
        fail("order " + words(id) + " is " + std::string{domain::to_string(order.state)} + ", and its money was taken "
             + std::to_string(account.taken) + " times and given back " + std::to_string(account.back) + " times");
    }
  }

private:
  struct money_of_order {
    int taken = 0;
    int back = 0;
  };

  /// The key that an order is charged by begins with its id.
  static domain::order_id order_of(const std::string& key) {
    domain::order_id id;
    if (!domain::from_hex(std::string_view{key}.substr(0, 32), id.high, id.low))
      return {};
    return id;
  }

  std::map<domain::order_id, money_of_order> accounts_;
};

} // namespace

made_checker make_charged_once(const evidence& known, const checker::finding& found) {
  return std::make_unique<charged_once>(known, found);
}

} // namespace usher::simulation
