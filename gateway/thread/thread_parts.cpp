#include "gateway/thread/thread_parts.hpp"

#include <caf/actor_system.hpp>

#include <utility>

namespace usher::gateway {
namespace {

/// The last thread is the operators' own.
bool is_operators(const shared_parts& shared, std::size_t number) {
  return number == shared.options.threads;
}

} // namespace

thread_parts::thread_parts(shared_parts& shared, std::size_t number, thread_links links)
    : requests(shared.options.requests_max,
               is_operators(shared, number) ? shared.options.operators_timeout : shared.options.request_timeout,
               std::move(links.send), std::move(links.plan)),
      directory(shared.starting), incoming(is_operators(shared, number) ? operators_incoming_bytes(shared.options)
                                                                        : buyers_incoming_bytes(shared.options),
                                           shared.metrics.incoming_bytes),
      outgoing(shared.options.queued_bytes_max / (shared.options.threads + 1), shared.metrics.queued_bytes),
      room(connections, outgoing, *shared.metrics.slow_readers), events(requests, directory),
      seats(requests, [this] { return traces.draw(); }), passes(shared.tokens, shared.options.passes_max),
      queue(requests, buyers, passes), places(shared.tokens, passes, queue, shared.now, shared.options.pass_ttl),
      own(requests, directory, places),
      resumptions(shared.process, number, kept_sessions{shared.options.kept_sessions_max, shared.options.session_grace},
                  buyers, links.post, std::move(links.find_peer)),
      keys(shared.options), services(for_http(shared, std::move(links))) {}

buyer_services thread_parts::for_buyers(shared_parts& shared) {
  return {.options = shared.options,
          .metrics = shared.metrics,
          .tokens = shared.tokens,
          .now = shared.now,
          .limits = shared.limits,
          .resumptions = resumptions,
          .decoder = decoder,
          .traces = traces,
          .requests = requests,
          .directory = directory,
          .buyers = buyers,
          .seats = seats,
          .queue = queue,
          .places = places,
          .own = own,
          .passes = passes};
}

websocket_services thread_parts::for_websockets(shared_parts& shared) {
  return {.options = shared.options,
          .metrics = shared.metrics,
          .now = shared.now,
          .connections = connections,
          .incoming = incoming,
          .outgoing = outgoing,
          .room = room,
          .buyers = for_buyers(shared)};
}

call_services thread_parts::for_calls(shared_parts& shared, thread_links&& links) {
  return {.buyers = {.options = shared.options,
                     .tokens = shared.tokens,
                     .now = shared.now,
                     .limits = shared.limits,
                     .repeats = repeats,
                     .buyers = buyers,
                     .places = places,
                     .own = own,
                     .passes = passes},
          .events = {.list = events, .packer = shared.packer, .post = links.post},
          .operators = {.directory = directory, .audit = shared.audit, .post = links.post},
          .orders = {.tokens = shared.tokens},
          .cluster = {.desk = shared.cluster, .post = std::move(links.post)},
          .node = {.unready = shared.unready, .draining = shared.draining, .metrics = shared.system.metrics()}};
}

http_services thread_parts::for_http(shared_parts& shared, thread_links&& links) {
  return {.options = shared.options,
          .metrics = shared.metrics,
          .connections = connections,
          .incoming = incoming,
          .outgoing = outgoing,
          .room = room,
          .keys = keys,
          .limits = shared.limits,
          .places = shared.places,
          .proxies = shared.proxies,
          .unlimited = shared.unlimited,
          .unlisted_proxy = shared.unlisted_proxy,
          .draining = shared.draining,
          .exchanges = {.options = shared.options,
                        .problems = *shared.metrics.problems,
                        .tokens = shared.tokens,
                        .now = shared.now,
                        .limits = shared.limits,
                        .traces = traces,
                        .requests = requests,
                        .directory = directory},
          .calls = for_calls(shared, std::move(links)),
          .websockets = for_websockets(shared)};
}

} // namespace usher::gateway
