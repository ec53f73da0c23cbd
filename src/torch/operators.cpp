// jest::select as an operator of LibTorch: torch.ops.jest.select once Python has loaded libjest.so.
//
//   torch.ops.load_library("libjest.so")
//   indices, scores = torch.ops.jest.select(x, y, reference_x, reference_y, count=128,
//                                           learner_scale=10.0, learner_bias=-5.0, ...)
//
// Schema once, one kernel for each device. Arguments are those of SelectionSpec, Sampling and
// PairScore under their names there. Tensors of a model whose weight is 0 may be None. A seed is an
// unsigned number of 64 bits: the integer with the same bits stands for it (−1 for 2⁶⁴ − 1). On a
// CUDA device the call waits once, at its end, to tell an impossible selection from a good one. No
// gradient flows.

#include <torch/library.h>
#include <torch/torch.h>

#include <bit>
#include <limits>
#include <tuple>
#include <utility>

#include "jest/torch/device_select.hpp"

namespace jest {
namespace {

using OptionalTensor = std::optional<at::Tensor>;
using Picks = std::tuple<at::Tensor, at::Tensor>;

constexpr const char* kSchema =
    "select(Tensor? learner_x, Tensor? learner_y, Tensor? reference_x=None, "
    "Tensor? reference_y=None, Tensor? ids=None, *, SymInt count, str preset='joint', "
    "int? chunks=None, float gain=100.0, SymInt seed=0, SymInt step=0, float learner_weight=1.0, "
    "float reference_weight=1.0, float interaction=1.0, str contrast='sigmoid', "
    "float learner_scale=1.0, float learner_bias=0.0, float reference_scale=1.0, "
    "float reference_bias=0.0, str backend='default', int threads=1) "
    "-> (Tensor indices, Tensor scores)";

/// Scale and bias are numbers here: CPU tensors, which are read without a wait.
Embeddings model_of(const OptionalTensor& x, const OptionalTensor& y, double scale, double bias) {
  return {x.value_or(at::Tensor()), y.value_or(at::Tensor()),
          torch::scalar_tensor(scale, at::kDouble), torch::scalar_tensor(bias, at::kDouble)};
}

int threads_of(std::int64_t threads) {
  constexpr std::int64_t kMost = std::numeric_limits<int>::max();
  if (threads < 1 || threads > kMost) refuse("select", "at least one thread", threads);
  return static_cast<int>(threads);
}

/// The kernel of every device that holds values.
Picks select_operator(const OptionalTensor& learner_x, const OptionalTensor& learner_y,
                      const OptionalTensor& reference_x, const OptionalTensor& reference_y,
                      const OptionalTensor& ids, std::int64_t count, std::string_view preset,
                      std::optional<std::int64_t> chunks, double gain, std::int64_t seed,
                      std::int64_t step, double learner_weight, double reference_weight,
                      double interaction, std::string_view contrast, double learner_scale,
                      double learner_bias, double reference_scale, double reference_bias,
                      std::string_view backend, std::int64_t threads) {
  const SelectionSpec spec{.count = count,
                           .sampling = {.preset = by_name("select, preset", kPresets, preset),
                                        .chunks = chunks,
                                        .gain = gain,
                                        .interaction = {.value = interaction, .start = 0}},
                           .seed = std::bit_cast<std::uint64_t>(seed),
                           .step = step,
                           .backend = by_name("select, backend", kBackends, backend),
                           .threads = threads_of(threads)};
  const PairScore score{{learner_weight, reference_weight},
                        by_name("select, contrast", kContrasts, contrast)};
  const DevicePicks picks =
      select_on_device({model_of(learner_x, learner_y, learner_scale, learner_bias),
                        model_of(reference_x, reference_y, reference_scale, reference_bias),
                        ids.value_or(at::Tensor())},
                       spec, score);
  picks.check();
  return {picks.indices, picks.scores};
}

/// Shapes and dtypes alone; a count that is symbolic stays so, and one graph serves every seed and
/// step. LibTorch knows a symbolic kernel by its SymInt by value.
Picks select_shapes(const OptionalTensor& learner_x, const OptionalTensor& learner_y,
                    const OptionalTensor& reference_x, const OptionalTensor& reference_y,
                    const OptionalTensor&, c10::SymInt count, std::string_view,
                    std::optional<std::int64_t>, double, c10::SymInt, c10::SymInt,
                    double learner_weight, double reference_weight, double, std::string_view,
                    double, double, double, double, std::string_view, std::int64_t) {
  const auto check = [](const char* who, const OptionalTensor& x, const OptionalTensor& y) {
    if (!x || !y || x->dim() != 2 || y->dim() != 2) refuse(who, "x and y [B, d]", "others");
  };
  if (learner_weight != 0) check("select, learner", learner_x, learner_y);
  if (reference_weight != 0) check("select, reference", reference_x, reference_y);
  const at::Tensor& any = learner_weight != 0 ? *learner_x : *reference_x;
  return {at::empty_symint({count}, any.options().dtype(at::kLong)),
          at::empty_symint({count}, any.options().dtype(at::kDouble))};
}

/// A second copy of this library in one process (a plugin's beside the program's) finds the
/// operator there and registers nothing: LibTorch would end the program at a second registration.
const bool kFirstCopy = !c10::Dispatcher::singleton().findSchema({"jest::select", ""});

template <typename Kernel>
void add_kernel(torch::Library& library, Kernel&& kernel) {
  if (kFirstCopy) library.impl("select", std::forward<Kernel>(kernel));
}

}  // namespace

/// On a device the operator waits for its answer, which a capture into a graph does not survive.
TORCH_LIBRARY_FRAGMENT(jest, m) {
  if (kFirstCopy) m.def(kSchema, {at::Tag::pt2_compliant_tag, at::Tag::cudagraph_unsafe});
}
TORCH_LIBRARY_IMPL(jest, CPU, m) { add_kernel(m, &select_operator); }
TORCH_LIBRARY_IMPL(jest, CUDA, m) { add_kernel(m, &select_operator); }
TORCH_LIBRARY_IMPL(jest, Autograd, m) { add_kernel(m, torch::CppFunction::makeFallthrough()); }
TORCH_LIBRARY_IMPL(jest, Meta, m) { add_kernel(m, &select_shapes); }

}  // namespace jest

/// The name by which a program that links the static library asks for this file.
extern "C" void jest_operators() {}
