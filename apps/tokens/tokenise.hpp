#pragma once
// From texts to token files, by a sentencepiece model. A program of its own: the model's library
// and LibTorch define variables of the same names, and must not meet in one process.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "jest/core/error.hpp"

namespace jest::apps::tokens {

struct TokeniseArguments {
  std::filesystem::path model;
  std::vector<std::filesystem::path> texts;  ///< JSONL, "text" of every object a document
  std::filesystem::path out;                 ///< gets a .bin as llm.c has it
  std::filesystem::path pieces;  ///< gets a tokenizer.json of the model's pieces; may be none
};

/// A line that says what was made. Throws jest::Error, naming file and line, on what is no model or
/// no text; nothing is written then.
std::string tokenise(const TokeniseArguments& arguments);

}  // namespace jest::apps::tokens
