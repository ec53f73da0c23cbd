#pragma once
// Models of PyTorch in C++, as guide or proxy: packages of AOTInductor (.pt2), which
// python/export_guide.py makes of any torch.nn.Module.
//
//   jest::PackagedModel guide{"guide.pt2"};
//   jest::ReferenceModel reference{guide};       // of TensorBatch: its tensors are the inputs
//   auto of_mine = jest::with_embed(guide, [](auto& model, const MyBatch& batch) {
//     return model->embed({batch.tokens(), batch.mask()});
//   });
//   jest::PackagedLossModel losses{"losses.pt2"};
//
// A package is code of this processor: open none that you would not run. It is forward only,
// without gradient, modes or autocast.

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "jest/learner/concepts.hpp"
#include "jest/torch/tensor_batch.hpp"

namespace jest {
namespace detail {

/// An open package; copies share it. What scoring asks of a module is answered: nothing is trained.
class JEST_EXPORT Package {
 public:
  /// Where it was compiled to run. Its inputs are moved there, its results stay there.
  c10::Device device() const;
  operator c10::DeviceType() const { return device().type(); }  // for AutocastGuard

  bool is_training() const { return false; }
  void train(bool = true) const {}
  std::vector<std::shared_ptr<Package>> modules(bool) const { return {}; }
  std::vector<at::Tensor> buffers() const { return {}; }
  std::vector<at::Tensor> parameters() const { return {}; }

 protected:
  /// `kind` is "embed" or "losses".
  Package(const std::filesystem::path& path, const char* kind);
  /// Results of one forward pass, each with as many rows as the inputs have.
  std::vector<at::Tensor> run(const std::vector<at::Tensor>& inputs) const;
  /// A number that the package's metadata hold under this key.
  std::optional<double> number(const char* key) const;
  [[noreturn]] void refuse_call(const std::string& expected, const std::string& came) const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace detail

/// A handle to a packaged model that embeds pairs (concept EmbedsPairs). Copies share the package.
/// Opening unpacks it below /tmp until the last copy is gone, and throws a jest::Error of one line
/// where the file is damaged, is no such package, is one of losses, or was compiled for another
/// LibTorch, another device or a processor with other instructions.
///
/// Calls from several threads are safe and take turns. A call throws where inputs differ from the
/// package's in number, dtype or shape, or have no rows. Values that the module has no answer to, a
/// token beyond its vocabulary, end the process: compiled code checks them where nothing can be
/// caught. O(one forward pass).
class JEST_EXPORT PackagedModel : public detail::Package {
 public:
  /// Scale and bias of its logits are the package's. Throws where that has none.
  explicit PackagedModel(const std::filesystem::path& path);
  /// With another scale and bias, or one that the package lacks.
  PackagedModel(const std::filesystem::path& path, double scale, double bias);

  PackagedModel* operator->() { return this; }
  const PackagedModel* operator->() const { return this; }
  PackagedModel& operator*() { return *this; }
  const PackagedModel& operator*() const { return *this; }

  /// Inputs in the order of the module's forward(): those of x, then those of y.
  Embeddings embed(const std::vector<at::Tensor>& inputs) const;
  Embeddings embed(const TensorBatch& batch) const { return embed(batch.tensors()); }

 private:
  double scale_;
  double bias_;
};

/// The same for a packaged model that gives a loss an example (concept GivesLosses).
class JEST_EXPORT PackagedLossModel : public detail::Package {
 public:
  explicit PackagedLossModel(const std::filesystem::path& path);

  PackagedLossModel* operator->() { return this; }
  const PackagedLossModel* operator->() const { return this; }
  PackagedLossModel& operator*() { return *this; }
  const PackagedLossModel& operator*() const { return *this; }

  /// Losses [n] float32, in the inputs' order.
  at::Tensor losses(const std::vector<at::Tensor>& inputs) const;
  at::Tensor losses(const TensorBatch& batch) const { return losses(batch.tensors()); }
};

}  // namespace jest
