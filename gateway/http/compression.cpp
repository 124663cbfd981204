#include "gateway/http/compression.hpp"

#include "domain/ensure.hpp"

#include <zlib.h>

#include <algorithm>
#include <limits>
#include <optional>

namespace usher::gateway {
namespace {

std::string_view trim(std::string_view text) {
  constexpr std::string_view blanks = " \t";
  auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos)
    return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

/// Cuts off the part before the next mark.
std::string_view next_part(std::string_view& rest, char mark) {
  auto end = std::min(rest.find(mark), rest.size());
  auto part = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return trim(part);
}

bool is(std::string_view text, std::string_view wanted) {
  return std::ranges::equal(text, wanted,
                            [](char a, char b) { return (a >= 'A' && a <= 'Z' ? char(a | 0x20) : a) == b; });
}

/// How much something is wanted, in thousandths. What is no weight counts as a refusal: nobody is sent what they may
/// not have meant.
int weight_of(std::string_view text) {
  constexpr std::size_t digits = 3;
  constexpr int whole = 1000;
  if (text.empty() || text.front() < '0' || text.front() > '1' || text.size() > 2 + digits
      || (text.size() > 1 && text[1] != '.'))
    return 0;
  int fraction = 0, place = whole / 10;
  for (auto digit : text.substr(std::min<std::size_t>(2, text.size()))) {
    if (digit < '0' || digit > '9')
      return 0;
    fraction += place * (digit - '0');
    place /= 10;
  }
  return text.front() == '0' ? fraction : fraction == 0 ? whole : 0;
}

/// The weight among the parameters of a coding; one that names none is wanted fully.
int weight_in(std::string_view parameters) {
  int weight = weight_of("1");
  while (!parameters.empty()) {
    auto value = next_part(parameters, ';');
    if (is(next_part(value, '='), "q"))
      weight = weight_of(trim(value));
  }
  return weight;
}

} // namespace

bool accepts_gzip(std::string_view accept_encoding) {
  std::optional<int> gzip, identity, any;
  while (!accept_encoding.empty()) {
    auto parameters = next_part(accept_encoding, ',');
    auto coding = next_part(parameters, ';');
    auto weight = weight_in(parameters);
    if (is(coding, "gzip") || is(coding, "x-gzip"))
      gzip = std::max(gzip.value_or(0), weight);
    else if (is(coding, "identity"))
      identity = weight;
    else if (coding == "*")
      any = weight;
  }
  auto wanted = gzip ? *gzip : any.value_or(0);
  return wanted > 0 && wanted >= identity.value_or(0);
}

std::string gzip(std::string_view text, effort how) {
  constexpr int gzip_window = 15 + 16; // the largest, and gzip's header in place of zlib's
  constexpr int memory_level = 8;      // the usual
  domain::ensure(text.size() <= std::numeric_limits<uInt>::max(), "a text is compressed in one piece");
  z_stream stream{};
  auto level = how == effort::least ? Z_BEST_SPEED : Z_DEFAULT_COMPRESSION;
  domain::ensure(deflateInit2(&stream, level, Z_DEFLATED, gzip_window, memory_level, Z_DEFAULT_STRATEGY) == Z_OK,
                 "zlib has memory");
  std::string packed(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data())); // which it only reads
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  auto outcome = deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  domain::ensure(outcome == Z_STREAM_END, "zlib keeps its own bound");
  packed.shrink_to_fit();
  return packed;
}

} // namespace usher::gateway
