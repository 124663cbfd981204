// A gateway in front of a fake router, for clients in other languages: prints its port, and ends with its input.
#include "tests/gateway/served.hpp"

#include <caf/init_global_meta_objects.hpp>

#include <iostream>
#include <string>

int main() {
  caf::init_global_meta_objects<caf::id_block::usher>();
  caf::core::init_global_meta_objects();
  usher::tests::served gateway;
  std::cout << gateway.port() << std::endl;
  std::string line;
  while (std::getline(std::cin, line)) {
  }
}
