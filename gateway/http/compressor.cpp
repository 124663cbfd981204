#include "gateway/http/compressor.hpp"

#include "gateway/http/compression.hpp"
#include "log/log.hpp"

#include <boost/asio/post.hpp>

#include <exception>
#include <utility>

namespace usher::gateway {
namespace {

/// How many may wait for texts of their own.
constexpr int waiting_max = 8;

std::optional<std::string> pack(const std::string& text, effort how) {
  try {
    return gzip(text, how);
  } catch (const std::exception& why) {
    log::of("gateway").warn("a text could not be compressed: {}", why.what());
    return std::nullopt;
  }
}

} // namespace

compressor::text compressor::find(const text& plain) {
  std::lock_guard guard{lock_};
  auto known = forms_.find(plain);
  if (known != forms_.end())
    return known->second;
  // A new text is rare: the moment to forget those that nobody has any more.
  std::erase_if(forms_, [](const auto& each) { return each.first.expired(); });
  forms_.emplace(plain, nullptr);
  boost::asio::post(for_many_, [this, plain] {
    if (stopped_)
      return;
    auto packed = pack(*plain, effort::usual);
    if (!packed)
      return; // the text itself goes on to serve
    auto made = std::make_shared<const std::string>(*std::move(packed));
    std::lock_guard inner{lock_};
    forms_[plain] = std::move(made);
  });
  return nullptr;
}

bool compressor::compress(text plain, on_packed then) {
  if (waiting_.fetch_add(1) >= waiting_max) {
    --waiting_;
    return false;
  }
  boost::asio::post(for_one_, [this, plain = std::move(plain), then = std::move(then)] {
    --waiting_;
    if (!stopped_)
      then(pack(*plain, effort::least));
  });
  return true;
}

void compressor::stop() {
  stopped_ = true; // what waits still runs, to let go of whom it was for
  for_many_.join();
  for_one_.join();
}

} // namespace usher::gateway
