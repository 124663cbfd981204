#pragma once

#include "crowd/address.hpp"
#include "crowd/http_client.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <vector>

namespace usher::crowd {

/// Calls that may be repeated: what one of several servers does not answer, or not now, is asked of the next one.
class patient_http {
public:
  /// Each server may take `timeout`.
  patient_http(boost::asio::io_context& context, const std::vector<address>& servers,
               std::chrono::milliseconds timeout);

  /// `done` gets the first answer that is not 503, or the last one.
  void call(http_request request, http_connection::completion done);

private:
  void ask(const std::shared_ptr<const http_request>& request, const http_connection::completion& done, int tries);

  static constexpr int tries_max = 30;
  static constexpr std::chrono::milliseconds pause{500};

  boost::asio::io_context& context_;
  std::vector<std::unique_ptr<http_connection>> servers_;
  std::size_t next_ = 0;
};

} // namespace usher::crowd
