#include "node/option_table.hpp"

#include "cluster/link/link_address.hpp"
#include "node/option_kinds.hpp"
#include "persistence/store_url.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <iterator>
#include <limits>

namespace usher::node {
namespace {

bool is_level(const std::string& level) {
  constexpr std::string_view levels[]{"trace", "debug", "info", "warning", "error", "critical", "off"};
  return std::ranges::find(levels, level) != std::end(levels);
}

bool is_key(const std::string& key) {
  return key.size() >= 24 && key.size() <= 256 && std::ranges::all_of(key, [](char c) { return c > ' ' && c < 127; });
}

bool is_shop_secret(const std::string& secret) {
  return secret.size() >= 32 && secret.size() <= 1024;
}

bool is_short(const std::string& text) {
  return !text.empty() && text.size() <= 256;
}

/// Whether a slug can follow it, and JSON need not escape anything in it.
bool is_url_folder(const std::string& url) {
  auto plain = [](char c) { return c > ' ' && c < 127 && c != '"' && c != '\\'; };
  auto is_web = url.starts_with("https://") || url.starts_with("http://");
  return is_web && url.size() > std::string_view{"https://"}.size() && url.ends_with('/') && is_short(url)
         && std::ranges::all_of(url, plain);
}

/// A scheme and a host as browsers send them in `Origin`, or `*`.
bool is_origin(const std::string& text) {
  auto plain = [](char c) { return c > ' ' && c < 127 && c != '"' && c != '\\' && c != '/'; };
  auto scheme = text.find("://");
  return text == "*"
         || (scheme != std::string::npos && scheme > 0 && is_short(text) && text.size() > scheme + 3
             && std::ranges::all_of(text.substr(scheme + 3), plain));
}

bool is_node_name(const std::string& name) {
  return !name.empty() && name.size() <= 63 && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-'
           || c == '_';
  });
}

bool is_link_address(const std::string& text) {
  return cluster::parse_link_address(text).has_value();
}

bool is_path(const std::string& path) {
  return !path.empty() && path.find('\0') == std::string::npos;
}

bool is_address_or_network(const std::string& text) {
  auto slash = std::min(text.find('/'), text.size());
  boost::system::error_code error;
  auto address = boost::asio::ip::make_address(text.substr(0, slash), error);
  if (error)
    return false;
  if (slash == text.size())
    return true;
  auto bits = to_number(caf::config_value{text.substr(slash + 1)});
  return bits && *bits >= 0 && *bits <= (address.is_v4() ? 32 : 128);
}

