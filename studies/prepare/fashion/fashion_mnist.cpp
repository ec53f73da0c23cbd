#include "prepare/fashion/fashion_mnist.hpp"

#include <algorithm>
#include <utility>

#include "jest/core/error.hpp"
#include "prepare/apt_folder.hpp"
#include "prepare/deb_packages.hpp"
#include "prepare/progress.hpp"
#include "prepare/row_id.hpp"
#include "prepare/temporary_folder.hpp"

namespace jest::studies {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kFashionPackage = "dataset-fashion-mnist";
constexpr const char* kFashionNames = "names.txt";
constexpr std::int64_t kPictureSide = 28;
constexpr std::size_t kCuratedPictures = 3'000;
const std::vector<std::string> kLabels = {"T-shirt", "Trouser", "Pullover", "Dress", "Coat",
                                          "Sandal",  "Shirt",   "Sneaker",  "Bag",   "Ankle boot"};

void check(const FashionSpec& spec) {
  if (spec.noise >= 0 && spec.noise < 1) return;
  refuse("fashion-mnist --noise", "a share of at least 0 and below 1", spec.noise);
}

Json requested(const FashionMnistCommand& command) {
  const FashionSpec& spec = command.spec;
  return {{"command", text("jest-data fashion-mnist --noise ", spec.noise, " --seed ", spec.seed)},
          {"version", command.version},
          {"noise", spec.noise},
          {"seed", spec.seed}};
}

void check_part(const FashionPart& part, const char* name) {
  const std::string operation = text("fashion-mnist, ", name, " part");
  const std::vector<std::int64_t> expected = {part.labels.rows(), kPictureSide, kPictureSide};
  if (part.labels.shape.size() != 1 || part.images.shape != expected) {
    refuse(operation, "a picture of 28 by 28 for every label", "other sizes");
  }
  const auto largest = *std::ranges::max_element(
      part.labels.bytes, {}, [](char label) { return static_cast<unsigned char>(label); });
  if (static_cast<unsigned char>(largest) >= kLabels.size()) {
    refuse(operation, text("labels below ", kLabels.size()),
           static_cast<int>(static_cast<unsigned char>(largest)));
  }
}

/// In the middle of a dark field of kImageSide.
std::string framed(std::string_view picture) {
  constexpr std::size_t kBorder = (kImageSide - kPictureSide) / 2;
  std::string image(kImageSide * kImageSide, '\0');
  for (std::size_t y = 0; y < kPictureSide; ++y) {
    picture.substr(y * kPictureSide, kPictureSide)
        .copy(image.data() + (y + kBorder) * kImageSide + kBorder, kPictureSide);
  }
  return image;
}

ImageRows rows_of(const FashionPart& part, const char* name) {
  check_part(part, name);
  ImageRows rows;
  for (std::int64_t k = 0; k < part.labels.rows(); ++k) {
    const auto label = static_cast<unsigned char>(part.labels.row(k)[0]);
    rows.push_back({row_id(text(name, ' ', k)), framed(part.images.row(k)), label, kLabels[label]});
  }
  return in_order_of_id(std::move(rows));
}

FashionPart read_part(const std::vector<PackageFile>& files, const std::string& prefix) {
  const auto file = [&](const std::string& ending) {
    for (const PackageFile& one : files) {
      if (one.path.filename() == prefix + ending) return read_gzipped_idx(one.path);
    }
    refuse(text("read ", kFashionPackage), prefix + ending, "none");
  };
  return {file("-images-idx3-ubyte.gz"), file("-labels-idx1-ubyte.gz")};
}

Json prepare(const PreparedFolder& folder, const FashionSpec& spec, Json request) {
  const TemporaryFolder private_folder;
  const auto& apt = private_folder.path();
  progress("fetching apt's indexes, about 50 MB");
  const ChildOutput output = update_apt(apt, {.languages = {}, .packages = true});
  if (!known_packages(apt).contains(kFashionPackage)) {
    refuse("apt-get update", text("a package ", kFashionPackage), first_error(output));
  }
  progress("fetching ", kFashionPackage, ", about 31 MB");
  const std::vector<DebPackage> packages = fetch_packages(apt, {kFashionPackage});
  const auto files = unpack(packages[0], {{"./usr/share/datasets/*"}, {}}, apt / "unpacked");
  FashionSplit split = split_fashion(read_part(files, "train"), read_part(files, "t10k"), spec);
  progress("writing the tables");
  request["packages"] = describe_packages(packages);
  return write_fashion_mnist(folder, std::move(split), std::move(request));
}

}  // namespace

PreparedFolder fashion_mnist_folder(const std::filesystem::path& path) {
  return {"fashion-mnist",
          path,
          {"curated.safetensors", "pool.safetensors", "eval.safetensors"},
          {kFashionNames}};
}

FashionSplit split_fashion(const FashionPart& training, const FashionPart& test,
                           const FashionSpec& spec) {
  FashionSplit split;
  split.eval = rows_of(test, "test");
  ImageRows rows = rows_of(training, "training");
  split.curated = first_in_order(rows, kCuratedPictures, SeededOrder{spec.seed, Purpose::kCurated});
  auto curated = split.curated.begin();  // both are in order of id
  std::erase_if(rows, [&](const ImageRow& row) {
    const bool taken = curated != split.curated.end() && curated->id == row.id;
    if (taken) ++curated;
    return taken;
  });
  split.pool = exchange_names(std::move(rows), spec.noise, spec.seed);
  return split;
}

Json write_fashion_mnist(const PreparedFolder& folder, FashionSplit split, Json description) {
  std::vector<ImageRows> tables;
  for (ImageRows* rows : {&split.curated, &split.pool, &split.eval}) {
    tables.push_back(std::move(*rows));
  }
  return write_image_folder(folder, kLabels, std::move(tables), std::move(description));
}

void prepare_fashion_mnist(const FashionMnistCommand& command) {
  check(command.spec);
  const PreparedFolder folder = fashion_mnist_folder(command.out);
  fill_once(folder, requested(command),
            [&](Json request) { return prepare(folder, command.spec, std::move(request)); });
}

}  // namespace jest::studies
