#pragma once

#include <boost/json/value.hpp>

#include <iosfwd>

/// The node's answers about events, for people.
namespace usher::node {

void print_events(const boost::json::value& answer, std::ostream& out);
void print_event(const boost::json::value& answer, std::ostream& out);
/// What the operator should look at, a line each; nothing if there is nothing.
void print_warnings(const boost::json::value& answer, std::ostream& out);
void print_report(const boost::json::value& answer, std::ostream& out);
void print_orders(const boost::json::value& answer, std::ostream& out);
/// One order, with all of its seats.
void print_order(const boost::json::value& answer, std::ostream& out);

} // namespace usher::node