std::vector<option> declare() {
  using namespace std::chrono_literals;
  constexpr std::int64_t megabyte = 1024 * 1024;
  return {
      address(
          {"http.address", "Where buyers are served, over HTTP and WebSocket."},
          [](auto& s) -> auto& { return s.gateway.buyers; }),
      number(
          {"http.threads", "Threads that read and write the buyers' connections.", "threads"},
          [](auto& s) -> auto& { return s.gateway.threads; }, 1, 64),
      number(
          {"http.max-connections",
           "Open connections of buyers; for one more the HTTP connection that was idle for longest is closed, or it is "
           "answered 503.",
           "connections"},
          [](auto& s) -> auto& { return s.gateway.connections_max; }, 1, 1'000'000),
      number(
          {"http.max-connections-per-address",
           "The same from one client's address (IPv6: one /64; a whole /48 has 16 times as many), also behind a "
           "trusted "
           "proxy, where an HTTP connection counts only while a request is answered. See `http.unlimited-networks` and "
           "`rate-limit.loopback`.",
           "connections"},
          [](auto& s) -> auto& { return s.gateway.connections_per_address_max; }, 1, 1'000'000),
      number(
          {"http.max-newcomers-per-address",
           "Those of them that have not said what they want: no request has come, or no `hello` on a WebSocket.",
           "connections"},
          [](auto& s) -> auto& { return s.gateway.newcomers_per_address_max; }, 1, 1'000'000),
      texts(
          {"http.unlimited-networks", "Where more connections may come from than from another address: for instance an "
                                      "office with many people behind one address. How often each asks is limited all "
                                      "the same."},
          [](auto& s) -> auto& { return s.gateway.unlimited_networks; },
          "a list of IP addresses, or networks like \"10.0.0.0/8\"", is_address_or_network),
      number(
          {"http.max-header-bytes", "The largest head of a request.", "bytes"},
          [](auto& s) -> auto& { return s.gateway.header_bytes_max; }, 1024, megabyte),
      number(
          {"http.max-body-bytes", "The largest body of a buyer's request; more is `payload-too-large`.", "bytes"},
          [](auto& s) -> auto& { return s.gateway.body_bytes_max; }, 1024, 64 * megabyte),
      number(
          {"http.max-frame-bytes", "The largest WebSocket frame of a buyer; more closes with 4002.", "bytes"},
          [](auto& s) -> auto& { return s.gateway.frame_bytes_max; }, 1024, 16 * megabyte),
      number(
          {"http.max-outgoing-bytes", "What may wait to be sent on one connection; more closes it with 4201.", "bytes"},
          [](auto& s) -> auto& { return s.gateway.outgoing_bytes_max; }, 16 * 1024, 64 * megabyte),
      number(
          {"http.max-outgoing-frames", "Frames that may wait to be sent on one connection; more closes it with 4201.",
           "frames"},
          [](auto& s) -> auto& { return s.gateway.outgoing_frames_max; }, 16, 1'000'000),
      number(
          {"http.max-queued-bytes",
           "Memory that unsent answers and frames of all buyers may take; each of `http.threads` has an equal part of "
           "it. When it is used up the connections with most of it are closed (4201). A part must hold several "
           "snapshots of the largest section.",
           "bytes"},
          [](auto& s) -> auto& { return s.gateway.queued_bytes_max; }, megabyte, 1024 * 1024 * megabyte),
      number(
          {"http.max-incoming-bytes",
           "Memory that heads, bodies and frames may take which are still arriving, beyond 6144 bytes that each "
           "connection has: half of it is for operators, and of the other half each of `http.threads` has an equal "
           "part. What does not fit is answered `overloaded`; a WebSocket is closed with 4100. Each part must hold "
           "twice what `http.max-body-bytes`, `http.max-frame-bytes` and `admin.max-body-bytes` allow.",
           "bytes"},
          [](auto& s) -> auto& { return s.gateway.incoming_bytes_max; }, 4 * megabyte, 1024 * 1024 * megabyte),
      number(
          {"http.max-requests", "Requests of one thread that may wait for their answer; more is `overloaded`.",
           "requests"},
          [](auto& s) -> auto& { return s.gateway.requests_max; }, 1, 1'000'000),
      number(
          {"http.max-connection-requests", "Requests of one connection that may wait for their answer.", "requests"},
          [](auto& s) -> auto& { return s.gateway.connection_requests_max; }, 1, 10'000),
      number(
          {"http.max-watches", "Sections that one connection may watch.", "sections"},
          [](auto& s) -> auto& { return s.gateway.watches_max; }, 1, 10'000),
      number(
          {"http.max-queues", "Waiting rooms that one connection may wait in.", "waiting rooms"},
          [](auto& s) -> auto& { return s.gateway.queues_max; }, 1, 1000),
      duration(
          {"http.header-timeout", "How long a request's head, or a WebSocket's `hello`, may take to arrive."},
          [](auto& s) -> auto& { return s.gateway.header_timeout; }, 1s, 600s),
      duration(
          {"http.idle-timeout",
           "How long a connection may give no sign of life, and a request's body may take to arrive."},
          [](auto& s) -> auto& { return s.gateway.idle_timeout; }, 5s, 3600s),
      duration(
          {"http.write-timeout",
           "How long a WebSocket connection may take to read one frame: a slower one is closed with 4201."},
          [](auto& s) -> auto& { return s.gateway.write_timeout; }, 1s, 3600s),
      duration(
          {"http.heartbeat", "How often a WebSocket connection is told that all is well."},
          [](auto& s) -> auto& { return s.gateway.heartbeat; }, 1s, 300s),
      duration(
          {"http.request-timeout",
           "How long a request may take inside; then its outcome is unknown, and its connection is closed."},
          [](auto& s) -> auto& { return s.gateway.request_timeout; }, 1s, 120s),
      duration(
          {"http.session-grace", "How long a lost WebSocket session can be resumed."},
          [](auto& s) -> auto& { return s.gateway.session_grace; }, 0s, 3600s),
      number(
          {"http.max-kept-sessions", "Lost WebSocket sessions that are kept to be resumed.", "sessions"},
          [](auto& s) -> auto& { return s.gateway.kept_sessions_max; }, 0, 10'000'000),
      texts(
          {"http.allowed-origins", "Origins of the pages that may use the buyers' port from a browser, by HTTP and by "
                                   "WebSocket. Pages that were "
                                   "served under the same host name may always; programs that name no origin, too."},
          [](auto& s) -> auto& { return s.gateway.allowed_origins; },
          "a list of origins like \"https://shop.example\", or \"*\" for all", is_origin),
      texts(
          {"http.trusted-proxies",
           "Proxies whose `X-Forwarded-For` or `Forwarded` is believed: the address behind them counts for limits, not "
           "theirs. If they disagree, the proxy's counts, as one of them may be the client's own."},
          [](auto& s) -> auto& { return s.gateway.trusted_proxies; },
          "a list of IP addresses, or networks like \"10.0.0.0/8\"", is_address_or_network),
      yes_or_no(
          {"http.proxy-protocol", "Buyers come through proxies that say so at the beginning of each connection, by the "
                                  "PROXY protocol of version 1 or 2 (HAProxy's `send-proxy-v2`). Connections of others "
                                  "than `http.trusted-proxies`, and without it, are closed."},
          [](auto& s) -> auto& { return s.gateway.proxy_protocol; }),
      text(
          {"http.problem-base", "What the `type` of a problem begins with: where your clients' engineers read more. "
                                "The slug comes after it."},
          [](auto& s) -> auto& { return s.gateway.problem_base; }, "a URL of up to 256 bytes that ends in /",
          is_url_folder),
      real_number(
          {"rate-limit.buyer-per-s",
           "Requests of one buyer a second, in the long run; more is `rate-limited`. One with a large body or frame "
           "counts once more for every 4096 bytes.",
           "requests"},
          [](auto& s) -> auto& { return s.gateway.per_buyer.per_s; }, 0.01, 1e6),
      real_number(
          {"rate-limit.buyer-burst", "Requests that one buyer may send at once after a pause.", "requests"},
          [](auto& s) -> auto& { return s.gateway.per_buyer.burst; }, 1, 1e6),
      number(
          {"rate-limit.max-buyers", "Buyers that are counted; the one unseen for longest is forgotten.", "buyers"},
          [](auto& s) -> auto& { return s.gateway.per_buyer.keys_max; }, 1000, 100'000'000),
      real_number(
          {"rate-limit.buyer-releases-per-s",
           "Holds that one buyer may give back a second, in the long run: each is written to the journal for ever. Of "
           "one "
           "more the seats stay held until the hold runs out or the buyer asks again.",
           "holds"},
          [](auto& s) -> auto& { return s.gateway.releases.per_s; }, 0.01, 1e6),
      real_number(
          {"rate-limit.buyer-releases-burst", "Holds that one buyer may give back at once after a pause.", "holds"},
          [](auto& s) -> auto& { return s.gateway.releases.burst; }, 1, 1e6),
      real_number(
          {"rate-limit.address-per-s", "Requests of one address a second, in the long run.", "requests"},
          [](auto& s) -> auto& { return s.gateway.per_address.per_s; }, 0.01, 1e6),
      real_number(
          {"rate-limit.address-burst", "Requests that one address may send at once after a pause.", "requests"},
          [](auto& s) -> auto& { return s.gateway.per_address.burst; }, 1, 1e6),
      number(
          {"rate-limit.max-addresses", "Addresses that are counted; the one unseen for longest is forgotten.",
           "addresses"},
          [](auto& s) -> auto& { return s.gateway.per_address.keys_max; }, 1000, 100'000'000),
      yes_or_no(
          {"rate-limit.loopback", "Limits by address count programs of this machine, too. Whoever comes through a "
                                  "proxy on it, or says so in a "
                                  "header, is counted in any case; so is every buyer."},
          [](auto& s) -> auto& { return s.gateway.limit_loopback; }),
      number(
          {"rate-limit.max-strikes",
           "Refusals for coming too often before a connection is closed, a WebSocket with 4129; one a second is "
           "forgotten.",
           "refusals"},
          [](auto& s) -> auto& { return s.gateway.strikes_max; }, 1, 1'000'000),
      address(
          {"admin.address", "Where operators are served. Keep it out of the public's reach."},
          [](auto& s) -> auto& { return s.gateway.operators; }),
      number(
          {"admin.max-connections",
           "Open connections of operators; for one more the one that was idle for longest is closed, or it is answered "
           "503.",
           "connections"},
          [](auto& s) -> auto& { return s.gateway.operators_connections_max; }, 1, 1'000'000),
      text(
          {"admin.key", "What operators show as `Authorization: Bearer …`. The environment variable USHER_ADMIN_KEY "
                        "and the flag win over it. Without any, and only on a loopback address, one is made and, "
                        "if the output is a terminal, shown once at the start."},
          [](auto& s) -> auto& { return s.gateway.admin_key; }, "24 to 256 visible ASCII characters", is_key, true),
      text(
          {"admin.key-file", "A file that contains the key and nothing else, read at the start if no key is given."},
          [](auto& s) -> auto& { return s.admin_key_file; }, "a readable file", is_path),
      yes_or_no(
          {"admin.metrics-need-key", "Ask for the key at `GET /metrics`, too."},
          [](auto& s) -> auto& { return s.gateway.metrics_need_key; }),
      number(
          {"admin.max-body-bytes", "The largest body of an operator's request: a seating plan must fit.", "bytes"},
          [](auto& s) -> auto& { return s.gateway.plan_bytes_max; }, megabyte, 1024 * megabyte),
      duration(
          {"admin.request-timeout", "How long an operator's request may take inside; then it is answered 504, and may "
                                    "still be carried out."},
          [](auto& s) -> auto& { return s.gateway.operators_timeout; }, 1s, 3600s),
      duration(
          {"admin.audit-timeout",
           "The same for an audit, which reads an event's whole journal and may have to wait for "
           "others: one at a time is made."},
          [](auto& s) -> auto& { return s.gateway.audit_timeout; }, 1s, 86'400s),
      yes_or_no(
          {"auth.anonymous", "Give a buyer's token to anybody who asks (`POST /v1/sessions`). Per-buyer limits "
                             "then mean little."},
          [](auto& s) -> auto& { return s.auth.anonymous; }, "true when no key of a shop is set, else false"),
      text(
          {"auth.shop-secret", "The shop's secret: buyers' tokens are signed with it (HS256)."},
          [](auto& s) -> auto& { return s.auth.shop_secret; }, "32 to 1024 bytes", is_shop_secret, true),
      text(
          {"auth.shop-secret-file",
           "A file that contains the secret and nothing else, in place of `auth.shop-secret`."},
          [](auto& s) -> auto& { return s.auth.shop_secret_file; }, "a readable file", is_path),
      text(
          {"auth.shop-audience", "What must stand as `aud` in a token of the shop, if anything must."},
          [](auto& s) -> auto& { return s.auth.shop_audience; }, "1 to 256 bytes", is_short),
      text(
          {"auth.shop-public-key-file", "A PEM file with the shop's public key: buyers' tokens are signed with the "
                                        "private one (RS256)."},
          [](auto& s) -> auto& { return s.auth.shop_public_key_file; }, "a readable file", is_path),
      texts(
          {
              "auth.shop-key-files",
              "Files with further keys of the shop, all of which count: while an old key is being replaced. Each "
              "contains a "
              "public key in PEM (RS256) or else a secret (HS256). With `KID=` before it, a token whose header names "
              "that "
              "`kid` is checked by that key alone. When a key is taken away, its tokens end, and so do the sessions "
              "that "
              "began with them.",
          },
          [](auto& s) -> auto& { return s.auth.shop_key_files; }, "a list of FILE or KID=FILE, 16 at most", is_path),
      duration(
          {"auth.token-ttl", "How long tokens of Usher's own last: anonymous buyers' and sessions'."},
          [](auto& s) -> auto& { return s.gateway.token_ttl; }, 60s, 2592000s),
      number(
          {"waiting-room.max-people",
           "People in one event's waiting room. For one more somebody who is away is forgotten, until they show their "
           "number; if nobody is away it is `overloaded`.",
           "people"},
          [](auto& s) -> auto& { return s.waiting_room.people_max; }, 1, 100'000'000),
      duration(
          {"waiting-room.presence", "How long somebody who polls counts as being there after the last time."},
          [](auto& s) -> auto& { return s.waiting_room.presence; }, 5s, 3600s),
      duration(
          {"waiting-room.pass-ttl", "How long an admitted buyer may shop."},
          [](auto& s) -> auto& { return s.gateway.pass_ttl; }, 10s, 86400s),
      number(
          {"waiting-room.max-passes",
           "Passes of buyers who left before their end that each gateway thread remembers as void.", "passes"},
          [](auto& s) -> auto& { return s.gateway.passes_max; }, 1000, 100'000'000),
      text(
          {"store.url", "Where everything is remembered."}, [](auto& s) -> auto& { return s.store; },
          "sqlite:FILE, or postgres://USER:PASSWORD@HOST/DATABASE", persistence::is_store_url, true),
      text(
          {"cluster.name",
           "What this node is called among those that share its PostgreSQL store: no two that live have "
           "the same name. Without one the node serves its store alone."},
          [](auto& s) -> auto& { return s.cluster.name; },
          "a text of 1 to 63 letters, digits, dots, hyphens and underscores", is_node_name),
      number(
          {"cluster.weight", "How much this node takes on, compared with the others that share its store."},
          [](auto& s) -> auto& { return s.cluster.weight; }, 1, 10'000),
      text(
          {"cluster.listen",
           "Where the other nodes reach this one, so that each serves any buyer. A loopback address, unless there are "
           "`cluster.tls` files."},
          [](auto& s) -> auto& { return s.cluster.link.listen; }, "HOST:PORT, or [HOST]:PORT for IPv6",
          is_link_address),
      text(
          {"cluster.address", "The same, as the other nodes are told; by default `cluster.listen`."},
          [](auto& s) -> auto& { return s.cluster.address; }, "HOST:PORT, or [HOST]:PORT for IPv6", is_link_address),
      text(
          {"cluster.tls.certificate", "A file with this node's certificate, shown to the other nodes, in PEM; after it "
                                      "stand those between it and its authority. The three files are read at the "
                                      "start."},
          [](auto& s) -> auto& { return s.cluster.link.tls.certificate; }, "a file", is_path),
      text(
          {"cluster.tls.key", "A file with the certificate's private key, without a passphrase."},
          [](auto& s) -> auto& { return s.cluster.link.tls.key; }, "a file", is_path),
      text(
          {"cluster.tls.authorities",
           "A file with the authorities of all nodes' certificates: whoever has one of theirs is taken for a node."},
          [](auto& s) -> auto& { return s.cluster.link.tls.authorities; }, "a file", is_path),
      yes_or_no(
          {"cluster.insecure", "Links without TLS on an address that is not this machine's alone."},
          [](auto& s) -> auto& { return s.cluster.link.insecure; }),
      yes_or_no(
          {"cluster.auto-rebalance",
           "Give a node that joins its part of the shards at once. Otherwise nothing moves then until an operator asks "
           "for it (`usher cluster rebalance`); what a node had that ended, or drains, goes to others all the same."},
          [](auto& s) -> auto& { return s.cluster.auto_rebalance; }),
      yes_or_no(
          {"cluster.allow-sandbox",
           "Nodes on several hosts although each of these has a payment sandbox of its own, so that a payment that one "
           "host began is unknown on the others."},
          [](auto& s) -> auto& { return s.cluster.allow_sandbox; }),
      duration(
          {"cluster.drain-notice",
           "How long a node that drains, or stops, still serves its clients once its shards are with other nodes, "
           "while "
           "`/readyz` answers 503: long enough for a load balancer to notice. Then it sends them to other nodes."},
          [](auto& s) -> auto& { return s.cluster.drain_notice; }, 0s, 600s),
      number(
          {"journal.max-group", "Facts that are written to the store at once.", "facts"},
          [](auto& s) -> auto& { return s.journal.group_max; }, 1, 100'000),
      number(
          {"journal.max-queue", "Facts that may wait to be written; more is `overloaded`.", "facts"},
          [](auto& s) -> auto& { return s.journal.queue_max; }, 100, 10'000'000),
      duration(
          {"journal.interval", "Under load, from the start of one write to the next: what comes meanwhile shares it."},
          [](auto& s) -> auto& { return s.journal.interval; }, 0ms, 1s),
      duration(
          {"payments.sandbox.delay", "How long the sandbox takes for one call, on average."},
          [](auto& s) -> auto& { return s.payments.delay_mean; }, 0ms, 600s),
      share(
          {"payments.sandbox.decline-rate", "The share of charges that the sandbox declines."},
          [](auto& s) -> auto& { return s.payments.decline_rate; }),
      real_number(
          {"payments.sandbox.failure-rate", "The share of the sandbox's calls that end without an answer."},
          [](auto& s) -> auto& { return s.payments.failure_rate; }, 0, 0.99),
      text(
          {"payments.sandbox.ledger",
           "The sandbox's account book. Without one it is `FILE.payments` beside a SQLite store, "
           "else `usher.payments` in the working folder."},
          [](auto& s) -> auto& { return s.payments.ledger; }, "a file", is_path),
      yes_or_no(
          {"payments.sandbox.magic-methods",
           "For tests: buyers who pay by `sandbox-succeeds`, `sandbox-declined`, `sandbox-lost-after` or "
           "`sandbox-lost-before` get what it says."},
          [](auto& s) -> auto& { return s.payments.magic_methods; }),
      number(
          {"payments.sandbox.seed", "What the sandbox's chances are drawn from."},
          [](auto& s) -> auto& { return s.payments.seed; }, 0, std::numeric_limits<std::int64_t>::max()),
      yes_or_no(
          {"log.json", "Write one JSON object a line instead of text for people."},
          [](auto& s) -> auto& { return s.log.json; }),
      text(
          {"log.level", "The least important lines that are written."}, [](auto& s) -> auto& { return s.log.level; },
          "trace, debug, info, warning, error, critical or off", is_level),
      duration(
          {"stop.lame-duck", "How long a node that was told to stop still serves everybody, while `/readyz` answers "
                             "503 and HTTP answers end "
                             "their connections: long enough for a load balancer to notice. 0 if there is none."},
          [](auto& s) -> auto& { return s.lame_duck; }, 0s, 600s),
      duration(
          {"stop-within", "How long a stopping node lets what is in flight finish."},
          [](auto& s) -> auto& { return s.stop_within; }, 0s, 600s),
  };
}

} // namespace

const std::vector<option>& options() {
  static const std::vector<option> table = declare();
  return table;
}

const option* find_option(std::string_view name) {
  auto found = std::ranges::find(options(), name, &option::name);
  return found == options().end() ? nullptr : &*found;
}

} // namespace usher::node
