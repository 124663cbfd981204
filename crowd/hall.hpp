#pragma once

#include "crowd/address.hpp"
#include "crowd/popularity.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace usher::crowd {

class http_client;

/// One section as the crowd knows it.
struct crowd_section {
  std::string id; ///< as JSON text, quoted
  bool general = false;
  std::vector<std::string> guids; ///< as JSON text, quoted, in plan order
};

/// What everybody knows about the hall, and which places everybody wants: those in front.
class crowd_hall {
public:
  /// `section_steepness` and `seat_steepness` are those of Zipf's law.
  crowd_hall(std::vector<crowd_section> sections, double section_steepness, double seat_steepness);

  [[nodiscard]] const crowd_section& section(std::size_t number) const { return sections_[number]; }
  [[nodiscard]] std::size_t choose_section(chance& by) const;

  /// Up to `quantity` free seats side by side, around one drawn from the free ones: fewer if there is no room for more,
  /// none if nothing is free. `status` has one character per seat, `.` for a free one.
  [[nodiscard]] std::vector<std::size_t> choose_seats(chance& by, std::string_view status, std::size_t quantity) const;

private:
  std::vector<crowd_section> sections_;
  popularity sections_wanted_;
  popularity seats_wanted_;
};

/// Asks the server for an event's sections and their seats. Throws `unreachable` when it does not know the event.
[[nodiscard]] std::vector<crowd_section> read_sections(http_client& server, const std::string& event);

} // namespace usher::crowd
