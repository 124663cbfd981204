#include "codec/codec.hpp"
#include "tests/fuzz/target.hpp"

namespace usher::fuzz {

std::vector<std::string> seeds() {
  return {
      R"({"type":"hello","id":"1","token":"a.b.c","resume":{"session":"s","seen":3}})",
      R"({"type":"queue.join","id":"1","event":"rock","token":"t"})",
      R"({"type":"seats.watch","id":"1","event":"rock","section":"101"})",
      R"({"type":"hold","id":"1","event":"rock","key":"k","pass":"p","seats":["A-1","Süd-2"]})",
      R"({"type":"hold","id":"1","event":"rock","section":"floor","quantity":2})",
      R"({"type":"hold","id":"1","event":"rock","best":{"quantity":2,"category":"Gold","section":"101"}})",
      R"({"type":"release","id":"1","hold":"rock~1+2~0123456789abcdeffedcba9876543210"})",
      R"({"type":"order","id":"1","hold":"rock~1~0123456789abcdeffedcba9876543210","key":"k","payment":{"method":"c"}})",
      R"({"type":"ping","id":"\u00e4\ud83c\udfab"})",
  };
}

void try_out(std::string_view text) {
  static codec::frame_decoder decoder;
  auto received = decoder.decode(text);
  if (const auto* what = std::get_if<codec::problem>(&received.content))
    (void)codec::encode_problem_frame(received.id, *what);
  if (const auto* hold = std::get_if<codec::frames::hold>(&received.content))
    (void)codec::wish_digest(hold->places);
  (void)codec::read_hold_body(text);
  (void)codec::read_order_body(text);
}

} // namespace usher::fuzz
