#pragma once
// The models' files of one super-batch, made to fit each other, and selections from them.

#include <optional>

#include "jest/criteria/contrastive.hpp"
#include "select/arguments.hpp"

namespace jest::apps::select {

class Inputs {
 public:
  /// Throws, naming the option or file, unless the files fit each other and the options. A model
  /// without weight may lack files; given, it is asked for ids only.
  explicit Inputs(const SelectArguments& arguments);

  Selection select(std::int64_t step) const;
  const cached::CachedIds& ids() const { return ids_; }
  std::int64_t candidates() const;
  /// Throws where a mapped file was written to since.
  void expect_unchanged() const;
  /// Of sigmoid pairs with a reference: whether its scale and bias cannot be fitted ones.
  bool takes_strangers_for_matches() const;

 private:
  template <class Pairs>
  Selection select_pairs(const SelectionSpec& spec) const;
  bool has_losses() const;
  EmbeddingsView view(const std::optional<cached::CachedModel>& model, const std::string& name,
                      const std::optional<LogitFit>& fit) const;

  const SelectArguments& arguments_;
  std::optional<cached::CachedModel> learner_, reference_;
  std::optional<LogitFit> fit_;  ///< of the reference, where it is fitted here
  cached::CachedIds ids_;
};

/// The same scale and bias fitted to curated pairs, as one line of JSON.
std::string calibration_answer(const cached::CachedFiles& files, Contrast contrast,
                               std::optional<std::int64_t> batch);

}  // namespace jest::apps::select
