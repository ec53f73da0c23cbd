#include "train/energy/package_energy.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstring>

#include "jest/core/error.hpp"

namespace jest::apps::train {
namespace {

namespace fs = std::filesystem;

/// A counter of 65 kJ, the smallest in use, lasts 160 s at 400 W.
constexpr std::chrono::seconds kLookEvery{10};

/// A file of sysfs says that it has the size of a page, and holds a line.
std::string line_of(const fs::path& file) {
  std::array<char, 64> bytes;
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  const ssize_t count = descriptor < 0 ? -1 : ::read(descriptor, bytes.data(), bytes.size());
  const int reason = errno;
  if (descriptor >= 0) ::close(descriptor);
  if (count < 0) throw Error(text(file.string(), ": ", std::strerror(reason)));
  const std::string line(bytes.data(), static_cast<std::size_t>(count));
  return line.substr(0, line.find('\n'));
}

std::uint64_t microjoules_in(const fs::path& file) {
  const std::string line = line_of(file);
  std::uint64_t value = 0;
  const auto [end, fault] = std::from_chars(line.data(), line.data() + line.size(), value);
  if (fault != std::errc() || end != line.data() + line.size()) {
    throw Error(text(file.string(), ": expected a number, got '", line, "'"));
  }
  return value;
}

/// intel-rapl:N; a sub-domain is intel-rapl:N:M. AMD's are called so, too.
bool is_zone(const fs::path& path) {
  constexpr std::string_view kPrefix = "intel-rapl:";
  const std::string name = path.filename().string();
  return name.starts_with(kPrefix) && name.size() > kPrefix.size() &&
         std::all_of(name.begin() + kPrefix.size(), name.end(),
                     [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

PackageEnergy::PackageEnergy(const fs::path& powercap) {
  try {
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(powercap, none)) {
      if (is_zone(entry.path()) && line_of(entry.path() / "name").starts_with("package")) {
        add(entry.path());
      }
    }
    if (counters_.empty()) throw Error(text("no package in ", powercap.string()));
  } catch (const Error& error) {
    missing_ = error.what();
    return;
  }
  thread_ = std::jthread([this](const std::stop_token& stop) { look_until_stopped(stop); });
}

PackageEnergy::~PackageEnergy() = default;

void PackageEnergy::add(const fs::path& zone) {
  const fs::path file = zone / "energy_uj";
  counters_.push_back({file, microjoules_in(zone / "max_energy_range_uj"), microjoules_in(file)});
}

double PackageEnergy::joules() {
  const std::lock_guard lock(mutex_);
  look();
  return joules_;
}

void PackageEnergy::look() try {
  for (Counter& counter : counters_) {
    const std::uint64_t now = microjoules_in(counter.file);
    const std::uint64_t added =
        now >= counter.last ? now - counter.last : counter.range - counter.last + now;
    joules_ += 1e-6 * static_cast<double>(added);
    counter.last = now;
  }
} catch (const Error&) {
  joules_ = std::nan("");
}

void PackageEnergy::look_until_stopped(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    look();
    stopped_.wait_for(lock, stop, kLookEvery, [] { return false; });
  }
}

}  // namespace jest::apps::train
