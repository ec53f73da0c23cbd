// The face of the CUDA backend: plans, checks, and graphs that are captured once and replayed.

#include <ostream>
#include <vector>

#include "device_executor.cuh"
#include "launch_count.hpp"

namespace jest::cuda {
namespace {

/// Selections of more launches are enqueued one by one: their graph would take more memory than
/// they do.
constexpr std::int64_t kMostCapturedLaunches = 1 << 15;
/// Graphs are kept until the selector goes; further shapes are enqueued one by one.
constexpr std::size_t kMostGraphs = 32;

/// What has been enqueued before with one plan in one workspace.
struct Recording {
  Plan plan;
  void* workspace;
  OwnGraph graph;
  bool refused = false;  ///< CUDA would not make a graph of it
};

int current_device() {
  int device = -1;
  check(cudaGetDevice(&device), "asking for the current device");
  return device;
}

struct ComputeCapability {
  int major = 0;
  int minor = 0;

  explicit ComputeCapability(int device) {
    check(cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device),
          "asking for the compute capability");
    check(cudaDeviceGetAttribute(&minor, cudaDevAttrComputeCapabilityMinor, device),
          "asking for the compute capability");
  }
  /// What the fused product's instructions need.
  bool is_hopper() const { return major == 9 && minor == 0; }
};

/// The compute capability of the current device, for which this build has code.
ComputeCapability usable(int device) {
  const ComputeCapability capability(device);
  cudaFuncAttributes attributes;
  const auto found = cudaFuncGetAttributes(&attributes, run<Each<SetParameters>>);
  if (found == cudaErrorNoKernelImageForDevice || found == cudaErrorInvalidDeviceFunction) {
    cudaGetLastError();
    refuse("select, cuda", "a device that this build has code for, or a backend of the host",
           text("compute capability ", capability.major, ".", capability.minor));
  }
  check(found, "loading a kernel");
  return capability;
}

void check_memory(const DeviceAnswer& answer, const Workspace& workspace, std::int64_t needed) {
  if (!answer.indices || !answer.scores || !answer.report) {
    refuse("select, cuda", "an answer in device memory", "a null pointer");
  }
  if (workspace.bytes < needed) {
    refuse("select, cuda", text("a workspace of ", needed, " bytes"), workspace.bytes);
  }
  if (!workspace.data || reinterpret_cast<std::uintptr_t>(workspace.data) % kAlignment != 0) {
    refuse("select, cuda", text("a workspace aligned to ", kAlignment, " bytes"), workspace.data);
  }
}

}  // namespace

bool available() { return true; }

int device_count() {
  int count = 0;
  if (cudaGetDeviceCount(&count) == cudaSuccess) return count;
  cudaGetLastError();
  return 0;
}

struct Selector::State {
  explicit State(const Engine& how)
      : engine(how), device(current_device()), fused(usable(device).is_hopper() && fused_built()) {
    if (engine.route == Route::kFused && !fused) {
      refuse("select, cuda", "route default or products",
             "fused, which this device or this build has not");
    }
  }

  /// Fused where the device can and it is preferred or asked for by name.
  Plan planned(const DeviceCriterion& criterion, const SelectionSpec& spec) const {
    Plan plan = plan_of(criterion, spec, engine);
    const bool asked = engine.route == Route::kFused;
    if (asked && plan.has_products() && !fits_fused(plan)) {
      refuse("select, cuda", "16-bit operands and another preset than mean-field",
             "route fused for something else");
    }
    plan.fused = fused && engine.route != Route::kProducts &&
                 (asked ? fits_fused(plan) : prefers_fused(plan));
    return plan;
  }

  void enqueue_pipeline(const Plan& plan, const Arrays& arrays, cudaStream_t stream) {
    DeviceExecutor executor(arrays, stream, lanes, products);
    Pipeline(plan, arrays, executor).run();
  }

  /// Null where the pipeline is to be enqueued one by one.
  const OwnGraph* graph_of(const Plan& plan, const Arrays& arrays, void* workspace) {
    if (engine.launch == Launch::kDirect) return nullptr;
    for (Recording& recording : recordings) {
      if (recording.plan == plan && recording.workspace == workspace) {
        return captured_graph(recording, arrays);
      }
    }
    // The first time everything runs one by one, so that no library loads code inside a capture.
    if (recordings.size() < kMostGraphs && launches_of(plan, arrays) <= kMostCapturedLaunches) {
      recordings.push_back({plan, workspace, {}});
    }
    return nullptr;
  }

  /// A graph takes device memory of its own: where there is none left, picks are still made.
  const OwnGraph* captured_graph(Recording& recording, const Arrays& arrays) {
    if (recording.refused) return nullptr;
    if (!recording.graph.ready()) {
      try {
        Capture capture(captured.get());
        enqueue_pipeline(recording.plan, arrays, captured.get());
        recording.graph.take(capture.instantiate());
      } catch (const Error&) {
        recording.refused = true;
        return nullptr;
      }
    }
    return &recording.graph;
  }

  Engine engine;
  int device;
  bool fused;
  Products products;
  Lanes lanes;
  OwnStream captured;
  std::vector<Recording> recordings;
};

Selector::Selector(const Engine& engine) : state_(std::make_unique<State>(engine)) {}
Selector::Selector(Selector&&) noexcept = default;
Selector& Selector::operator=(Selector&&) noexcept = default;
Selector::~Selector() = default;

void Selector::enqueue(const DeviceCriterion& criterion, const SelectionSpec& spec,
                       const DeviceAnswer& answer, const Workspace& workspace) {
  const Plan plan = state_->planned(criterion, spec);
  const Arrays arrays = divided(plan, workspace.data);
  check_memory(answer, workspace, arrays.bytes);
  if (current_device() != state_->device) {
    refuse("select, cuda", text("device ", state_->device, ", the selector's"), current_device());
  }
  const auto stream = static_cast<cudaStream_t>(workspace.stream);
  launch(
      Each<SetParameters>{{.arrays = arrays, .parameters = parameters_of(criterion, spec, answer)}},
      stream);
  const OwnGraph* graph = state_->graph_of(plan, arrays, workspace.data);
  graph ? graph->launch(stream) : state_->enqueue_pipeline(plan, arrays, stream);
}

}  // namespace jest::cuda
