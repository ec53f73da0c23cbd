#pragma once
// From a method to a training loop of your own: the objective of the learner, and the scorer.
//
//   const jest::Method& method = jest::find_method("aced");
//   jest::Learner learner{model, optimizer, jest::objective_of<Pairs>(method, model, reference)};
//   auto scorer = jest::scorer_of<Pairs>(method, learner, reference, {.count = 128, .seed = 7});
//   // per step: learner.step(super_batch.at(scorer.select(super_batch, step).indices));
//
// Both do what the paper of that name says, or refuse and name what is missing. A method that
// trains by more than the learner's own loss refuses a learner without objective_of's objective.

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "jest/learner/micro_batches.hpp"
#include "jest/methods/methods.hpp"
#include "jest/scorers/aligned_scorer.hpp"
#include "jest/scorers/joint_example_scorer.hpp"
#include "jest/scorers/wrappers.hpp"

namespace jest {

/// What a user chooses, and what some methods need beside learner and reference.
template <Batch B>
struct MethodSpec {
  std::int64_t count = 0;  ///< b
  double share = 0;        ///< b as a share of the candidates, where `count` is 0
  std::uint64_t seed = 0;
  Sampling sampling = {};  ///< where the method leaves a choice; its preset is the method's
  Contrast contrast = Contrast::kSigmoid;
  Backend backend = Backend::kDefault;
  int threads = 1;
  ScoringSpec scoring = {};
  Shortage shortage = Shortage::kRefuse;  ///< of a super-batch of fewer than b
  Exchange* exchange = nullptr;           ///< ranks that share the scoring, for instance a World

  /// What scoring sees in the place of a whole (super-)batch; flexi-jest needs one, others may.
  std::function<B(const B&)> scored_view = {};
  /// Losses of every example of the pool under the reference, and how the first stage thins:
  /// cascade.
  std::optional<LossStore> pool_losses = {};
  CascadeSpec first_stage = {};
  /// Parameters of the model behind stored answers: acid, aced.
  std::optional<std::int64_t> reference_parameters = {};
  /// Curated batch k, a pure function of k: greats.
  std::function<B(std::int64_t)> curated = {};
};

/// A small model that learns beside the learner, and its learning rate by step (`rate.at(step)`).
template <class ProxyLearner, class Rate>
struct ProxyOf {
  ProxyLearner& learner;
  Rate rate;
};
template <class ProxyLearner, class Rate>
ProxyOf(ProxyLearner&, Rate) -> ProxyOf<ProxyLearner, Rate>;
struct NoProxy {};

/// A method's training loss as one type, whatever the method.
template <class Model, Batch B>
class ObjectiveOf {
  using Parts = detail::InMicroBatches<Model>;
  using Ranks = detail::OverRanks<Model>;
  using PartsOfRanks = detail::OverRanks<Parts>;
  using Begun = ForwardAhead<Model, B>;
  using BegunOfRanks = detail::OverRanks<Begun>;

 public:
  /// `loss` is a function of any model.
  template <class Loss>
  ObjectiveOf(std::string_view method, const Loss& loss)
      : method_(method),
        own_loss_(std::is_same_v<Loss, OwnLoss>),
        of_whole_(loss),
        of_parts_(loss),
        of_ranks_(loss),
        of_parts_of_ranks_(loss) {
    if constexpr (EmbedsPairs<Model, B>) {
      if constexpr (std::is_invocable_r_v<at::Tensor, const Loss&, Begun&, const B&>) {
        of_begun_ = loss;
        of_begun_of_ranks_ = loss;
      }
    }
  }

  std::string_view method() const { return method_; }
  bool is_own_loss() const { return own_loss_; }
  at::Tensor operator()(Model& model, const B& batch) const { return of_whole_(model, batch); }
  at::Tensor operator()(Parts& model, const B& batch) const { return of_parts_(model, batch); }
  at::Tensor operator()(Ranks& model, const B& batch) const { return of_ranks_(model, batch); }
  at::Tensor operator()(PartsOfRanks& model, const B& batch) const {
    return of_parts_of_ranks_(model, batch);
  }
  at::Tensor operator()(Begun& model, const B& batch) const requires EmbedsPairs<Model, B> {
    return of_begun_(model, batch);
  }
  at::Tensor operator()(BegunOfRanks& model, const B& batch) const requires EmbedsPairs<Model, B> {
    return of_begun_of_ranks_(model, batch);
  }

