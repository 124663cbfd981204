#pragma once

#include "gateway/thread/incoming_budget.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/buffers_range.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/optional/optional.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

namespace usher::gateway {

/// A request's body that is still arriving. Its memory counts until this ends, even after the text was taken.
class incoming_text {
public:
  incoming_text() = default;
  ~incoming_text() {
    if (share_)
      share_->remove(counted_);
  }
  incoming_text(const incoming_text&) = delete;
  incoming_text& operator=(const incoming_text&) = delete;

  /// Call first. The share must outlive this.
  void count_in(incoming_share& share) { share_ = &share; }
  /// Makes room for a text of so many bytes in all. False, and nothing has changed, when there is no memory for it now.
  [[nodiscard]] bool reserve(std::size_t bytes);
  [[nodiscard]] std::string& text() noexcept { return text_; }

private:
  std::string text_;
  incoming_share* share_ = nullptr;
  std::size_t counted_ = 0;
};

inline bool incoming_text::reserve(std::size_t bytes) {
  if (bytes <= counted_ || bytes <= text_.capacity())
    return true;
  // As the string itself decides.
  auto larger = std::max(bytes, 2 * text_.capacity());
  if (share_ && !share_->add(larger - counted_))
    return false;
  counted_ = larger;
  text_.reserve(larger);
  return true;
}

/// A body as Beast's parsers fill it. No memory for it is the parser's `buffer_overflow`.
struct incoming_body {
  using value_type = incoming_text;

  class reader {
  public:
    template <bool is_request, class Fields>
    reader(boost::beast::http::header<is_request, Fields>&, incoming_text& body) : body_(body) {}

    /// Takes no memory for what is only announced: whoever announces much and sends nothing must cost nothing.
    void init(const boost::optional<std::uint64_t>&, boost::beast::error_code& error) { error = {}; }

    template <class Buffers>
    std::size_t put(const Buffers& buffers, boost::beast::error_code& error) {
      error = {};
      std::size_t taken = 0;
      for (auto each : boost::beast::buffers_range_ref(buffers)) {
        auto& text = body_.text();
        if (!body_.reserve(text.size() + each.size())) {
          error = boost::beast::http::error::buffer_overflow;
          break;
        }
        text.append(static_cast<const char*>(each.data()), each.size());
        taken += each.size();
      }
      return taken;
    }

    void finish(boost::beast::error_code& error) { error = {}; }

  private:
    incoming_text& body_;
  };
};

} // namespace usher::gateway
