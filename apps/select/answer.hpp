#pragma once
// From arguments to what jest-select answers.

#include <ostream>

#include "select/arguments.hpp"

namespace jest::apps::select {

/// Reads the files, selects, and answers on `output`, or in the file that was asked for; remarks go
/// to `remarks`, a line each. Throws jest::Error.
void answer(const SelectArguments& arguments, std::ostream& output, std::ostream& remarks);

}  // namespace jest::apps::select
