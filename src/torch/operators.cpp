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
//
// torch.ops.jest.select_sharded has the same arguments, of one rank's candidates: those from
// `first` on of `total`. Ranks are those of a group of torch.distributed, by its name ("0" is the
// default group's); every rank gets all picks, as positions in the whole super-batch.

#include <torch/library.h>
#include <torch/torch.h>

#include <bit>
#include <limits>
#include <tuple>
#include <utility>

#include "jest/torch/device_select.hpp"
#include "jest/torch/world.hpp"

namespace jest {
namespace {

using OptionalTensor = std::optional<at::Tensor>;
using Picks = std::tuple<at::Tensor, at::Tensor>;

#define JEST_ARGUMENTS                                                                          \
  "Tensor? learner_x, Tensor? learner_y, Tensor? reference_x=None, Tensor? reference_y=None, "  \
  "Tensor? ids=None, *, SymInt count, str preset='joint', int? chunks=None, float gain=100.0, " \
  "SymInt seed=0, SymInt step=0, float learner_weight=1.0, float reference_weight=1.0, "        \
  "float interaction=1.0, str contrast='sigmoid', float learner_scale=1.0, "                    \
  "float learner_bias=0.0, float reference_scale=1.0, float reference_bias=0.0, "               \
  "str backend='default', int threads=1"
constexpr const char* kSelect = "select(" JEST_ARGUMENTS ") -> (Tensor indices, Tensor scores)";
constexpr const char* kSelectSharded =
    "select_sharded(" JEST_ARGUMENTS
    ", SymInt first, SymInt total, str group='0') -> (Tensor indices, Tensor scores)";

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

/// What a selection is asked for, from the arguments of both operators.
struct Asked {
  PairTensors pairs;
  SelectionSpec spec;
  PairScore score;
};

Asked asked(const OptionalTensor& learner_x, const OptionalTensor& learner_y,
            const OptionalTensor& reference_x, const OptionalTensor& reference_y,
            const OptionalTensor& ids, std::int64_t count, std::string_view preset,
            std::optional<std::int64_t> chunks, double gain, std::int64_t seed, std::int64_t step,
            double learner_weight, double reference_weight, double interaction,
            std::string_view contrast, double learner_scale, double learner_bias,
            double reference_scale, double reference_bias, std::string_view backend,
            std::int64_t threads) {
  return {.pairs = {model_of(learner_x, learner_y, learner_scale, learner_bias),
                    model_of(reference_x, reference_y, reference_scale, reference_bias),
                    ids.value_or(at::Tensor())},
          .spec = {.count = count,
                   .sampling = {.preset = by_name("select, preset", kPresets, preset),
                                .chunks = chunks,
                                .gain = gain,
                                .interaction = {.value = interaction, .start = 0}},
                   .seed = std::bit_cast<std::uint64_t>(seed),
                   .step = step,
                   .backend = by_name("select, backend", kBackends, backend),
                   .threads = threads_of(threads)},
          .score = {{learner_weight, reference_weight},
                    by_name("select, contrast", kContrasts, contrast)}};
}

/// Arguments that both operators have, as kernels take them.
#define JEST_PARAMETERS                                                                      \
  const OptionalTensor &learner_x, const OptionalTensor &learner_y,                          \
      const OptionalTensor &reference_x, const OptionalTensor &reference_y,                  \
      const OptionalTensor &ids, std::int64_t count, std::string_view preset,                \
      std::optional<std::int64_t> chunks, double gain, std::int64_t seed, std::int64_t step, \
      double learner_weight, double reference_weight, double interaction,                    \
      std::string_view contrast, double learner_scale, double learner_bias,                  \
      double reference_scale, double reference_bias, std::string_view backend,               \
      std::int64_t threads
#define JEST_GIVEN                                                                              \
  learner_x, learner_y, reference_x, reference_y, ids, count, preset, chunks, gain, seed, step, \
      learner_weight, reference_weight, interaction, contrast, learner_scale, learner_bias,     \
      reference_scale, reference_bias, backend, threads

/// The kernel of every device that holds values.
Picks select_operator(JEST_PARAMETERS) {
  const Asked what = asked(JEST_GIVEN);
  const DevicePicks picks = select_on_device(what.pairs, what.spec, what.score);
  picks.check();
  return {picks.indices, picks.scores};
}

/// On the host, whatever device the candidates are on.
Picks select_sharded_operator(JEST_PARAMETERS, std::int64_t first, std::int64_t total,
                              std::string_view group) {
  Asked what = asked(JEST_GIVEN);
  const OptionalTensor& any = learner_weight != 0 ? learner_x : reference_x;
  if (!any || any->dim() != 2) refuse("select_sharded", "x and y [B, d]", "others");
  World world = World::named(std::string(group));
  what.spec.shard = {first, any->size(0), total};
  what.spec.exchange = &world;
  const Selection picks = select(what.pairs, what.spec, what.score);
  const at::Tensor scores = torch::tensor(picks.scores, at::kDouble);
  return {index_tensor(picks).to(any->device()), scores.to(any->device())};
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

Picks select_sharded_shapes(const OptionalTensor& learner_x, const OptionalTensor& learner_y,
                            const OptionalTensor& reference_x, const OptionalTensor& reference_y,
                            const OptionalTensor& ids, c10::SymInt count, std::string_view preset,
                            std::optional<std::int64_t> chunks, double gain, c10::SymInt seed,
                            c10::SymInt step, double learner_weight, double reference_weight,
                            double interaction, std::string_view contrast, double learner_scale,
                            double learner_bias, double reference_scale, double reference_bias,
                            std::string_view backend, std::int64_t threads, c10::SymInt,
                            c10::SymInt, std::string_view) {
  return select_shapes(JEST_GIVEN);
}

/// A second copy of this library in one process (a plugin's beside the program's) finds the
/// operators there and registers nothing: LibTorch would end the program at a second registration.
const bool kFirstCopy = !c10::Dispatcher::singleton().findSchema({"jest::select", ""});

template <typename Kernel>
void add_kernel(torch::Library& library, const char* name, Kernel&& kernel) {
  if (kFirstCopy) library.impl(name, std::forward<Kernel>(kernel));
}

void add_device(torch::Library& library) {
  add_kernel(library, "select", &select_operator);
  add_kernel(library, "select_sharded", &select_sharded_operator);
}

}  // namespace

/// On a device the operators wait for their answers, which a capture into a graph does not survive.
TORCH_LIBRARY_FRAGMENT(jest, m) {
  if (!kFirstCopy) return;
  m.def(kSelect, {at::Tag::pt2_compliant_tag, at::Tag::cudagraph_unsafe});
  m.def(kSelectSharded, {at::Tag::pt2_compliant_tag, at::Tag::cudagraph_unsafe});
}
TORCH_LIBRARY_IMPL(jest, CPU, m) { add_device(m); }
TORCH_LIBRARY_IMPL(jest, CUDA, m) { add_device(m); }
TORCH_LIBRARY_IMPL(jest, Autograd, m) {
  add_kernel(m, "select", torch::CppFunction::makeFallthrough());
  add_kernel(m, "select_sharded", torch::CppFunction::makeFallthrough());
}
TORCH_LIBRARY_IMPL(jest, Meta, m) {
  add_kernel(m, "select", &select_shapes);
  add_kernel(m, "select_sharded", &select_sharded_shapes);
}

}  // namespace jest

/// The name by which a program that links the static library asks for this file.
extern "C" void jest_operators() {}
