// What the reader makes of files: for each path of a line of standard input, a line of JSON with
// the arrays and metadata, or with why it was refused.
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

#include "jest/core/error.hpp"
#include "jest/io/safetensors.hpp"

namespace {

nlohmann::json listed(const std::string& path) try {
  const jest::SafetensorsFile file(path);
  nlohmann::json arrays = nlohmann::json::object();
  for (const auto& [name, array] : file.arrays()) {
    arrays[name] = {array.dtype, array.shape, jest::checksum({&array, 1})};
  }
  return {{"arrays", arrays}, {"metadata", file.metadata()}};
} catch (const jest::Error& error) {
  return {{"refused", error.what()}};
}

}  // namespace

int main() {
  for (std::string path; std::getline(std::cin, path);) {
    std::cout << listed(path).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace) << '\n';
  }
}
