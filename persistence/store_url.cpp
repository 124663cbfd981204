#include "persistence/store_url.hpp"

#include "persistence/booking_store.hpp"

#include <boost/url/pct_string_view.hpp>

#include <algorithm>
#include <string_view>
#include <vector>

namespace usher::persistence {
namespace {

/// What follows the scheme; nothing when the url has another one, or nothing after it.
std::optional<std::string_view> behind(std::string_view scheme, std::string_view url) {
  if (!url.starts_with(scheme) || url.size() == scheme.size())
    return std::nullopt;
  return url.substr(scheme.size());
}

struct range {
  std::size_t begin = 0;
  std::size_t size = 0;
};

/// Where the passwords in a url are, from back to front.
std::vector<range> passwords_in(const std::string& url) {
  std::vector<range> found;
  auto scheme = url.find("://");
  if (scheme == std::string::npos)
    return found;
  for (std::string_view name : {"password=", "sslpassword="})
    for (auto place = url.find(name); place != std::string::npos; place = url.find(name, place + 1)) {
      if (url[place - 1] != '?' && url[place - 1] != '&')
        continue;
      auto value = place + name.size();
      found.push_back({value, std::min(url.find('&', value), url.size()) - value});
    }
  // A password may itself have an unescaped @ or /: it reaches from the first colon to the last @ before the query.
  auto begin = scheme + 3;
  auto at = url.rfind('@', url.find('?'));
  auto colon = url.find(':', begin);
  if (at != std::string::npos && colon < at)
    found.push_back({colon + 1, at - colon - 1});
  std::sort(found.begin(), found.end(), [](const range& a, const range& b) { return a.begin > b.begin; });
  return found;
}

void blot_out(std::string& text, const std::string& word) {
  if (word.empty())
    return;
  for (auto place = text.find(word); place != std::string::npos; place = text.find(word, place + 3))
    text.replace(place, word.size(), "***");
}

} // namespace

std::optional<std::string> sqlite_file_of(const std::string& url) {
  auto file = behind("sqlite:", url);
  return file ? std::optional{std::string{*file}} : std::nullopt;
}

bool is_store_url(const std::string& url) {
  return behind("sqlite:", url) || behind("postgres://", url) || behind("postgresql://", url);
}

std::string without_password(const std::string& url) {
  auto hidden = url;
  for (const auto& place : passwords_in(url))
    hidden.replace(place.begin, place.size, "***");
  return hidden;
}

std::string without_passwords_of(const std::string& url, std::string message) {
  for (const auto& place : passwords_in(url)) {
    auto word = url.substr(place.begin, place.size);
    blot_out(message, word);
    if (auto escaped = boost::urls::make_pct_string_view(word))
      blot_out(message, escaped->decode());
  }
  return message;
}

} // namespace usher::persistence
