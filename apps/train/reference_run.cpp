#include "train/reference_run.hpp"

#include "parse_whole.hpp"

namespace jest::apps::train {

double metadata_number(const SafetensorsFile& file, const std::string& key) {
  const auto found = file.metadata().find(key);
  double value = 0;
  const bool known = found != file.metadata().end() && parse_whole(found->second, value);
  return known ? value : kUnknownCost;
}

std::string exact_digits(double value) { return nlohmann::json(value).dump(); }

}  // namespace jest::apps::train
