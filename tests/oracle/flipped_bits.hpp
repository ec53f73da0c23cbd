#pragma once
// What a reader makes of a file of which one bit is another, for every bit.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "jest/core/error.hpp"
#include "jest/io/atomic_file.hpp"

namespace jest::oracle {

struct FlippedBits {
  int refused = 0;
  int same = 0;                            ///< nothing reads that bit
  std::vector<std::size_t> believed = {};  ///< bits that made another answer
};

/// `answer` is all that a reader says of the file, as text; a refusal must be one line that names
/// `name`. Every bit, or one in `every`. The file is as it was afterwards.
template <class Answer>
FlippedBits flip_every_bit(const std::filesystem::path& path, const std::string& name,
                           const Answer& answer, std::size_t every = 1) {
  const std::string content = read_file(path);
  const std::string expected = answer();
  const auto put = [&](const std::string& bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
  };
  FlippedBits found;
  for (std::size_t bit = 0; bit < content.size() * 8; bit += every) {
    std::string flipped = content;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ 1 << bit % 8);
    put(flipped);
    try {
      if (answer() == expected) {
        ++found.same;
      } else {
        found.believed.push_back(bit);
      }
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), ::testing::HasSubstr(name));
      EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos) << error.what();
      ++found.refused;
    }
  }
  put(content);
  return found;
}

/// Every bit was refused but those of which the caller says that nothing reads them.
template <class Answer>
void expect_no_bit_is_believed(const std::filesystem::path& path, const std::string& name,
                               const Answer& answer, int most_unread) {
  SCOPED_TRACE(path);
  const FlippedBits found = flip_every_bit(path, name, answer);
  EXPECT_THAT(found.believed, ::testing::IsEmpty());
  EXPECT_LE(found.same, most_unread);
  EXPECT_GT(found.refused, 0);
  ::testing::Test::RecordProperty(path.filename().string() + " refused", found.refused);
  ::testing::Test::RecordProperty(path.filename().string() + " unread", found.same);
  std::cout << path.filename().string() << ": " << found.refused << " flips refused, " << found.same
            << " in what nothing reads\n";
}

}  // namespace jest::oracle
