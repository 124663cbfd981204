#define CAF_SUITE cluster.link_watch

#include "cluster/link_watch.hpp"

#include <caf/test/bdd_dsl.hpp>

using namespace usher;
using namespace usher::cluster;
using namespace usher::persistence;
using messages::link_changed;
using messages::link_state;
using messages::store_cut_off;

namespace {

const incarnation me{1};
const incarnation other{2};
const incarnation third{3};

/// Three nodes that serve.
membership three() {
  membership all;
  for (auto number : {me, other, third})
    all.members.push_back({number, {}, node_status::up, 5, {}, {}});
  return all;
}

/// The corrections, as text.
std::string corrections_in(const link_watch& links, const membership& all) {
  std::string text;
  for (const auto& [whom, cut] : links.corrections(all, me)) {
    text += text.empty() ? "" : ", ";
    text += !cut ? "lift " : *cut == cut_kind::silent ? "silent " : "refused ";
    text += std::to_string(whom.value());
  }
  return text;
}

} // namespace

SCENARIO("what a link says is noted in the store until the store says the same") {
  GIVEN("three nodes") {
    auto all = three();
    link_watch links;
    CHECK_EQ(corrections_in(links, all), "");
    CHECK(links.note(link_changed{2, 1, link_state::silent}));
    CHECK_EQ(corrections_in(links, all), "silent 2");
    CHECK(!links.note(link_changed{2, 0, link_state::silent}));
    CHECK_EQ(corrections_in(links, all), "silent 2");
    all.cuts = {{other, me, cut_kind::silent, 5, {}}, {me, other, cut_kind::silent, 5, {}}};
    CHECK_EQ(corrections_in(links, all), "");
    CHECK(links.note(link_changed{2, 0, link_state::refused}));
    CHECK(links.note(link_changed{3, 2, link_state::up}));
    CHECK_EQ(corrections_in(links, all), "refused 2");
    CHECK(links.note(link_changed{2, 3, link_state::up}));
    CHECK_EQ(corrections_in(links, all), "lift 2");
    all.cuts.pop_back();
    CHECK_EQ(corrections_in(links, all), "");
  }
}

SCENARIO("cuts are noted by those who serve, of those who serve") {
  GIVEN("a node that reaches nobody") {
    link_watch links;
    links.note(link_changed{2, 0, link_state::silent});
    links.note(link_changed{3, 0, link_state::refused});
    auto all = three();
    CHECK_EQ(corrections_in(links, all), "silent 2, refused 3");
    all.members[1].status = node_status::draining;
    CHECK_EQ(corrections_in(links, all), "silent 2, refused 3");
    all.members[1].status = node_status::joining;
    CHECK_EQ(corrections_in(links, all), "refused 3");
    all.members[0].status = node_status::joining;
    CHECK_EQ(corrections_in(links, all), "");
    all.members.erase(all.members.begin());
    CHECK_EQ(corrections_in(links, all), "");
  }
}

SCENARIO("whoever serves and is not linked is missing") {
  GIVEN("a node that has a link to one of two, and has heard nothing of the other") {
    link_watch links;
    auto all = three();
    CHECK_EQ(links.missing(all, me).size(), 2u);
    links.note(link_changed{3, 1, link_state::up});
    REQUIRE_EQ(links.missing(all, me).size(), 1u);
    CHECK((links.missing(all, me).front().number == other));
    all.members[1].status = node_status::draining;
    CHECK_EQ(links.missing(all, me).size(), 1u);
    all.members[1].status = node_status::joining;
    CHECK(links.missing(all, me).empty());
    links.note(link_changed{3, 1, link_state::silent});
    CHECK_EQ(links.missing(all, me).size(), 1u);
  }
}

SCENARIO("what is known of links is what was said of nodes that live, in this node's present life") {
  GIVEN("two nodes that are linked, one of which is cut off from the store") {
    link_watch links;
    links.note(link_changed{2, 1, link_state::up});
    links.note(link_changed{3, 2, link_state::up});
    CHECK(links.note(store_cut_off{3, true}));
    CHECK(!links.note(store_cut_off{3, true}));
    auto seen = links.seen_by(me);
    CHECK((seen.me == me));
    CHECK((seen.linked == std::set{other, third}));
    CHECK((seen.cut_off == std::set{third}));
    CHECK(links.note(store_cut_off{3, false}));
    CHECK(links.seen_by(me).cut_off.empty());
    links.note(store_cut_off{3, true});
    THEN("the end of a session ends what was said in it") {
      links.note(link_changed{3, 2, link_state::silent});
      CHECK((links.seen_by(me).linked == std::set{other}));
      CHECK(links.seen_by(me).cut_off.empty());
      links.note(link_changed{3, 3, link_state::up});
      CHECK(links.seen_by(me).cut_off.empty());
      links.note(store_cut_off{3, true});
    }
    THEN("whoever does not live any more is forgotten") {
      auto all = three();
      all.members.pop_back();
      links.keep_only(all.members);
      CHECK((links.seen_by(me).linked == std::set{other}));
      CHECK(links.seen_by(me).cut_off.empty());
    }
    THEN("another life of this node starts with nothing") {
      links.start_over();
      CHECK(links.seen_by(me).linked.empty());
      CHECK_EQ(links.missing(three(), me).size(), 2u);
    }
  }
}
