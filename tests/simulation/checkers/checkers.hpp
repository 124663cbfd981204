#pragma once

#include "tests/simulation/checker.hpp"

#include <memory>
#include <vector>

namespace usher::simulation {

using made_checker = std::unique_ptr<checker>;

// One file each.
[[nodiscard]] made_checker make_no_double_sale(const evidence& known, const checker::finding& found);
[[nodiscard]] made_checker make_confirms_last(const evidence& known, const checker::finding& found);
[[nodiscard]] made_checker make_holds_last(const evidence& known, const checker::finding& found);
[[nodiscard]] made_checker make_epochs_grow(const evidence& known, const checker::finding& found);
[[nodiscard]] made_checker make_charged_once(const evidence& known, const checker::finding& found);
[[nodiscard]] made_checker make_places_add_up(const evidence& known, const checker::finding& found);
[[nodiscard]] made_checker make_admission_in_order(const evidence& known, const checker::finding& found);
[[nodiscard]] made_checker make_holds_end(const evidence& known, const checker::finding& found);
[[nodiscard]] made_checker make_limits_exact(const evidence& known, const checker::finding& found);
[[nodiscard]] made_checker make_progress(const evidence& known, const checker::finding& found);
[[nodiscard]] made_checker make_durable_first(const evidence& known, const checker::finding& found);
[[nodiscard]] made_checker make_refused_not_held(const evidence& known, const checker::finding& found);
[[nodiscard]] made_checker make_replaced_fall_silent(const evidence& known, const checker::finding& found);
[[nodiscard]] made_checker make_closed_is_closed(const evidence& known, const checker::finding& found);
[[nodiscard]] made_checker make_audit_agrees(const evidence& known, const checker::finding& found);
[[nodiscard]] made_checker make_one_server(const evidence& known, const checker::finding& found);
[[nodiscard]] made_checker make_everybody_answers(const evidence& known, const checker::finding& found);
[[nodiscard]] made_checker make_nobody_ended_in_vain(const evidence& known, const checker::finding& found);
[[nodiscard]] made_checker make_largest_stays(const evidence& known, const checker::finding& found);
[[nodiscard]] made_checker make_answered_once(const evidence& known, const checker::finding& found);

/// One of each.
[[nodiscard]] inline std::vector<made_checker> all_checkers(const evidence& known, const checker::finding& found) {
  std::vector<made_checker> all;
  for (auto make : {make_no_double_sale,       make_confirms_last,
                    make_holds_last,           make_epochs_grow,
                    make_charged_once,         make_places_add_up,
                    make_admission_in_order,   make_holds_end,
                    make_limits_exact,         make_progress,
                    make_durable_first,        make_refused_not_held,
                    make_replaced_fall_silent, make_closed_is_closed,
                    make_audit_agrees,         make_one_server,
                    make_everybody_answers,    make_nobody_ended_in_vain,
                    make_largest_stays,        make_answered_once})
    all.push_back(make(known, found));
  return all;
}

} // namespace usher::simulation
