#pragma once
// Runs a check with each of Highway's targets that this machine has, forced.

#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <cstdint>

namespace jest::oracle {

template <class Check>
void on_every_vector_target(const Check& check) {
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    SCOPED_TRACE(hwy::TargetName(target));
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    check();
  }
  hwy::SetSupportedTargetsForTest(0);
  hwy::GetChosenTarget().DeInit();
}

}  // namespace jest::oracle
