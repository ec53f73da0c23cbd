#pragma once
// What the fuzz targets share. A target is a file NAME_fuzz.cpp: it hands its input to one reader,
// by read_or_refuse, and libFuzzer does the rest (scripts/fuzz).

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>
#include <string>
#include <string_view>

#include "jest/core/error.hpp"

namespace jest::fuzz {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// Stops the run, which libFuzzer takes for a crash.
inline void expect(bool holds, const char* what) {
  if (holds) return;
  std::cerr << "broken: " << what << '\n';
  std::abort();
}

/// A reader may read, or throw an Error of one line; anything else is a fault.
template <class Read>
int read_or_refuse(const Read& read) {
  constexpr std::size_t kLongestLine = 2000;
  try {
    read();
    return 0;
  } catch (const Error& error) {
    const std::string_view line = error.what();
    expect(line.find('\n') == line.npos, "a message of one line");
    expect(line.size() < kLongestLine, "a message that can be read");
    return 0;
  }
}

/// A folder in memory, as long as the program runs.
class Folder {
 public:
  Folder() {
    std::string pattern =
        std::filesystem::exists("/dev/shm") ? "/dev/shm/jest-fuzz-XXXXXX" : "jest-fuzz-XXXXXX";
    expect(::mkdtemp(pattern.data()) != nullptr, "a folder for inputs");
    path_ = pattern;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path_); }

  std::filesystem::path file(const std::string& name) const { return path_ / name; }

  std::filesystem::path write(const std::string& name, std::string_view content) const {
    // Written over, not emptied first: a file system frees and finds blocks otherwise.
    const int descriptor = open_once(name);
    const auto size = static_cast<off_t>(content.size());
    expect(::pwrite(descriptor, content.data(), content.size(), 0) == size, "an input written");
    expect(::ftruncate(descriptor, size) == 0, "an input of its size");
    return file(name);
  }

 private:
  int open_once(const std::string& name) const {
    const auto found = open_.find(name);
    struct stat status {};
    if (found != open_.end()) {
      // A reader may have put another file in its place.
      if (::fstat(found->second, &status) == 0 && status.st_nlink > 0) return found->second;
      ::close(found->second);
    }
    std::filesystem::create_directories(file(name).parent_path());
    const int descriptor = ::open(file(name).c_str(), O_WRONLY | O_CREAT, 0600);
    expect(descriptor >= 0, "an input that can be written");
    return open_[name] = descriptor;
  }

  std::filesystem::path path_;
  mutable std::map<std::string, int> open_;  ///< as long as the program runs
};

}  // namespace jest::fuzz
