#include "node/program.hpp"

int main(int argc, char** argv) {
  return static_cast<int>(usher::node::run_program(argc, argv));
}
