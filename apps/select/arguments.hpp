#pragma once
// The options of jest-select: names, help texts, and one-line refusals.

#include <CLI/CLI.hpp>
#include <filesystem>
#include <string>

#include "cached/cached_model.hpp"
#include "jest/core/score.hpp"
#include "jest/criteria/contrastive.hpp"
#include "jest/select/selection.hpp"

namespace jest::apps::select {

enum class Answer {
  kJson,       ///< a line a step
  kPositions,  ///< .npy of int64, in draw order: [b], or [steps, b]
  kUids,       ///< .npy of u8,u8, sorted: what DataComp trains on
};

/// Steps from `first` to before `end`.
struct Steps {
  std::int64_t first = 0;
  std::int64_t end = 0;

  std::int64_t count() const { return end - first; }
};

/// The options that name the embeddings of a model; that name arrays; that name the criterion.
void add_cached_embeddings(CLI::App& app, const std::string& model, cached::CachedFiles& files);
void add_array_names(CLI::App& app, cached::ArrayNames& names);
void add_criterion(CLI::App& app, Contrast& contrast);

/// What the command line asks for. Registers its options with `app`, which fills it on parsing; it
/// must outlive that.
class SelectArguments {
 public:
  explicit SelectArguments(CLI::App& app);
  SelectArguments(const SelectArguments&) = delete;
  SelectArguments& operator=(const SelectArguments&) = delete;

  /// Throws unless the options fit each other; looks at no file's content.
  void check() const;

  cached::CachedFiles learner() const { return named(learner_); }
  cached::CachedFiles reference() const { return named(reference_); }
  /// Curated pairs that the reference's scale and bias are fitted to; empty where they are known.
  cached::CachedFiles curated() const {
    cached::CachedFiles files;
    files.pairs = curated_;
    return named(files);
  }
  const cached::Paths& ids() const { return ids_; }
  Contrast contrast() const { return contrast_; }
  ScoreWeights weights() const { return score_; }
  /// Of the first step.
  const SelectionSpec& spec() const { return spec_; }
  Steps steps() const { return steps_.count() > 0 ? steps_ : Steps{0, 1}; }
  Answer answer() const { return answer_; }
  const std::filesystem::path& out() const { return out_; }

 private:
  cached::CachedFiles named(cached::CachedFiles files) const {
    files.names = names_;
    return files;
  }
  void add_files(CLI::App& app);
  void add_sampling(CLI::App& app);
  void add_steps(CLI::App& app);
  void add_scoring(CLI::App& app);
  void add_running(CLI::App& app);
  void take_steps(const Steps& steps);
  void check_answer() const;

  cached::CachedFiles learner_;
  cached::CachedFiles reference_;
  cached::Paths curated_;
  cached::Paths ids_;
  cached::ArrayNames names_;
  Contrast contrast_ = Contrast::kSigmoid;
  ScoreWeights score_ = kLearnability;
  SelectionSpec spec_{.backend = Backend::kEigen};  // answers are compared bit by bit
  Steps steps_;
  Answer answer_ = Answer::kJson;
  std::filesystem::path out_;
};

}  // namespace jest::apps::select
