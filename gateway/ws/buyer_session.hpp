#pragma once

#include "codec/encode.hpp"
#include "codec/frames.hpp"
#include "codec/problem.hpp"
#include "codec/public_names.hpp"
#include "codec/tokens.hpp"
#include "gateway/client_address.hpp"
#include "gateway/strikes.hpp"
#include "gateway/thread/answer.hpp"
#include "gateway/thread/connected_session.hpp"
#include "gateway/thread/directory.hpp"
#include "gateway/thread/pass_book.hpp"
#include "gateway/ws/buyer_services.hpp"
#include "gateway/ws/frame_sink.hpp"
#include "gateway/ws/kept_sessions.hpp"
#include "gateway/ws/seat_watch.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace usher::gateway {

/// One WebSocket client's conversation: what its frames mean. Knows no socket; outlives its connection only for as
/// long as answers are on their way.
class buyer_session final : public seat_watcher,
                            public connected_session,
                            public std::enable_shared_from_this<buyer_session> {
public:
  /// The services outlive it.
  buyer_session(const buyer_services& services, frame_sink& sink, visitor from);
  ~buyer_session();

  /// A text frame arrived.
  void receive(std::string_view text);
  /// The connection is gone; its sink is never used again.
  void gone();
  void replace(bool keep) override;

  [[nodiscard]] bool greeted() const noexcept { return !buyer_.value().empty(); }
  [[nodiscard]] const std::string& name() const noexcept override { return name_; }
  /// Until when the client's identity is proven.
  [[nodiscard]] domain::instant proven_until() const noexcept { return proven_until_; }
  [[nodiscard]] std::size_t pending() const noexcept override { return pending_; }
  /// Whether another frame may be read now; if not, the client has to wait.
  [[nodiscard]] bool takes_more() const;

  void send(std::string frame);
  void send(outgoing_frame frame) override;
  [[nodiscard]] bool has_room() const override;
  void watch_later(const domain::event_id& event, domain::section_no section, codec::reply_id re) override;
  void watch_refused(const domain::event_id& event, domain::section_no section, const codec::reply_id& re,
                     const codec::problem& why) override;
  /// Notes that all that was sent has been written: what waited for that is sent now. Also called every second while
  /// nothing is being written.
  void drained();
  /// Call every second: goes on with what is done little by little.
  void sweep();
  void send_problem(const codec::reply_id& re, const codec::problem& what);
  /// Notes that one request has been answered.
  void finished() override;

  void tell_order(const messages::order_view& order, const shared_frame& frame) override;
  [[nodiscard]] bool waits_in(const domain::event_id& event) const override;
  [[nodiscard]] std::optional<domain::queue_number> waits_in(const domain::event_id& event,
                                                             std::uint64_t visit) const override;
  void tell_place(const domain::event_id& event, const domain::queue_place& place) override;
  void admitted(const domain::event_id& event, const codec::granted_pass& pass) override;
  void keep_place(const known_event_ptr& event) override;
  void given_up(const messages::place_given_up& news) override;

private:
  /// What to do with an answer to the frame `re`. A function that captures only `this` costs no allocation.
  using then = std::function<void(const codec::reply_id& re, const known_event_ptr& event, answer&& what)>;

  /// What becomes of a place in a waiting room.
  enum class spot_state : std::uint8_t {
    waits,
    returns, ///< it is being taken again, from a room that was started anew
    leaves,  ///< the client has asked to leave
  };
  /// A waiting room that the client is in.
  struct spot {
    domain::event_id event;
    std::optional<messages::room_opening> room; ///< of the waiting room that gave the place; none: of an earlier one
    domain::queue_number number;
    std::uint64_t visit = 0;
    std::string token;
    std::optional<domain::queue_place> told;
    spot_state state = spot_state::waits;
  };
  /// A pass that was already checked, or that we gave ourselves.
  struct known_pass {
    domain::event_id event;
    std::string token;
    domain::instant until;
    bool leaving = false; ///< the client has asked to leave
  };
  struct watch {
    domain::event_id event;
    domain::section_no section;

    friend bool operator==(const watch&, const watch&) = default;
  };
  static constexpr const char* too_many_watches = "Too many sections are watched at once.";
  struct owed_snapshot {
    watch what;
    codec::reply_id re;
  };

  void on(codec::reply_id&& re, codec::frames::hello&& frame);
  void on(codec::reply_id&& re, codec::frames::join_queue&& frame);
  void on(codec::reply_id&& re, codec::frames::leave_queue&& frame);
  void on(codec::reply_id&& re, codec::frames::watch_seats&& frame);
  void on(codec::reply_id&& re, codec::frames::unwatch_seats&& frame);
  void on(codec::reply_id&& re, codec::frames::hold&& frame);
  void on(codec::reply_id&& re, codec::frames::release&& frame);
  void on(codec::reply_id&& re, codec::frames::order&& frame);
  void on(codec::reply_id&& re, codec::frames::list_own&& frame);
  void on(codec::reply_id&& re, codec::frames::ping&& frame);
  void on(codec::reply_id&& re, codec::problem&& frame);

  /// `who` ends when the client has to show a token again; `frame` is the client's.
  void greet(const codec::reply_id& re, const codec::buyer_claims& who, std::optional<std::string> token,
             std::optional<kept_session> kept, const codec::frames::hello& frame);
  void refuse_greeting(const codec::reply_id& re, std::string detail);
  /// Counts a frame of so many bytes; the problem, if there are too many.
  [[nodiscard]] std::optional<codec::problem> too_often(std::size_t bytes);
  void go_on_with(kept_session&& kept);
  /// Places that a client may have back.
  using own_places = std::vector<std::pair<known_event_ptr, domain::queue_number>>;
  void bring_back(const codec::frames::hello& frame, codec::welcome& said, own_places& taken);
  /// Says what becomes of the place that a token proves, and adds it to `taken` if the client may have it back.
  [[nodiscard]] codec::returned_place judge(const std::string& token, own_places& taken);
  [[nodiscard]] std::optional<codec::problem> problem_with(const domain::event_id& event, const own_places& taken);
  /// Has the buyer's place back, unless the client waits there already. A room that does not answer is asked again.
  void take_back(const known_event_ptr& event, domain::queue_number number);
  /// Watches a section that the client had watched; what became of it.
  [[nodiscard]] codec::returned_watch watch_again(const domain::event_id& event, const std::string& section);
  /// Its snapshot is sent when there is a request left for it: see `watch_unpaid`.
  void watch_again(const watch& what);
  /// Asks for some of what the client watched before its connection was lost; call every second while there is more.
  /// Each section costs the buyer a request, so no call asks for more than `resumed_per_s`, and sections for which
  /// there is no request left, or no room, wait for the next call.
  void watch_unpaid();
  /// How many sections are watched again in one second: few, so that the buyer has requests left for holds.
  [[nodiscard]] std::size_t resumed_per_s() const;
  void join(codec::reply_id re, const known_event_ptr& event, std::optional<domain::queue_number> number);
  /// Asks the room for a place; `heard` gets the answer if the connection still is there. False when too much is asked
  /// already.
  bool ask_room(const known_event_ptr& event, std::optional<domain::queue_number> number,
                std::function<void(answer&&)> heard);
  void joined(const codec::reply_id& re, const known_event_ptr& known, const domain::queue_place& place);
  void returned(const known_event_ptr& event, std::uint64_t visit, answer&& what);
  void left(const codec::reply_id& re, const known_event_ptr& event, answer&& what);
  /// Null when the client does not wait there.
  [[nodiscard]] spot* spot_in(const domain::event_id& event);
  [[nodiscard]] const spot* spot_in(const domain::event_id& event) const;
  void leave_spot(const domain::event_id& event);
  /// What the pass is good for, or the known one if none is given.
  [[nodiscard]] pass_standing standing_of(const domain::event_id& event, const std::optional<std::string>& pass);
  /// Null when none is known.
  [[nodiscard]] known_pass* pass_for(const domain::event_id& event);
  void forget_pass(const domain::event_id& event);
  void remember_pass(const domain::event_id& event, const codec::granted_pass& pass);
  /// Remembers the names of all that an answer has, as when it was held and ordered here.
  void note_own(const codec::own_answer& all);
  /// Remembers orders while they are under way, for a client that comes back.
  void note_order(const messages::order_view& order);

  /// The event, or null after the client was told that there is none.
  [[nodiscard]] known_event_ptr event_for(const codec::reply_id& re, const domain::event_id& event);
  /// The same for what the client wants anew: null for a hidden event, too.
  [[nodiscard]] known_event_ptr shown_event_for(const codec::reply_id& re, const domain::event_id& event);
  /// Its section with that name, or nothing after the client was told so; nothing without an event, too.
  [[nodiscard]] std::optional<domain::section_no> section_for(const codec::reply_id& re, const known_event_ptr& event,
                                                              const std::string& section);
  /// Asks on behalf of the frame `re`. Refusals go to the client (seat numbers by `event` and `section`), lost answers
  /// close the connection, everything else goes to `success`.
  void ask(messages::session_request&& request, codec::reply_id re, known_event_ptr event,
           std::optional<domain::section_no> section, then success);
  /// Sees to an answer that is a refusal, or lost; false for others.
  bool failed(const codec::reply_id& re, const known_event_ptr& event, std::optional<domain::section_no> section,
              const answer& what);

  const buyer_services& services_;
  frame_sink* sink_; ///< null once the connection is gone
  visitor from_;
  domain::buyer_id buyer_; ///< empty before `hello`
  std::string name_;
  domain::instant proven_until_;
  bool greeting_ = false; ///< a `hello` is being worked on
  std::size_t pending_ = 0;
  strikes strikes_;
  std::uint64_t visits_ = 0;
  std::string resumed_; ///< the session that was taken over, until the client has sent another frame
  std::vector<watch> watches_;
  std::deque<owed_snapshot> owed_; ///< until there is room
  std::deque<watch> unpaid_;       ///< of `watches_`: taken over, and not asked for yet
  std::vector<spot> spots_;
  std::vector<codec::order_name> orders_; ///< under way, the latest of them
  std::vector<known_pass> passes_;
};

} // namespace usher::gateway
