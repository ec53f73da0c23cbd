#pragma once
// The options of `jest-train text`.

#include "train/sequence_options.hpp"

namespace jest::apps::train {

struct TextOptions : SequenceOptions {
  std::string model = "ngrams";
  std::int64_t width = 32;
  std::int64_t hidden = 128;
  std::int64_t layers = 2;
  std::int64_t heads = 4;
  std::int64_t reference_width = 32;
  std::int64_t reference_hidden = 128;

  TextOptions();
  static TaskWords words();
  static OptionRows<TextOptions> own_rows();
  /// Throws unless the sizes of a decoder fit its heads.
  void check_together() const;
};

}  // namespace jest::apps::train
