#pragma once
// Every method by its name.

#include <array>
#include <string>

#include "jest/methods/aced.hpp"
#include "jest/methods/acid.hpp"
#include "jest/methods/active_clip.hpp"
#include "jest/methods/cascade.hpp"
#include "jest/methods/drrho.hpp"
#include "jest/methods/flexi_jest.hpp"
#include "jest/methods/greats.hpp"
#include "jest/methods/infomax.hpp"
#include "jest/methods/jest.hpp"
#include "jest/methods/rho_1.hpp"
#include "jest/methods/rho_loss.hpp"
#include "jest/methods/selective_backprop.hpp"
#include "jest/methods/uniform.hpp"

namespace jest {

inline constexpr std::array kMethods = {
    kUniform, kJest,    kFlexiJest,         kRhoLoss, kActiveClip, kAcid,    kAced,
    kDrrho,   kInfomax, kSelectiveBackprop, kGreats,  kRho1,       kCascade,
};

/// Throws an error that lists the names when there is none of this one.
inline const Method& find_method(std::string_view name) {
  std::string known;
  for (const Method& method : kMethods) {
    if (method.name == name) return method;
    known += (known.empty() ? "" : ", ") + std::string(method.name);
  }
  refuse("method", "one of " + known, name);
}

}  // namespace jest
