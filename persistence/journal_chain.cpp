#include "persistence/journal_chain.hpp"

#include "persistence/booking_store.hpp"

#include <openssl/evp.h>

#include <algorithm>

namespace usher::persistence {

struct journal_chain::engine {
  EVP_MD* algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  EVP_MD_CTX* context = EVP_MD_CTX_new();

  engine() = default;
  engine(const engine&) = delete;
  engine& operator=(const engine&) = delete;
  ~engine() {
    EVP_MD_CTX_free(context);
    EVP_MD_free(algorithm);
  }
};

std::string_view bytes_of(const chain_link& link) {
  return {reinterpret_cast<const char*>(link.data()), link.size()};
}

chain_link link_from(std::string_view bytes) {
  chain_link link{};
  if (bytes.size() == link.size())
    std::copy(bytes.begin(), bytes.end(), link.begin());
  return link;
}

journal_chain::journal_chain() : engine_(std::make_unique<engine>()) {
  if (engine_->algorithm == nullptr || engine_->context == nullptr)
    throw store_broken("OpenSSL on this machine has no SHA-256, which the journal's chain needs");
}

journal_chain::~journal_chain() = default;

chain_link journal_chain::beginning(const domain::shard_id& shard) {
  return digest("usher journal\n", to_string(shard));
}

chain_link journal_chain::next(const chain_link& previous, domain::fact_seq seq, domain::epoch epoch,
                               domain::instant at, std::string_view fact) {
  std::array<char, 56> head;
  std::copy(previous.begin(), previous.end(), head.begin());
  auto position = head.begin() + previous.size();
  for (auto number : {seq.value(), epoch.value(), static_cast<std::uint64_t>(at.time_since_epoch().count())})
    for (unsigned shift = 0; shift < 64; shift += 8)
      *position++ = static_cast<char>(number >> shift);
  return digest({head.data(), head.size()}, fact);
}

chain_link journal_chain::digest(std::string_view first, std::string_view second) {
  chain_link link;
  bool done = EVP_DigestInit_ex2(engine_->context, engine_->algorithm, nullptr) == 1
              && EVP_DigestUpdate(engine_->context, first.data(), first.size()) == 1
              && EVP_DigestUpdate(engine_->context, second.data(), second.size()) == 1
              && EVP_DigestFinal_ex(engine_->context, link.data(), nullptr) == 1;
  if (!done)
    throw store_broken("OpenSSL could not compute a SHA-256");
  return link;
}

} // namespace usher::persistence
