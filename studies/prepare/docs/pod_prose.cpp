#include "prepare/docs/pod_prose.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace jest::studies {
namespace {

constexpr std::string_view kBlankInPod = " \t\r\n";

constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kEscapes = {
    {{"lt", "<"}, {"gt", ">"}, {"verbar", "|"}, {"sol", "/"}, {"amp", "&"}, {"quot", "\""}}};

bool is_blank(char c) { return kBlankInPod.find(c) != std::string_view::npos; }
bool is_code(char c) { return c >= 'A' && c <= 'Z'; }

/// Takes the text up to an empty line off the rest.
std::string_view next_paragraph(std::string_view& rest) {
  const std::size_t end = rest.find("\n\n");
  const std::string_view paragraph = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 2);
  while (rest.starts_with('\n')) rest.remove_prefix(1);
  return paragraph;
}

/// What a code shows of the text within it.
std::string shown(char code, const std::string& inner) {
  if (code == 'X' || code == 'Z') return "";
  if (code == 'L') return inner.substr(0, inner.find('|'));
  if (code != 'E') return inner;
  for (const auto& [name, character] : kEscapes) {
    if (name == inner) return std::string(character);
  }
  return " ";
}

/// Reads formatting codes: C<x>, or C<< x >> with as many brackets and a blank at either end.
class CodeReader {
 public:
  explicit CodeReader(std::string_view text) : text_(text) {}

  /// The text up to `end`, or all of it.
  std::string read(const std::string& end) {
    std::string plain;
    while (at_ < text_.size()) {
      if (!end.empty() && text_.compare(at_, end.size(), end) == 0) {
        at_ += end.size();
        break;
      }
      if (is_code(text_[at_]) && at_ + 1 < text_.size() && text_[at_ + 1] == '<') {
        plain += read_code();
      } else {
        plain += text_[at_++];
      }
    }
    return plain;
  }

 private:
  std::string read_code() {
    const char code = text_[at_++];
    std::size_t brackets = 0;
    while (at_ < text_.size() && text_[at_] == '<') ++brackets, ++at_;
    const bool spaced = brackets > 1 && at_ < text_.size() && is_blank(text_[at_]);
    if (!spaced) {  // "C<<=>" is a code that shows "<="
      at_ -= brackets - 1;
      return shown(code, read(">"));
    }
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
    std::string end(1, ' ');
    return shown(code, read(end.append(brackets, '>')));
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

std::string one_line(std::string_view text) {
  std::string line;
  for (const char c : text) {
    const bool blank = is_blank(c);
    if (!blank) line += c;
    if (blank && !line.empty() && line.back() != ' ') line += ' ';
  }
  if (line.ends_with(' ')) line.pop_back();
  return line;
}

}  // namespace

std::string pod_prose(std::string_view pod) {
  std::string prose;
  bool foreign = false;
  while (!pod.empty()) {
    std::string_view paragraph = next_paragraph(pod);
    if (paragraph.starts_with("=begin")) foreign = true;
    const bool skipped = foreign || paragraph.starts_with("=for") || paragraph.empty();
    if (paragraph.starts_with("=end")) foreign = false;
    if (skipped) continue;
    if (paragraph.starts_with('=')) {
      if (!paragraph.starts_with("=head") && !paragraph.starts_with("=item")) continue;
      paragraph.remove_prefix(std::min(paragraph.find_first_of(kBlankInPod), paragraph.size()));
    } else if (paragraph.starts_with(' ') || paragraph.starts_with('\t')) {
      (prose += paragraph) += '\n';
      continue;
    }
    const std::string line = one_line(CodeReader(paragraph).read(""));
    if (!line.empty() && line != "*") (prose += line) += '\n';
  }
  return prose;
}

}  // namespace jest::studies
