#include "gateway/ws/resumption.hpp"

#include "codec/public_names.hpp"
#include "gateway/thread/buyer_index.hpp"
#include "gateway/thread/connected_session.hpp"

#include <fmt/format.h>

#include <charconv>

namespace usher::gateway {

std::string resumption::draw_name() const {
  return fmt::format("{}-{}-{}", process_, number_, codec::draw_name());
}

resumption* resumption::home_of(const std::string& session) const {
  if (!session.starts_with(process_) || session.size() == process_.size() || session[process_.size()] != '-')
    return nullptr;
  std::size_t home = 0;
  auto [end, failed] = std::from_chars(session.data() + process_.size() + 1, session.data() + session.size(), home);
  return failed != std::errc{} ? nullptr : find_peer_(home);
}

void resumption::at_home_of(const std::string& session, std::function<void(resumption&)> work) {
  auto* home = home_of(session);
  if (home == this)
    work(*this);
  else if (home)
    home->post_([home, work = std::move(work)] { work(*home); });
}

void resumption::resume(const std::string& session, const domain::buyer_id& buyer, const std::string& heir,
                        std::function<void(std::optional<kept_session>)> then) {
  auto* home = home_of(session);
  if (!home)
    return then(std::nullopt);
  if (home == this)
    return then(give_up(session, buyer, heir));
  home->post_([this, home, session, buyer, heir, then = std::move(then)]() mutable {
    post_([found = home->give_up(session, buyer, heir), then = std::move(then)]() mutable { then(std::move(found)); });
  });
}

void resumption::use_up(const std::string& session, const std::string& heir) {
  at_home_of(session, [session, heir](resumption& home) { home.kept_.use_up(session, heir); });
}

std::optional<kept_session> resumption::give_up(const std::string& session, const domain::buyer_id& buyer,
                                                const std::string& heir) {
  // The client may be back before the loss of its old connection was noticed.
  end_session(session, buyer, true);
  auto found = kept_.inherit(session, buyer, heir);
  if (!found)
    return std::nullopt;
  at_home_of(found->former_heir,
             [former = found->former_heir, buyer](resumption& home) { home.end_session(former, buyer, false); });
  return std::move(found->what);
}

void resumption::end_session(const std::string& session, const domain::buyer_id& buyer, bool keep) const {
  for (auto* live : live_.sessions_of(buyer))
    if (live->name() == session)
      live->replace(keep);
}

} // namespace usher::gateway
