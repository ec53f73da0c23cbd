#pragma once
// Safetensors files byte by byte, well formed or not.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "jest/io/safetensors.hpp"
#include "oracle/message_of.hpp"
#include "oracle/temporary_folder.hpp"

namespace jest::oracle {

template <class Element>
std::span<const std::byte> bytes_of(const std::vector<Element>& values) {
  return std::as_bytes(std::span(values));
}

/// A file of the given header and data, with the right length in front.
inline std::string file_of(const std::string& header, const std::string& data) {
  const std::uint64_t size = header.size();
  return std::string(reinterpret_cast<const char*>(&size), 8) + header + data;
}

class SafetensorsTest : public ::testing::Test {
 protected:
  SafetensorsFile open(const std::string& content) {
    return SafetensorsFile(folder_.write("some.safetensors", content));
  }

  /// Opening `content` fails with a line that names the file and says `expected`.
  void expect_refused(const std::string& content, const std::string& expected) {
    const std::string message = message_of([&] { open(content); });
    EXPECT_THAT(message, ::testing::HasSubstr("some.safetensors"));
    EXPECT_THAT(message, ::testing::HasSubstr(expected));
  }

  TemporaryFolder folder_;
};

}  // namespace jest::oracle
