#include "cluster/link/caf_network.hpp"

#include "cluster/link/caf_broker.hpp"

#include <caf/actor_cast.hpp>
#include <caf/exit_reason.hpp>
#include <caf/io/basp_broker.hpp>
#include <caf/io/middleman.hpp>
#include <caf/openssl/middleman_actor.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>
#include <set>
#include <stdexcept>
#include <utility>

namespace usher::cluster {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t unfinished_max = 64;
/// To dial, and to come up, may each take as long as a session may be silent.
constexpr auto unfinished_patience = 4s;
/// What the middleman does at once, as long as its machine is well.
constexpr auto middleman_patience = 5s;

/// CAF's actor that dials and listens, for one piece of work.
class hired_middleman {
public:
  explicit hired_middleman(caf::io::middleman_actor it) : it_(std::move(it)) {}
  ~hired_middleman() { caf::anon_send_exit(it_, caf::exit_reason::kill); }
  hired_middleman(const hired_middleman&) = delete;
  hired_middleman& operator=(const hired_middleman&) = delete;

  [[nodiscard]] const caf::io::middleman_actor& handle() const noexcept { return it_; }

private:
  caf::io::middleman_actor it_;
};

} // namespace

caf_network::caf_network(caf::actor_system& system, const link_address& where, bool with_tls, channel_events events,
                         link_sessions::complaint complain)
    : system_(system), with_tls_(with_tls), broker_(system.middleman().named_broker<caf::io::basp_broker>("BASP")),
      complain_(std::move(complain)), channels_(std::make_shared<caf_channels>(broker_, std::move(events))),
      inbox_(channels_->make_inbox(system)),
      strangers_(std::make_shared<unfinished_connections>(unfinished_max, unfinished_patience)) {
  listen(where);
}

caf_network::~caf_network() {
  listen_no_more();
  channels_->end_inbox();
  break_connections(broker_, {}, [](const auto& all) {
    std::vector<unfinished_connections::connection> result;
    std::ranges::transform(all, std::back_inserter(result), &broker_connection::which);
    return result;
  });
}

caf::io::middleman_actor caf_network::make_middleman() const {
  return with_tls_ ? caf::openssl::make_middleman_actor(system_, broker_)
                   : caf::io::make_middleman_actor(system_, broker_);
}

void caf_network::listen(const link_address& where) {
  hired_middleman middleman{make_middleman()};
  caf::scoped_actor self{system_, true};
  std::string failure;
  self->request(middleman.handle(), middleman_patience, caf::publish_atom_v, where.port, inbox_,
                std::set<std::string>{}, where.host, true)
      .receive([this](std::uint16_t port) { port_ = port; },
               [&failure](const caf::error& why) { failure = to_string(why); });
  if (!failure.empty())
    throw std::runtime_error{"other nodes cannot reach this one at " + to_string(where) + ": " + failure};
}

void caf_network::listen_no_more() {
  hired_middleman middleman{make_middleman()};
  caf::scoped_actor self{system_, true};
  self->request(middleman.handle(), middleman_patience, caf::close_atom_v, port_)
      .receive([] {}, [](const caf::error&) {}); // it may have ended before
}

link_sessions::channel caf_network::dial(const link_address& where, std::chrono::milliseconds patience) {
  hired_middleman middleman{make_middleman()};
  caf::scoped_actor self{system_, true};
  caf::strong_actor_ptr there;
  self->request(middleman.handle(), patience, caf::connect_atom_v, where.host, where.port)
      .receive([&there](const caf::node_id&, caf::strong_actor_ptr& inbox,
                        const std::set<std::string>&) { there = std::move(inbox); },
               [](const caf::error&) {}); // null says it
  return there && there->node() != system_.node() ? channels_->open(there) : nullptr;
}

void caf_network::end_strangers(const std::vector<link_sessions::channel>& known, tick now) {
  std::set<caf::node_id> nodes;
  for (const auto& one : known)
    nodes.insert(static_cast<const caf_channel&>(*one).node());
  break_connections(broker_, std::move(nodes), [strangers = strangers_, complain = complain_, now](const auto& all) {
    std::vector<unfinished_connections::connection> seen;
    std::ranges::transform(all, std::back_inserter(seen), &broker_connection::which);
    auto result = strangers->look(seen, now);
    for (const auto& one : result)
      complain("the connection with " + std::ranges::find(all, one, &broker_connection::which)->address
               + " is broken off: nobody there has said who it is");
    return result;
  });
}

} // namespace usher::cluster
