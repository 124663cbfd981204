#pragma once

#include "domain/seating_plan.hpp"

#include <boost/json/object.hpp>

#include <string>

namespace usher::node {

/// A seating plan and the text from which it was read, without a byte order mark.
struct plan_file {
  std::string text;
  domain::shared_plan plan;
};

/// Reads a file or, by name, a plan shipped with the program: `theatre`, `arena`. Throws `std::invalid_argument` when
/// there is none, and `std::runtime_error` with the JSON pointer when it is broken.
[[nodiscard]] plan_file read_plan_file(const std::string& name_or_path);

/// The body of `PUT /admin/v1/events/{event}`: the plan goes in unchanged.
[[nodiscard]] std::string event_document(const boost::json::object& settings, const std::string& plan_text);

} // namespace usher::node
