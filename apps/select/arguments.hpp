#pragma once
// The options of jest-select: names, help texts, and one-line refusals.

#include <CLI/CLI.hpp>
#include <string>

#include "jest/core/score.hpp"
#include "jest/criteria/contrastive.hpp"
#include "jest/select/selection.hpp"

namespace jest::apps::select {

/// What the command line asks for. Registers its options with `app`, which fills it on parsing; it
/// must outlive that.
class SelectArguments {
 public:
  explicit SelectArguments(CLI::App& app);
  SelectArguments(const SelectArguments&) = delete;
  SelectArguments& operator=(const SelectArguments&) = delete;

  /// Throws unless the options fit each other; looks at no file.
  void check() const;

  const std::string& learner() const { return learner_; }
  const std::string& reference() const { return reference_; }
  Contrast contrast() const { return contrast_; }
  ScoreWeights weights() const { return score_; }
  const SelectionSpec& spec() const { return spec_; }

 private:
  void add_files(CLI::App& app);
  void add_sampling(CLI::App& app);
  void add_scoring(CLI::App& app);
  void add_running(CLI::App& app);

  std::string learner_;
  std::string reference_;
  Contrast contrast_ = Contrast::kSigmoid;
  ScoreWeights score_ = kLearnability;
  SelectionSpec spec_{.backend = Backend::kEigen};  // answers are compared bit by bit
};

}  // namespace jest::apps::select
