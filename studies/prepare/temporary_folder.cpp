#include "prepare/temporary_folder.hpp"

#include <pthread.h>
#include <stdlib.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <mutex>
#include <set>
#include <system_error>
#include <thread>

#include "jest/core/error.hpp"

namespace jest::studies {
namespace {

/// Those of the signals that end a program which are not ignored, as SIGHUP is under nohup.
sigset_t ending_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGHUP, SIGINT, SIGTERM}) {
    struct sigaction action {};
    ::sigaction(signal, nullptr, &action);
    if (action.sa_handler != SIG_IGN) sigaddset(&signals, signal);
  }
  return signals;
}

/// The folders that are there now. A signal that ends the program removes them first: a thread
/// waits for it, as a handler could not.
class LiveFolders {
 public:
  static LiveFolders& of_program() {
    static auto* const folders = new LiveFolders;  // the thread uses it to the end
    return *folders;
  }

  void add(const std::filesystem::path& path) {
    const std::lock_guard lock(mutex_);
    paths_.insert(path);
  }

  void remove(const std::filesystem::path& path) {
    const std::lock_guard lock(mutex_);
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
    paths_.erase(path);
  }

 private:
  LiveFolders() {
    const sigset_t signals = ending_signals();
    ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    std::thread([this, signals] { end_at(signals); }).detach();
  }

  void end_at(const sigset_t& signals) {
    int signal = 0;
    if (sigwait(&signals, &signal) != 0) return;
    const std::lock_guard lock(mutex_);
    for (const auto& path : paths_) {
      constexpr int kTries = 5;  // the program may be writing there
      std::error_code failure;
      for (int k = 0; k < kTries && std::filesystem::exists(path, failure); ++k) {
        std::filesystem::remove_all(path, failure);
      }
    }
    std::signal(signal, SIG_DFL);
    ::pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
    ::raise(signal);
  }

  std::mutex mutex_;
  std::set<std::filesystem::path> paths_;
};

std::filesystem::path folder_of_temporaries() {
  const char* named = ::getenv("TMPDIR");
  const std::filesystem::path folder = named && *named ? named : "/tmp";
  std::error_code unreadable;
  if (!std::filesystem::is_directory(folder, unreadable)) {
    refuse("make a temporary folder", "a folder that exists as TMPDIR", folder.string());
  }
  return folder;
}

}  // namespace

TemporaryFolder::TemporaryFolder() {
  LiveFolders& live = LiveFolders::of_program();  // from here on no signal comes between
  std::string name = (folder_of_temporaries() / "jest-data-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) {
    refuse("make a temporary folder", "a writable " + name, std::strerror(errno));
  }
  path_ = name;
  live.add(path_);
}

TemporaryFolder::~TemporaryFolder() { LiveFolders::of_program().remove(path_); }

}  // namespace jest::studies
