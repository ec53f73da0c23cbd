#include "train/reference_run.hpp"

#include "parse_json.hpp"
#include "parse_whole.hpp"

namespace jest::apps::train {

double metadata_number(const SafetensorsFile& file, const std::string& key) {
  const auto found = file.metadata().find(key);
  double value = 0;
  const bool known = found != file.metadata().end() && parse_whole(found->second, value);
  return known ? value : kUnknownCost;
}

std::string exact_digits(double value) { return nlohmann::json(value).dump(); }

std::filesystem::path energy_file_of(const std::filesystem::path& store) {
  return std::filesystem::path(store).replace_extension(".energy.json");
}

void write_store_joules(const std::filesystem::path& store, double joules) {
  if (std::isnan(joules)) return;
  write_file(energy_file_of(store),
             with_checksum(nlohmann::ordered_json{{"joules", joules}}.dump()) + "\n");
}

double read_store_joules(const std::filesystem::path& store) {
  const std::filesystem::path file = energy_file_of(store);
  if (!std::filesystem::exists(file)) return kUnknownCost;
  const std::string operation = "read " + file.string();
  const auto json = parse_json<nlohmann::ordered_json>(read_file(file), operation);
  if (!json.is_object() || !json.value("joules", nlohmann::ordered_json()).is_number()) {
    refuse(operation, "a number of joules", "none");
  }
  return json["joules"].get<double>();
}

}  // namespace jest::apps::train
