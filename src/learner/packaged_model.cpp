// Models in packages of AOTInductor: what a package says of itself is checked before its code is
// loaded.

#include "jest/learner/packaged_model.hpp"

#include <torch/csrc/inductor/aoti_package/model_package_loader.h>
#include <torch/torch.h>

#include <charconv>

#include "package_metadata.hpp"
#include "package_signature.hpp"
#include "provide_libtorch.hpp"

namespace jest {
namespace {

using torch::inductor::AOTIModelPackageLoader;
constexpr const char* kModelName = "model";  // the one that a package of a single model has

std::string first_line(const std::string& said) { return said.substr(0, said.find('\n')); }

/// Runs `work`; what LibTorch throws is refused in one line.
template <class Work>
auto in_one_line(const std::string& operation, const std::string& expected, const Work& work) {
  try {
    return work();
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    refuse(operation, expected, first_line(error.what()));
  }
}

/// Compiled code takes two or more rows: one is given twice.
at::Tensor two_rows(const at::Tensor& one) { return at::cat({one, one}); }

/// Where they are compiled to be, with the strides of the example that they were compiled for.
std::vector<at::Tensor> placed(const std::vector<at::Tensor>& inputs, c10::Device device) {
  std::vector<at::Tensor> all;
  for (const at::Tensor& input : inputs) {
    all.push_back(input.detach().to(device, input.scalar_type()).contiguous());
  }
  return all;
}

}  // namespace

namespace detail {

struct Package::State {
  State(const std::filesystem::path& path, const std::string& kind) : path(path) {
    const std::string operation = "open package " + path.string();
    metadata = read_metadata(path, operation);
    check_fits_here(metadata, kind, operation);
    signature = parse_signature(found_or_none(metadata, "jest_signature"), operation);
    device = device_of(metadata, operation);
    provide_libtorch();
    in_one_line(operation, "a package that can be loaded", [&] {
      loader = std::make_unique<AOTIModelPackageLoader>(path.string(), kModelName);
    });
  }

  std::filesystem::path path;
  PackageMetadata metadata;
  PackageSignature signature;
  c10::Device device = c10::kCPU;
  std::unique_ptr<AOTIModelPackageLoader> loader;
};

Package::Package(const std::filesystem::path& path, const char* kind)
    : state_(std::make_shared<State>(path, kind)) {}

c10::Device Package::device() const { return state_->device; }

void Package::refuse_call(const std::string& expected, const std::string& came) const {
  refuse("run package " + state_->path.string(), expected, came);
}

std::vector<at::Tensor> Package::run(const std::vector<at::Tensor>& inputs) const {
  const c10::NoGradGuard no_gradient;
  const bool one_row =
      !inputs.empty() && inputs[0].defined() && inputs[0].dim() > 0 && inputs[0].size(0) == 1;
  std::vector<at::Tensor> given = inputs;
  if (one_row) {
    for (at::Tensor& input : given) {
      if (input.defined() && input.dim() > 0) input = two_rows(input);
    }
  }
  if (!fits(state_->signature, given)) {
    refuse_call("inputs " + describe_signature(state_->signature), describe_tensors(inputs));
  }
  const std::int64_t rows = given.at(0).size(0);
  std::vector<at::Tensor> results =
      in_one_line("run package " + state_->path.string(), "inputs that its module takes",
                  [&] { return state_->loader->run(placed(given, state_->device)); });
  for (at::Tensor& result : results) {
    if (result.dim() < 1 || result.size(0) != rows || !result.is_floating_point()) {
      refuse_call(text("results of a floating dtype with ", rows, " rows"),
                  describe_tensors(results));
    }
    if (one_row) result = result.slice(0, 0, 1);
  }
  return results;
}

std::optional<double> Package::number(const char* key) const {
  const std::string said = found_or_none(state_->metadata, key);
  if (said == "none") return std::nullopt;
  double value = 0;
  const char* end = said.data() + said.size();
  if (std::from_chars(said.data(), end, value).ptr != end) {
    refuse("open package " + state_->path.string(), text("a number as metadata ", key), said);
  }
  return value;
}

}  // namespace detail

PackagedModel::PackagedModel(const std::filesystem::path& path) : Package(path, "embed") {
  const std::optional<double> scale = number("jest_scale");
  const std::optional<double> bias = number("jest_bias");
  if (!scale || !bias) {
    refuse("open package " + path.string(),
           "a scale and a bias of logits, in the package or from its user", "none");
  }
  scale_ = *scale;
  bias_ = *bias;
}

PackagedModel::PackagedModel(const std::filesystem::path& path, double scale, double bias)
    : Package(path, "embed"), scale_(scale), bias_(bias) {}

Embeddings PackagedModel::embed(const std::vector<at::Tensor>& inputs) const {
  const std::vector<at::Tensor> sides = run(inputs);
  if (sides.size() != 2 || sides[0].dim() != 2 || sides[0].sizes() != sides[1].sizes()) {
    refuse_call("embeddings x, y [n, d]", describe_tensors(sides));
  }
  const auto options = at::TensorOptions().dtype(at::kDouble).device(device());
  return {sides[0], sides[1], torch::full({}, scale_, options), torch::full({}, bias_, options)};
}

PackagedLossModel::PackagedLossModel(const std::filesystem::path& path) : Package(path, "losses") {}

at::Tensor PackagedLossModel::losses(const std::vector<at::Tensor>& inputs) const {
  const std::vector<at::Tensor> results = run(inputs);
  if (results.size() != 1 || results[0].dim() != 1) {
    refuse_call("losses [n]", describe_tensors(results));
  }
  return results[0].to(at::kFloat);
}

}  // namespace jest
