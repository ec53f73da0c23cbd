#pragma once
// A checksum that identifies a trained model.

#include <string>

#include "jest/core/error.hpp"

namespace torch::nn {
class Module;
}

namespace jest {

/// CRC-32 over names, shapes and bytes of every parameter and buffer, as eight hexadecimal digits.
JEST_EXPORT std::string model_fingerprint(const torch::nn::Module& module);

}  // namespace jest
