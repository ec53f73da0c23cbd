#pragma once
// From arguments to the one line that jest-select prints.

#include <string>

#include "select/arguments.hpp"

namespace jest::apps::select {

/// Reads the files, selects, and returns the answer as JSON on one line. Throws jest::Error.
std::string select_answer(const SelectArguments& arguments);

}  // namespace jest::apps::select
