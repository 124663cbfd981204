#pragma once

#include "cluster/boot_time.hpp"
#include "cluster/link/link.hpp"
#include "cluster/link/link_sessions.hpp"
#include "cluster/link/link_settings.hpp"
#include "cluster/link/tls_files.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace usher::cluster {

/// Loads CAF's network into an actor system that is to have a link, and sets what the link relies on; what is set
/// afterwards wins. It stands in place of `load<caf::io::middleman>()`. With TLS the files that it returns, else null,
/// are needed as long as the actor system. Throws `std::runtime_error` for files that other nodes would not accept, and
/// `std::invalid_argument` for what `objection_to` objects to.
[[nodiscard]] std::unique_ptr<tls_files> prepare(caf::actor_system_config& config, const link_settings& settings);

/// The link over CAF's network. It needs an actor system that was prepared with the same settings, and must end before
/// that does.
///
/// Heartbeats, attempts and whatever blocks have threads of their own. Words come on CAF's, and are told there; what is
/// sent goes to CAF at once, on the caller's.
class caf_link final : public link {
public:
  /// Listens from now on; looks for nobody until `seek`. Throws `std::runtime_error` when it cannot listen.
  caf_link(caf::actor_system& system, const link_settings& settings, link_identity own, link_news news,
           std::function<tick()> now = boot_time);
  /// Tells nothing more, not even that sessions end. May have to wait for an attempt that is under way: for three
  /// seconds, or as long as the resolver takes.
  ~caf_link() override;
  caf_link(const caf_link&) = delete;
  caf_link& operator=(const caf_link&) = delete;

  void seek(incarnation me, std::vector<link_peer> others) override;
  void send(incarnation to, std::uint64_t session, std::string frame) override;
  void end(incarnation with, std::uint64_t session) override;
  void note_progress() override;
  [[nodiscard]] std::vector<link_figures> figures() const override;

  /// Where it listens; of interest when the settings leave that to the system.
  [[nodiscard]] std::uint16_t port() const;

private:
  class works;

  std::unique_ptr<works> works_;
};

} // namespace usher::cluster
