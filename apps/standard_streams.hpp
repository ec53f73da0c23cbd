#pragma once
// Standard input, output and error of a program that may be started without them, or with an output
// that takes nothing.

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <iostream>

#include "jest/core/error.hpp"

namespace jest::apps {

/// A file that is opened later must not become standard output: it would be given the answer.
inline void open_closed_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(stream, F_GETFD) < 0) ::open("/dev/null", O_RDWR);  // the lowest number is taken
  }
}

/// Throws where standard output did not take all that was printed, as on a full disk.
inline void expect_output_written() {
  errno = 0;
  std::cout.flush();
  if (!std::cout) {
    refuse("write to standard output", "room for all of it",
           errno == 0 ? "less" : std::strerror(errno));
  }
}

}  // namespace jest::apps
