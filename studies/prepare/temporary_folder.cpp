#include "prepare/temporary_folder.hpp"

#include <stdlib.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "jest/core/error.hpp"

namespace jest::studies {

TemporaryFolder::TemporaryFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "jest-data-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) {
    refuse("make a temporary folder", "a writable " + name, std::strerror(errno));
  }
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace jest::studies
