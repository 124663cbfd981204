#include "messages/sentence.hpp"

#include "messages/refusal.hpp"

namespace usher::messages {

std::string to_sentence(const caf::error& error) {
  if (error.category() != caf::type_id_v<domain::rejection>)
    return to_string(error);
  auto why = to_refusal(error);
  std::string text{domain::sentence(why.reason)};
  if (!why.detail.empty())
    text += " " + why.detail;
  return text;
}

} // namespace usher::messages
