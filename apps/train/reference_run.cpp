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

std::filesystem::path cost_file_of(const std::filesystem::path& store) {
  return std::filesystem::path(store).replace_extension(".cost.json");
}

void write_store_cost(const std::filesystem::path& store, const StoreCost& cost) {
  nlohmann::ordered_json json{{"cpu_seconds", cost.cpu_seconds}};
  if (!std::isnan(cost.joules)) json["joules"] = cost.joules;
  write_file(cost_file_of(store), with_checksum(json.dump()) + "\n");
}

StoreCost read_store_cost(const std::filesystem::path& store) {
  const std::filesystem::path file = cost_file_of(store);
  if (!std::filesystem::exists(file)) return {};
  const std::string operation = "read " + file.string();
  const auto json = parse_json<nlohmann::ordered_json>(read_file(file), operation);
  const auto number = [&](const char* name) {
    if (json.is_object() && json.contains(name) && json[name].is_number()) {
      return json[name].get<double>();
    }
    refuse(operation, text("a number of ", name), "none");
  };
  const bool metered = json.is_object() && json.contains("joules");
  return {number("cpu_seconds"), metered ? number("joules") : kUnknownCost};
}

}  // namespace jest::apps::train
