#include "codec/pieces.hpp"

namespace usher::codec {

json_writer& begin_frame(json_writer& json, std::string_view type, const reply_id& re) {
  json.begin_object().member("type", type);
  if (re)
    json.member("re", *re);
  return json;
}

void write_money(json_writer& json, domain::minor_units amount, std::string_view currency) {
  json.begin_object().member("amount", amount).member("currency", currency).end_object();
}

void write_counts(json_writer& json, const domain::section_totals& totals) {
  json.member("free", totals.free).member("held", totals.held);
  json.member("sold", totals.sold).member("blocked", totals.blocked);
}

domain::section_totals sum_of(const domain::section_totals& a, const domain::section_totals& b) {
  return {a.free + b.free,       a.held + b.held,       a.sold + b.sold,
          a.blocked + b.blocked, a.revenue + b.revenue, a.refunded + b.refunded};
}

} // namespace usher::codec