 private:
  std::string_view method_;
  bool own_loss_;
  std::function<at::Tensor(Model&, const B&)> of_whole_;
  std::function<at::Tensor(Parts&, const B&)> of_parts_;
  std::function<at::Tensor(Ranks&, const B&)> of_ranks_;
  std::function<at::Tensor(PartsOfRanks&, const B&)> of_parts_of_ranks_;
  std::function<at::Tensor(Begun&, const B&)> of_begun_;
  std::function<at::Tensor(BegunOfRanks&, const B&)> of_begun_of_ranks_;
};

/// Parameters of a module, counted.
JEST_EXPORT std::int64_t parameter_count(const torch::nn::Module& module);

/// Throws unless the reference has as many parameters as the learner, where the method wants that.
JEST_EXPORT void check_reference_size(const Method& method, std::int64_t learner,
                                      std::int64_t reference);

/// What objective_of may need beside the reference.
template <Batch B>
struct ObjectiveSpec {
  Contrast contrast = Contrast::kSigmoid;
  /// What the learner sees of a batch: flexi-jest trains a part of it at the cheaper view.
  std::function<B(const B&)> trained_view = {};
};

namespace detail {

template <class R>
inline constexpr bool kIsNoReference = std::is_same_v<std::remove_cvref_t<R>, NoReference>;

template <class Objective>
inline constexpr bool kIsObjectiveOf = false;
template <class Model, class B>
inline constexpr bool kIsObjectiveOf<ObjectiveOf<Model, B>> = true;

[[noreturn]] inline void lacks(const Method& method, const std::string& expected,
                               const std::string& got) {
  refuse(text("method ", method.name), expected, got);
}

inline constexpr const char* kGradientFeatures =
    "a model with gradient features (`losses_and_features`, concept GivesGradientFeatures)";

template <class R>
void expect_reference(const Method& method) {
  if (kIsNoReference<R> && method.uses_reference()) {
    lacks(method, "a reference: jest::ReferenceModel{guide}", "NoReference");
  }
}

/// Builds the objective of a method for one kind of model, batch and reference.
template <Batch B, class Model, class R>
ObjectiveOf<Model, B> plain_objective(const Method& method, R& reference,
                                      const ObjectiveSpec<B>& spec) {
  if (const auto* part = std::get_if<Distilling>(&method.objective)) {
    if constexpr (EmbedsPairs<Model, B> && ReferenceEmbeds<R, B>) {
      return {method.name, Distilled(reference, {part->weight, spec.contrast})};
    } else {
      lacks(method, "a model and a reference that embed pairs (`embed`)", "others");
    }
  }
  if (const auto* part = std::get_if<Reweighting>(&method.objective)) {
    constexpr bool kPairs = EmbedsPairs<Model, B> && ReferenceEmbeds<R, B>;
    constexpr bool kLosses =
        !EmbedsPairs<Model, B> && GivesLosses<Model, B> && ReferenceGivesLosses<R, B>;
    if constexpr (kPairs || kLosses) {
      return {method.name, ReferenceWeighted(reference, part->temperature, spec.contrast)};
    } else {
      lacks(method, "a model and a reference of one kind (`embed`, or `losses`)", "others");
    }
  }
  if (const auto* part = std::get_if<TokenChoice>(&method.objective)) {
    if constexpr (GivesTokenLosses<Model, B> && ReferenceGivesTokenLosses<R, B>) {
      return {method.name, LearnableTokens(reference, part->share)};
    } else {
      lacks(method, "a model and a live reference with a loss per token (`token_losses`)",
            "others");
    }
  }
  return {method.name, OwnLoss(spec.contrast)};
}

/// Puts the parts of a method's scorer together. Each function adds one part.
template <Batch B, class L, class R, class Proxy>
class MethodScorer {
 public:
  MethodScorer(const Method& method, L& learner, R& reference, const MethodSpec<B>& spec,
               Proxy proxy)
      : method_(method), learner_(learner), reference_(reference), spec_(spec), proxy_(proxy) {}

