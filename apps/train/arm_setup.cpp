// Parameters of methods as options of an arm.

#include "train/arm_setup.hpp"

#include <cmath>

namespace jest::apps::train {
namespace {

template <class Part>
bool has_rule(const Method& method) {
  return method.has_rule<Part>();
}
template <class Part>
bool has_objective(const Method& method) {
  return method.has_objective<Part>();
}

bool positive(double value) { return std::isfinite(value) && value > 0; }

bool set_distillation(Method& method, double value) {
  std::get<Distilling>(method.objective).weight = value;
  return positive(value);
}
bool set_diversity(Method& method, double value) {
  std::get<ByDiversity>(method.rule).strength = value;
  return std::isfinite(value) && value >= 0;
}
bool set_noise(Method& method, double value) {
  std::get<ByVolume>(method.rule).noise = value;
  return positive(value);
}
bool set_radius(Method& method, double value) {
  std::get<ByPoissonDisk>(method.rule).radius = value;
  return positive(value);
}
bool set_rank_power(Method& method, double value) {
  std::get<ByLossRanks>(method.rule).power = value;
  return positive(value);
}
bool set_temperature(Method& method, double value) {
  std::get<Reweighting>(method.objective).temperature = value;
  return positive(value);
}

bool trains_on_tokens(const Method& method) {
  return method.has_objective<OwnLoss>() || method.has_objective<TokenChoice>();
}
/// All tokens are the model's own loss.
bool set_tokens(Method& method, double share) {
  method.objective = share == 1 ? MethodObjective(OwnLoss()) : TokenChoice{share};
  return share > 0 && share <= 1;
}

/// Names with commas between them, in indented lines that fit a terminal.
std::string lines_of(const std::vector<std::string>& names) {
  constexpr std::size_t kWidth = 76;
  std::string lines = "  ";
  std::size_t length = 0;
  for (const std::string& name : names) {
    if (length > 0) lines += length + name.size() + 2 > kWidth ? ",\n  " : ", ";
    if (length + name.size() + 2 > kWidth) length = 0;
    lines += name;
    length += name.size() + 2;
  }
  return lines;
}

}  // namespace

const std::vector<MethodOption>& method_options() {
  static const std::vector<MethodOption> kOptions = {
      {"distillation", "weight of the loss towards the reference's matching",
       &has_objective<Distilling>, &set_distillation},
      {"diversity", "weight of likeness among the picks", &has_rule<ByDiversity>, &set_diversity},
      {"noise", "of the volume: a copy of a pick is the likelier", &has_rule<ByVolume>, &set_noise},
      {"radius", "that picks keep clear of other candidates", &has_rule<ByPoissonDisk>,
       &set_radius},
      {"rank-power", "a pick is as likely as its percentile^power", &has_rule<ByLossRanks>,
       &set_rank_power},
      {"temperature", "weights are softmax((loss - reference's) / temperature)",
       &has_objective<Reweighting>, &set_temperature},
      {"tokens", "share of the tokens that is trained on (text)", &trains_on_tokens, &set_tokens},
  };
  return kOptions;
}

std::string arms_help(bool (*knows)(const Method&)) {
  std::string lines = "Arms:\n" + lines_of(arm_names(knows)) +
                      "\n\nOptions of single methods, in an arm's name (aced:distillation=0.5):\n";
  for (const MethodOption& option : method_options()) {
    std::string methods;
    std::int64_t count = 0;
    for (const Method& method : all_methods()) {
      if (!knows(method) || !option.has(method)) continue;
      methods += (count++ == 0 ? "" : ", ") + std::string(method.name);
    }
    constexpr std::int64_t kMost = 4;
    if (count > kMost) methods = "arms by their own loss";
    if (!methods.empty()) lines += text("  ", option.name, " (", methods, "): ", option.help, "\n");
  }
  return lines;
}

bool set_method_option(const Arm& arm, const std::string& name, const std::string& value,
                       Method& method) {
  for (const MethodOption& option : method_options()) {
    if (option.name != name) continue;
    if (!option.has(method)) refuse("--arms " + arm.name, "options that this method has", name);
    double number = 0;
    if (!parse_whole(value, number)) refuse("--arms " + arm.name, name + "=NUMBER", value);
    if (!option.set(method, number)) {
      refuse("--arms " + arm.name, text("a possible ", name), value);
    }
    return true;
  }
  return false;
}

void leave_open(Method& method, const std::string& option) {
  if (option == "gain") method.sampling.gain.reset();
  if (option == "chunks") method.sampling.chunks.reset();
  if (option == "interaction") method.sampling.interaction.reset();
}

void expect_no_override(const Arm& arm, const std::string& option) {
  for (const auto& [name, value] : arm.overrides) {
    if (name == option) refuse("--arms " + arm.name, "options that this method has", option);
  }
}

void expect_no_tokens(const Method& method, const Arm& arm) {
  if (!method.has_objective<TokenChoice>()) return;
  refuse("--arms " + arm.name, "models with a loss per token for tokens", "others");
}

void expect_default_backend(const std::string& backend_name) {
  if (backend_name == "default") return;
  refuse("--backend", "default; scores of single examples need no other", backend_name);
}

void set_alignment(Method& method, double step_size, double learnability_weight,
                   std::int64_t refresh_every) {
  auto* part = std::get_if<ByGradients>(&method.rule);
  if (!part) return;
  part->step_size = step_size;
  part->refresh_every = refresh_every;
  if (part->learnability_weight != 0) part->learnability_weight = learnability_weight;
}

}  // namespace jest::apps::train
