#pragma once

#include <boost/json/value.hpp>

#include <cstdint>
#include <string>
#include <string_view>

/// Members of a node's JSON answers. One that is missing, or of another type, is empty: the node may be newer or older.
namespace usher::node {

/// The member, or null.
[[nodiscard]] const boost::json::value& member_of(const boost::json::value& from, std::string_view name);
[[nodiscard]] const boost::json::array& list_of(const boost::json::value& from, std::string_view name);
[[nodiscard]] std::string text_of(const boost::json::value& from, std::string_view name);
[[nodiscard]] std::int64_t number_of(const boost::json::value& from, std::string_view name);

} // namespace usher::node
