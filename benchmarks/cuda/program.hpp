#pragma once
// How programs that need a device begin, what they leave, and how they end.

#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "jest/io/atomic_file.hpp"
#include "jest/select/cuda.hpp"

namespace jest::bench {

inline constexpr int kNoDevice = 77;  // what test drivers take for "skipped"

struct ProgramOptions {
  bool quick = false;
  std::string out;

  /// Whole or not at all; called after every part, so that what was measured is kept.
  void keep(const nlohmann::json& report) const {
    if (!out.empty()) write_file(out, report.dump(1) + "\n");
  }
};

/// NAME [--quick] [--out FILE.json]: 77 without a device, 2 on other words, 1 where `run(options)`
/// throws.
template <class Run>
int run_program(const char* name, int argc, char** argv, const Run& run) {
  ProgramOptions options;
  for (int k = 1; k < argc; ++k) {
    const std::string_view argument = argv[k];
    if (argument == "--quick") {
      options.quick = true;
    } else if (argument == "--out" && k + 1 < argc) {
      options.out = argv[++k];
    } else {
      std::fprintf(stderr, "usage: %s [--quick] [--out FILE.json]\n", name);
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
