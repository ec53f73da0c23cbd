#pragma once
// The line that a refused call says.

#include <gtest/gtest.h>

#include <string>

#include "jest/core/error.hpp"

namespace jest::oracle {

/// what() of the jest::Error that `call` throws; fails the test and is empty if it throws none.
template <class Call>
std::string message_of(const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "expected a jest::Error";
  return {};
}

}  // namespace jest::oracle
