// A ping-pong product of CUTLASS 3 whose epilogue turns accumulators into logits, takes softplus
// or a power of 2 and adds it over the columns of a tile. No product is written.
//
// The order of additions within a tile is the epilogue's and fixed; tiles are added by AddPartials.
#include "fused.cuh"

#include <cutlass/cutlass.h>
#include <cutlass/gemm/device/gemm_universal_adapter.h>
#include <cutlass/epilogue/collective/collective_builder.hpp>
#include <cutlass/epilogue/fusion/sm90_visitor_compute_tma_warpspecialized.hpp>
#include <cutlass/epilogue/fusion/sm90_visitor_load_tma_warpspecialized.hpp>
#include <cutlass/epilogue/fusion/sm90_visitor_store_tma_warpspecialized.hpp>
#include <cutlass/epilogue/fusion/sm90_visitor_tma_warpspecialized.hpp>
#include <cutlass/gemm/collective/collective_builder.hpp>
#include <cutlass/gemm/kernel/gemm_universal.hpp>

#include "check.cuh"

namespace jest::cuda {
namespace {

using cute::_1;
using cute::_2;
using Tile = cute::Shape<cute::Int<kFusedRows>, cute::Int<kFusedColumns>, cute::_64>;
using Cluster = cute::Shape<_2, _1, _1>;
constexpr auto kRound = cutlass::FloatRoundStyle::round_to_nearest;
constexpr int kOperandAlignment = 8;
constexpr int kMostSharedBytes = 227 << 10;  // of a block, compute capability 9.0
static_assert(kTileStep % kFusedRows == 0);  // partial sums of whole tiles lie where logits would

struct Softplus {
  CUTLASS_DEVICE static float of(float v) { return base2_softplus(v); }
};
struct PowerOfTwo {
  CUTLASS_DEVICE static float of(float v) { return ::exp2f(v); }
};

/// Accumulators to a function of logits, whose constants are read where the call's parameters lie.
template <class Function, class Value>
struct OfProduct {
  struct Arguments {
    const Base2Logit* logit = nullptr;
  };
};

template <class Function, int size>
struct OfProduct<Function, cutlass::Array<float, size>> {
  template <class Arguments>
  CUTLASS_DEVICE cutlass::Array<float, size> operator()(const cutlass::Array<float, size>& dots,
                                                        const Arguments& arguments) const {
    const Base2Logit logit = *arguments.logit;
    cutlass::Array<float, size> result;
    CUTLASS_PRAGMA_UNROLL
    for (int k = 0; k < size; ++k) result[k] = Function::of(logit.of(dots[k]));
    return result;
  }
};

// Sm90Compute takes a template of one parameter.
template <class Value>
struct SoftplusOfProduct : OfProduct<Softplus, Value> {};
template <class Value>
struct PowerOfProduct : OfProduct<PowerOfTwo, Value> {};

/// Sums of rows, a partial one for each tile of columns; columns beyond the last are left out. With
/// a void D the collective asks the top of the tree for an element to lay shared memory out with.
struct RowPartials : cutlass::epilogue::fusion::Sm90ColReduction<
                         cutlass::plus, cutlass::plus, cutlass::plus, 0, Tile, float, float, kRound,
                         cute::Stride<_1, cute::_0, std::int64_t>, 4, true, false> {
  using Sm90ColReduction::Sm90ColReduction;
  using ElementAux = cutlass::half_t;
};

template <template <class> class OfLogit>
using Epilogue = cutlass::epilogue::fusion::Sm90EVT<
    RowPartials, cutlass::epilogue::fusion::Sm90EVT<
                     cutlass::epilogue::fusion::Sm90Compute<OfLogit, float, float, kRound>,
                     cutlass::epilogue::fusion::Sm90AccFetch>>;

// Not within Fused: what does not depend on its parameters must not be spelled inside, or nvcc
// hands the host's compiler names without `typename`.
template <class Tree>
using EpilogueBuilder = cutlass::epilogue::collective::CollectiveBuilder<
    cutlass::arch::Sm90, cutlass::arch::OpClassTensorOp, Tile, Cluster,
    cutlass::epilogue::collective::EpilogueTileAuto, float, float, void, cutlass::layout::RowMajor,
    kOperandAlignment, void, cutlass::layout::RowMajor, kOperandAlignment,
    cutlass::epilogue::TmaWarpSpecialized, Tree>;
using SoftplusEpilogue = EpilogueBuilder<Epilogue<SoftplusOfProduct>>::CollectiveOp;
using PowerEpilogue = EpilogueBuilder<Epilogue<PowerOfProduct>>::CollectiveOp;
static_assert(sizeof(SoftplusEpilogue::SharedStorage) == sizeof(PowerEpilogue::SharedStorage));
using Stages = cutlass::gemm::collective::StageCountAutoCarveout<static_cast<int>(
    sizeof(SoftplusEpilogue::SharedStorage))>;

template <class Operand, class EpilogueCollective>
struct Fused {
  using MainCollective = typename cutlass::gemm::collective::CollectiveBuilder<
      cutlass::arch::Sm90, cutlass::arch::OpClassTensorOp, Operand, cutlass::layout::RowMajor,
      kOperandAlignment, Operand, cutlass::layout::ColumnMajor, kOperandAlignment, float, Tile,
      Cluster, Stages, cutlass::gemm::KernelTmaWarpSpecializedPingpong>::CollectiveOp;
  using Kernel = cutlass::gemm::kernel::GemmUniversal<cute::Shape<int, int, int, int>,
                                                      MainCollective, EpilogueCollective>;
  using Gemm = cutlass::gemm::device::GemmUniversalAdapter<Kernel>;
  static_assert(Kernel::SharedStorageSize <= kMostSharedBytes);
  static_assert(Kernel::MaxThreadsPerBlock <= 1024);
};

template <class Which>
struct Type {
  using type = Which;
};

void check_cutlass(cutlass::Status result, const char* operation) {
  if (result == cutlass::Status::kSuccess) return;
  throw Error(text("select, cuda: ", operation, ": ", cutlassGetStatusString(result)));
}

template <class Operand, class EpilogueCollective>
typename Fused<Operand, EpilogueCollective>::Gemm::Arguments arguments_of(
    const FusedProduct& product) {
  using Kernel = typename Fused<Operand, EpilogueCollective>::Kernel;
  typename Fused<Operand, EpilogueCollective>::Gemm::Arguments arguments{};
  arguments.mode = cutlass::gemm::GemmUniversalMode::kGemm;
  arguments.problem_shape = {static_cast<int>(product.rows), static_cast<int>(product.columns),
                             static_cast<int>(product.width), 1};
  arguments.mainloop.ptr_A = static_cast<const Operand*>(product.rows_data);
  arguments.mainloop.dA = typename Kernel::StrideA{product.width, _1{}, std::int64_t{0}};
  arguments.mainloop.ptr_B = static_cast<const Operand*>(product.picked_data);
  arguments.mainloop.dB = typename Kernel::StrideB{product.width, _1{}, std::int64_t{0}};
  auto& tree = arguments.epilogue.thread;
  tree.op_0.op_1.logit = product.logit;  // op_0 of a tree's node is what it is applied to
  tree.op_1.ptr_col = product.partials;
  return arguments;
}

/// Throws what forbids a product; asks no device.
template <class Operand, class EpilogueCollective>
void check_product(const FusedProduct& product) {
  using Gemm = typename Fused<Operand, EpilogueCollective>::Gemm;
  const auto arguments = arguments_of<Operand, EpilogueCollective>(product);
  check_cutlass(Gemm::can_implement(arguments), "checking a fused product");
  if (Gemm::get_workspace_size(arguments) != 0) {
    throw Error("select, cuda: preparing a fused product: it wants a workspace");
  }
}

template <class Operand, class EpilogueCollective>
void enqueue(const FusedProduct& product, cudaStream_t stream) {
  check_product<Operand, EpilogueCollective>(product);
  auto arguments = arguments_of<Operand, EpilogueCollective>(product);
  check(cudaGetDevice(&arguments.hw_info.device_id), "asking for the current device");
  typename Fused<Operand, EpilogueCollective>::Gemm gemm;
  check_cutlass(gemm.initialize(arguments, nullptr, stream), "preparing a fused product");
  check_cutlass(gemm.run(stream), "launching a fused product");
}

/// work(operand, epilogue), of the types that `product` is multiplied by.
template <class Operand, class Work>
void with_epilogue(const FusedProduct& product, const Work& work) {
  if (product.contrast == Contrast::kSigmoid) return work(Operand{}, Type<SoftplusEpilogue>{});
  work(Operand{}, Type<PowerEpilogue>{});
}
template <class Work>
void with_types(const FusedProduct& product, const Work& work) {
  if (product.type == OperandType::kBfloat16) {
    return with_epilogue<cutlass::bfloat16_t>(product, work);
  }
  with_epilogue<cutlass::half_t>(product, work);
}

}  // namespace

bool fused_built() { return true; }

void check_fused(const FusedProduct& product) {
  with_types(product, [&]<class Operand, class Epilogue>(Operand, Type<Epilogue>) {
    check_product<Operand, Epilogue>(product);
  });
}

void enqueue_fused(const FusedProduct& product, cudaStream_t stream) {
  with_types(product, [&]<class Operand, class Epilogue>(Operand, Type<Epilogue>) {
    enqueue<Operand, Epilogue>(product, stream);
  });
}

}  // namespace jest::cuda
