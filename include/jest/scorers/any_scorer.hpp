#pragma once
// Any scorer behind one type, so that a method is chosen at run time and a training loop is
// compiled once, not once a method.

#include <memory>
#include <type_traits>
#include <utility>

#include "jest/scorers/scorer.hpp"

namespace jest {

/// Owns the scorer, or refers to it where it was given as an lvalue and then must outlive this.
/// Copies share it.
template <Batch B>
class AnyScorer {
 public:
  template <class S>
  requires(!std::same_as<std::remove_cvref_t<S>, AnyScorer>) &&
      Scorer<std::remove_reference_t<S>, B> AnyScorer(S&& scorer)  // NOLINT: converts
      : held_(std::make_shared<Holder<S>>(std::forward<S>(scorer))) {}

  ScoredSelection select(const B& super_batch, std::int64_t step) {
    return held_->select(super_batch, step);
  }
  std::int64_t count(std::int64_t candidates) const { return held_->count(candidates); }
  std::uint64_t seed() const { return held_->seed(); }
  bool scores() const { return held_->scores(); }

  /// Nothing where the scorer keeps nothing.
  NamedTensors state() const { return held_->state(); }
  void load_state(const NamedTensors& state) { held_->load_state(state); }

 private:
  struct Held {
    virtual ~Held() = default;
    virtual ScoredSelection select(const B& super_batch, std::int64_t step) = 0;
    virtual std::int64_t count(std::int64_t candidates) const = 0;
    virtual std::uint64_t seed() const = 0;
    virtual bool scores() const = 0;
    virtual NamedTensors state() = 0;
    virtual void load_state(const NamedTensors& state) = 0;
  };

  template <class S>
  struct Holder final : Held {
    explicit Holder(S&& given) : scorer(std::forward<S>(given)) {}
    ScoredSelection select(const B& super_batch, std::int64_t step) override {
      return scorer.select(super_batch, step);
    }
    std::int64_t count(std::int64_t candidates) const override { return scorer.count(candidates); }
    std::uint64_t seed() const override { return scorer.seed(); }
    bool scores() const override { return scorer.scores(); }
    NamedTensors state() override {
      if constexpr (KeepsState<S>) return scorer.state();
      return {};
    }
    void load_state([[maybe_unused]] const NamedTensors& state) override {
      if constexpr (KeepsState<S>) scorer.load_state(state);
    }
    S scorer;
  };

  std::shared_ptr<Held> held_;
};

}  // namespace jest
