#pragma once
// How programs that need a device begin, what they leave, and how they end.

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "jest/io/atomic_file.hpp"
#include "jest/select/cuda.hpp"

namespace jest::bench {

inline constexpr int kNoDevice = 77;  // what test drivers take for "skipped"

struct ProgramOptions {
  bool quick = false;
  double seconds = std::numeric_limits<double>::infinity();
  std::string out;

  /// Whether so much time has passed that no further part should begin.
  bool used_up() const {
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begun;
    return elapsed.count() > seconds;
  }

  /// Whole or not at all; called after every part, so that what was measured is kept.
  void keep(const nlohmann::json& report) const {
    if (!out.empty()) write_file(out, report.dump(1) + "\n");
  }

  std::chrono::steady_clock::time_point begun = std::chrono::steady_clock::now();
};

/// NAME [--quick] [--seconds S] [--out FILE.json]: 77 without a device, 2 on other words, 1 where
/// `run(options)` throws.
template <class Run>
int run_program(const char* name, int argc, char** argv, const Run& run) {
  ProgramOptions options;
  for (int k = 1; k < argc; ++k) {
    const std::string_view argument = argv[k];
    if (argument == "--quick") {
      options.quick = true;
    } else if (argument == "--seconds" && k + 1 < argc) {
      options.seconds = std::strtod(argv[++k], nullptr);
    } else if (argument == "--out" && k + 1 < argc) {
      options.out = argv[++k];
    } else {
      std::fprintf(stderr, "usage: %s [--quick] [--seconds S] [--out FILE.json]\n", name);
      return 2;
    }
  }
  if (cuda::device_count() == 0) {
    std::fprintf(stderr, "%s: no CUDA device on this machine\n", name);
    return kNoDevice;
  }
  try {
    run(options);
    return 0;
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}

}  // namespace jest::bench
