// LibTorch's OpenMP threads wait for work by spinning: beside one other busy process everything
// that uses them becomes ten to twenty times slower. The runtime reads how to wait when it is
// loaded, which is before main. So a program that is started without a word about it sets the
// standard's variable and starts itself anew, once, with the same arguments.

#ifdef __linux__
#include <unistd.h>

#include <cstdlib>
#include <initializer_list>

namespace {

bool says_how_to_wait() {
  for (const char* name : {"OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME"}) {
    if (std::getenv(name)) return true;
  }
  return false;
}

/// glibc hands main's arguments to constructors, too. Where the program cannot be started anew it
/// goes on as it is.
__attribute__((constructor)) void wait_passively(int, char** arguments, char**) {
  if (says_how_to_wait() || !arguments) return;
  setenv("OMP_WAIT_POLICY", "passive", /*overwrite=*/0);
  execv("/proc/self/exe", arguments);
}

}  // namespace
#endif
