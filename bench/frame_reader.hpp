#pragma once

#include <optional>
#include <string_view>

/// Reads what a load generator needs of a JSON text without building a tree: a client that parses everything
/// would measure itself.
namespace usher::bench {

/// The raw text of a member of the outermost object: a string without its quotes and with its escapes as they
/// are, anything else as written. Nullopt when there is no such member, or when `json` breaks off before it.
/// Exact: strings and inner objects that look like the member do not count. O(bytes up to the member's end).
[[nodiscard]] std::optional<std::string_view> member(std::string_view json, std::string_view name);

/// What says where a frame belongs.
struct frame_head {
  std::string_view type;
  std::string_view re; ///< empty when nobody asked for the frame
};

/// Reads `type` and `re`; both views point into `json`.
[[nodiscard]] frame_head head_of(std::string_view json);

/// The slug of a `problem` frame, e.g. `seat-taken`; `problem` when it has none.
[[nodiscard]] std::string_view slug_of(std::string_view json);

} // namespace usher::bench
