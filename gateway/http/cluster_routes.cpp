// About the nodes that share the store, whichever of them is asked.
#include "codec/codec.hpp"
#include "gateway/http/routes.hpp"

#include <array>
#include <string>
#include <utility>
#include <variant>

namespace usher::gateway {
namespace {

/// Answers with how the nodes stand, once that is done.
void serve_call(const exchange_ptr& x, const cluster_call_services& with, cluster_call what, std::string node = {}) {
  if (!with.desk)
    return x->refuse(domain::rejection::not_found, "This node knows of no cluster.");
  with.desk({x->trace(), what, std::move(node)}, [x, &with](cluster_answer said) {
    with.post([x, said = std::move(said)]() mutable {
      if (auto* why = std::get_if<domain::refusal>(&said))
        x->refuse(codec::to_problem(*why));
      else if (auto* conflict = std::get_if<cluster_conflict>(&said))
        x->refuse_plainly(409, "Conflict", conflict->why);
      else
        x->reply(200, std::get<std::string>(std::move(said)));
    });
  });
}

/// Has a call change how the nodes stand, which takes no more than its address says.
void serve_change(const exchange_ptr& x, const cluster_call_services& with, cluster_call what, std::string node = {}) {
  if (auto wrong = codec::check_empty_body(x->request().body))
    return x->refuse(*wrong);
  serve_call(x, with, what, std::move(node));
}

void get_cluster(const exchange_ptr& x, const cluster_call_services& with) {
  serve_call(x, with, cluster_call::status);
}

void post_drain(const exchange_ptr& x, const cluster_call_services& with) {
  serve_change(x, with, cluster_call::drain, x->parameter(0));
}

void post_undrain(const exchange_ptr& x, const cluster_call_services& with) {
  serve_change(x, with, cluster_call::undrain, x->parameter(0));
}

void post_rebalance(const exchange_ptr& x, const cluster_call_services& with) {
  serve_change(x, with, cluster_call::rebalance);
}

template <auto Call>
constexpr auto for_cluster = serve_with<&call_services::cluster, Call>;

constexpr std::array cluster_calls{
    route{http_port::operators, "GET", "/admin/v1/cluster", for_cluster<get_cluster>},
    route{http_port::operators, "POST", "/admin/v1/cluster/nodes/{node}/drain", for_cluster<post_drain>},
    route{http_port::operators, "POST", "/admin/v1/cluster/nodes/{node}/undrain", for_cluster<post_undrain>},
    route{http_port::operators, "POST", "/admin/v1/cluster/rebalance", for_cluster<post_rebalance>},
};

} // namespace

std::span<const route> cluster_routes() {
  return cluster_calls;
}

} // namespace usher::gateway
