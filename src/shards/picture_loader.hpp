#pragma once
// Decoded pictures: made by threads ahead of who needs them, and kept as far as memory goes.

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <unordered_map>
#include <vector>

namespace jest {

struct LoaderSpec {
  std::int64_t picture_bytes = 0;  ///< of a decoded one
  int threads = 1;
  std::int64_t memory = 0;  ///< bytes of decoded pictures that are kept beside those asked for
};

class PictureLoader {
 public:
  using Decode = std::function<void(std::int64_t picture, std::span<std::uint8_t> out)>;

  /// Threads start with the first picture that is asked for.
  PictureLoader(const LoaderSpec& spec, Decode decode);
  ~PictureLoader();

  /// Those that are not there come after all that were asked for before.
  void ahead(std::span<const std::int64_t> pictures);
  /// Copies pictures one after the other; those that are not there come first. Throws what decoding
  /// threw.
  void copy(std::span<const std::int64_t> pictures, std::span<std::uint8_t> out);

 private:
  struct Entry {
    explicit Entry(std::int64_t given) : picture(given) {}

    std::int64_t picture;
    std::unique_ptr<std::uint8_t[]> pixels = {};
    std::exception_ptr fault = {};
    bool begun = false;
    bool done = false;
    bool awaited = false;
    std::list<std::shared_ptr<Entry>>::iterator place = {};  ///< in order_
  };
  using Shared = std::shared_ptr<Entry>;

  const Shared& entry_of(std::int64_t picture);
  void keep_to_memory();
  void start();
  void work();
  void decode(Entry& entry) const;
  Shared next();

  LoaderSpec spec_;
  Decode decode_;
  std::mutex mutex_;
  std::condition_variable wanted_, done_;
  std::unordered_map<std::int64_t, Shared> kept_;
  std::list<Shared> order_;  ///< of kept_, what was asked for last at the end
  std::deque<Shared> now_, later_;
  bool ends_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace jest