  AnyScorer<B> build() {
    check();
    if (!method_.scores()) return UniformScorer(picks(), spec_.seed);
    if (!method_.online_proxy) return staged(viewed(scorer(learner_)));
    if constexpr (!std::is_same_v<Proxy, NoProxy>) {
      return OnlineProxy(staged(viewed(scorer(proxy_.learner))), proxy_.learner, proxy_.rate);
    } else {
      lacks(method_, "a proxy: jest::ProxyOf{proxy_learner, rate} as the last argument", "none");
    }
  }

 private:
  using Model = std::remove_reference_t<decltype(std::declval<L&>().model())>;
  using Objective = std::remove_cvref_t<decltype(std::declval<L&>().objective())>;

  void check() const {
    check_method(method_);
    expect_reference<R>(method_);
    check_objective();
    if (method_.cheaper_view && !spec_.scored_view) {
      lacks(method_, "a cheaper view to score: MethodSpec::scored_view", "none");
    }
    if (method_.cascade && !spec_.pool_losses) {
      lacks(method_, "the reference's losses of the pool: MethodSpec::pool_losses", "none");
    }
    const ReferenceAccess access = method_.reference.access;
    if constexpr (!kIsNoReference<R>) {
      if (access == ReferenceAccess::kStoredOnly && R::kRunsForward) {
        lacks(method_, "a reference whose answers are stored: ReferenceModel{EmbeddingStore{...}}",
              "a model that is run");
      }
      if (access == ReferenceAccess::kLiveOnly && !R::kRunsForward) {
        lacks(method_, "a reference that is run: ReferenceModel{guide}", "stored answers");
      }
    }
    if (method_.reference.at_least_the_learner) check_size();
  }

  void check_objective() const {
    if constexpr (kIsObjectiveOf<Objective>) {
      const std::string_view trained_by = learner_.objective().method();
      if (trained_by == method_.name) return;
      lacks(method_, "a learner with the objective of this method",
            text("one with that of ", trained_by));
    } else if (!method_.template has_objective<OwnLoss>() || method_.cheaper_view) {
      lacks(method_, "a learner with jest::objective_of(method, model, reference) as its objective",
            "another objective");
    }
  }

  void check_size() const {
    std::optional<std::int64_t> size = spec_.reference_parameters;
    if constexpr (requires { reference_.model()->parameters(); }) {
      size = parameter_count(*reference_.model());
    }
    if (!size) {
      lacks(method_,
            "the size of the model behind stored answers: "
            "MethodSpec::reference_parameters",
            "none");
    }
    check_reference_size(method_, parameter_count(*learner_.model()), *size);
  }

  PickCount picks() const { return {spec_.count, spec_.share, spec_.shortage}; }

  ScorerSpec scorer_spec() const {
    return {.count = spec_.count,
            .share = spec_.share,
            .sampling = method_.sampling.with(spec_.sampling, spec_.count),
            .seed = spec_.seed,
            .score = method_.score,
            .contrast = spec_.contrast,
            .backend = spec_.backend,
            .threads = spec_.threads,
            .scoring = spec_.scoring,
            .shortage = spec_.shortage,
            .exchange = spec_.exchange};
  }

  template <class Scored>
  AnyScorer<B> scorer(Scored& scored) {
    using ScoredModel = std::remove_reference_t<decltype(scored.model())>;
    if (const auto* part = std::get_if<ByGradients>(&method_.rule)) {
      return aligned<ScoredModel>(scored, *part);
    }
    if (method_.template takes<FeatureTensors>()) return by_features<ScoredModel>(scored);
    constexpr bool kPairs = EmbedsPairs<ScoredModel, B> && ReferenceEmbeds<R, B>;
    constexpr bool kLosses = !kPairs && ReferenceGivesLosses<R, B> &&
                             (EmbedsPairs<ScoredModel, B> || GivesLosses<ScoredModel, B>);
    if constexpr (kPairs || kLosses) {
      if (method_.needs_embeddings() && !kPairs) {
        lacks(method_, "a model and a reference that embed pairs (`embed`, concept EmbedsPairs)",
              "one that gives losses");
      }
      return JointExampleScorer(scored, reference_, scorer_spec(), loss_rule());
    } else {
      lacks(method_,
            "a model and a reference of one kind, both `embed` (EmbedsPairs) or both `losses` "
            "(GivesLosses), or a reference that gives losses beside a model of any kind",
            "others");
    }
  }

