// Opening packages of AOTInductor: what they say of themselves is checked before their code is
// loaded.

#include "jest/learner/packaged_model.hpp"

#include <torch/csrc/inductor/aoti_package/model_package_loader.h>
#include <torch/torch.h>
#include <torch/version.h>

#include <charconv>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <unordered_map>
#include <variant>

#include "jest/io/atomic_file.hpp"
#include "jest/torch/device.hpp"
#include "provide_libtorch.hpp"
#include "zip_archive.hpp"

namespace jest {

/// A size that varies between calls; inputs that name the same one have the same one.
struct PackageSize {
  std::int64_t least = 0;
  std::optional<std::int64_t> most;
};

/// What a call may give: a dtype an input, and sizes as numbers or names of `sizes`.
struct PackageSignature {
  struct Input {
    std::string dtype;
    std::vector<std::variant<std::int64_t, std::string>> shape;
  };
  std::vector<Input> inputs;
  std::map<std::string, PackageSize> sizes;
};

namespace {

using torch::inductor::AOTIModelPackageLoader;
using PackageMetadata = std::unordered_map<std::string, std::string>;
constexpr const char* kModelName = "model";  // the one that a package of a single model has
constexpr const char* kBatch = "n";          // the name of the first size of every input

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

std::string found_or_none(const PackageMetadata& metadata, const std::string& key) {
  const auto found = metadata.find(key);
  return found == metadata.end() ? "none" : found->second;
}

bool is_of_model(const ZipEntry& entry, std::string_view ending) {
  return entry.name.find("data/aotinductor/model/") != entry.name.npos &&
         entry.name.ends_with(ending);
}

/// What a package says of itself, once its bytes are known to be whole.
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

/// Code with instructions that this processor lacks would end the process.
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

c10::Device device_of(const PackageMetadata& metadata, const std::string& operation) {
  try {
    return find_device(found_or_none(metadata, "AOTI_DEVICE_KEY"));
  } catch (const Error& error) {
    throw Error(operation + ", " + error.what());
  }
}

std::string dtype_name(at::ScalarType type) {
  static const std::map<at::ScalarType, std::string> kNames = {
      {at::kDouble, "float64"},    {at::kFloat, "float32"}, {at::kHalf, "float16"},
      {at::kBFloat16, "bfloat16"}, {at::kLong, "int64"},    {at::kInt, "int32"},
      {at::kShort, "int16"},       {at::kChar, "int8"},     {at::kByte, "uint8"},
      {at::kBool, "bool"}};
  const auto found = kNames.find(type);
  return found == kNames.end() ? c10::toString(type) : found->second;
}

PackageSignature::Input parse_input(const nlohmann::json& input) {
  PackageSignature::Input parsed{input.at("dtype"), {}};
  for (const auto& size : input.at("shape")) {
    if (size.is_string()) {
      parsed.shape.emplace_back(size.get<std::string>());
    } else {
      parsed.shape.emplace_back(size.get<std::int64_t>());
    }
  }
  return parsed;
}

PackageSignature parse_signature(const PackageMetadata& metadata, const std::string& operation) {
  const std::string text = found_or_none(metadata, "jest_signature");
  PackageSignature signature;
  try {
    const auto json = nlohmann::json::parse(text);
    for (const auto& input : json.at("inputs")) signature.inputs.push_back(parse_input(input));
    for (const auto& [name, range] : json.at("ranges").items()) {
      PackageSize& size = signature.sizes[name];
      size.least = range.at(0);
      if (!range.at(1).is_null()) size.most = range.at(1).get<std::int64_t>();
    }
  } catch (const nlohmann::json::exception&) {
    refuse(operation, "metadata jest_signature as python/export_guide.py writes it", text);
  }
  return signature;
}

/// Whether `size` is what the signature has there; a name is bound by the first that comes.
bool fits(const PackageSignature& signature, const std::variant<std::int64_t, std::string>& wanted,
          std::int64_t size, std::map<std::string, std::int64_t>& bound) {
  if (const auto* number = std::get_if<std::int64_t>(&wanted)) return *number == size;
  const std::string& name = std::get<std::string>(wanted);
  const auto range = signature.sizes.find(name);
  if (range == signature.sizes.end()) return false;
  const auto& [least, most] = range->second;
  return bound.try_emplace(name, size).first->second == size && size >= least &&
         (!most || size <= *most);
}

bool fits(const PackageSignature& signature, const std::vector<at::Tensor>& tensors) {
  std::map<std::string, std::int64_t> bound;
  if (tensors.size() != signature.inputs.size()) return false;
  for (std::size_t k = 0; k < tensors.size(); ++k) {
    const auto& [dtype, shape] = signature.inputs[k];
    const at::Tensor& tensor = tensors[k];
    if (!tensor.defined() || dtype_name(tensor.scalar_type()) != dtype) return false;
    if (tensor.sizes().size() != shape.size()) return false;
    for (std::size_t d = 0; d < shape.size(); ++d) {
      if (!fits(signature, shape[d], tensor.sizes()[d], bound)) return false;
    }
  }
  return true;
}

template <class Parts, class Print>
std::string listed(const Parts& parts, const Print& print) {
  std::string all;
  for (const auto& part : parts) all += (all.empty() ? "" : ", ") + print(part);
  return all;
}

/// "int64 [n, s27], ... with n >= 1, 2 <= s27 <= 512".
std::string describe_signature(const PackageSignature& signature) {
  const auto size_of = [](const auto& any) {
    return std::visit([](const auto& value) { return text(value); }, any);
  };
  const auto range = [](const auto& named) {
    const auto& [name, size] = named;
    const std::int64_t least = name == kBatch ? 1 : size.least;  // see two_rows
    return size.most ? text(least, " <= ", name, " <= ", *size.most) : text(name, " >= ", least);
  };
  const auto input = [&](const auto& any) {
    return any.dtype + " [" + listed(any.shape, size_of) + "]";
  };
  return listed(signature.inputs, input) + " with " + listed(signature.sizes, range);
}

std::string describe_tensors(const std::vector<at::Tensor>& tensors) {
  if (tensors.empty()) return "none";
  return listed(tensors, [](const at::Tensor& tensor) {
    if (!tensor.defined()) return std::string("an undefined one");
    const auto number = [](std::int64_t size) { return text(size); };
    return dtype_name(tensor.scalar_type()) + " [" + listed(tensor.sizes(), number) + "]";
  });
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
    check_kind(metadata, kind, operation);
    check_version(metadata, operation);
    check_instructions(metadata, operation);
    signature = parse_signature(metadata, operation);
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
