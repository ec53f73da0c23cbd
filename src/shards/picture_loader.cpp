#include "picture_loader.hpp"

#include <algorithm>
#include <utility>

namespace jest {

PictureLoader::PictureLoader(const LoaderSpec& spec, Decode decode)
    : spec_(spec), decode_(std::move(decode)) {}

PictureLoader::~PictureLoader() {
  {
    const std::lock_guard lock(mutex_);
    ends_ = true;
  }
  wanted_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

/// Of what was asked for before, unless it failed; else a new one, which is in no queue yet.
const PictureLoader::Shared& PictureLoader::entry_of(std::int64_t picture) {
  Shared& entry = kept_[picture];
  if (entry && entry->fault) order_.erase(entry->place);
  if (!entry || entry->fault) {
    entry = std::make_shared<Entry>(picture);
    entry->place = order_.insert(order_.end(), entry);
  } else {
    order_.splice(order_.end(), order_, entry->place);
  }
  return entry;
}

/// What was not asked for the longest goes; what is not decoded yet stays.
void PictureLoader::keep_to_memory() {
  const auto most = static_cast<std::size_t>(spec_.memory / spec_.picture_bytes);
  while (order_.size() > most && order_.front()->done) {
    kept_.erase(order_.front()->picture);
    order_.pop_front();
  }
}

void PictureLoader::start() {
  while (std::ssize(threads_) < spec_.threads) threads_.emplace_back([this] { work(); });
}

void PictureLoader::ahead(std::span<const std::int64_t> pictures) {
  {
    const std::lock_guard lock(mutex_);
    start();
    for (const std::int64_t picture : pictures) {
      const Shared& entry = entry_of(picture);
      if (!entry->begun) later_.push_back(entry);
    }
    keep_to_memory();
  }
  wanted_.notify_all();
}

void PictureLoader::copy(std::span<const std::int64_t> pictures, std::span<std::uint8_t> out) {
  std::vector<Shared> entries;
  std::unique_lock lock(mutex_);
  start();
  for (const std::int64_t picture : pictures) {
    entries.push_back(entry_of(picture));
    if (!entries.back()->begun) now_.push_back(entries.back());
  }
  wanted_.notify_all();
  // From the last: when it is there, most are, and this thread is seldom woken.
  for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
    (*entry)->awaited = true;
    done_.wait(lock, [&] { return (*entry)->done; });
  }
  keep_to_memory();
  lock.unlock();
  for (const Shared& entry : entries) {
    if (entry->fault) std::rethrow_exception(entry->fault);
    std::copy_n(entry->pixels.get(), spec_.picture_bytes, out.begin());
    out = out.subspan(spec_.picture_bytes);
  }
}

/// Under the lock: what is to be decoded next; none where there is nothing to do.
PictureLoader::Shared PictureLoader::next() {
  for (std::deque<Shared>* queue : {&now_, &later_}) {
    while (!queue->empty()) {
      const Shared entry = std::move(queue->front());
      queue->pop_front();
      if (!std::exchange(entry->begun, true)) return entry;
    }
  }
  return nullptr;
}

void PictureLoader::decode(Entry& entry) const {
  try {
    entry.pixels = std::make_unique_for_overwrite<std::uint8_t[]>(spec_.picture_bytes);
    decode_(entry.picture, {entry.pixels.get(), static_cast<std::size_t>(spec_.picture_bytes)});
  } catch (...) {
    entry.fault = std::current_exception();
  }
}

void PictureLoader::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    Shared entry;
    wanted_.wait(lock, [&] { return ends_ || (entry = next()); });
    if (!entry) return;
    lock.unlock();
    decode(*entry);
    lock.lock();
    entry->done = true;
    if (entry->awaited) done_.notify_all();
  }
}

}  // namespace jest
