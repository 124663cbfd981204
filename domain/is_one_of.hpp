#pragma once

#include <type_traits>

namespace usher::domain {

/// True when `T` is one of `Ts`: for shards that pick their own facts out of all.
template <class T, class... Ts>
inline constexpr bool is_one_of = (std::is_same_v<T, Ts> || ...);

} // namespace usher::domain
