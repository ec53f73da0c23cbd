#pragma once
// How many launches a pipeline is: what a graph of it would hold.

#include "pipeline.hpp"

namespace jest::cuda {

/// An executor that only counts; a sort is counted as one launch, whatever CUB makes of it.
class LaunchCount {
 public:
  template <class Kernel>
  void launch(int, const Kernel&) {
    ++launches_;
  }
  void sort(const Arrays&, std::int64_t) { ++launches_; }
  void count(const Arrays&, std::int64_t) { ++launches_; }
  void product(int, const Product&) { ++launches_; }
  void fused_product(int, const FusedProduct&) { ++launches_; }
  void fork() {}
  void join() {}
  std::int64_t launches() const { return launches_; }

 private:
  std::int64_t launches_ = 0;
};

inline std::int64_t launches_of(const Plan& plan, const Arrays& arrays) {
  LaunchCount count;
  Pipeline(plan, arrays, count).run();
  return count.launches();
}

}  // namespace jest::cuda
