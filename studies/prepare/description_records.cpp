#include "prepare/description_records.hpp"

#include <utility>

namespace jest::studies {
namespace {

constexpr std::string_view kBlankInLine = " \t\r\v\f";

std::string_view trimmed(std::string_view line) {
  const std::size_t first = line.find_first_not_of(kBlankInLine);
  if (first == std::string_view::npos) return {};
  return line.substr(first, line.find_last_not_of(kBlankInLine) - first + 1);
}

/// Takes the first line, without its end, off the text.
std::string_view next_line(std::string_view& rest) {
  const std::size_t end = rest.find('\n');
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return line;
}

/// Appends a line to a paragraph, with one space between and every other blank made a space.
void append_line(std::string& paragraph, std::string_view line) {
  if (!paragraph.empty()) paragraph += ' ';
  for (const char c : line) {
    paragraph += kBlankInLine.find(c) == std::string_view::npos ? c : ' ';
  }
}

class RecordReader {
 public:
  explicit RecordReader(const std::string& language)
      : description_("Description-" + language + ":") {}

  void read(std::string_view line) {
    if (line.starts_with(' ') || line.starts_with('\t')) {
      if (in_description_) read_continuation(trimmed(line));
      return;
    }
    in_description_ = line.starts_with(description_);
    if (in_description_) {
      segments_.assign(1, "");
      append_line(segments_[0], trimmed(line.substr(description_.size())));
      paragraph_ended_ = true;
    } else if (line.starts_with("Package:")) {
      package_ = trimmed(line.substr(8));
    } else if (line.starts_with("Description-md5:")) {
      md5_ = trimmed(line.substr(16));
    }
  }

  void finish(Descriptions& descriptions) {
    if (!package_.empty() && !md5_.empty() && !segments_.empty()) {
      descriptions.try_emplace(package_ + ' ' + md5_, std::move(segments_));
    }
    package_.clear();
    md5_.clear();
    segments_.clear();
    in_description_ = false;
  }

 private:
  void read_continuation(std::string_view line) {
    if (line.empty() || line == ".") {
      paragraph_ended_ = true;
      return;
    }
    if (paragraph_ended_) segments_.emplace_back();
    paragraph_ended_ = false;
    append_line(segments_.back(), line);
  }

  std::string description_, package_, md5_;
  Segments segments_;
  bool in_description_ = false;
  bool paragraph_ended_ = false;
};

}  // namespace

Descriptions add_descriptions(Descriptions descriptions, std::string_view file_text,
                              const std::string& language) {
  RecordReader reader(language);
  while (!file_text.empty()) {
    const std::string_view line = next_line(file_text);
    if (trimmed(line).empty() && !line.starts_with(' ')) {
      reader.finish(descriptions);
    } else {
      reader.read(line);
    }
  }
  reader.finish(descriptions);
  return descriptions;
}

std::string_view package_of(std::string_view key) { return key.substr(0, key.find(' ')); }

}  // namespace jest::studies
