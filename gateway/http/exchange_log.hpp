#pragma once

#include "messages/trace.hpp"

#include <string>
#include <string_view>

namespace usher::gateway {

struct http_request;

/// What the log says of a connection's present request and its answer. It never contains a token or a ticket's code,
/// and of long texts only the beginning.
class exchange_log {
public:
  /// A request begins.
  void begin(messages::trace_id id, std::string_view method, std::string_view path);
  /// The request is an operator's wish to change something: the log says so, with its outcome.
  void note_change(const http_request& request);
  /// The request was answered with this status.
  void answered(unsigned status);
  /// The connection ends without an answer.
  void unanswered();
  /// The request's id, as its answer has it.
  [[nodiscard]] const std::string& id() const noexcept { return id_; }

private:
  void say_change(std::string_view outcome);

  std::string id_;
  std::string line_;
  std::string change_;
};

} // namespace usher::gateway
