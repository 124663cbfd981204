#include "cluster/link/link_words.hpp"

#include <concepts>
#include <cstddef>
#include <string_view>
#include <utility>

namespace usher::cluster {
namespace {

/// Append-only, like the fields of each kind.
enum class word_kind : std::uint8_t { hello = 1, beat = 2, payload = 3 };

constexpr std::size_t head_size = 1 + sizeof(std::uint64_t);

template <std::unsigned_integral T>
void put(std::string& out, T number) {
  for (std::size_t i = 0; i < sizeof number; ++i)
    out.push_back(static_cast<char>(static_cast<std::uint64_t>(number) >> (8 * i)));
}

/// Names and the like: whoever makes them has bounded them.
void put(std::string& out, const std::string& text) {
  put(out, static_cast<std::uint16_t>(text.size()));
  out += text;
}

struct body_writer {
  std::string& out;

  void operator()(const link_hello& hello) const {
    put(out, hello.version);
    put(out, hello.cluster);
    put(out, hello.name);
    put(out, hello.me);
    put(out, hello.you);
    put(out, hello.session);
  }
  void operator()(const link_beat& beat) const {
    put(out, beat.number);
    put(out, beat.echo);
    put(out, beat.held);
  }
  void operator()(const link_payload& payload) const { out += payload.frame; }
};

/// Takes one field after the other from the front, until one is missing.
class fields {
public:
  explicit fields(std::string_view bytes) : rest_(bytes) {}

  template <std::unsigned_integral T>
  [[nodiscard]] bool take(T& number) {
    if (rest_.size() < sizeof number)
      return false;
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < sizeof number; ++i)
      value |= std::uint64_t{static_cast<unsigned char>(rest_[i])} << (8 * i);
    number = static_cast<T>(value);
    rest_.remove_prefix(sizeof number);
    return true;
  }

  [[nodiscard]] bool take(std::string& text) {
    std::uint16_t size = 0;
    if (!take(size) || rest_.size() < size)
      return false;
    text = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return true;
  }

private:
  std::string_view rest_;
};

std::optional<link_word> read_hello(std::uint64_t session, fields from) {
  link_hello hello;
  if (!from.take(hello.version))
    return std::nullopt;
  if (hello.version == link_hello::spoken
      && !(from.take(hello.cluster) && from.take(hello.name) && from.take(hello.me) && from.take(hello.you)
           && from.take(hello.session)))
    return std::nullopt;
  return link_word{session, std::move(hello)};
}

std::optional<link_word> read_beat(std::uint64_t session, fields from) {
  link_beat beat;
  if (!from.take(beat.number) || !from.take(beat.echo))
    return std::nullopt;
  if (!from.take(beat.held))
    beat.held = 0;
  return link_word{session, beat};
}

} // namespace

std::string write(const link_word& word) {
  constexpr word_kind kinds[]{word_kind::hello, word_kind::beat, word_kind::payload};
  std::string out;
  if (const auto* payload = std::get_if<link_payload>(&word.what))
    out.reserve(head_size + payload->frame.size());
  put(out, static_cast<std::uint8_t>(kinds[word.what.index()]));
  put(out, word.session);
  std::visit(body_writer{out}, word.what);
  return out;
}

std::optional<link_word> read_link_word(std::string bytes) {
  fields from{bytes};
  std::uint8_t kind = 0;
  std::uint64_t session = 0;
  if (!from.take(kind) || !from.take(session))
    return std::nullopt;
  switch (static_cast<word_kind>(kind)) {
    case word_kind::hello:
      return read_hello(session, from);
    case word_kind::beat:
      return read_beat(session, from);
    case word_kind::payload:
      bytes.erase(0, head_size);
      return link_word{session, link_payload{std::move(bytes)}};
  }
  return std::nullopt;
}

} // namespace usher::cluster
