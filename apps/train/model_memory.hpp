#pragma once
// Whether a model of the sizes asked for can be trained on this machine, told before anything is.

#include <string>

#include "jest/core/error.hpp"

namespace jest::apps::train {

/// Of a linear layer with its bias. In double: options can ask for more than 64 bits hold.
inline double linear_parameters(double in, double out) { return (in + 1) * out; }

/// Throws unless the machine's memory holds weights, gradients and the two moments of Adam, all of
/// float32. `options` are named in the message.
JEST_EXPORT void check_model_memory(const std::string& options, double parameters);

}  // namespace jest::apps::train
