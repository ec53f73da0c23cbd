#include "thread_pool.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

namespace jest::cpu {
namespace {

using Work = std::function<void(std::int64_t, int)>;

class ThreadPool {
 public:
  ~ThreadPool() {
    {
      const std::lock_guard lock(state_);
      stop_ = true;
    }
    start_.notify_all();
  }

  void run(std::int64_t tasks, int helpers, const Work& work) {
    {
      const std::lock_guard lock(state_);
      while (static_cast<int>(threads_.size()) < helpers) {
        threads_.emplace_back([this, worker = static_cast<int>(threads_.size()) + 1, seen = call_] {
          serve(worker, seen);
        });
      }
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
  void serve(int worker, std::int64_t seen) {
    for (;;) {
      {
        std::unique_lock lock(state_);
        start_.wait(lock, [&] { return stop_ || call_ != seen; });
        if (stop_) return;
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
  bool stop_ = false;
  std::vector<std::jthread> threads_;  // last: joined before what they use is gone
};

}  // namespace

void run_tasks(std::int64_t tasks, int threads, const Work& work) {
  static ThreadPool pool;
  const auto helpers = static_cast<int>(std::min<std::int64_t>(threads, tasks)) - 1;
  std::unique_lock turn(pool.callers, std::try_to_lock);
  if (helpers < 1 || !turn.owns_lock()) {
    for (std::int64_t task = 0; task < tasks; ++task) work(task, 0);
    return;
  }
  pool.run(tasks, helpers, work);
}

}  // namespace jest::cpu
