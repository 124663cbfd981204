#define CAF_SUITE node.cluster_status

#include "node/cluster_status.hpp"

#include "caf/test/bdd_dsl.hpp"
#include "codec/openapi.hpp"
#include "node/cluster_printing.hpp"
#include "node/node_figures.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <chrono>
#include <sstream>
#include <string>

using namespace usher;
using namespace std::chrono_literals;
using domain::shard_kind;
using node::cluster_picture;
using persistence::cut_kind;
using persistence::incarnation;
using persistence::member;
using persistence::node_status;

namespace json = boost::json;

namespace {

const domain::instant now{24h * 365 * 50};
const domain::event_id gala{"gala"};
const domain::event_id opera{"opera"};

member node_called(std::uint64_t number, const std::string& name, node_status status) {
  member result;
  result.number = incarnation{number};
  result.card = {name, "process of " + name, name + ":7070", name + ":8080", "1.3.0", 1, 1, 100};
  result.status = status;
  result.since = now - 131s;
  result.beaten = now - 400ms;
  return result;
}

/// Three nodes: `a` is well, `b` drains and stops, `c` has just begun and has not beaten yet.
cluster_picture picture_of_three() {
  cluster_picture picture;
  picture.card = {"7f3a0000-0000-4000-8000-000000000000", 4};
  picture.seen_by = "a";
  picture.answered = 1'250us;
  picture.all.now = now;
  picture.all.rebalances = 2;
  picture.all.members = {node_called(1, "a", node_status::up), node_called(2, "b", node_status::draining),
                         node_called(7, "c", node_status::joining)};
  auto& members = picture.all.members;
  node::node_figures a;
  a.shards = {.wanted = 1'400, .served = 1'041, .taking = 4, .stopped = 1, .events = {{gala, 1, 1}}};
  a.links = {"b", "c"};
  a.buyers = 4'211;
  a.lag_us = 1'500;
  node::node_figures b;
  b.shards = {.served = 12, .giving = 2, .events = {{gala, 2, 0}, {domain::event_id{"unknown"}, 9, 9}}};
  b.is_stopping = true;
  members[0].figures = encode(a);
  members[1].figures = encode(b);
  members[1].beaten = now + 1s; // its clock is the store's, which was stepped
  members[2].card.weight = 250;
  members[2].since = now + 1s;
  picture.all.cuts = {{incarnation{1}, incarnation{7}, cut_kind::silent, 3, now - 2s},
                      {incarnation{2}, incarnation{99}, cut_kind::refused, 5, now - 1s}};
  picture.shards = {
      {gala, shard_kind::event, "process of a", 1},    {gala, shard_kind::waiting_room, "process of b", 1},
      {gala, shard_kind::section, "process of a", 5},  {gala, shard_kind::section, "process of b", 3},
      {gala, shard_kind::section, "who has ended", 2}, {opera, shard_kind::event, "who has ended", 1},
      {opera, shard_kind::waiting_room, "", 1},        {opera, shard_kind::section, "who has ended", 1}};
  return picture;
}

json::value answer_of(const cluster_picture& picture) {
  return json::parse(encode(picture));
}

std::string printed(const json::value& answer) {
  std::ostringstream out;
  node::print_cluster(answer, out);
  return out.str();
}

// ---- what the document says ----

bool is_of_type(const json::value& value, const json::string& type) {
  if (type == "integer")
    return value.is_int64() || value.is_uint64();
  return (type == "string" && value.is_string()) || (type == "boolean" && value.is_bool())
         || (type == "array" && value.is_array()) || (type == "object" && value.is_object());
}

/// Checks a value against the part of a schema that the answers about the cluster use, and that no member is without
/// one.
void check_against(const json::value& document, const json::value& schema, const json::value& value,
                   const std::string& where) {
  const auto& wanted = schema.as_object();
  if (const auto* elsewhere = wanted.if_contains("$ref"))
    return check_against(document, document.at_pointer(std::string{elsewhere->as_string()}.substr(1)), value, where);
  if (!is_of_type(value, wanted.at("type").as_string())) {
    CAF_ERROR(where << " is " << json::serialize(value));
    return;
  }
  if (const auto* words = wanted.if_contains("enum"))
    if (std::ranges::find(words->as_array(), value) == words->as_array().end())
      CAF_ERROR(where << " is " << json::serialize(value));
  if (const auto* least = wanted.if_contains("minimum"))
    CHECK_GE(value.to_number<std::int64_t>(), least->as_int64());
  if (const auto* items = wanted.if_contains("items"))
    for (const auto& one : value.as_array())
      check_against(document, *items, one, where + "[]");
  const auto* members = wanted.if_contains("properties");
  if (!members)
    return;
  for (const auto& [name, inner] : value.as_object())
    if (const auto* its = members->as_object().if_contains(name))
      check_against(document, *its, inner, where + "." + std::string{name});
    else
      CAF_ERROR(where << "." << name << " is not in the document");
  for (const auto& name : wanted.at("required").as_array())
    if (!value.as_object().contains(name.as_string()))
      CAF_ERROR(where << "." << name << " is missing");
}

void check_against_document(const json::value& answer) {
  auto document = json::parse(codec::openapi_document());
  check_against(document, document.at_pointer("/components/schemas/Cluster"), answer, "Cluster");
}

} // namespace

