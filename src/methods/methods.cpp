// Looking methods up, checking their parts, and the table of their parameters.

#include "jest/methods/methods.hpp"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "jest/methods/run.hpp"

namespace jest {
namespace {

void positive(const std::string& who, const char* what, double value) {
  if (!std::isfinite(value) || value <= 0) refuse(who, text("a finite ", what, " above 0"), value);
}

std::string objective_words(const Method& method) {
  if (method.has_objective<OwnLoss>()) return "own loss";
  return std::visit(
      [](const auto& part) -> std::string {
        if constexpr (requires { part.words(); }) return part.words();
        return "";
      },
      method.objective);
}

std::string preset_name(Preset preset) {
  for (const auto& [name, value] : kPresets) {
    if (value == preset) return std::string(name);
  }
  return "";
}

std::string scored_words(const Method& method) {
  std::string words = std::visit([](const auto& part) { return part.words(); }, method.rule);
  if (!method.scores()) return words;
  if (!method.needs_gradients()) {
    words += text(", weights ", method.score.learner, ", ", method.score.reference);
  }
  if (method.online_proxy) words += "; of an online proxy";
  if (method.cheaper_view) words += "; of a cheaper view";
  return words;
}

std::string drawn_words(const Method& method) {
  if (!method.scores()) return "uniform";
  std::string words = preset_name(method.sampling.preset);
  if (const auto& chunks = method.sampling.chunks) {
    words += *chunks == kOnePickAChunk ? std::string(", N = b") : text(", N ", *chunks);
  }
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

void ByGradients::check(const std::string& who) const {
  if (!std::isfinite(step_size) || step_size < 0) {
    refuse(who, "a finite step size of at least 0", step_size);
  }
  if (!std::isfinite(learnability_weight)) {
    refuse(who, "a finite learnability weight", learnability_weight);
  }
  positive(who, "number of steps between refreshes", static_cast<double>(refresh_every));
}
std::string ByGradients::words() const {
  const std::string step = step_size > 0 ? text(step_size) : std::string("1/b");
  return text("gradient alignment, step size ", step, ", learnability ", learnability_weight,
              ", direction renewed every ", refresh_every, " steps");
}

void Distilling::check(const std::string& who) const { positive(who, "weight", weight); }
std::string Distilling::words() const { return text("own loss and distillation, weight ", weight); }

void Reweighting::check(const std::string& who) const { positive(who, "temperature", temperature); }
std::string Reweighting::words() const {
  return text("losses weighted by the reference, temperature ", temperature);
}

void TokenChoice::check(const std::string& who) const {
  if (!(share > 0 && share <= 1)) refuse(who, "a share of tokens above 0, at most 1", share);
}
std::string TokenChoice::words() const {
  return text("the most learnable ", share, " of the tokens");
}

void check_method(const Method& method) {
  const auto check = [who = text("method ", method.name)](const auto& part) {
    if constexpr (requires { part.check(who); }) part.check(who);
  };
  std::visit(check, method.rule);
  std::visit(check, method.objective);
  if (method.scores() && !method.needs_gradients()) check_weights(method.score);
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
    table +=
        text("| `", method.name, "` | ", scored_words(method), " | ", drawn_words(method), " | ",
             objective_words(method), " | ", reference_words(method), " | ", method.paper, " |\n");
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
