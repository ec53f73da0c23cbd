#pragma once
// What the files of stores have in common: metadata that must be there and must agree.

#include <string>

#include "jest/core/error.hpp"
#include "jest/io/safetensors.hpp"

namespace jest {

inline void expect_metadata(const SafetensorsFile& file, const std::string& key,
                            const std::string& expected) {
  const auto found = file.metadata().find(key);
  const std::string came = found == file.metadata().end() ? "none" : found->second;
  if (came != expected) {
    refuse("open store " + file.path().string(), "metadata " + key + " " + expected, came);
  }
}

}  // namespace jest