  template <class ScoredModel, class Scored>
  AnyScorer<B> by_features(Scored& scored) const {
    if constexpr (GivesGradientFeatures<ScoredModel, B>) {
      return std::visit(
          [&]<class Part>(const Part& part) -> AnyScorer<B> {
            if constexpr (Rule<Part, FeatureTensors>) {
              return FeatureScorer(scored, scorer_spec(), part);
            } else {
              lacks(method_, "a rule for gradient features", Part::kName);
            }
          },
          method_.rule);
    } else {
      lacks(method_, kGradientFeatures, "another");
    }
  }

  /// The method's rule where JointExampleScorer carries it out.
  AnyRule loss_rule() const {
    return std::visit(
        [](const auto& part) -> AnyRule {
          if constexpr (requires { AnyRule{part}; }) return {part};
          return {};
        },
        method_.rule);
  }

  struct SeenCurated {
    std::function<B(std::int64_t)> curated;
    std::function<B(const B&)> view;

    B at(std::int64_t k) const { return view ? view(curated(k)) : curated(k); }
  };

  template <class ScoredModel, class Scored>
  AnyScorer<B> aligned(Scored& scored, const ByGradients& part) {
    if constexpr (GivesGradientFeatures<ScoredModel, B> && ReferenceGivesLosses<R, B>) {
      if (!spec_.curated) {
        lacks(method_, "curated batches: MethodSpec::curated, a function of k", "none");
      }
      const ScorerSpec plain = scorer_spec();
      if (part.step_size == 0 && spec_.count == 0) {
        lacks(method_, "a step size in ByGradients, as a share says nothing of b", "none");
      }
      const double own_step = 1.0 / static_cast<double>(std::max<std::int64_t>(spec_.count, 1));
      return AlignedScorer(scored, reference_, SeenCurated{spec_.curated, spec_.scored_view},
                           {.count = plain.count,
                            .share = plain.share,
                            .sampling = plain.sampling,
                            .seed = plain.seed,
                            .step_size = part.step_size > 0 ? part.step_size : own_step,
                            .learnability_weight = part.learnability_weight,
                            .learnability = method_.score,
                            .refresh_every = part.refresh_every,
                            .scoring = plain.scoring,
                            .shortage = plain.shortage,
                            .exchange = plain.exchange});
    } else {
      lacks(method_, text(kGradientFeatures, " and a reference of losses, or none"), "others");
    }
  }

  AnyScorer<B> viewed(AnyScorer<B> scorer) const {
    if (!spec_.scored_view) return scorer;
    return ScoredAs(std::move(scorer), spec_.scored_view);
  }

  AnyScorer<B> staged(AnyScorer<B> scorer) const {
    if (!method_.cascade) return scorer;
    return Cascade(std::move(scorer), *spec_.pool_losses, spec_.first_stage);
  }

  const Method& method_;
  L& learner_;
  R& reference_;
  const MethodSpec<B>& spec_;
  Proxy proxy_;
};

}  // namespace detail

/// The training loss that the method's paper says, for Learner. Holds a reference to `reference`.
/// Throws jest::Error naming the method and what it needs.
template <Batch B, class Model, class R>
ObjectiveOf<Model, B> objective_of(const Method& method, const Model&, R& reference,
                                   const ObjectiveSpec<B>& spec = {}) {
  check_method(method);
  detail::expect_reference<R>(method);
  auto objective = detail::plain_objective<B, Model>(method, reference, spec);
  if (!method.cheaper_view) return objective;
  if (!spec.trained_view) {
    detail::lacks(method,
                  "a view that a part of each batch is trained at: "
                  "ObjectiveSpec::trained_view",
                  "none");
  }
  return {method.name, [objective, view = spec.trained_view](auto& model, const B& batch) {
            return objective(model, view(batch));
          }};
}

/// The scorer of the method: what the paper says, with `spec` where it leaves a choice. Holds
/// references to learner, reference and proxy. Throws jest::Error, naming the method and what it
/// needs, when model, reference or spec cannot carry it out.
template <Batch B, class L, class R, class Proxy = NoProxy>
AnyScorer<B> scorer_of(const Method& method, L& learner, R& reference, const MethodSpec<B>& spec,
                       Proxy proxy = {}) {
  return detail::MethodScorer<B, L, R, Proxy>(method, learner, reference, spec, proxy).build();
}

}  // namespace jest
