#define CAF_SUITE bench.verbs

#include "bench/ask_bench.hpp"
#include "bench/journal_bench.hpp"

#include <boost/json.hpp>
#include <caf/test/bdd_dsl.hpp>

#include <sstream>

using namespace usher::bench;

namespace {

template <class Options>
boost::json::object run(int (*verb)(const Options&, std::ostream&), Options options) {
  std::ostringstream out;
  options.duration = std::chrono::seconds(1);
  options.json = true;
  CHECK_EQ(verb(options, out), 0);
  return boost::json::parse(out.str()).as_object();
}

} // namespace

SCENARIO("the journal's bench writes facts on both ways and loses none") {
  GIVEN("a second each into a fresh SQLite file") {
    auto told = run(run_journal, journal_options{});
    THEN("both figures are there") {
      CHECK(told.at("per_s").to_number<double>() > 0);
      CHECK(told.at("writer_per_s").to_number<double>() > 0);
      CHECK_EQ(told.at("refused").to_number<int>(), 0);
    }
  }
}

SCENARIO("the actors' bench compares holds with bare requests") {
  GIVEN("a second each") {
    auto told = run(run_ask, ask_options{});
    THEN("the ratio is that of the two figures") {
      auto ratio = told.at("per_s").to_number<double>() / told.at("ask_per_s").to_number<double>();
      CHECK(std::abs(told.at("ratio_ask").to_number<double>() / ratio - 1) < 0.01);
      CHECK_EQ(boost::json::serialize(told.at("refused")), "{}");
    }
  }
}
