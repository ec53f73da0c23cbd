#pragma once
// Text as a bag of hashed features: words and character 4-grams of the case-folded text in NFC.
//
// A word is a maximal run of letters, marks and digits; in a text that has neither letter nor
// digit, of anything but white space. 4-grams run over code points of the words joined by spaces.
// Words come first, up to half of the places, then evenly spread 4-grams.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "jest/core/error.hpp"

namespace jest::apps::train {

struct TextFeatureSpec {
  std::int32_t buckets = 1 << 15;
  std::int32_t most = 96;  ///< features per text
};

/// The features of one text, at least one, each in [0, buckets). O(length).
JEST_EXPORT std::vector<std::int32_t> text_features(std::string_view text,
                                                    const TextFeatureSpec& spec);

/// The features of many texts: those of text i are features[offsets[i] .. offsets[i + 1]).
struct FeatureTable {
  std::vector<std::int32_t> features;
  std::vector<std::int64_t> offsets{0};

  std::span<const std::int32_t> of(std::int64_t row) const {
    return std::span(features).subspan(offsets[row], offsets[row + 1] - offsets[row]);
  }
  void append(const FeatureTable& more);
  double mean() const {
    return offsets.size() < 2 ? 0.0 : static_cast<double>(features.size()) / (offsets.size() - 1);
  }
};

JEST_EXPORT FeatureTable feature_table(std::span<const std::string> texts,
                                       const TextFeatureSpec& spec);

}  // namespace jest::apps::train
