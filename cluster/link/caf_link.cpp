#include "cluster/link/caf_link.hpp"

#include "cluster/link/caf_network.hpp"
#include "cluster/link/complaints.hpp"
#include "cluster/link/link_address.hpp"
#include "cluster/link/probe.hpp"
#include "log/log.hpp"

#include <caf/io/middleman.hpp>
#include <caf/openssl/manager.hpp>
#include <caf/timespan.hpp>

#include <fmt/format.h>

#include <atomic>
#include <condition_variable>
#include <list>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

namespace usher::cluster {

namespace {

using namespace std::chrono_literals;

constexpr auto probe_patience = 1s;
constexpr auto dial_patience = 2s;
constexpr auto step = 50ms; ///< between two looks at what is due
constexpr auto strangers_step = 250ms;
constexpr auto complaint_pause = 5s;

link_sessions::complaint make_complaint(std::function<tick()> now) {
  return [now = std::move(now), sparse = std::make_shared<complaints>(complaint_pause)](const std::string& line) {
    if (auto allowed = sparse->let_through(line, now()))
      log::of("cluster").warn("link: {}", *allowed);
  };
}

/// What the link's callers, its threads and CAF's share. News are told with everything locked, so that nothing of a
/// session comes after its end.
struct shared_sessions {
  shared_sessions(link_identity own, link_news news, link_sessions::complaint complain)
      : sessions(std::move(own), std::move(news), std::move(complain)) {}

  std::mutex mutex;
  std::condition_variable_any is_due; ///< sooner than at the next step
  link_sessions sessions;
  bool is_stirred = false;
  bool is_over = false; ///< nothing is told any more
};

} // namespace

// ---- how an actor system is prepared ----

std::unique_ptr<tls_files> prepare(caf::actor_system_config& config, const link_settings& settings) {
  if (auto why = objection_to(settings))
    throw std::invalid_argument{*why};
  config.load<caf::io::middleman>();
  // A word is a string, which takes no time to read: to wake another thread for it would take longer.
  config.set("caf.middleman.workers", 0);
  // Against connections that are half dead before there is a session. CAF breaks a connection that is being made when
  // one of these is due, so they are rare.
  config.set("caf.middleman.heartbeat-interval", caf::timespan{2s});
  config.set("caf.middleman.connection-timeout", caf::timespan{8s});
  if (!settings.tls.is_used())
    return nullptr;
  auto files = std::make_unique<tls_files>(settings.tls);
  config.load<caf::openssl::manager>();
  config.openssl_certificate = files->copies().certificate;
  config.openssl_key = files->copies().key;
  config.openssl_cafile = files->copies().authorities;
  return files;
}

// ---- what works behind the link ----

class caf_link::works {
public:
  works(caf::actor_system& system, const link_settings& settings, link_identity own, link_news news,
        std::function<tick()> now)
      : now_(std::move(now)), complain_(make_complaint(now_)),
        shared_(std::make_shared<shared_sessions>(std::move(own), std::move(news), complain_)),
        network_(system, parse_link_address(settings.listen).value(), settings.tls.is_used(), events(), complain_),
        thread_([this](const std::stop_token& stop) { run(stop); }) {}
  ~works() {
    thread_.request_stop();
    thread_.join();
    for (auto& one : attempts_)
      one.thread.request_stop();
    attempts_.clear();
    std::lock_guard lock{shared_->mutex};
    shared_->is_over = true;
  }
  works(const works&) = delete;
  works& operator=(const works&) = delete;

  void seek(incarnation me, std::vector<link_peer> others) {
    std::lock_guard lock{shared_->mutex};
    shared_->sessions.seek(me, std::move(others), now_());
    stir(*shared_);
  }

  void send(incarnation to, std::uint64_t session, std::string frame) {
    if (frame.size() > frame_max) {
      complain_("a frame is too long to be sent; the session ends");
      return end(to, session);
    }
    std::unique_lock lock{shared_->mutex};
    auto [channel, theirs] = shared_->sessions.find(to, session);
    lock.unlock();
    if (channel)
      channel->write(write({theirs, link_payload{std::move(frame)}}));
  }

  void end(incarnation with, std::uint64_t session) {
    std::lock_guard lock{shared_->mutex};
    shared_->sessions.end(with, session, now_());
    stir(*shared_);
  }

