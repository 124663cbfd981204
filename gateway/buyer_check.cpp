#include "gateway/buyer_check.hpp"

#include <chrono>

namespace usher::gateway {

codec::verified<codec::buyer_claims> check_buyer(const codec::tokens& tokens, std::string_view token,
                                                 domain::instant now) {
  return tokens.verify_buyer(token, now, std::chrono::floor<domain::microseconds>(std::chrono::system_clock::now()));
}

} // namespace usher::gateway
