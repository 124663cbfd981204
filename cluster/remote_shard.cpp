#include "cluster/remote_shard.hpp"

#include "cluster/life_messages.hpp"
#include "messages/refusal.hpp"

#include <caf/actor.hpp>
#include <caf/actor_cast.hpp>
#include <caf/actor_config.hpp>
#include <caf/actor_system.hpp>
#include <caf/exit_reason.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/monitorable_actor.hpp>
#include <caf/send.hpp>

#include <string_view>
#include <utility>

namespace usher::cluster {

namespace {

/// What the three have in common: whatever comes is wrapped, and goes to the switchboard.
class remote_address : public caf::monitorable_actor {
public:
  explicit remote_address(messages::switchboard_actor switchboard)
      : caf::monitorable_actor(caf::actor_config{}.add_flag(caf::abstract_actor::is_hidden_flag)),
        switchboard_(std::move(switchboard)) {}

  void setup_metrics() {} ///< CAF calls it for every new actor; this has none

protected:
  bool pass(caf::message wrapped, caf::execution_unit* host) const {
    auto* to = caf::actor_cast<caf::abstract_actor*>(switchboard_);
    return to->enqueue(nullptr, caf::make_message_id(), std::move(wrapped), host);
  }

private:
  messages::switchboard_actor switchboard_;
};

class remote_shard final : public remote_address {
public:
  remote_shard(domain::shard_id shard, messages::switchboard_actor switchboard)
      : remote_address(std::move(switchboard)), shard_(std::move(shard)) {}

  [[nodiscard]] const char* name() const override { return "usher.remote-shard"; }

  bool enqueue(caf::mailbox_element_ptr what, caf::execution_unit* host) override {
    if (is_about_life(what->payload))
      return false;
    auto asker = what->sender;
    auto is_passed =
        pass(caf::make_message(messages::passed_on{shard_, what->sender, what->mid, std::move(what->payload)}), host);
    if (!is_passed && asker && what->mid.is_request())
      asker->enqueue(nullptr, what->mid.response_id(),
                     caf::make_message(messages::to_error(domain::rejection::overloaded)), host);
    return is_passed;
  }

private:
  const domain::shard_id shard_;
};

class remote_asker final : public remote_address {
public:
  remote_asker(std::uint64_t node, std::uint64_t session, messages::switchboard_actor switchboard)
      : remote_address(std::move(switchboard)), node_(node), session_(session) {}

  [[nodiscard]] const char* name() const override { return kind; }
  [[nodiscard]] std::uint64_t node() const noexcept { return node_; }

  bool enqueue(caf::mailbox_element_ptr what, caf::execution_unit* host) override {
    if (!what->mid.is_response())
      return false;
    auto number = what->mid.request_id().integer_value() & caf::message_id::request_id_mask;
    return pass(caf::make_message(messages::answered_for{node_, session_, number, std::move(what->payload)}), host);
  }

  static constexpr const char* kind = "usher.remote-asker";

private:
  const std::uint64_t node_;
  const std::uint64_t session_;
};

class remote_gateway final : public remote_address {
public:
  remote_gateway(std::uint64_t node, std::uint64_t session, std::uint32_t number,
                 messages::switchboard_actor switchboard)
      : remote_address(std::move(switchboard)), node_(node), session_(session), number_(number) {}

  [[nodiscard]] const char* name() const override { return "usher.remote-gateway"; }

  bool enqueue(caf::mailbox_element_ptr what, caf::execution_unit* host) override {
    if (is_about_life(what->payload) || what->mid.is_response())
      return false;
    return pass(caf::make_message(messages::news_for{node_, session_, number_, std::move(what->payload)}), host);
  }

private:
  const std::uint64_t node_;
  const std::uint64_t session_;
  const std::uint32_t number_;
};

template <class Address, class... Arguments>
caf::strong_actor_ptr make(caf::actor_system& system, Arguments&&... arguments) {
  return caf::make_actor<Address, caf::strong_actor_ptr>(system.next_actor_id(), system.node(), &system,
                                                         std::forward<Arguments>(arguments)...);
}

} // namespace

caf::strong_actor_ptr make_remote_shard(caf::actor_system& system, domain::shard_id shard,
                                        const messages::switchboard_actor& switchboard) {
  return make<remote_shard>(system, std::move(shard), switchboard);
}

caf::strong_actor_ptr make_remote_asker(caf::actor_system& system, std::uint64_t node, std::uint64_t session,
                                        const messages::switchboard_actor& switchboard) {
  return make<remote_asker>(system, node, session, switchboard);
}

std::uint64_t node_of_remote_asker(const caf::strong_actor_ptr& who) {
  auto* known = who ? dynamic_cast<remote_asker*>(caf::actor_cast<caf::abstract_actor*>(who)) : nullptr;
  return known ? known->node() : 0;
}

caf::strong_actor_ptr make_remote_gateway(caf::actor_system& system, std::uint64_t node, std::uint64_t session,
                                          std::uint32_t number, const messages::switchboard_actor& switchboard) {
  return make<remote_gateway>(system, node, session, number, switchboard);
}

void end_remote_gateway(const caf::strong_actor_ptr& gateway) {
  static_cast<remote_gateway&>(*caf::actor_cast<caf::abstract_actor*>(gateway))
      .cleanup(caf::exit_reason::user_shutdown, nullptr);
}

} // namespace usher::cluster
