#pragma once
// Any scorer behind one type, so that the training loop is compiled once, not once a method.

#include <functional>

#include "jest/learner/concepts.hpp"
#include "jest/select/selection.hpp"

namespace jest {

/// Holds a reference: the scorer must outlive this.
template <Batch B>
class AnyScorer {
 public:
  template <class Scorer>
  explicit AnyScorer(Scorer& scorer)
      : count_(scorer.count()),
        seed_(scorer.seed()),
        remark_(scorer.template remark<B>()),
        select_(
            [&scorer](const B& batch, std::uint32_t step) { return scorer.select(batch, step); }) {
    if constexpr (KeepsState<Scorer>) {
      state_ = [&scorer] { return scorer.state(); };
      load_state_ = [&scorer](const NamedTensors& state) { scorer.load_state(state); };
    }
  }

  static constexpr bool kScores = true;
  std::int64_t count() const { return count_; }
  std::uint64_t seed() const { return seed_; }
  Selection select(const B& super_batch, std::uint32_t step) { return select_(super_batch, step); }

  template <class>
  std::string_view remark() const {
    return remark_;
  }

  /// Nothing where the scorer keeps nothing.
  NamedTensors state() const { return state_ ? state_() : NamedTensors{}; }
  void load_state(const NamedTensors& state) {
    if (load_state_) load_state_(state);
  }

 private:
  std::int64_t count_;
  std::uint64_t seed_;
  std::string_view remark_;
  std::function<Selection(const B&, std::uint32_t)> select_;
  std::function<NamedTensors()> state_;
  std::function<void(const NamedTensors&)> load_state_;
};

}  // namespace jest
