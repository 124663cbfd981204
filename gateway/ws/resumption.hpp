#pragma once

#include "gateway/moment.hpp"
#include "gateway/ws/kept_sessions.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <utility>

namespace usher::gateway {

class buyer_index;

/// Lets clients that lost a connection go on with another one, whichever thread that comes to. Each thread has one;
/// a session's name begins with the process and the number of the thread that has the session. What another process has
/// is not here: its clients bring back themselves what they had. Touched by its own thread alone.
class resumption {
public:
  /// Runs work on this one's thread, soon; called from any thread.
  using post = std::function<void(std::function<void()>)>;
  /// Finds the one of the thread with this number; null if there is no such thread.
  using find = std::function<resumption*(std::size_t number)>;

  /// `process` is unlike any other and has no `-`; `live` are the thread's present sessions.
  resumption(std::string process, std::size_t number, kept_sessions kept, const buyer_index& live, post post_here,
             find find_peer)
      : process_(std::move(process)), number_(number), kept_(std::move(kept)), live_(live), post_(std::move(post_here)),
        find_peer_(std::move(find_peer)) {}

  /// A name for a new session of this thread.
  [[nodiscard]] std::string draw_name() const;
  /// Keeps a session whose connection is gone.
  void keep(const std::string& session, kept_session what, moment now) { kept_.keep(session, std::move(what), now); }
  /// Takes over the session with this name from whichever thread has it, for the session `heir` of this thread, and
  /// calls `then` on this thread.
  void resume(const std::string& session, const domain::buyer_id& buyer, const std::string& heir,
              std::function<void(std::optional<kept_session>)> then);
  /// The client goes on with `heir` for certain: the session that was taken over for it is forgotten.
  void use_up(const std::string& session, const std::string& heir);
  /// Forgets sessions that nobody has resumed in time.
  void sweep(moment now) { kept_.sweep(now); }

private:
  /// The one that has the session with this name; null if no thread of ours has given it.
  [[nodiscard]] resumption* home_of(const std::string& session) const;
  /// Runs `work` on its home's thread: at once if that is this one. Without a home nothing happens.
  void at_home_of(const std::string& session, std::function<void(resumption&)> work);
  [[nodiscard]] std::optional<kept_session> give_up(const std::string& session, const domain::buyer_id& buyer,
                                                    const std::string& heir);
  /// Closes the connection of a session that another one goes on with; `keep`: so that this other one finds it.
  void end_session(const std::string& session, const domain::buyer_id& buyer, bool keep) const;

  std::string process_;
  std::size_t number_;
  kept_sessions kept_;
  const buyer_index& live_;
  post post_;
  find find_peer_;
};

} // namespace usher::gateway
