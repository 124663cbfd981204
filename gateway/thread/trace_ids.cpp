#include "gateway/thread/trace_ids.hpp"

namespace usher::gateway {

messages::trace_id trace_ids::draw() {
  // A number that is counted up, in a disguise that never makes two of them alike. The start is random, so it differs
  // on every thread and after every restart.
  auto number = next_++ ^ key_;
  number = (number ^ (number >> 30)) * 0xbf58476d1ce4e5b9;
  number = (number ^ (number >> 27)) * 0x94d049bb133111eb;
  return messages::trace_id{number ^ (number >> 31) ^ key_};
}

} // namespace usher::gateway
