#pragma once

#include <optional>
#include <string_view>
#include <vector>

/// Reads what a load generator needs from a JSON text without building a tree: a client that parsed everything would
/// measure itself.
namespace usher::crowd {

/// The raw text of a member of the outermost object: a string without its quotes but with its escapes, anything else as
/// written. Nullopt if there is no such member, or if `json` breaks off before it. Exact: strings and inner objects
/// that look like the member do not count. O(bytes up to the member's end).
[[nodiscard]] std::optional<std::string_view> member(std::string_view json, std::string_view name);

/// The texts of an array's elements, as `member` gives them; those before the place where it breaks off.
[[nodiscard]] std::vector<std::string_view> elements(std::string_view array);

/// The members that say where a frame belongs.
struct frame_head {
  std::string_view type;
  std::string_view re; ///< empty if the frame is unsolicited
};

/// Reads `type` and `re`; both views point into `json`.
[[nodiscard]] frame_head head_of(std::string_view json);

/// The slug of a `problem` frame, e.g. `seat-taken`; `problem` if it has none.
[[nodiscard]] std::string_view slug_of(std::string_view json);

} // namespace usher::crowd
