// The process's pool of threads, started when first needed, anew in a child process.

#include "thread_pool.hpp"

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>

namespace jest::cpu {
namespace {

using Work = std::function<void(std::int64_t, int)>;

class ThreadPool {
 public:
  /// Never to be destroyed: its threads sleep until the process ends.
  ~ThreadPool() = delete;

  void run(std::int64_t tasks, int helpers, const Work& work) {
    {
      const std::lock_guard lock(state_);
      helpers = std::min(helpers, grown_to(helpers));
      work_ = &work;
      tasks_ = tasks;
      next_ = 0;
      helpers_ = helpers;
      busy_ = helpers;
      ++call_;
    }
    start_.notify_all();
    take_tasks(0);
    std::unique_lock lock(state_);
    done_.wait(lock, [this] { return busy_ == 0; });
  }

  std::mutex callers;  ///< one call at a time

 private:
  /// Starts threads until there are `helpers`, or as many as the system gives.
  int grown_to(int helpers) {
    try {
      for (; helpers_alive_ < helpers; ++helpers_alive_) {
        std::thread([this, worker = helpers_alive_ + 1, seen = call_] {
          serve(worker, seen);
        }).detach();
      }
    } catch (const std::system_error&) {  // fewer do the same work
    }
    return helpers_alive_;
  }

  [[noreturn]] void serve(int worker, std::int64_t seen) {
    for (;;) {
      {
        std::unique_lock lock(state_);
        start_.wait(lock, [&] { return call_ != seen; });
        seen = call_;
        if (worker > helpers_) continue;
      }
      take_tasks(worker);
      const std::lock_guard lock(state_);
      if (--busy_ == 0) done_.notify_one();
    }
  }

  void take_tasks(int worker) {
    for (std::int64_t task = next_++; task < tasks_; task = next_++) (*work_)(task, worker);
  }

  std::mutex state_;
  std::condition_variable start_;
  std::condition_variable done_;
  const Work* work_ = nullptr;
  std::int64_t tasks_ = 0;
  std::atomic<std::int64_t> next_{0};
  std::int64_t call_ = 0;
  int helpers_ = 0;
  int busy_ = 0;
  int helpers_alive_ = 0;
};

/// The pool of this process. A child of fork() has none of its parent's threads and gets its own.
ThreadPool*& this_process_pool() {
  static ThreadPool* pool = new ThreadPool;
  static const int registered =
      pthread_atfork(nullptr, nullptr, [] { this_process_pool() = new ThreadPool; });
  static_cast<void>(registered);
  return pool;
}

}  // namespace

void run_tasks(std::int64_t tasks, int threads, const Work& work) {
  ThreadPool& pool = *this_process_pool();
  const auto helpers = static_cast<int>(std::min<std::int64_t>(threads, tasks)) - 1;
  std::unique_lock turn(pool.callers, std::try_to_lock);
  if (helpers < 1 || !turn.owns_lock()) {
    for (std::int64_t task = 0; task < tasks; ++task) work(task, 0);
    return;
  }
  pool.run(tasks, helpers, work);
}

}  // namespace jest::cpu
