#define CAF_SUITE bench.progress

#include "crowd/progress.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <sstream>

using namespace usher::crowd;
using namespace std::chrono_literals;

SCENARIO("a pipe gets plain lines, now and then") {
  GIVEN("a view that is not on a terminal") {
    std::ostringstream out;
    progress view(out, false, 1h);
    view.show({{"joined", 1, 4}, {"holds", 0, 0, "17 per second"}});
    view.show({{"joined", 2, 4}});
    view.finish({{"joined", 4, 4}});
    THEN("there is the first line and the last one, without any control code") {
      CHECK_EQ(out.str(), "joined 1/4, holds 17 per second\njoined 4/4\n");
    }
  }
}

SCENARIO("a terminal gets its lines drawn again in place") {
  GIVEN("a view on a terminal that is shown twice") {
    std::ostringstream out;
    progress view(out, true);
    view.show({{"joined", 1, 2}, {"sold", 0, 2}});
    out.str({});
    view.show({{"joined", 2, 2}, {"sold", 1, 2}});
    THEN("the cursor goes back over the two lines first") {
      CHECK(out.str().starts_with("\x1b[2A\r"));
      CHECK(out.str().find("2/2") != std::string::npos);
    }
  }
}
