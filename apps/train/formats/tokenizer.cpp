#include "train/formats/tokenizer.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <nlohmann/json.hpp>

#include "jest/io/atomic_file.hpp"

namespace jest::apps::train {

namespace {

constexpr std::int64_t kMostPieces = 1 << 24;

std::string utf8_of_letter(int letter) {
  if (letter < 0x80) return std::string(1, static_cast<char>(letter));
  return {static_cast<char>(0xC0 | letter >> 6), static_cast<char>(0x80 | (letter & 0x3F))};
}

/// The byte of each letter of byte-level BPE: printable Latin-1 letters stand for themselves, the
/// others follow from U+0100 on. Source: GPT-2's encoder.
std::map<std::string, char> byte_letters() {
  std::map<std::string, char> bytes;
  int next = 0x100;
  for (int byte = 0; byte < 256; ++byte) {
    const bool itself = (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte != 0xAD);
    bytes[utf8_of_letter(itself ? byte : next++)] = static_cast<char>(byte);
  }
  return bytes;
}

std::string bytes_of_letters(const std::string& piece) {
  static const auto kBytes = byte_letters();
  std::string bytes;
  for (std::size_t at = 0; at < piece.size();) {
    const std::size_t size = static_cast<unsigned char>(piece[at]) < 0x80 ? 1 : 2;
    const auto found = kBytes.find(piece.substr(at, size));
    if (found == kBytes.end()) return piece;  // an added token, in plain text
    bytes += found->second;
    at += size;
  }
  return bytes;
}

/// ▁ is a space; <0x0A> is a byte.
std::string bytes_of_marks(const std::string& piece) {
  if (piece.size() == 6 && piece.starts_with("<0x") && piece.ends_with('>')) {
    unsigned byte = 0;
    const char* end = piece.data() + 5;
    if (std::from_chars(piece.data() + 3, end, byte, 16).ptr == end) {
      return std::string(1, static_cast<char>(byte));
    }
  }
  constexpr std::string_view kMark = "\xE2\x96\x81";
  std::string bytes = piece;
  for (auto at = bytes.find(kMark); at != bytes.npos; at = bytes.find(kMark, at)) {
    bytes.replace(at, kMark.size(), 1, ' ');
  }
  return bytes;
}

/// Whether a part of a tokenizer.json, or one of its parts, is of this type.
bool has_type(const nlohmann::json& part, const char* type) {
  if (part.is_array()) {
    return std::ranges::any_of(part, [&](const auto& one) { return has_type(one, type); });
  }
  if (!part.is_object()) return false;
  if (part.contains("type") && part["type"] == type) return true;
  return std::ranges::any_of(part, [&](const auto& one) { return has_type(one, type); });
}

void put(std::vector<std::string>& pieces, const nlohmann::json& id, const std::string& piece,
         const std::string& operation) {
  if (!id.is_number_unsigned() || id.get<std::uint64_t>() >= kMostPieces) {
    refuse(operation, text("ids of tokens below ", kMostPieces), id.dump());
  }
  const auto token = id.get<std::size_t>();
  if (token >= pieces.size()) pieces.resize(token + 1);
  pieces[token] = piece;
}

}  // namespace

Tokenizer::Tokenizer(const std::filesystem::path& path) {
  const std::string operation = "read tokenizer " + path.string();
  const auto json = nlohmann::json::parse(read_file(path), nullptr, /*allow_exceptions=*/false);
  const auto model = json.is_object() && json.contains("model") ? json["model"] : nlohmann::json();
  if (!model.is_object() || !model.contains("vocab")) {
    refuse(operation, "a tokenizer.json with model.vocab", "another JSON");
  }
  const bool letters = has_type(json, "ByteLevel");
  const auto bytes = [&](const std::string& piece) {
    return letters ? bytes_of_letters(piece) : bytes_of_marks(piece);
  };
  const auto& vocabulary = model["vocab"];
  if (vocabulary.is_object()) {  // BPE, WordPiece: piece to id
    for (const auto& [piece, id] : vocabulary.items()) put(pieces_, id, bytes(piece), operation);
  } else {  // Unigram: pairs of piece and score
    for (const auto& pair : vocabulary) {
      if (!pair.is_array() || pair.empty() || !pair[0].is_string()) {
        refuse(operation, "pieces with their scores as model.vocab", pair.dump().substr(0, 60));
      }
      pieces_.push_back(bytes(pair[0].get<std::string>()));
    }
  }
  if (pieces_.empty()) refuse(operation, "a vocabulary", "none");
  if (!json.contains("added_tokens") || !json["added_tokens"].is_array()) return;
  for (const auto& added : json["added_tokens"]) {
    if (!added.is_object() || !added.contains("id") || !added.contains("content")) continue;
    const bool special = added.value("special", false);
    const auto piece = added["content"].is_string() ? added["content"].get<std::string>() : "";
    put(pieces_, added["id"], special ? "" : piece, operation);
  }
}

const std::string& Tokenizer::piece(std::int64_t token) const {
  static const std::string kNone;
  return token >= 0 && token < vocabulary() ? pieces_[token] : kNone;
}

std::string Tokenizer::text_of(std::span<const std::int64_t> tokens) const {
  std::string all;
  for (const std::int64_t token : tokens) all += piece(token);
  return all;
}

std::int64_t Tokenizer::predicted_bytes(std::span<const std::int64_t> tokens) const {
  std::int64_t bytes = 0;
  for (const std::int64_t token : tokens.subspan(1)) bytes += std::ssize(piece(token));
  return bytes;
}

}  // namespace jest::apps::train
