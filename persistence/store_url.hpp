#pragma once

#include <optional>
#include <string>

/// Reading the address of a store.
namespace usher::persistence {

/// The file of an SQLite store, `sqlite:FILE`; nothing for any other address.
[[nodiscard]] std::optional<std::string> sqlite_file_of(const std::string& url);

/// Whether `open_store` accepts it: `sqlite:FILE`, `postgres://…` or `postgresql://…`.
[[nodiscard]] bool is_store_url(const std::string& url);

/// `message` with every password of `url` blotted out, as written and percent-decoded: drivers quote
/// pieces of a malformed url in their errors.
[[nodiscard]] std::string without_passwords_of(const std::string& url, std::string message);

} // namespace usher::persistence