  void note_progress() {
    std::lock_guard lock{shared_->mutex};
    shared_->sessions.note_progress(now_());
  }

  [[nodiscard]] std::vector<link_figures> figures() const {
    std::lock_guard lock{shared_->mutex};
    return shared_->sessions.figures();
  }

  [[nodiscard]] std::uint16_t port() const noexcept { return network_.port(); }

private:
  struct attempt {
    std::atomic<bool> is_over{false};
    std::jthread thread{};
  };

  static void stir(shared_sessions& all) {
    all.is_stirred = true;
    all.is_due.notify_one();
  }

  channel_events events() {
    return {
        [all = shared_, now = now_](const link_sessions::channel& from, std::string word) {
          std::lock_guard lock{all->mutex};
          if (!all->is_over)
            all->sessions.take(from, std::move(word), now());
        },
        [all = shared_, now = now_](const link_sessions::channel& gone) {
          std::lock_guard lock{all->mutex};
          if (all->is_over)
            return;
          all->sessions.lost(gone, now());
          stir(*all);
        },
    };
  }

  void run(const std::stop_token& stop) {
    auto strangers_at = now_();
    while (!stop.stop_requested()) {
      for (auto& whom : advance())
        make_attempt(whom);
      attempts_.remove_if([](const attempt& one) { return one.is_over.load(); });
      if (now_() >= strangers_at) {
        network_.end_strangers(channels(), now_());
        strangers_at = now_() + strangers_step;
      }
      wait(stop);
    }
  }

  std::vector<link_attempt> advance() {
    std::lock_guard lock{shared_->mutex};
    return shared_->sessions.advance(now_());
  }

  std::vector<link_sessions::channel> channels() {
    std::lock_guard lock{shared_->mutex};
    return shared_->sessions.channels();
  }

  void wait(const std::stop_token& stop) {
    std::unique_lock lock{shared_->mutex};
    shared_->is_due.wait_for(lock, stop, step, [this] { return shared_->is_stirred; });
    shared_->is_stirred = false;
  }

  /// Looking up a name may take long, so each attempt has a thread of its own.
  void make_attempt(link_attempt whom) {
    auto& fresh = attempts_.emplace_back();
    fresh.thread = std::jthread{[this, &fresh, whom = std::move(whom)](const std::stop_token& stop) {
      try_to_reach(whom, stop);
      fresh.is_over = true;
    }};
  }

  void try_to_reach(const link_attempt& whom, const std::stop_token& stop) {
    auto where = parse_link_address(whom.whom.address);
    auto seen = where ? probe(*where, probe_patience, stop) : probe_answer{};
    link_sessions::channel made;
    if (seen.how == reach::open && whom.dials && !stop.stop_requested())
      made = dial(whom.whom, {seen.host, where->port});
    std::lock_guard lock{shared_->mutex};
    shared_->sessions.tried(whom.whom.node, seen.how, made, now_());
    stir(*shared_);
  }

  link_sessions::channel dial(const link_peer& whom, const link_address& where) {
    auto made = network_.dial(where, dial_patience);
    if (!made)
      complain_(fmt::format("somebody listens at {}, where node {} should be, but there is no connection: if that "
                            "lasts, it stands still, or one end has no TLS, or TLS files of another authority",
                            whom.address, whom.name));
    return made;
  }

  const std::function<tick()> now_;
  const link_sessions::complaint complain_;
  const std::shared_ptr<shared_sessions> shared_;
  caf_network network_;
  std::list<attempt> attempts_; ///< those of the thread below
  std::jthread thread_;
};

caf_link::caf_link(caf::actor_system& system, const link_settings& settings, link_identity own, link_news news,
                   std::function<tick()> now)
    : works_(std::make_unique<works>(system, settings, std::move(own), std::move(news), std::move(now))) {}

caf_link::~caf_link() = default;

void caf_link::seek(incarnation me, std::vector<link_peer> others) {
  works_->seek(me, std::move(others));
}

void caf_link::send(incarnation to, std::uint64_t session, std::string frame) {
  works_->send(to, session, std::move(frame));
}

void caf_link::end(incarnation with, std::uint64_t session) {
  works_->end(with, session);
}

void caf_link::note_progress() {
  works_->note_progress();
}

std::vector<link_figures> caf_link::figures() const {
  return works_->figures();
}

std::uint16_t caf_link::port() const {
  return works_->port();
}

} // namespace usher::cluster
