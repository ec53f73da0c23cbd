#pragma once
// How what learner and reference say of a super-batch becomes picks. JointExampleScorer takes one
// of these as its rule; yours is another small value with the same calls.

#include <ATen/core/Tensor.h>

#include <concepts>
#include <string>
#include <variant>

#include "jest/torch/losses.hpp"
#include "jest/torch/select.hpp"

namespace jest {

/// What a learner with gradient features says of B candidates.
struct FeatureTensors {
  at::Tensor losses;    ///< [B]
  at::Tensor features;  ///< [B, D], gradients of the losses up to a common map
  at::Tensor ids;       ///< [B] int64
};

/// A rule for candidates of which `Candidates` (PairTensors, LossTensors or FeatureTensors) is
/// known. Tensors of a model whose weight is zero are undefined.
template <class R, class Candidates>
concept Rule = requires(const R& rule, const Candidates& candidates, const SelectionSpec& spec,
                        const PairScore& score) {
  { rule(candidates, spec, score) } -> std::convertible_to<Selection>;
};

// A rule that a Method can bear says its name, what is possible and what its parameters are:
// kName, check(who), which throws in the name of `who`, and words() for a table.

/// By losses: own terms and, of models that embed pairs, pair terms. JEST's.
struct ByLosses {
  static constexpr const char* kName = "losses";
  void check(const std::string&) const {}
  std::string words() const { return "losses"; }

  Selection operator()(const PairTensors& pairs, const SelectionSpec& spec,
                       const PairScore& score) const {
    return jest::select(pairs, spec, score);
  }
  Selection operator()(const LossTensors& losses, const SelectionSpec& spec,
                       const PairScore& score) const {
    return jest::select(losses, spec, score.weights);
  }
};

/// By the rank that an example's score w_L·loss − w_R·reference loss has in its super-batch: at
/// gain 1, P(pick) ∝ (rank/B)^power, the largest score having rank B. Pairs have their own terms
/// as losses; no pair terms act. A NaN is never picked. O(B·(d + log B)).
/// Source: Selective-Backprop, Jiang et al., arXiv 1910.00762, section 3.2.
struct ByLossRanks {
  static constexpr const char* kName = "ranks";
  double power = 1;  ///< above 0

  JEST_EXPORT void check(const std::string& who) const;
  JEST_EXPORT std::string words() const;

  JEST_EXPORT Selection operator()(const PairTensors& pairs, const SelectionSpec& spec,
                                   const PairScore& score) const;
  JEST_EXPORT Selection operator()(const LossTensors& losses, const SelectionSpec& spec,
                                   const PairScore& score) const;
};

/// By own terms, and by how unlike the picks are: Q_ij = −strength·(e_i·e_j), times the
/// interaction, e = (x, y)/√2 of the reference, or of the learner where no reference is run. O(B·d)
/// a round. Source: InfoMax, Tan et al., arXiv 2506.01701, equation of the objective; solved here
/// by the library's sampler.
struct ByDiversity {
  static constexpr const char* kName = "diversity";
  double strength = 1;  ///< at least 0

  JEST_EXPORT void check(const std::string& who) const;
  JEST_EXPORT std::string words() const;

  JEST_EXPORT Selection operator()(const PairTensors& pairs, const SelectionSpec& spec,
                                   const PairScore& score) const;
};

/// By the volume that picks span in e = (x, y)/√2 of the reference, or of the learner where no
/// reference is run (criteria/volume.hpp); losses take no part. O(B·D + D²) a pick, on the host.
/// Source: Zhang et al., UAI 2017, arXiv 1705.00607.
struct ByVolume {
  static constexpr const char* kName = "volume";
  double noise = 0.1;  ///< σ² above 0; a copy of a pick is the likelier, the larger it is

  JEST_EXPORT void check(const std::string& who) const;
  JEST_EXPORT std::string words() const;

  JEST_EXPORT Selection operator()(const PairTensors& pairs, const SelectionSpec& spec,
                                   const PairScore& score) const;
};

/// By the distance that picks keep in e = (x, y)/√2 of the reference, or of the learner where no
/// reference is run (criteria/poisson_disk.hpp); losses take no part. O(B·D) a pick, on the host.
/// Source: Zhang et al., AAAI 2019, arXiv 1804.02772.
struct ByPoissonDisk {
  static constexpr const char* kName = "poisson disk";
  double radius = 0.5;  ///< above 0; rows of unit length are at most 2 apart

  JEST_EXPORT void check(const std::string& who) const;
  JEST_EXPORT std::string words() const;

  JEST_EXPORT Selection operator()(const PairTensors& pairs, const SelectionSpec& spec,
                                   const PairScore& score) const;
};

/// By orthogonalised representativeness: picks that together span the mean of the features
/// (criteria/orthogonal.hpp). O(B·D) a pick, on the host.
/// Source: DivBS, Hong et al., ICML 2024, arXiv 2406.04872.
struct ByRepresentatives {
  static constexpr const char* kName = "representativeness";
  void check(const std::string&) const {}
  std::string words() const { return "orthogonalised representativeness of gradients"; }

  JEST_EXPORT Selection operator()(const FeatureTensors& known, const SelectionSpec& spec,
                                   const PairScore& score) const;
};

/// By the length of an example's gradient: at gain 1, P(pick) ∝ |h_i|. O(B·D).
/// Source: Katharopoulos & Fleuret, ICML 2018, arXiv 1803.00942, equation 16, without their
/// weights.
struct ByGradientNorms {
  static constexpr const char* kName = "gradient norms";
  void check(const std::string&) const {}
  std::string words() const { return "norms of gradients"; }

  JEST_EXPORT Selection operator()(const FeatureTensors& known, const SelectionSpec& spec,
                                   const PairScore& score) const;
};

/// The rules that FeatureScorer carries out for a Method.
using FeatureRules = std::variant<ByRepresentatives, ByGradientNorms>;

/// The rules that JointExampleScorer carries out for a Method.
using LossRules = std::variant<ByLosses, ByLossRanks, ByDiversity, ByVolume, ByPoissonDisk>;

/// One of these, chosen at run time. Losses are refused by a rule that needs embeddings.
struct AnyRule {
  LossRules rule;

  JEST_EXPORT Selection operator()(const PairTensors& pairs, const SelectionSpec& spec,
                                   const PairScore& score) const;
  JEST_EXPORT Selection operator()(const LossTensors& losses, const SelectionSpec& spec,
                                   const PairScore& score) const;
};

}  // namespace jest
