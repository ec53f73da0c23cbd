#pragma once
// What programs say, notes, tables and the line that one ends with when it fails: nothing in it
// steers a terminal, whatever file or command line it quotes.

#include <utf8proc.h>

#include <cstdio>
#include <exception>
#include <new>
#include <string>
#include <string_view>

namespace jest::apps {

inline bool steers_a_terminal(utf8proc_int32_t code_point) {
  switch (utf8proc_category(code_point)) {
    case UTF8PROC_CATEGORY_CC:  // control characters, among them line ends
    case UTF8PROC_CATEGORY_CF:  // directions of writing and what else has no shape
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
      return true;
    default:
      return false;
  }
}

inline std::string escaped(const char* format, unsigned number) {
  char text[16];
  std::snprintf(text, sizeof text, format, number);
  return text;
}

/// One line of valid UTF-8: other bytes, and what steers a terminal, as \xe9 or \u{200b}; line ends
/// as spaces.
inline std::string printable(std::string_view text) {
  std::string line;
  while (!text.empty()) {
    utf8proc_int32_t code_point = 0;
    const auto* next = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
    const auto used =
        utf8proc_iterate(next, static_cast<utf8proc_ssize_t>(text.size()), &code_point);
    const std::size_t length = used > 0 ? static_cast<std::size_t>(used) : 1;
    if (used <= 0) {
      line += escaped("\\x%02x", next[0]);
    } else if (code_point == '\n') {
      line += ' ';
    } else if (steers_a_terminal(code_point)) {
      const bool ascii = code_point < 0x80;
      line += escaped(ascii ? "\\x%02x" : "\\u{%x}", static_cast<unsigned>(code_point));
    } else {
      line += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
  return line;
}

/// LibTorch's messages end with its stack, line by line.
inline std::string_view without_stack(std::string_view message) {
  for (const char* stack : {"\nException raised from ", "\nframe #"}) {
    message = message.substr(0, message.find(stack));
  }
  return message;
}

/// What a program that fails has to say.
inline std::string failure_text(const std::exception& error) {
  if (dynamic_cast<const std::bad_alloc*>(&error)) return "not enough memory";
  const std::string_view message = without_stack(error.what());
  constexpr std::string_view kWanted = "you tried to allocate ";  // LibTorch's allocator
  const std::size_t wanted = message.find(kWanted);
  if (wanted == message.npos) return std::string(message);
  const std::string_view bytes = message.substr(wanted + kWanted.size());
  return "not enough memory: expected " + std::string(bytes.substr(0, bytes.find('.'))) +
         " more, which the system does not give";
}

}  // namespace jest::apps
