#pragma once
// What may befall a program from outside: standard streams that are closed or take nothing, mapped
// files that are cut short.

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
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
  if (!std::cout || std::ferror(stdout) != 0) {
    refuse("write to standard output", "room for all of it",
           errno == 0 ? "less" : std::strerror(errno));
  }
}

/// A page of a mapped file that was cut short cannot be read: one line instead of a signal.
inline void end_on_lost_pages() {
  std::signal(SIGBUS, [](int) {
    constexpr char kLine[] =
        ": read: expected files that stay as they are, got one that was cut short\n";
    const char* program = program_invocation_short_name;
    static_cast<void>(!::write(STDERR_FILENO, program, std::strlen(program)));
    static_cast<void>(!::write(STDERR_FILENO, kLine, sizeof kLine - 1));
    ::_exit(1);
  });
}

}  // namespace jest::apps
