#pragma once

#include <string>

namespace CLI { // NOLINT(readability-identifier-naming): the name of a library
class App;
class Option;
} // namespace CLI

namespace usher::node {

/// Declares `--store` for a verb: a store's address; anything else is refused as wrong usage.
CLI::Option* declare_store(CLI::App& verb, std::string& store, const std::string& sentence);

} // namespace usher::node
