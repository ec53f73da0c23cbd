// Both libraries and the program pick the same, at the same time, and the program catches what
// either of them throws.

#include <cstdio>
#include <thread>

#include "pick.hpp"

extern "C" {
long pick_visible(int threads);
long pick_hidden(int threads);
void too_many_visible();
void too_many_hidden();
}

namespace {

bool throws_our_error(void (*function)()) {
  try {
    function();
  } catch (const jest::Error&) {
    return true;
  } catch (...) {
  }
  return false;
}

}  // namespace

int main() {
  const long expected = digest_of_picks(1);
  bool same_visible = true, same_hidden = true;
  std::thread one([&] {
    for (int k = 0; k < 5; ++k) same_visible = same_visible && pick_visible(3) == expected;
  });
  std::thread two([&] {
    for (int k = 0; k < 5; ++k) same_hidden = same_hidden && pick_hidden(1 + k) == expected;
  });
  one.join();
  two.join();
  const bool caught = throws_our_error(too_many_visible) && throws_our_error(too_many_hidden);
  std::printf("same picks: %d %d, errors caught: %d\n", same_visible, same_hidden, caught);
  return same_visible && same_hidden && caught ? 0 : 1;
}
