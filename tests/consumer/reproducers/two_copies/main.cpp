// A program and its plugin may bring a libjest.so each. Loads every library it is told to, and says
// so. Usage: main LIBRARY...

#include <dlfcn.h>

#include <cstdio>

int main(int count, char** arguments) {
  for (int k = 1; k < count; ++k) {
    if (dlopen(arguments[k], RTLD_NOW | RTLD_LOCAL) == nullptr) {
      std::printf("%s\n", dlerror());
      return 1;
    }
  }
  std::printf("loaded %d\n", count - 1);
  return 0;
}
