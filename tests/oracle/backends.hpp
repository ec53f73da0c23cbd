#pragma once
// What a typed test runs over: a criterion, and a backend that computes it.

#include <gtest/gtest.h>

#include <type_traits>
#include <vector>

#include "jest/select/select.hpp"
#include "select/cpu/contrastive.hpp"
#include "select/plain/contrastive.hpp"

namespace jest::oracle {

template <class PairsType, Backend kBackend>
struct On {
  using Pairs = PairsType;
  static constexpr Backend backend = kBackend;
  static constexpr bool plain = kBackend == Backend::kEigen;
  static constexpr bool sigmoid = std::is_same_v<PairsType, SigmoidPairs>;
  using PlainScores = std::conditional_t<sigmoid, plain::SigmoidScores, plain::SoftmaxScores>;
  using CpuScores = std::conditional_t<sigmoid, cpu::SigmoidScores, cpu::SoftmaxScores>;
  using Scores = std::conditional_t<plain, PlainScores, CpuScores>;

  /// Double precision throughout, or float32 products and functions: sums that are right to a
  /// millionth, whose differences are scores.
  static constexpr double tolerance = plain ? 1e-10 : 1e-5;

  /// Every way in which the backend can compute on this machine.
  static std::vector<typename Scores::Engine> engines() {
    if constexpr (plain) {
      return {{}};
    } else {
      std::vector<cpu::Engine> engines;
      for (const auto set : cpu::instruction_sets()) engines.push_back({.instruction_set = set});
      return engines;
    }
  }
};

using Everywhere =
    ::testing::Types<On<SigmoidPairs, Backend::kEigen>, On<SoftmaxPairs, Backend::kEigen>,
                     On<SigmoidPairs, Backend::kCpu>, On<SoftmaxPairs, Backend::kCpu>>;

}  // namespace jest::oracle
