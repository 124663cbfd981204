#pragma once

#include "domain/money.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

/// The sandbox's account book.
namespace usher::payments {

/// What happened to the money of one key.
struct sandbox_account {
  domain::money charged;
  bool refunded = false;
};

/// Which keys were charged and which got their money back, each at most once.
///
/// In memory, or also in an append-only file: one line per movement (`charge KEY AMOUNT CURRENCY`, `refund KEY AMOUNT
/// CURRENCY`). The file outlives the process, and processes that share it see each other's movements, as they would at
/// a real provider. Remembers every key, as a provider does. Not thread-safe.
class sandbox_ledger {
public:
  /// In memory only.
  sandbox_ledger() = default;
  /// Opens or creates the file and reads it. Throws `std::runtime_error` when it is not a ledger.
  explicit sandbox_ledger(const std::filesystem::path& file);
  ~sandbox_ledger();
  sandbox_ledger(const sandbox_ledger&) = delete;
  sandbox_ledger& operator=(const sandbox_ledger&) = delete;

  /// Moves the money unless this key was charged before. Throws `std::runtime_error` when the file cannot be written;
  /// then nothing has moved.
  void charge(const std::string& key, const domain::money& amount);
  /// Gives a charge back unless it was given back before. False when there is no charge.
  [[nodiscard]] bool refund(const std::string& key);
  /// What is known of a key, if it was ever charged.
  [[nodiscard]] std::optional<sandbox_account> find(const std::string& key);

private:
  class file_lock;

  void catch_up();
  void read_line(std::string_view line);
  void append(const std::string& line);

  std::unordered_map<std::string, sandbox_account> accounts_;
  int file_ = -1;
  std::uint64_t read_upto_ = 0;
};

} // namespace usher::payments
