// What the halves of a split world tell each other, as bytes, and the thread that sends it.

#include <torch/torch.h>

#include <condition_variable>
#include <cstring>
#include <deque>
#include <mutex>
#include <thread>

#include "jest/core/views.hpp"
#include "jest/train/checkpoint.hpp"

namespace jest::detail {

/// A message: the sizes of its parts, int64, and all of them in one row of bytes.
struct PackedMessage {
  at::Tensor sizes;
  at::Tensor bytes;
};

namespace {

/// Bytes of the parts of a message that follow its numbers, in this order.
struct Sizes {
  std::int64_t failure = 0, remark = 0, picks = 0, scores = 0, tensors = 0;

  std::int64_t total() const { return failure + remark + picks + scores + tensors; }
};
constexpr std::int64_t kSizes = sizeof(Sizes) / sizeof(std::int64_t);

struct Numbers {
  std::int64_t scored, learner_scored, reference_scored;
  double cpu_seconds, learner_ms, reference_ms, select_ms, mean_super_batch, mean_picks, deviation;
};

Numbers numbers_of(const Told& told) {
  const ScoringStatistics& scoring = told.picks.scoring;
  const SelectionStatistics& statistics = told.picks.statistics;
  return {told.scored,
          scoring.learner_scored,
          scoring.reference_scored,
          told.cpu_seconds,
          scoring.learner_ms,
          scoring.reference_ms,
          statistics.select_ms,
          statistics.mean_own_score_super_batch,
          statistics.mean_own_score_picks,
          statistics.own_score_deviation};
}

void set_numbers(const Numbers& numbers, Told& told) {
  told.scored = numbers.scored != 0;
  told.cpu_seconds = numbers.cpu_seconds;
  told.picks.scoring = {.learner_ms = numbers.learner_ms,
                        .reference_ms = numbers.reference_ms,
                        .learner_scored = numbers.learner_scored,
                        .reference_scored = numbers.reference_scored};
  SelectionStatistics& statistics = told.picks.statistics;
  statistics.select_ms = numbers.select_ms;
  statistics.mean_own_score_super_batch = numbers.mean_super_batch;
  statistics.mean_own_score_picks = numbers.mean_picks;
  statistics.own_score_deviation = numbers.deviation;
}

std::int64_t bytes_of(const std::vector<at::Tensor>& tensors) {
  std::int64_t total = 0;
  for (const at::Tensor& tensor : tensors) total += static_cast<std::int64_t>(tensor.nbytes());
  return total;
}

/// Copies between a row of bytes and others, one after the other.
class Bytes {
 public:
  explicit Bytes(const at::Tensor& row) : next_(static_cast<char*>(row.mutable_data_ptr())) {}

  void put(const void* from, std::size_t size) {
    if (size > 0) std::memcpy(next_, from, size);
    next_ += size;
  }
  void take(void* into, std::size_t size) {
    if (size > 0) std::memcpy(into, next_, size);
    next_ += size;
  }

 private:
  char* next_;
};

at::Tensor bytes_for(const Sizes& sizes) {
  return at::empty({static_cast<std::int64_t>(sizeof(Numbers)) + sizes.total()}, at::kByte);
}

PackedMessage pack(const Told& told, const std::vector<at::Tensor>& tensors) {
  const Selection& picks = told.picks;
  const Sizes sizes{std::ssize(told.failure), std::ssize(told.remark),
                    8 * std::ssize(picks.indices), 8 * std::ssize(picks.scores), bytes_of(tensors)};
  const PackedMessage packed{at::empty({kSizes}, at::kLong), bytes_for(sizes)};
  Bytes(packed.sizes).put(&sizes, sizeof(sizes));
  Bytes bytes(packed.bytes);
  const Numbers numbers = numbers_of(told);
  bytes.put(&numbers, sizeof(numbers));
  bytes.put(told.failure.data(), told.failure.size());
  bytes.put(told.remark.data(), told.remark.size());
  bytes.put(picks.indices.data(), at(sizes.picks));
  bytes.put(picks.scores.data(), at(sizes.scores));
  for (const at::Tensor& tensor : tensors) {
    const at::Tensor host = tensor.detach().to(at::kCPU).contiguous();
    bytes.put(host.const_data_ptr(), host.nbytes());
  }
  return packed;
}

Told unpack(const Sizes& sizes, Bytes bytes, const std::vector<at::Tensor>& tensors) {
  Told told{.failure = std::string(at(sizes.failure), ' '),
            .remark = std::string(at(sizes.remark), ' ')};
  Numbers numbers{};
  bytes.take(&numbers, sizeof(numbers));
  set_numbers(numbers, told);
  bytes.take(told.failure.data(), told.failure.size());
  if (!told.failure.empty()) return told;
  bytes.take(told.remark.data(), told.remark.size());
  told.picks.indices.resize(at(sizes.picks / 8));
  told.picks.scores.resize(at(sizes.scores / 8));
  bytes.take(told.picks.indices.data(), at(sizes.picks));
  bytes.take(told.picks.scores.data(), at(sizes.scores));
  if (sizes.tensors != bytes_of(tensors)) {
    refuse("receive", text(bytes_of(tensors), " bytes of tensors"), sizes.tensors);
  }
  for (const at::Tensor& tensor : tensors) {
    const at::Tensor host = at::empty(tensor.sizes(), tensor.options().device(at::kCPU));
    bytes.take(host.mutable_data_ptr(), host.nbytes());
    tensor.detach().copy_(host);
  }
  return told;
}

}  // namespace

class Outbox {
 public:
  explicit Outbox(World& world) : world_(world), thread_([this] { send_all(); }) {}
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;
  ~Outbox() {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

  void post(PackedMessage message) {
    const std::lock_guard lock(mutex_);
    if (!failure_.empty()) throw Error(failure_);
    waiting_.push_back(std::move(message));
    changed_.notify_all();
  }

  void flush() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return waiting_.empty() || !failure_.empty(); });
    if (!failure_.empty()) throw Error(failure_);
  }

 private:
  void send_all() {
    std::unique_lock lock(mutex_);
    while (failure_.empty()) {
      changed_.wait(lock, [this] { return !waiting_.empty() || closed_; });
      if (closed_) return;
      const PackedMessage message = waiting_.front();
      lock.unlock();
      const std::string failure = send(message);
      lock.lock();
      failure_ = failure;
      waiting_.pop_front();
      changed_.notify_all();
    }
  }

  /// What it ended in, or nothing.
  std::string send(const PackedMessage& message) {
    try {
      world_.broadcast(message.sizes);
      world_.broadcast(message.bytes);
      return {};
    } catch (const std::exception& error) {
      return error.what();
    }
  }

  World& world_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<PackedMessage> waiting_;
  std::string failure_;
  bool closed_ = false;
  std::thread thread_;  // last: it uses all others
};

std::shared_ptr<Outbox> open_outbox(World& world) { return std::make_shared<Outbox>(world); }

void post(Outbox& outbox, const Told& told, const std::vector<at::Tensor>& tensors) {
  outbox.post(pack(told, tensors));
}
void flush(Outbox& outbox) { outbox.flush(); }

Told received(World& world, const std::vector<at::Tensor>& tensors) {
  const at::Tensor row = at::zeros({kSizes}, at::kLong);
  world.broadcast(row);
  Sizes sizes;
  Bytes(row).take(&sizes, sizeof(sizes));
  const at::Tensor bytes = bytes_for(sizes);
  world.broadcast(bytes);
  return unpack(sizes, Bytes(bytes), tensors);
}

}  // namespace jest::detail
