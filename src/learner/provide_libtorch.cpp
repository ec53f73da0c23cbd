#include "provide_libtorch.hpp"

#include <dlfcn.h>

#include <filesystem>

#include "jest/core/error.hpp"

namespace jest {
namespace {

constexpr const char* kStandIn = "libjest_libtorch.so";  // its name for the loader is libtorch.so

/// Where this code lies: libjest.so, or the program that it is linked into.
std::filesystem::path own_folder() {
  Dl_info info{};
  if (!dladdr(reinterpret_cast<const void*>(&provide_libtorch), &info)) return {};
  return std::filesystem::absolute(info.dli_fname).parent_path();
}

}  // namespace

void provide_libtorch() {
  if (dlopen("libtorch.so", RTLD_LAZY | RTLD_NOLOAD)) return;
  if (dlopen("libtorch.so", RTLD_LAZY | RTLD_GLOBAL)) return;
  if (dlopen((own_folder() / kStandIn).c_str(), RTLD_LAZY | RTLD_GLOBAL)) return;
  if (dlopen(kStandIn, RTLD_LAZY | RTLD_GLOBAL)) return;
  const char* said = dlerror();
  refuse("load libtorch.so", text("it, or ", kStandIn, " beside libjest"), said ? said : "none");
}

}  // namespace jest
