#pragma once
// Ranks as threads of one process, and exchanges that count.

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <functional>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "jest/select/exchange.hpp"

namespace jest::oracle {

/// What threads that play ranks share: all bytes of one exchange, and whether a rank has left.
class Meeting {
 public:
  explicit Meeting(int ranks) : parts_(static_cast<std::size_t>(ranks)) {}

  int size() const { return static_cast<int>(parts_.size()); }

  void gather(int rank, std::span<const std::byte> mine, std::span<const std::int64_t> sizes,
              std::span<std::byte> all) {
    std::unique_lock lock(mutex_);
    parts_[static_cast<std::size_t>(rank)].assign(mine.begin(), mine.end());
    wait(lock);
    std::size_t begin = 0;
    for (std::size_t r = 0; r < parts_.size(); ++r) {
      if (static_cast<std::int64_t>(parts_[r].size()) != sizes[r]) {
        left_ = true;
        throw Error(
            text("gather: expected ", sizes[r], " bytes of rank ", r, ", got ", parts_[r].size()));
      }
      if (sizes[r] > 0) std::memcpy(all.data() + begin, parts_[r].data(), parts_[r].size());
      begin += parts_[r].size();
    }
    wait(lock);
  }

  void leave() {
    const std::lock_guard lock(mutex_);
    left_ = true;
    changed_.notify_all();
  }

 private:
  void wait(std::unique_lock<std::mutex>& lock) {
    const std::int64_t turn = turn_;
    if (++waiting_ == size()) {
      waiting_ = 0;
      ++turn_;
      changed_.notify_all();
    }
    changed_.wait(lock, [&] { return turn_ != turn || left_; });
    if (turn_ == turn) throw Error("gather: a rank has left");
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::vector<std::byte>> parts_;
  int waiting_ = 0;
  std::int64_t turn_ = 0;
  bool left_ = false;
};

/// One thread's end. Counts exchanges and the bytes that came.
class ThreadRank final : public Exchange {
 public:
  ThreadRank(Meeting& meeting, int rank) : meeting_(meeting), rank_(rank) {}

  int rank() const override { return rank_; }
  int size() const override { return meeting_.size(); }
  void gather(std::span<const std::byte> mine, std::span<const std::int64_t> sizes,
              std::span<std::byte> all) override {
    ++exchanges;
    bytes.push_back(static_cast<std::int64_t>(all.size()));
    if (before_gather) before_gather(exchanges);
    meeting_.gather(rank_, mine, sizes, all);
  }

  std::int64_t exchanges = 0;
  std::vector<std::int64_t> bytes;                  ///< of each exchange
  std::function<void(std::int64_t)> before_gather;  ///< given which one it is, from 1

 private:
  Meeting& meeting_;
  int rank_;
};

/// What each rank's work threw; empty where nothing.
template <class Work>
std::vector<std::string> errors_of_ranks(int ranks, const Work& work) {
  Meeting meeting(ranks);
  std::vector<std::string> errors(static_cast<std::size_t>(ranks));
  {
    std::vector<std::jthread> threads;
    for (int rank = 0; rank < ranks; ++rank) {
      threads.emplace_back([&, rank] {
        ThreadRank exchange(meeting, rank);
        try {
          work(exchange);
        } catch (const std::exception& error) {
          errors[static_cast<std::size_t>(rank)] = error.what();
          meeting.leave();
        }
      });
    }
  }
  return errors;
}

/// What each rank's work answers. Throws what the first of them throws.
template <class Answer, class Work>
std::vector<Answer> answers_of_ranks(int ranks, const Work& work) {
  std::vector<Answer> answers(static_cast<std::size_t>(ranks));
  const auto errors = errors_of_ranks(ranks, [&](ThreadRank& exchange) {
    answers[static_cast<std::size_t>(exchange.rank())] = work(exchange);
  });
  for (const std::string& error : errors) {
    if (!error.empty()) throw Error(error);
  }
  return answers;
}

}  // namespace jest::oracle
