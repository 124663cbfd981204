#pragma once

#include <boost/json/value.hpp>

#include <iosfwd>

/// Prints a node's answers about the cluster (`codec/openapi.json`, `Cluster`) for people.
namespace usher::node {

void print_cluster(const boost::json::value& answer, std::ostream& out);

} // namespace usher::node
