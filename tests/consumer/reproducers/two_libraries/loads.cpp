// Loads the plugin, selects with threads and unloads it, twenty times. Usage: loads PLUGIN

#include <dlfcn.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <iterator>
#include <thread>

namespace {

long threads_of_this_process() {
  const std::filesystem::directory_iterator tasks("/proc/self/task");
  return std::distance(begin(tasks), end(tasks));
}

}  // namespace

int main(int, char** arguments) {
  long expected = 0;
  for (int k = 0; k < 20; ++k) {
    void* plugin = dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL);
    if (plugin == nullptr) return std::printf("%s\n", dlerror());
    const auto pick = reinterpret_cast<long (*)(int)>(dlsym(plugin, "pick_plugin"));
    const long picks = pick(3);
    if (k != 0 && picks != expected) return std::printf("other picks in round %d\n", k);
    expected = picks;
    dlclose(plugin);
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  const long threads = threads_of_this_process();
  std::printf("%ld threads at the end\n", threads);
  return threads <= 4 ? 0 : 1;  // at most the pool of the last round
}
