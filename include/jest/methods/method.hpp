#pragma once
// A published way of choosing what to train on, as a value made of parts. A part is a small struct
// that bears its parameters; scorer_of and objective_of (methods/run.hpp) put the parts together.
//
//   jest::Method mine = jest::kJest;      // or jest::find_method("jest")
//   mine.sampling.gain = 50;
//   auto scorer = jest::scorer_of<Pairs>(mine, learner, reference, {.count = 128, .seed = 7});
//
// methods.hpp lists the methods; docs/method.md has the table of their parameters.

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "jest/core/score.hpp"
#include "jest/learner/objective.hpp"
#include "jest/scorers/rules.hpp"
#include "jest/select/selection.hpp"

namespace jest {

// Further rules beside those of scorers/rules.hpp, with the same members.

/// Nothing is scored: UniformScorer.
struct NoScoring {
  static constexpr const char* kName = "none";
  void check(const std::string&) const {}
  std::string words() const { return "nothing"; }
};

/// Gradient alignment: AlignedScorer, for models with gradient features.
struct ByGradients {
  static constexpr const char* kName = "alignment";
  double step_size = 0;             ///< η; 1/b when 0: one step at rate 1 on the mean loss
  double learnability_weight = 0;   ///< of learnability beside the alignment
  std::int64_t refresh_every = 10;  ///< steps that share a target direction

  JEST_EXPORT void check(const std::string& who) const;
  JEST_EXPORT std::string words() const;
};

namespace detail {

template <class... Variants>
struct Joined;
template <class... Some, class... Others, class... More>
struct Joined<std::variant<Some...>, std::variant<Others...>, More...>
    : Joined<std::variant<Some..., Others...>, More...> {};
template <class... All>
struct Joined<std::variant<All...>> {
  using Type = std::variant<All...>;
};

}  // namespace detail

/// How scores become picks.
using MethodRule =
    detail::Joined<LossRules, FeatureRules, std::variant<NoScoring, ByGradients>>::Type;

/// The learner is taught the reference's matching of each batch, too: Distilled.
struct Distilling {
  double weight = 1;

  JEST_EXPORT void check(const std::string& who) const;
  JEST_EXPORT std::string words() const;
};

/// Examples are weighted by how far the learner is behind the reference: ReferenceWeighted.
struct Reweighting {
  double temperature = 1;

  JEST_EXPORT void check(const std::string& who) const;
  JEST_EXPORT std::string words() const;
};

/// Of each sequence only the most learnable tokens are trained on: LearnableTokens.
struct TokenChoice {
  double share = 0.6;

  JEST_EXPORT void check(const std::string& who) const;
  JEST_EXPORT std::string words() const;
};

/// What the learner is trained by.
using MethodObjective = std::variant<OwnLoss, Distilling, Reweighting, TokenChoice>;

/// As many chunks as picks.
inline constexpr std::int64_t kOnePickAChunk = std::numeric_limits<std::int64_t>::max();

/// How candidates are drawn; what a method leaves open is the user's choice.
struct MethodSampling {
  Preset preset = Preset::kJoint;
  std::optional<std::int64_t> chunks = {};  ///< at most b; fewer picks take fewer chunks
  std::optional<double> gain = {};
  std::optional<InteractionSchedule> interaction = {};

  /// The method's numbers where it has any, the user's elsewhere. The preset is the method's.
  JEST_EXPORT Sampling with(const Sampling& users, std::int64_t count) const;
};

/// How a method asks its reference.
enum class ReferenceAccess {
  kEither,      ///< run on every super-batch, or looked up: the user's choice
  kOnce,        ///< once for each example: programs look it up, the values are the same
  kStoredOnly,  ///< looked up: a model that is run would be shown the cheaper view
  kLiveOnly,    ///< run on what is trained on: nothing that is stored would do
};

struct ReferenceNeeds {
  ReferenceAccess access = ReferenceAccess::kEither;
  bool at_least_the_learner = false;  ///< as many parameters as the learner, or more
};

struct Method {
  std::string_view name;
  std::string_view paper = {};  ///< authors, year, where; empty for this library's own
  MethodRule rule = ByLosses{};
  ScoreWeights score = kLearnability;
  MethodSampling sampling = {};
  MethodObjective objective = OwnLoss{};
  bool cheaper_view = false;  ///< a cheaper view is scored, and trained on for a part of each batch
  bool cascade = false;       ///< first thinned by the reference's cached losses: Cascade
  bool online_proxy = false;  ///< a small model that learns beside the learner scores: OnlineProxy
  ReferenceNeeds reference = {};

  template <class Part>
  bool has_rule() const {
    return std::holds_alternative<Part>(rule);
  }
  template <class Part>
  bool has_objective() const {
    return std::holds_alternative<Part>(objective);
  }

  bool scores() const { return !has_rule<NoScoring>(); }
  /// Whether the rule is one for candidates of which `Candidates` is known (scorers/rules.hpp).
  template <class Candidates>
  bool takes() const {
    return std::visit([]<class Part>(const Part&) { return Rule<Part, Candidates>; }, rule);
  }
  /// Whether models must embed pairs, as losses do not suffice.
  bool needs_embeddings() const { return takes<PairTensors>() && !takes<LossTensors>(); }
  /// Whether models must give gradient features.
  bool needs_gradients() const { return has_rule<ByGradients>() || takes<FeatureTensors>(); }

  /// Whether scoring asks a reference.
  bool scores_by_reference() const {
    const auto* gradients = std::get_if<ByGradients>(&rule);
    if (gradients && gradients->learnability_weight == 0) return false;
    return scores() && !takes<FeatureTensors>() && score.reference != 0;
  }

  /// Whether a reference is asked for anything.
  bool uses_reference() const {
    return scores_by_reference() || cascade || !has_objective<OwnLoss>();
  }
};

/// Throws unless every parameter of the method's parts is possible.
JEST_EXPORT void check_method(const Method& method);

}  // namespace jest
