#pragma once
// Files that a program reads: what they must be, told before any work.

#include <filesystem>
#include <string>
#include <system_error>

#include "jest/core/error.hpp"

namespace jest::apps {

/// Throws unless there is a regular file: what is mapped or read twice is no pipe.
inline void expect_file(const std::string& option, const std::filesystem::path& path) {
  std::error_code error;
  switch (std::filesystem::status(path, error).type()) {
    case std::filesystem::file_type::regular:
      return;
    case std::filesystem::file_type::not_found:
      refuse(option, "a file that exists", path.string());
    case std::filesystem::file_type::none:
      refuse(option, "a file that can be read", path.string(), ": ", error.message());
    case std::filesystem::file_type::directory:
      refuse(option, "a regular file", path.string(), ", a folder");
    default:
      refuse(option, "a regular file, as it is read more than once", path.string(),
             ", a pipe or a device");
  }
}

}  // namespace jest::apps
