#pragma once
// Runs another program without a shell and keeps what it says.

#include <string>
#include <vector>

namespace jest::studies {

constexpr int kEndedBySignal = 128;

struct ChildOutput {
  int exit_status = 0;  // kEndedBySignal + the signal's number when a signal ended the child
  std::string text;     // standard output and standard error, in the order they were written
};

/// Runs `command[0]`, looked up in PATH, in the C locale so that its messages can be read, and
/// waits for it. Throws jest::Error when the program cannot be started.
ChildOutput run_child(const std::vector<std::string>& command);

/// The SHA-256 of a file as 64 hexadecimal digits, by coreutils' sha256sum.
std::string file_sha256(const std::string& path);

}  // namespace jest::studies
