#include "node/serving.hpp"

#include "failpoint/failpoint.hpp"
#include "log/log.hpp"
#include "node/application.hpp"
#include "node/endpoint.hpp"
#include "node/option_defaults.hpp"
#include "node/process.hpp"
#include "node/ready_notice.hpp"
#include "node/stop_request.hpp"

#include <iostream>
#include <string>

#include <unistd.h>

namespace usher::node {

namespace {

/// A terminal forgets. Anything else that output goes to is kept, and read by more people than may know a key.
void show_key(const std::string& key) {
  if (::isatty(STDOUT_FILENO) == 1)
    std::cout << "The admin key of this run is " << key << std::endl;
  else
    log::of("node").warn("the admin key of this run is not shown, as the output is no terminal: to speak to this node, "
                         "set USHER_ADMIN_KEY or admin.key-file and start it again");
}

} // namespace

exit_code serve(configuration configured) {
  auto& settings = configured.node;
  log::configure(settings.log.json ? log::format::json : log::format::human, settings.log.level);
  auto failpoints_warning = failpoint::obey_environment();
  auto connections_warning = fit_connections(settings.gateway, allow_many_open_files());
  use_batch_scheduling();
  stop_request request;
  auto key_given = !settings.gateway.admin_key.empty();
  application node{configured, [&request](std::string why) { request.fail(std::move(why)); }};
  if (failpoints_warning)
    log::of("node").warn("{}", *failpoints_warning);
  if (connections_warning)
    log::of("node").warn("{}", *connections_warning);
  warn_of_sandbox(settings);
  warn_of_clear_text(settings);
  if (!key_given)
    show_key(node.admin_key());
  tell_ready();
  request.wait();
  // Where there are other nodes, they are given everything while this one serves on.
  if (settings.lame_duck > std::chrono::seconds{0} && !node.has_others() && !request.failure()) {
    log::of("node").info("serving on for {} s, so that whoever sends buyers here notices", settings.lame_duck.count());
    node.announce_end();
    request.wait_for_failure(settings.lame_duck);
  }
  if (auto why = request.failure()) {
    log::of("node").critical("this node stops: {}", *why);
    node.give_up();
    return exit_code::refused;
  }
  node.stop();
  return request.failure() ? exit_code::refused : exit_code::done;
}

} // namespace usher::node
