#pragma once
// What a package of AOTInductor says of itself, and whether its code may be loaded here.

#include <c10/core/Device.h>

#include <filesystem>
#include <string>
#include <unordered_map>

namespace jest {

using PackageMetadata = std::unordered_map<std::string, std::string>;

/// The metadata of a package every byte of which is what its archive's checksums say.
PackageMetadata read_metadata(const std::filesystem::path& path, const std::string& operation);

std::string found_or_none(const PackageMetadata& metadata, const std::string& key);

/// Throws where the package is of another kind, of another minor version of PyTorch than the
/// LibTorch that is linked, or has instructions that this processor lacks, with which it would end
/// the process.
void check_fits_here(const PackageMetadata& metadata, const std::string& kind,
                     const std::string& operation);

/// The device that it was compiled for; throws where there is none.
c10::Device device_of(const PackageMetadata& metadata, const std::string& operation);

}  // namespace jest
