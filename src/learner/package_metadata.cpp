#include "package_metadata.hpp"

#include <torch/version.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "jest/io/atomic_file.hpp"
#include "jest/torch/device.hpp"
#include "zip_archive.hpp"

namespace jest {
namespace {

bool is_of_model(const ZipEntry& entry, std::string_view ending) {
  return entry.name.find("data/aotinductor/model/") != entry.name.npos &&
         entry.name.ends_with(ending);
}

/// "2.11" of "2.11.0+cu130".
std::string minor_version(std::string_view version) {
  return std::string(version.substr(0, version.find('.', version.find('.') + 1)));
}

void check_version(const PackageMetadata& metadata, const std::string& operation) {
  const std::string came = found_or_none(metadata, "jest_torch");
  if (minor_version(came) == minor_version(TORCH_VERSION)) return;
  refuse(operation,
         text("a package made by PyTorch ", minor_version(TORCH_VERSION), ", as LibTorch ",
              TORCH_VERSION, " is linked"),
         came == "none" ? "one that does not say by which" : "one made by " + came);
}

void check_kind(const PackageMetadata& metadata, const std::string& kind,
                const std::string& operation) {
  const std::string came = found_or_none(metadata, "jest_kind");
  if (came == kind) return;
  refuse(operation, "a package of kind '" + kind + "' (metadata jest_kind)", "'" + came + "'");
}

void check_instructions(const PackageMetadata& metadata, const std::string& operation) {
  const std::pair<const char*, bool> known[] = {
      {"AVX2", __builtin_cpu_supports("avx2")},
      {"AVX512", __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")},
      {"AVX512_VNNI", __builtin_cpu_supports("avx512vnni")},
      {"AVX512_BF16", __builtin_cpu_supports("avx512bf16")}};
  std::istringstream needed(found_or_none(metadata, "AOTI_CPU_ISA"));
  for (std::string word; needed >> word;) {
    for (const auto& [name, here] : known) {
      if (word == name && !here) {
        refuse(operation, "a package for this processor", text("one compiled for ", name));
      }
    }
  }
}

}  // namespace

std::string found_or_none(const PackageMetadata& metadata, const std::string& key) {
  const auto found = metadata.find(key);
  return found == metadata.end() ? "none" : found->second;
}

PackageMetadata read_metadata(const std::filesystem::path& path, const std::string& operation) {
  const std::string archive = read_file(path);
  std::size_t libraries = 0;
  PackageMetadata metadata;
  for (const ZipEntry& entry : zip_entries(archive, operation)) {
    libraries += is_of_model(entry, ".so");
    if (!is_of_model(entry, "_metadata.json")) continue;
    try {
      nlohmann::json::parse(entry.content).get_to(metadata);
    } catch (const nlohmann::json::exception&) {
      refuse(operation, "metadata that are strings by names", entry.content);
    }
  }
  if (libraries != 1 || metadata.empty()) {
    refuse(operation, "a package of one compiled model, as python/export_guide.py makes it",
           libraries == 1 ? "one without metadata" : text("an archive with ", libraries));
  }
  return metadata;
}

void check_fits_here(const PackageMetadata& metadata, const std::string& kind,
                     const std::string& operation) {
  check_kind(metadata, kind, operation);
  check_version(metadata, operation);
  check_instructions(metadata, operation);
}

c10::Device device_of(const PackageMetadata& metadata, const std::string& operation) {
  try {
    return find_device(found_or_none(metadata, "AOTI_DEVICE_KEY"));
  } catch (const Error& error) {
    throw Error(operation + ", " + error.what());
  }
}

}  // namespace jest
