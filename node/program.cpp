#include "node/program.hpp"

#include "log/log.hpp"
#include "node/actor_configuration.hpp"
#include "node/admin_client.hpp"
#include "node/configuration.hpp"
#include "node/verbs.hpp"
#include "persistence/booking_store.hpp"

#include <CLI/CLI.hpp>

#include <cstddef>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace usher::node {
namespace {

exit_code say(exit_code code, const std::exception& why) {
  std::cerr << "usher: " << why.what() << '\n';
  return code;
}

/// Carries it out, and turns what goes wrong into a sentence and an exit code.
exit_code carry_out(const action& chosen) {
  try {
    return chosen();
  } catch (const bad_configuration& error) {
    return say(exit_code::usage, error);
  } catch (const std::invalid_argument& error) {
    return say(exit_code::usage, error);
  } catch (const unreachable& error) {
    return say(exit_code::unreachable, error);
  } catch (const persistence::store_unavailable& error) {
    return say(exit_code::unreachable, error);
  } catch (const std::exception& error) {
    return say(exit_code::refused, error);
  }
}

/// Makes a number's text decimal, or says why it is none. C would read a leading 0 as octal.
std::string make_decimal(std::string& text) {
  auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  std::size_t first = text.starts_with('-') || text.starts_with('+') ? 1 : 0;
  while (text.size() > first + 1 && text[first] == '0' && is_digit(text[first + 1]))
    text.erase(first, 1);
  constexpr std::string_view other_bases = "xXbB";
  if (text.size() > first + 1 && text[first] == '0' && other_bases.find(text[first + 1]) != std::string_view::npos)
    return text + " is not a number in decimal digits";
  return {};
}

/// Numbers on the command line are decimal, in all verbs.
void expect_decimals(CLI::App& verb) {
  for (auto* option : verb.get_options()) {
    auto type = option->get_type_name();
    if (type.starts_with("INT") || type.starts_with("UINT") || type.starts_with("FLOAT"))
      option->transform(CLI::Validator{make_decimal, ""});
  }
  for (auto* inner : verb.get_subcommands([](CLI::App*) { return true; }))
    expect_decimals(*inner);
}

} // namespace

exit_code run_program(int argc, const char* const* argv) {
  CLI::App program{"Sells the seats of one event to very many people at once.", "usher"};
  program.set_version_flag("--version", "usher " USHER_VERSION);
  program.require_subcommand(1);
  program.get_formatter()->column_width(34);
  program.footer(
      "Exit codes: 0 done, 1 refused, 2 usage, 3 unreachable, or too late.\n`usher COMMAND --help` tells more.");
  register_message_types(); // a wrong configuration makes CAF create errors
  action chosen;
  declare_demo(program, chosen);
  declare_node(program, chosen);
  declare_event(program, chosen);
  declare_audit(program, chosen);
  declare_bench(program, chosen);
  declare_cluster_calls(program, chosen);
  expect_decimals(program);
  try {
    program.parse(argc, argv);
  } catch (const CLI::RequiredError& error) {
    // A missing verb is often a mistyped one.
    if (auto unknown = program.remaining(true); !unknown.empty())
      program.exit(CLI::ExtrasError{std::move(unknown)});
    else
      program.exit(error);
    return exit_code::usage;
  } catch (const CLI::ParseError& error) {
    return program.exit(error) == 0 ? exit_code::done : exit_code::usage;
  }
  log::configure(log::format::human, "info");
  return carry_out(chosen);
}

} // namespace usher::node
