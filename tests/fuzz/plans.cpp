#include "codec/bodies.hpp"
#include "codec/plan_text.hpp"
#include "tests/fuzz/target.hpp"

namespace usher::fuzz {

std::vector<std::string> seeds() {
  std::string plan = R"({"name":"Hall","categories":[{"name":"Gold"},{"name":"Silver","color":"#fff"}],"zones":[
    {"name":"Rang 1","zone_id":"r1","position":{"x":1,"y":2.5},"rows":[{"row_number":"A","position":{"x":1,"y":1},
     "seats":[{"seat_guid":"A-1","seat_number":"1","position":{"x":0,"y":0},"category":"Gold","flags":["accessible"]},
              {"seat_guid":"A-2","seat_number":"2","position":{"x":1,"y":0},"category":"Silver"}]}]},
    {"name":"Floor","position":{"x":0,"y":0},"general":{"capacity":10,"category":"Silver"}}]})";
  return {plan, R"({"name":"Rock","prices":{"Gold":1},"opens_at":"2026-11-22T19:30:00Z","plan":)" + plan + "}"};
}

void try_out(std::string_view text) {
  (void)codec::parse_plan(text);
  (void)codec::read_event_body(text);
}

} // namespace usher::fuzz
