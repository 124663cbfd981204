#pragma once

#include <type_traits>

namespace usher::domain {

/// True when `T` is one of `Ts`: for shards that pick out their own facts.
template <class T, class... Ts>
inline constexpr bool is_one_of = (std::is_same_v<T, Ts> || ...);

} // namespace usher::domain
