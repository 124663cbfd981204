#include "node/plan_files.hpp"

#include "codec/json_reader.hpp"
#include "node/plan_text.hpp"

#include <boost/json/serialize.hpp>

#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace usher::node {
namespace {

namespace files = std::filesystem;

/// Where shipped plans can be: beside an installed program, or in the tree from which this one was built.
std::optional<files::path> find_shipped(const std::string& name) {
  if (name.find('/') != std::string::npos)
    return std::nullopt;
  std::error_code error;
  auto program = files::read_symlink("/proc/self/exe", error);
  for (auto& folder : {program.parent_path() / "../share/usher/plans", files::path{USHER_PLAN_FOLDER}})
    if (auto file = folder / (name + ".json"); files::is_regular_file(file, error))
      return file;
  return std::nullopt;
}

std::string read_text(const files::path& path) {
  std::ifstream file{path, std::ios::binary};
  std::ostringstream text;
  if (!file || !(text << file.rdbuf()))
    throw std::invalid_argument{path.string() + ": cannot be read"};
  return text.str();
}

} // namespace

plan_file read_plan_file(const std::string& name_or_path) {
  std::error_code error;
  files::path path = name_or_path;
  if (!files::is_regular_file(path, error)) {
    auto shipped = find_shipped(name_or_path);
    if (!shipped)
      throw std::invalid_argument{"there is no file and no shipped plan called " + name_or_path};
    path = *shipped;
  }
  auto text = read_text(path);
  auto plan = plan_of_text(text, path.string() + ": not a seating plan: ");
  return {std::string{codec::without_byte_order_mark(text)}, std::move(plan)};
}

std::string event_document(const boost::json::object& settings, const std::string& plan_text) {
  auto document = boost::json::serialize(settings);
  document.pop_back();
  if (!settings.empty())
    document += ',';
  return document + "\"plan\":" + plan_text + '}';
}

} // namespace usher::node
