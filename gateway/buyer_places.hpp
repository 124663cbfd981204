#pragma once

#include <boost/asio/ip/address.hpp>

#include <cstddef>
#include <mutex>
#include <string>
#include <unordered_map>

namespace usher::gateway {

/// Counts the connections of buyers on all threads of a gateway, in all and by where they come from. Thread-safe.
class buyer_places {
public:
  /// Counts one connection for as long as it lives; an empty one counts none.
  class place {
  public:
    place() = default;
    place(place&& other) noexcept;
    place& operator=(place&&) = delete;
    ~place();

  private:
    friend class buyer_places;
    place(buyer_places& all, std::string customer);

    buyer_places* all_ = nullptr;
    std::string customer_;
  };

  /// `peer` is the other end of the socket.
  [[nodiscard]] place take(const boost::asio::ip::address& peer);

  [[nodiscard]] std::size_t taken() const;
  /// By this address; an IPv6 customer has a whole /64.
  [[nodiscard]] std::size_t taken_by(const boost::asio::ip::address& peer) const;

private:
  void leave(const std::string& customer);

  mutable std::mutex lock_;
  std::size_t taken_ = 0;
  std::unordered_map<std::string, std::size_t> by_customer_; ///< only those who have any
};

} // namespace usher::gateway
