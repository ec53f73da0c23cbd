#include "train/reference_run.hpp"

namespace jest {

double metadata_number(const SafetensorsFile& file, const std::string& key) {
  const auto found = file.metadata().find(key);
  return found == file.metadata().end() ? 0 : std::strtod(found->second.c_str(), nullptr);
}

std::string exact_digits(double value) { return nlohmann::json(value).dump(); }

}  // namespace jest
