// select_cuda_bench [--quick] [--seconds S] [--out FILE.json]: selections on the device beside the
// products that they cannot do without. Exits with 77 where there is no device. Writes the file
// anew after every shape.
#include "cases.hpp"
#include "floor.hpp"
#include "peers.hpp"
#include "program.hpp"
#include "select/cuda/handles.cuh"

namespace jest::bench {
namespace {

using nlohmann::json;

/// FLOPs of one example's forward through a pair of ViT-B-like towers: ViT-B/16 on 224 × 224 pixels
/// (17.6 G multiply-adds) and 64 tokens through 85 M parameters of a text tower.
constexpr double kForwardFlops = 2 * 17.6e9 + 2 * 64 * 85e6;

/// A step scores B examples with the learner and trains on b; the reference's embeddings are
/// cached.
double step_flops(const Shape& shape) {
  return kForwardFlops * static_cast<double>(shape.candidates + 3 * shape.count);
}

json timing_json(const Timing& timing) {
  return {{"ms", timing.ms},
          {"low_ms", timing.low_ms},
          {"high_ms", timing.high_ms},
          {"host_ms", timing.host_ms}};
}

/// Shares are of the floor's rate; a step is taken to run at that rate too, so that the selection's
/// share of it is, if anything, too large.
json row_of(const std::string& name, const Measured& measured, const Timing& floor,
            const Shape& shape) {
  json row = timing_json(measured.timing);
  const double step_ms = step_flops(shape) * floor.ms / shape.flops();
  row["name"] = name;
  row["extra_bytes"] = measured.extra_bytes;
  row["taken_bytes"] = measured.taken_bytes;
  row["floor_share"] = floor.ms / measured.timing.ms;
  row["step_share"] = measured.timing.ms / (measured.timing.ms + step_ms);
  return row;
}

json measured_shape(const Shape& shape, cudaStream_t stream) {
  const Timing floor = floor_timing(shape, stream);
  json result{{"B", shape.candidates}, {"d", shape.width},       {"b", shape.count},
              {"N", shape.chunks},     {"flops", shape.flops()}, {"floor", timing_json(floor)},
              {"rows", json::array()}, {"peers", json::object()}};
  std::printf("%s\n  %-42s %9.3f ms  %6.1f TFLOP/s\n", shape.name().c_str(), "cuBLASLt alone",
              floor.ms, 1e-9 * shape.flops() / floor.ms);
  const auto add = [&](const std::string& name, const Measured& measured) {
    result["rows"].push_back(row_of(name, measured, floor, shape));
    std::printf("  %-42s %9.3f ms  %6.2f of cuBLASLt  %6.1f MiB\n", name.c_str(),
                measured.timing.ms, floor.ms / measured.timing.ms,
                static_cast<double>(measured.extra_bytes) / (1 << 20));
    std::fflush(stdout);
  };
  for (const Case& which : cases(shape)) add(which.name, measure(which, shape, stream));
  if (shape.name() == kHeadline.name()) {
    add("gradient alignment", measure_alignment(shape, stream));
  }
  if (torch_has_cuda() && shape.candidates <= kHeadline.candidates) {
    for (const PeerTime& peer : peer_times(shape)) {
      result["peers"][peer.name] = peer.host_ms;
      std::printf("  LibTorch, %-32s %9.3f ms\n", peer.name.c_str(), peer.host_ms);
    }
  }
  return result;
}

json machine() {
  cudaDeviceProp device{};
  int driver = 0;
  cuda::check(cudaGetDeviceProperties(&device, 0), "asking for the device");
  cuda::check(cudaDriverGetVersion(&driver), "asking for the driver");
  return {{"device", device.name},     {"driver", driver},
          {"toolkit", CUDART_VERSION}, {"torch_has_cuda", torch_has_cuda()},
          {"timed_runs", kTimedRuns},  {"forward_flops", kForwardFlops},
          {"shapes", json::array()}};
}

void run(const ProgramOptions& options) {
  json report = machine();
  const cuda::OwnStream stream;
  const std::vector<Shape> all = shapes(options.quick);
  for (const Shape& shape : all) {
    if (options.used_up()) break;
    report["shapes"].push_back(measured_shape(shape, stream.get()));
    report["left_out"] = all.size() - report["shapes"].size();
    options.keep(report);
  }
  if (!torch_has_cuda()) std::puts("LibTorch has no CUDA here: no peers");
}

}  // namespace
}  // namespace jest::bench

int main(int argc, char** argv) {
  return jest::bench::run_program("select_cuda_bench", argc, argv, jest::bench::run);
}
