#pragma once
// The pieces of a sentencepiece model as other programs read them.

#include <sentencepiece_processor.h>

#include <nlohmann/json.hpp>
#include <string>

namespace jest::apps::tokens {

/// A tokenizer.json of Hugging Face's: pieces with their scores, and which of them are marks that
/// stand for no text.
inline std::string tokenizer_json(const sentencepiece::SentencePieceProcessor& processor) {
  auto vocabulary = nlohmann::json::array();
  auto marks = nlohmann::json::array();
  for (int id = 0; id < processor.GetPieceSize(); ++id) {
    vocabulary.push_back({processor.IdToPiece(id), processor.GetScore(id)});
    if (!processor.IsControl(id) && !processor.IsUnused(id)) continue;
    marks.push_back({{"id", id}, {"content", processor.IdToPiece(id)}, {"special", true}});
  }
  return nlohmann::json{{"model", {{"type", "Unigram"}, {"vocab", vocabulary}}},
                        {"added_tokens", marks}}
             .dump() +
         "\n";
}

}  // namespace jest::apps::tokens
