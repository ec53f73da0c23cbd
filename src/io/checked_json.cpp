// A JSON object that carries the checksum of its own text.

#include "crc.hpp"
#include "jest/core/error.hpp"
#include "jest/io/atomic_file.hpp"

namespace jest {
namespace {

constexpr std::string_view kField = R"("crc32":")";
constexpr std::string_view kEnd = R"("})";
constexpr std::size_t kDigits = 8;
constexpr std::string_view kBlank = " \t\r\n";

std::string crc_of(std::string_view text) {
  Crc crc;
  crc.add(std::as_bytes(std::span(text)));
  return crc.digits();
}

std::string_view without_blanks(std::string_view text) {
  return text.substr(0, text.find_last_not_of(kBlank) + 1);
}

}  // namespace

std::string with_checksum(std::string_view json) {
  std::string_view body = without_blanks(json);
  if (!body.starts_with('{') || !body.ends_with('}')) return std::string(json);
  body = without_blanks(body.substr(0, body.size() - 1));
  const std::string start = text(body, body == "{" ? "" : ",");
  return text(start, kField, crc_of(start), kEnd);
}

void check_checksum(std::string_view json, const std::string& operation) {
  const std::string_view body = without_blanks(json);
  constexpr std::size_t kTail = kField.size() + kDigits + kEnd.size();
  if (body.size() <= kTail || !body.ends_with(kEnd)) return;
  const std::string_view tail = body.substr(body.size() - kTail);
  if (!tail.starts_with(kField)) return;
  const std::string_view said = tail.substr(kField.size(), kDigits);
  const std::string came = crc_of(body.substr(0, body.size() - kTail));
  if (said != came) refuse(operation, text("the content of its crc32 ", said), came);
}

}  // namespace jest
