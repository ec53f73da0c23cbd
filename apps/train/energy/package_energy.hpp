#pragma once
// What the processor packages of the machine have taken since a moment, by RAPL.

#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace jest::apps::train {

/// Counters of Linux's powercap: of packages alone. Their sub-domains (core) are a part of them,
/// and psys holds packages and what is around them. A counter starts again at 0 behind
/// max_energy_range_uj, after minutes under load: a thread looks at it every few seconds.
/// Source: Linux, Documentation/power/powercap/powercap.rst.
class PackageEnergy {
 public:
  /// `powercap` is a folder like /sys/class/powercap.
  explicit PackageEnergy(const std::filesystem::path& powercap);
  ~PackageEnergy();

  /// Why nothing is counted; empty where every package is.
  const std::string& missing() const { return missing_; }

  /// Since the construction; NaN once a counter could not be read.
  double joules();

 private:
  struct Counter {
    std::filesystem::path file;
    std::uint64_t range = 0;  ///< in microjoules, as `last`
    std::uint64_t last = 0;
  };

  void add(const std::filesystem::path& zone);
  void look();
  void look_until_stopped(const std::stop_token& stop);

  std::string missing_;
  std::vector<Counter> counters_;
  double joules_ = 0;
  std::mutex mutex_;
  std::condition_variable_any stopped_;
  std::jthread thread_;
};

}  // namespace jest::apps::train
