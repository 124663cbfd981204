#include "crowd/patient_http.hpp"

#include <boost/asio/steady_timer.hpp>

#include <utility>

namespace usher::crowd {

patient_http::patient_http(boost::asio::io_context& context, const std::vector<address>& servers,
                           std::chrono::milliseconds timeout)
    : context_(context) {
  for (const auto& server : servers)
    servers_.push_back(std::make_unique<http_connection>(context, server, timeout));
}

void patient_http::call(http_request request, http_connection::completion done) {
  ask(std::make_shared<const http_request>(std::move(request)), done, 1);
}

void patient_http::ask(const std::shared_ptr<const http_request>& request, const http_connection::completion& done,
                       int tries) {
  auto which = next_;
  servers_[which]->call(*request, [this, request, done, tries, which](const http_answer& answer) {
    if ((answer.status != 0 && answer.status != 503) || tries == tries_max)
      return done(answer);
    if (next_ == which)
      next_ = (which + 1) % servers_.size();
    auto timer = std::make_shared<boost::asio::steady_timer>(context_, pause);
    timer->async_wait([this, request, done, tries, timer](boost::system::error_code error) {
      if (!error)
        ask(request, done, tries + 1);
    });
  });
}

} // namespace usher::crowd
