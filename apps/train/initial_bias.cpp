// The bias that fits a batch.

#include "train/initial_bias.hpp"

namespace jest::apps::train {

double InitialBias::at(std::int64_t count) const {
  return given ? *given : 0 - std::round(std::log(static_cast<double>(count)));
}

}  // namespace jest::apps::train
