#include "train/initial_bias.hpp"

#include <cmath>

#include "jest/core/error.hpp"

namespace jest::apps::train {

void InitialBias::add_to(CLI::App& command) {
  command.add_option("--bias", given,
                     "Initial logit bias; when not given -log of\n--count, to a whole number");
}

void InitialBias::check() const {
  if (given && !std::isfinite(*given)) refuse("--bias", "a finite number", *given);
}

double InitialBias::at(std::int64_t count) const {
  return given ? *given : 0 - std::round(std::log(static_cast<double>(count)));
}

}  // namespace jest::apps::train
