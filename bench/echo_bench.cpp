#include "bench/echo_bench.hpp"

#include "bench/child_process.hpp"
#include "bench/echo_server.hpp"
#include "bench/figures.hpp"
#include "crowd/frame_reader.hpp"
#include "crowd/http_client.hpp"
#include "log/log.hpp"

namespace usher::bench {

using namespace std::chrono_literals;

namespace {

/// Frames that look like a `hold`, padded to the size.
class echo_workload : public workload {
public:
  explicit echo_workload(std::size_t request_bytes) : request_bytes_(request_bytes) {}

  std::optional<std::string> greeting(std::size_t) override { return std::nullopt; }

  bool next_request(std::size_t, std::string_view id, std::string& text) override {
    text = R"({"type":"hold","id":")";
    text += id;
    text += R"("})";
    if (text.size() < request_bytes_)
      text.resize(request_bytes_, ' ');
    return true;
  }

  // Reads as much as for a real server's answer.
  answer read(std::string_view frame) override {
    auto id = crowd::member(frame, "id");
    return {id.value_or(std::string_view()), {}};
  }

private:
  std::size_t request_bytes_;
};

} // namespace

load_result measure_echo(const load_plan& plan, std::size_t request_bytes) {
  echo_workload work(request_bytes);
  return run_load(plan, work);
}

load_result run_beside_echo_server(const echo_options& options) {
  load_plan plan;
  plan.to.port = crowd::free_port();
  plan.connections = options.connections;
  plan.in_flight = options.in_flight;
  plan.duration = options.duration;
  plan.rate_per_s = options.rate_per_s;
  child_command command;
  command.program = options.program.empty() ? this_program() : options.program;
  command.arguments = {
      "bench", "echo", "--serve", std::to_string(plan.to.port), "--answer-bytes", std::to_string(options.answer_bytes)};
  child_process server(command);
  if (!server.await_ready(10s))
    throw crowd::unreachable("the echo server does not listen at " + to_string(plan.to));
  auto result = measure_echo(plan, options.request_bytes);
  server.stop(1s);
  return result;
}

int run_echo(const echo_options& options, std::ostream& out) {
  if (options.serve_port != 0) {
    echo_server server(options.serve_port, options.answer_bytes);
    if (options.on_listening)
      options.on_listening();
    server.run();
    return 0;
  }
  try {
    auto result = run_beside_echo_server(options);
    figures()
        .add("bench", std::string("echo"))
        .add("connections", std::uint64_t{options.connections})
        .add(result)
        .add("request_bytes", result.request_bytes)
        .add("answer_bytes", result.answer_bytes)
        .print(out, options.json);
    return result.failed() == 0 ? 0 : 1;
  } catch (const crowd::unreachable& why) {
    log::of("bench").error("the echo server cannot be reached: {}", why.what());
    return 3;
  }
}

} // namespace usher::bench
