// Looking methods up, checking their parts, and the table of their parameters.

#include "jest/methods/methods.hpp"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "jest/methods/run.hpp"

namespace jest {
namespace {

void positive(const Method& method, const char* what, double value) {
  if (std::isfinite(value) && value > 0) return;
  refuse(text("method ", method.name), text("a finite ", what, " above 0"), value);
}

void at_least_0(const Method& method, const char* what, double value) {
  if (std::isfinite(value) && value >= 0) return;
  refuse(text("method ", method.name), text("a finite ", what, " of at least 0"), value);
}

struct RuleCheck {
  const Method& method;

  void operator()(const Nobody&) const {}
  void operator()(const ByLosses&) const {}
  void operator()(const ByLossRanks& part) const { positive(method, "rank power", part.power); }
  void operator()(const ByDiversity& part) const { at_least_0(method, "diversity", part.strength); }
  void operator()(const ByGradients& part) const {
    at_least_0(method, "step size", part.step_size);
    if (!std::isfinite(part.learnability_weight)) {
      refuse(text("method ", method.name), "a finite learnability weight",
             part.learnability_weight);
    }
    positive(method, "number of steps between refreshes", static_cast<double>(part.refresh_every));
  }
};

struct ObjectiveCheck {
  const Method& method;

  void operator()(const OwnLoss&) const {}
  void operator()(const Distilling& part) const { positive(method, "weight", part.weight); }
  void operator()(const Reweighting& part) const {
    positive(method, "temperature", part.temperature);
  }
  void operator()(const TokenChoice& part) const {
    if (part.share > 0 && part.share <= 1) return;
    refuse(text("method ", method.name), "a share of tokens above 0, at most 1", part.share);
  }
};

// Words of the table.

struct RuleWords {
  std::string operator()(const Nobody&) const { return "nothing"; }
  std::string operator()(const ByLosses&) const { return "losses"; }
  std::string operator()(const ByLossRanks& part) const {
    return text("ranks of losses, power ", part.power);
  }
  std::string operator()(const ByDiversity& part) const {
    return text("losses and diversity, strength ", part.strength);
  }
  std::string operator()(const ByGradients& part) const {
    const std::string step = part.step_size > 0 ? text(part.step_size) : std::string("1/b");
    return text("gradient alignment, step size ", step, ", learnability ", part.learnability_weight,
                ", direction renewed every ", part.refresh_every, " steps");
  }
};

struct ObjectiveWords {
  std::string operator()(const OwnLoss&) const { return "own loss"; }
  std::string operator()(const Distilling& part) const {
    return text("own loss and distillation, weight ", part.weight);
  }
  std::string operator()(const Reweighting& part) const {
    return text("losses weighted by the reference, temperature ", part.temperature);
  }
  std::string operator()(const TokenChoice& part) const {
    return text("the most learnable ", part.share, " of the tokens");
  }
};

std::string preset_name(Preset preset) {
  for (const auto& [name, value] : kPresets) {
    if (value == preset) return std::string(name);
  }
  return "";
}

std::string scored_words(const Method& method) {
  std::string words = std::visit(RuleWords{}, method.rule);
  if (!method.scores()) return words;
  if (!method.has_rule<ByGradients>()) {
    words += text(", weights ", method.score.learner, ", ", method.score.reference);
  }
  if (method.online_proxy) words += "; of an online proxy";
  if (method.cheaper_view) words += "; of a cheaper view";
  return words;
}

std::string drawn_words(const Method& method) {
  if (!method.scores()) return "uniform";
  std::string words = preset_name(method.sampling.preset);
  if (method.sampling.chunks) words += text(", N ", *method.sampling.chunks);
  if (method.sampling.gain) words += text(", gain ", *method.sampling.gain);
  if (const auto& interaction = method.sampling.interaction) {
    words += text(", κ ", interaction->value);
    if (interaction->start > 0) words += text(" from step ", interaction->start);
  }
  return method.cascade ? "thinned by cached losses, then " + words : words;
}

std::string reference_words(const Method& method) {
  if (!method.uses_reference()) return "none";
  std::string words;
  switch (method.reference.access) {
    case ReferenceAccess::kEither:
      words = "run or stored";
      break;
    case ReferenceAccess::kOnce:
      words = "asked once an example";
      break;
    case ReferenceAccess::kStoredOnly:
      words = "stored";
      break;
    case ReferenceAccess::kLiveOnly:
      words = "run";
      break;
  }
  return method.reference.at_least_the_learner ? words + ", at least the learner's size" : words;
}

}  // namespace

Sampling MethodSampling::with(const Sampling& users, std::int64_t count) const {
  Sampling sampling = users;
  sampling.preset = preset;
  if (chunks) sampling.chunks = count > 0 ? std::min(*chunks, count) : *chunks;
  if (preset != Preset::kJoint) sampling.chunks = {};
  if (gain) sampling.gain = *gain;
  if (interaction) sampling.interaction = *interaction;
  return sampling;
}

void check_method(const Method& method) {
  std::visit(RuleCheck{method}, method.rule);
  std::visit(ObjectiveCheck{method}, method.objective);
  if (method.scores() && !method.has_rule<ByGradients>()) check_weights(method.score);
}

const Method& find_method(std::string_view name) {
  std::string known;
  for (const Method& method : kMethods) {
    if (method.name == name) return method;
    known += (known.empty() ? "" : ", ") + std::string(method.name);
  }
  refuse("method", "one of " + known, text("'", name, "'"));
}

std::string method_table(std::span<const Method> methods) {
  std::string table =
      "| method | scored by | drawn | trained by | reference | source "
      "|\n|---|---|---|---|---|---|\n";
  for (const Method& method : methods) {
    table += text("| `", method.name, "` | ", scored_words(method), " | ", drawn_words(method),
                  " | ", std::visit(ObjectiveWords{}, method.objective), " | ",
                  reference_words(method), " | ", method.paper, " |\n");
  }
  return table;
}

std::int64_t parameter_count(const torch::nn::Module& module) {
  std::int64_t total = 0;
  for (const at::Tensor& parameter : module.parameters()) total += parameter.numel();
  return total;
}

void check_reference_size(const Method& method, std::int64_t learner, std::int64_t reference) {
  if (!method.reference.at_least_the_learner || reference >= learner) return;
  refuse(text("method ", method.name),
         text("a reference of at least the learner's ", learner, " parameters"), reference);
}

}  // namespace jest
