#pragma once
// Every method by its name. A new one is a value here and an entry of kMethods.

#include <array>
#include <span>
#include <string>

#include "jest/methods/method.hpp"

namespace jest {

/// What every other method has to beat.
inline constexpr Method kUniform{.name = "uniform", .rule = NoScoring{}};

/// Joint selection by learnability in sixteen chunks: picks are drawn given the picks before them.
inline constexpr Method kJest{
    .name = "jest",
    .paper = "Evans et al. 2024, arXiv 2406.17711",
    .sampling = {.chunks = 16, .gain = 100, .interaction = InteractionSchedule{1, 0}},
};

/// JEST that scores at a lower resolution, at which half of each batch is trained on, so that an
/// update costs little more than a uniform one. The reference, which knows whole examples only,
/// gave its embeddings before.
inline constexpr Method kFlexiJest{
    .name = "flexi-jest",
    .paper = "Evans et al. 2024, arXiv 2406.17711, section 3.3",
    .sampling = {.chunks = 16, .gain = 100, .interaction = InteractionSchedule{1, 0}},
    .cheaper_view = true,
    .reference = {.access = ReferenceAccess::kStoredOnly},
};

/// The b examples of the largest loss beyond that of a model of held-out data: ranked, not drawn.
/// Irreducible losses are computed once.
inline constexpr Method kRhoLoss{
    .name = "rho-loss",
    .paper = "Mindermann et al. 2022, arXiv 2206.07137",
    .sampling = {.preset = Preset::kTopK},
    .reference = {.access = ReferenceAccess::kOnce},
};

/// ActiveCLIP: learnability under a small proxy that learns online beside a larger learner, drawn
/// independently. The learner itself is never run for scoring.
inline constexpr Method kActiveClip{
    .name = "active-clip",
    .paper = "Evans et al. 2023, arXiv 2312.05328",
    .sampling = {.preset = Preset::kIndependent},
    .online_proxy = true,
};

/// JEST with a reference at least as large as the learner, which then teaches through the choice of
/// data alone.
inline constexpr Method kAcid{
    .name = "acid",
    .paper = "Udandarao et al. 2024, arXiv 2411.18674",
    .sampling = {.chunks = 16, .gain = 100, .interaction = InteractionSchedule{1, 0}},
    .reference = {.at_least_the_learner = true},
};

/// ACID, and on what was picked the learner is taught the reference's matching as well.
inline constexpr Method kAced{
    .name = "aced",
    .paper = "Udandarao et al. 2024, arXiv 2411.18674",
    .sampling = {.chunks = 16, .gain = 100, .interaction = InteractionSchedule{1, 0}},
    .objective = Distilling{.weight = 1},
    .reference = {.at_least_the_learner = true},
};

/// Nothing is left out; each example of a uniform batch is weighted by how far the learner is
/// behind the reference on it.
inline constexpr Method kDrrho{
    .name = "drrho",
    .paper = "Wei et al. 2025, arXiv 2505.06699",
    .rule = NoScoring{},
    .objective = Reweighting{.temperature = 1},
};

/// Important examples that are unlike each other in the reference's embeddings. The paper prunes a
/// data set once; here its objective is maximised over every super-batch, importance being
/// learnability.
inline constexpr Method kInfomax{
    .name = "infomax",
    .paper = "Tan et al. 2025, arXiv 2506.01701",
    .rule = ByDiversity{.strength = 0.02},
    .sampling = {.interaction = InteractionSchedule{1, 0}},
};

/// Examples are drawn by the percentile of their loss, hard ones more often; no reference. The
/// percentile is of the super-batch, where the paper keeps a history, and exactly b are drawn.
inline constexpr Method kSelectiveBackprop{
    .name = "selective-backprop",
    .paper = "Jiang et al. 2019, arXiv 1910.00762",
    .rule = ByLossRanks{.power = 1},
    .score = kHardLearner,
    .sampling = {.preset = Preset::kIndependent, .gain = 1},
};

/// One after the other, the example whose gradient leads best towards a curated batch given those
/// already taken. For models with gradient features; no reference.
inline constexpr Method kGreats{
    .name = "greats",
    .paper = "Wang et al. 2024, GREATS, NeurIPS",
    .rule = ByGradients{},
    .sampling = {.preset = Preset::kGreedy, .interaction = InteractionSchedule{1, 0}},
};

/// Picks that together represent the super-batch's mean gradient, one by one, each orthogonal to
/// those before it. For models with gradient features; no reference.
inline constexpr Method kDivBs{
    .name = "divbs",
    .paper = "Hong et al. 2024, DivBS, ICML, arXiv 2406.04872",
    .rule = ByRepresentatives{},
    .sampling = {.chunks = kOnePickAChunk, .gain = 1, .interaction = InteractionSchedule{1, 0}},
};

/// Examples with long gradients are drawn more often; no reference. The paper's weights, which keep
/// the mean gradient unbiased, are left out, as where others compare selections with it.
inline constexpr Method kGradientNorm{
    .name = "gradient-norm",
    .paper = "Katharopoulos & Fleuret 2018, ICML, arXiv 1803.00942",
    .rule = ByGradientNorms{},
    .sampling = {.preset = Preset::kIndependent, .gain = 1},
};

/// Batches that span a large volume in the reference's embeddings, which are computed once. The
/// paper draws whole batches from a determinantal process; here picks are drawn one by one, each in
/// proportion to the volume that it adds.
inline constexpr Method kDmSgd{
    .name = "dm-sgd",
    .paper = "Zhang et al. 2017, UAI, arXiv 1705.00607",
    .rule = ByVolume{},
    .score = kEasyReference,
    .sampling = {.chunks = kOnePickAChunk, .gain = 1, .interaction = InteractionSchedule{1, 0}},
    .reference = {.access = ReferenceAccess::kOnce},
};

/// Batches that keep their distance in the reference's embeddings, drawn by throwing darts: the
/// cheaper rival of dm-sgd.
inline constexpr Method kPoissonDisk{
    .name = "poisson-disk",
    .paper = "Zhang et al. 2019, AAAI, arXiv 1804.02772",
    .rule = ByPoissonDisk{},
    .score = kEasyReference,
    .sampling = {.chunks = kOnePickAChunk, .gain = 1, .interaction = InteractionSchedule{1, 0}},
    .reference = {.access = ReferenceAccess::kOnce},
};

/// Uniform batches of sequences, of which only the most learnable tokens are trained on. For models
/// that give a loss per token.
inline constexpr Method kRho1{
    .name = "rho-1",
    .paper = "Lin et al. 2024, arXiv 2404.07965",
    .rule = NoScoring{},
    .objective = TokenChoice{.share = 0.6},
    .reference = {.access = ReferenceAccess::kLiveOnly},
};

/// This library's own: a large super-batch thinned by the reference's cached losses, then joint
/// learnability on what is left. docs/method.md, section "Cascade".
inline constexpr Method kCascade{
    .name = "cascade",
    .cascade = true,
    .reference = {.access = ReferenceAccess::kOnce},
};

inline constexpr std::array kMethods = {
    kUniform,     kJest,    kFlexiJest,         kRhoLoss, kActiveClip, kAcid,         kAced,
    kDrrho,       kInfomax, kSelectiveBackprop, kGreats,  kDivBs,      kGradientNorm, kDmSgd,
    kPoissonDisk, kRho1,    kCascade,
};

/// Throws an error that lists the names when there is none of this one.
JEST_EXPORT const Method& find_method(std::string_view name);

/// A Markdown table: name, how picks are scored and drawn, what is trained by, what is asked of the
/// reference, paper; every parameter with its value.
JEST_EXPORT std::string method_table(std::span<const Method> methods);

}  // namespace jest
