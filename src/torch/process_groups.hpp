#pragma once
// How a process group is made: the only code that sees Gloo.

#include <exception>
#include <functional>
#include <string>

#include "jest/torch/world.hpp"

namespace jest::detail {

/// Of all ranks of a launch. Throws where one does not come.
c10::intrusive_ptr<c10d::ProcessGroup> join(const Launch& launch, const WorldSpec& spec);

/// Of some ranks of a group over Gloo, over the same network and with the same timeout: those that
/// call this with the same name. `place` is this process's rank among them, and their number;
/// `backend` as in WorldSpec.
c10::intrusive_ptr<c10d::ProcessGroup> join_part(
    c10d::ProcessGroup& whole, const std::string& name, const Launch& place,
    const std::function<void(c10d::ProcessGroup&)>& backend);

/// The first line of what LibTorch says, which adds a backtrace.
std::string first_line(const std::exception& error);

/// What LibTorch throws in a collective becomes one line.
template <class Collective>
auto in_one_line(const char* what, const Collective& collective) {
  try {
    return collective();
  } catch (const std::exception& error) {
    throw Error(text(what, ": ", first_line(error)));
  }
}

template <class Collective>
void together(const char* what, const Collective& collective) {
  in_one_line(what, [&] { collective()->wait(); });
}

constexpr const char* kSum = "sum over ranks";

}  // namespace jest::detail
