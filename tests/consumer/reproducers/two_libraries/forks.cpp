// Selection with threads in the children of fork(), and inside a parallel region of OpenMP.

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <thread>

#include "pick.hpp"

namespace {

/// Children are made while another thread selects.
int failed_children(long expected) {
  std::thread busy([] {
    for (int k = 0; k < 20; ++k) digest_of_picks(2);
  });
  int failed = 0;
  for (int k = 0; k < 4; ++k) {
    const pid_t child = fork();
    if (child == 0) {
      alarm(20);
      _exit(digest_of_picks(3) == expected ? 0 : 1);
    }
    int status = 0;
    waitpid(child, &status, 0);
    failed += status != 0;
  }
  busy.join();
  return failed;
}

int other_picks_in_openmp(long expected) {
  int wrong = 0;
#pragma omp parallel for num_threads(4) reduction(+ : wrong)
  for (int k = 0; k < 8; ++k) wrong += digest_of_picks(1 + k % 3) != expected;
  return wrong;
}

}  // namespace

int main() {
  const long expected = digest_of_picks(1);
  const int failed = failed_children(expected);
  const int wrong = other_picks_in_openmp(expected);
  std::printf("children that failed: %d, other picks inside OpenMP: %d\n", failed, wrong);
  return failed == 0 && wrong == 0 ? 0 : 1;
}
