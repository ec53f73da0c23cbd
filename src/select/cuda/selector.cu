#include <vector>

#include "device_executor.cuh"

namespace jest::cuda {
namespace {

/// More rounds than this are enqueued one by one: their graph would take more memory than picks.
constexpr std::int64_t kMostCapturedRounds = 1024;
/// Graphs are kept until the selector goes; further shapes are enqueued one by one.
constexpr std::size_t kMostGraphs = 32;

/// What has been enqueued before with one plan in one workspace.
struct Recording {
  Plan plan;
  void* workspace;
  OwnGraph graph;
};

int current_device() {
  int device = -1;
  check(cudaGetDevice(&device), "asking for the current device");
  return device;
}

/// Compute capability 9.0, whose instructions the fused product is made of.
bool is_hopper(int device) {
  int major = 0;
  int minor = 0;
  check(cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device),
        "asking for the compute capability");
  check(cudaDeviceGetAttribute(&minor, cudaDevAttrComputeCapabilityMinor, device),
        "asking for the compute capability");
  return major == 9 && minor == 0;
}

void check_memory(const DeviceAnswer& answer, const Workspace& workspace, std::int64_t needed) {
  if (!answer.indices || !answer.scores || !answer.status) {
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
      : engine(how), device(current_device()), fused(fused_built() && is_hopper(device)) {
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
  Recording* recording_of(const Plan& plan, void* workspace) {
    if (engine.launch == Launch::kDirect || plan.chunks > kMostCapturedRounds) return nullptr;
    for (Recording& recording : recordings) {
      if (recording.plan == plan && recording.workspace == workspace) return &recording;
    }
    // The first time everything runs one by one, so that no library loads code inside a capture.
    if (recordings.size() < kMostGraphs) recordings.push_back({plan, workspace, {}});
    return nullptr;
  }

  void capture(Recording& recording, const Arrays& arrays) {
    Capture capture(captured.get());
    enqueue_pipeline(recording.plan, arrays, captured.get());
    recording.graph.take(capture.instantiate());
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
  Recording* recording = state_->recording_of(plan, workspace.data);
  if (!recording) return state_->enqueue_pipeline(plan, arrays, stream);
  if (!recording->graph.ready()) state_->capture(*recording, arrays);
  recording->graph.launch(stream);
}

}  // namespace jest::cuda
