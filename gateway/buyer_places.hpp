#pragma once

#include <boost/asio/ip/address.hpp>

#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

namespace usher::gateway {

/// Counts the connections to a port on all threads of a gateway, in all and by whose they are. Thread-safe.
class buyer_places {
public:
  /// Whose connection it is: a client's, or nobody's who is counted.
  using owner = std::optional<boost::asio::ip::address>;
  /// At most so many clients for whom there is no room are being told so at once; the others are closed without a word.
  static constexpr std::ptrdiff_t surplus_max = 64;

  /// Counts one connection for as long as it lives; an empty one counts none. It is a newcomer's at first.
  class place {
  public:
    place() = default;
    place(place&& other) noexcept;
    place& operator=(place&&) = delete;
    ~place();

    /// Counts the connection as another one's from now on: who is behind a proxy is known only by the request.
    void belong_to(const owner& whose);
    /// Whether it counts as anybody's.
    [[nodiscard]] bool is_owned() const noexcept { return !customer_.empty(); }
    /// The client has said what it wants, or has to do so (again).
    void be_newcomers(bool newcomer);

  private:
    friend class buyer_places;
    explicit place(buyer_places& all);

    buyer_places* all_ = nullptr;
    std::string customer_; ///< empty: nobody's
    std::string site_;     ///< of an IPv6 customer
    bool newcomer_ = true;
  };

  [[nodiscard]] place take(const owner& whose);

  [[nodiscard]] std::size_t taken() const;

  struct limits {
    std::size_t customer_max = 1;  ///< connections of one customer; a site may have `customers_per_site` times as many
    std::size_t newcomers_max = 1; ///< those of them that have not said what they want
  };
  /// By how many connections whoever owns this place exceeds the limits; 0 or less if they do not, or nobody does.
  [[nodiscard]] std::ptrdiff_t excess_of(const place& one, const limits& most) const;

private:
  struct count {
    std::size_t all = 0;
    std::size_t newcomers = 0;
  };

  // All with the lock held.
  void enter(const place& one);
  void leave(const place& one);
  void leave(const std::string& name, bool newcomer);

  mutable std::mutex lock_;
  std::size_t taken_ = 0;
  std::unordered_map<std::string, count> counts_; ///< of customers and of sites that have any
};

} // namespace usher::gateway