SCENARIO("each node is told of as the store has it, and as it says itself") {
  auto answer = answer_of(picture_of_three());
  check_against_document(answer);
  CHECK_EQ(json::serialize(answer.at("nodes").at(0)),
           R"({"name":"a","number":1,"status":"up","since":"2019-12-19T23:57:49.000Z","for_s":131,)"
           R"("beat_age_ms":400,"release":"1.3.0","http":"a:8080","link":"a:7070","weight":100,"owned":6,)"
           R"("wanted":1400,"served":1041,"giving":0,"taking":4,"stopped":1,"buyers":4211,"lag_us":1500,)"
           R"("stopping":false,"links":["b","c"]})");
  const auto& b = answer.at("nodes").at(1);
  CHECK_EQ(b.at("status").as_string(), "draining");
  CHECK_EQ(b.at("stopping").as_bool(), true);
  CHECK_EQ(b.at("owned").as_int64(), 4);
  CHECK_EQ(b.at("beat_age_ms").as_int64(), 0);
  // One that has not said anything yet.
  CHECK_EQ(json::serialize(answer.at("nodes").at(2)),
           R"({"name":"c","number":7,"status":"joining","since":"2019-12-20T00:00:01.000Z","for_s":0,)"
           R"("beat_age_ms":400,"release":"1.3.0","http":"c:8080","link":"c:7070","weight":250,"owned":0})");
  CHECK_EQ(answer.at("cluster").as_string(), "7f3a0000-0000-4000-8000-000000000000");
  CHECK_EQ(answer.at("level").as_int64(), 4);
  CHECK_EQ(answer.at("seen_by").as_string(), "a");
  CHECK_EQ(answer.at("store_us").as_int64(), 1'250);
  CHECK_EQ(answer.at("rebalances").as_int64(), 2);
}

SCENARIO("cuts are told by the names of their ends, or by the number of one that has ended") {
  auto answer = answer_of(picture_of_three());
  CHECK_EQ(json::serialize(answer.at("cuts")),
           R"([{"seen_by":"a","other":"c","kind":"silent","since":"2019-12-19T23:59:58.000Z"},)"
           R"({"seen_by":"b","other":"99","kind":"refused","since":"2019-12-19T23:59:59.000Z"}])");
}

SCENARIO("an event's shards are where their rows say, and move or stand still as nodes say") {
  auto answer = answer_of(picture_of_three());
  CHECK_EQ(json::serialize(answer.at("events")),
           // Of gala two belong to nobody who lives, and three are on their way.
           R"([{"event":"gala","shards":12,"served":6,"moving":5,"stopped":1,)"
           R"("homes":{"event":"a","room":"b","sections":[{"node":"a","shards":5},{"node":"b","shards":3}]}},)"
           R"({"event":"opera","shards":3,"served":0,"moving":3,"stopped":0,)"
           R"("homes":{"event":"","room":"","sections":[]}}])");
  CHECK_EQ(answer.at("events_left_off").as_int64(), 0);
}

SCENARIO("figures that fit no rows make no count negative, nor larger than there are shards") {
  auto picture = picture_of_three();
  for (const auto* figures : {R"({"events":[{"event":"gala","moving":18446744073709551615,"stopped":9000}]})",
                              R"({"events":[{"event":"gala","moving":9000,"stopped":0}]})",
                              R"({"events":[{"event":"gala","moving":9223372036854775807}]})", "garbage"}) {
    picture.all.members[0].figures = figures;
    auto answer = answer_of(picture);
    check_against_document(answer);
    const auto& event = answer.at("events").at(0);
    auto sum = event.at("served").as_int64() + event.at("moving").as_int64() + event.at("stopped").as_int64();
    CHECK_EQ(sum, event.at("shards").as_int64());
  }
  CHECK(!answer_of(picture).at("nodes").at(0).as_object().contains("served"));
}

SCENARIO("of very many events the first thousand are told of") {
  cluster_picture picture;
  picture.all.now = now;
  for (int i = 0; i < 1'234; ++i)
    picture.shards.push_back({domain::event_id{std::to_string(10'000 + i)}, shard_kind::event, "", 1});
  auto answer = answer_of(picture);
  check_against_document(answer);
  CHECK_EQ(answer.at("events").as_array().size(), 1'000u);
  CHECK_EQ(answer.at("events").at(999).at("event").as_string(), "10999");
  CHECK_EQ(answer.at("events_left_off").as_int64(), 234);
  CHECK(!answer.as_object().contains("cluster"));
}

SCENARIO("people see the same in two tables") {
  auto text = printed(answer_of(picture_of_three()));
  CHECK_EQ(text, R"(cluster 7f3a0000, level 4: 3 nodes; the store answers in 1.2 ms
node  status           since   beat  release       shards  giving  taking  links  buyers     lag
a     up               2 min  0.4 s    1.3.0  1,041/1,400       0       4  b c     4,211  1.5 ms
b     draining, stops  2 min  0.0 s    1.3.0         12/0       2       0              0  0.0 ms
c     joining            0 s  0.4 s    1.3.0          -/-       -       -              -       -
a does not reach c: it is silent, since 2019-12-19T23:59:58.000Z
b does not reach 99: nobody listens there, since 2019-12-19T23:59:59.000Z

event  shards  served  moving  stopped  homes (event room sections)
gala       12       6       5        1  a b a:5 b:3
opera       3       0       3        0  - -
)");
}

SCENARIO("a node that is alone, or answers in another way, is printed all the same") {
  cluster_picture picture;
  picture.all.now = now;
  picture.all.members = {node_called(0, "", node_status::up)};
  picture.all.members.front().since = now - 26h;
  auto text = printed(answer_of(picture));
  CHECK_EQ(text.substr(0, text.find('\n')), "1 node; the store answers in 0.0 ms");
  CHECK_NE(text.find("(alone)"), std::string::npos);
  CHECK_NE(text.find("1 d 2 h"), std::string::npos);
  for (const auto* odd : {"null", "[]", "{}", R"({"nodes":[null,{}],"cuts":[{}],"events":[{"homes":[]}]})"})
    CHECK_NE(printed(json::parse(odd)).find("the store answers in"), std::string::npos);
  CHECK_NE(
      printed(json::parse(R"({"events":[{"event":"gala"}],"events_left_off":1234})")).find("and 1,234 more events"),
      std::string::npos);
}
