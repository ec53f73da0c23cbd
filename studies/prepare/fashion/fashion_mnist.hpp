#pragma once
// The command `jest-data fashion-mnist`: pictures of clothes under ten labels.
// Source: Xiao, Rasul, Vollgraf, arXiv 1708.07747.

#include <cstdint>
#include <filesystem>
#include <string>

#include "prepare/fashion/idx_file.hpp"
#include "prepare/image_rows.hpp"
#include "prepare/prepared_folder.hpp"

namespace jest::studies {

struct FashionSpec {
  double noise = 0;        // the share of the pool whose labels are exchanged, in [0, 1)
  std::uint64_t seed = 0;  // draws the curated rows and the noise
};

struct FashionMnistCommand {
  FashionSpec spec;
  std::filesystem::path out;  // the folder to fill
  std::string version;        // of the program, for the manifest
};

/// Prepares Fashion-MNIST in `out`, in the manner of prepare_translations().
void prepare_fashion_mnist(const FashionMnistCommand& command);

PreparedFolder fashion_mnist_folder(const std::filesystem::path& path);

/// What its two parts, training and test, hold: pictures of 28 × 28, and labels below ten.
struct FashionPart {
  IdxArray images;
  IdxArray labels;
};

/// In the order of the tables of fashion_mnist_folder().
struct FashionSplit {
  ImageRows curated;
  ImageRows pool;
  ImageRows eval;
};

/// Curated: 3,000 rows of the training part; pool: the others; evaluation: the test part. Pictures
/// get a border of two pixels. Tags are labels, in a pool with noise "true" and "noise".
/// Throws jest::Error where a part is no such data.
FashionSplit split_fashion(const FashionPart& training, const FashionPart& test,
                           const FashionSpec& spec);

/// As write_image_folder().
nlohmann::ordered_json write_fashion_mnist(const PreparedFolder& folder, FashionSplit split,
                                           nlohmann::ordered_json description);

}  // namespace jest::studies
