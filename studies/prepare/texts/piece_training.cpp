#include "prepare/texts/piece_training.hpp"

#include <sentencepiece_trainer.h>

#include <limits>
#include <unordered_map>

#include "jest/core/error.hpp"
#include "prepare/row_id.hpp"

namespace jest::studies {
namespace {

class Sentences : public sentencepiece::SentenceIterator {
 public:
  explicit Sentences(const std::vector<std::string>& lines) : lines_(lines) {}

  bool done() const override { return at_ >= lines_.size(); }
  void Next() override { ++at_; }
  const std::string& value() const override { return lines_[at_]; }
  sentencepiece::util::Status status() const override { return {}; }

 private:
  const std::vector<std::string>& lines_;
  std::size_t at_ = 0;
};

std::unordered_map<std::string, std::string> settings(int vocabulary) {
  return {{"model_type", "unigram"},
          {"vocab_size", std::to_string(vocabulary)},
          {"byte_fallback", "true"},
          {"unk_id", "0"},
          {"eos_id", "1"},
          {"bos_id", "-1"},
          {"pad_id", "-1"},
          {"user_defined_symbols", "\n,\t"},
          {"normalization_rule_name", "identity"},
          {"add_dummy_prefix", "false"},
          {"remove_extra_whitespaces", "false"},
          {"allow_whitespace_only_pieces", "true"},
          {"num_threads", "1"},
          {"shuffle_input_sentence", "false"},
          {"minloglevel", "2"}};
}

}  // namespace

LineSample::LineSample(std::size_t all_bytes, std::size_t most_bytes, std::uint64_t seed)
    : seed_(seed) {
  constexpr std::uint64_t kAll = std::numeric_limits<std::uint64_t>::max();
  below_ = all_bytes <= most_bytes ? kAll : kAll / all_bytes * most_bytes;
}

void LineSample::add(const std::string& text) {
  const SeededOrder order{seed_, Purpose::kPieces};
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    if (order(++number_) <= below_) lines_.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
}

std::string train_pieces(const std::vector<std::string>& lines, int vocabulary) {
  Sentences sentences(lines);
  std::string model;
  const auto status =
      sentencepiece::SentencePieceTrainer::Train(settings(vocabulary), &sentences, &model);
  if (!status.ok()) {
    const std::string reason = status.ToString();
    refuse("train a sentencepiece model", text("texts for ", vocabulary, " pieces"),
           reason.substr(0, reason.find('\n')));
  }
  return model;
}

}  // namespace jest::studies
