#pragma once

#include "codec/encode.hpp"
#include "codec/json_writer.hpp"

/// Pieces that several of the encoders write.
namespace usher::codec {

/// Opens a frame: its type, and which request it answers. The caller adds members and closes the object.
json_writer& begin_frame(json_writer& json, std::string_view type, const reply_id& re);

void write_money(json_writer& json, domain::minor_units amount, std::string_view currency);

/// The members `free`, `held`, `sold` and `blocked`.
void write_counts(json_writer& json, const domain::section_totals& totals);

/// Adds up the counts of two sections.
[[nodiscard]] domain::section_totals sum_of(const domain::section_totals& a, const domain::section_totals& b);

} // namespace usher::codec
