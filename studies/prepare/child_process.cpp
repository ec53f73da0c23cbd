#include "prepare/child_process.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "jest/core/error.hpp"

extern char** environ;

namespace jest::studies {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { ::close(number_); }
  int number() const { return number_; }

 private:
  int number_;
};

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> list;
  for (std::string& s : strings) list.push_back(s.data());
  list.push_back(nullptr);
  return list;
}

std::vector<std::string> c_locale_environment() {
  std::vector<std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    if (std::strncmp(*variable, "LC_ALL=", 7) != 0) variables.emplace_back(*variable);
  }
  variables.emplace_back("LC_ALL=C.UTF-8");
  return variables;
}

std::string read_all(int descriptor) {
  std::string all;
  std::array<char, 1 << 14> block;
  while (true) {
    const ssize_t count = ::read(descriptor, block.data(), block.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) refuse("read what a program says", "all of it", std::strerror(errno));
    if (count == 0) return all;
    all.append(block.data(), static_cast<std::size_t>(count));
  }
}

int wait_for(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) refuse("wait for a program", "its exit status", std::strerror(errno));
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : kEndedBySignal + WTERMSIG(status);
}

/// No signal is blocked in a child, whatever is in this program.
class ChildAttributes {
 public:
  ChildAttributes() {
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_init(&attributes_);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK);
  }
  ChildAttributes(const ChildAttributes&) = delete;
  ChildAttributes& operator=(const ChildAttributes&) = delete;
  ~ChildAttributes() { posix_spawnattr_destroy(&attributes_); }
  const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_;
};

/// Starts the child with both its outputs going to `descriptor`, and its input empty.
pid_t spawn(std::vector<std::string> command, int descriptor) {
  std::vector<std::string> variables = c_locale_environment();
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, descriptor, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, descriptor, STDERR_FILENO);
  pid_t child = 0;
  const int failure = ::posix_spawnp(&child, command[0].c_str(), &actions, ChildAttributes().get(),
                                     pointers(command).data(), pointers(variables).data());
  posix_spawn_file_actions_destroy(&actions);
  if (failure != 0) {
    refuse("run " + command[0], "a program that can be started", std::strerror(failure));
  }
  return child;
}

}  // namespace

ChildOutput run_child(const std::vector<std::string>& command) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) refuse("run " + command[0], "a pipe", std::strerror(errno));
  const Descriptor reading(ends[0]);
  std::signal(SIGCHLD, SIG_DFL);  // where it is ignored, no exit status is kept
  pid_t child = 0;
  {
    const Descriptor writing(ends[1]);  // closed here, so that the child's end ends the reading
    child = spawn(command, writing.number());
  }
  ChildOutput output;
  output.text = read_all(reading.number());
  output.exit_status = wait_for(child);
  return output;
}

std::string file_sha256(const std::string& path) {
  const ChildOutput output = run_child({"sha256sum", "--", path});
  const std::size_t start = output.text.starts_with('\\') ? 1 : 0;  // marks an escaped file name
  if (output.exit_status != 0 || output.text.size() < start + 64) {
    refuse("sha256sum " + path, "a checksum", "exit status ", output.exit_status);
  }
  return output.text.substr(start, 64);
}

}  // namespace jest::studies
