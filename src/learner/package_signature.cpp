#include "package_signature.hpp"

#include <nlohmann/json.hpp>

#include "jest/core/error.hpp"

namespace jest {
namespace {

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

template <class Parts, class Print>
std::string listed(const Parts& parts, const Print& print) {
  std::string all;
  for (const auto& part : parts) all += (all.empty() ? "" : ", ") + print(part);
  return all;
}

}  // namespace

PackageSignature parse_signature(const std::string& text, const std::string& operation) {
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

std::string describe_signature(const PackageSignature& signature) {
  const auto size_of = [](const auto& any) {
    return std::visit([](const auto& value) { return text(value); }, any);
  };
  const auto range = [](const auto& named) {
    const auto& [name, size] = named;
    const std::int64_t least = name == kBatch ? 1 : size.least;  // one row is given twice
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

}  // namespace jest
