#pragma once

#include "domain/decision.hpp"
#include "gateway/moment.hpp"
#include "gateway/thread/answer.hpp"

#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace usher::gateway {

class directory;
class http_exchange;
class outbox;

/// The list of all events with their present state, for one thread. Making it asks every event, so all buyers who ask
/// while it is made share it, and so do those who ask within the next second.
class event_list {
public:
  /// The list's text, or why there is none.
  using outcome = std::variant<std::shared_ptr<const std::string>, domain::refusal, lost>;

  event_list(outbox& requests, const directory& events) : requests_(requests), events_(events) {}

  /// Answers a buyer: with a list that is a second old at most, without hidden events.
  void tell(const std::shared_ptr<http_exchange>& exchange);
  /// Answers an operator: with the list as it is now.
  void tell_present(const std::shared_ptr<http_exchange>& exchange);

private:
  void made(outcome&& what);

  outbox& requests_;
  const directory& events_;
  std::shared_ptr<const std::string> text_; ///< the latest list
  moment made_at_;
  std::vector<std::shared_ptr<http_exchange>> waiting_; ///< for the list that is being made
};

} // namespace usher::gateway
