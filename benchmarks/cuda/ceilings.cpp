// cuda_ceilings [--out FILE.json]: what the device is, how fast it copies and how fast cuBLASLt
// multiplies there. Exits with 77 where there is no device.
#include <algorithm>

#include "inputs.hpp"
#include "plain_products.hpp"
#include "program.hpp"
#include "select/cuda/handles.cuh"
#include "timing.hpp"

namespace jest::bench {
namespace {

using nlohmann::json;

constexpr std::int64_t kCopyBytes = std::int64_t{4} << 30;  ///< far beyond any cache
constexpr std::int64_t kElementBytes = 2;

json facts() {
  cudaDeviceProp device{};
  int driver = 0;
  cuda::check(cudaGetDeviceProperties(&device, 0), "asking for the device");
  cuda::check(cudaDriverGetVersion(&driver), "asking for the driver");
  return {{"device", device.name},
          {"driver", driver},
          {"toolkit", CUDART_VERSION},
          {"capability", std::to_string(device.major) + "." + std::to_string(device.minor)},
          {"multiprocessors", device.multiProcessorCount},
          {"memory_bytes", device.totalGlobalMem},
          {"l2_bytes", device.l2CacheSize},
          {"shared_bytes_per_block", device.sharedMemPerBlockOptin}};
}

/// Bytes a second, read and written, of a copy within the device's memory.
double copy_rate(cudaStream_t stream) {
  std::size_t free = 0;
  std::size_t total = 0;
  cuda::check(cudaMemGetInfo(&free, &total), "asking for free memory");
  const std::int64_t bytes = std::min(kCopyBytes, static_cast<std::int64_t>(free / 4));
  const cuda::OwnMemory from(bytes);
  const cuda::OwnMemory to(bytes);
  const Timing timing = timing_of(
      [&](int) {
        cuda::check(cudaMemcpyAsync(to.data(), from.data(), static_cast<std::size_t>(bytes),
                                    cudaMemcpyDeviceToDevice, stream),
                    "copying");
      },
      stream);
  return 2e3 * static_cast<double>(bytes) / timing.ms;
}

/// FLOP/s of [rows, width]·[columns, width]^T in float16, random numbers.
double product_rate(std::int64_t rows, std::int64_t columns, std::int64_t width,
                    cudaStream_t stream) {
  const cuda::OwnMemory left = random_rows(rows, width, cuda::Element::kFloat16, 1);
  const cuda::OwnMemory right = random_rows(columns, width, cuda::Element::kFloat16, 2);
  const cuda::OwnMemory out(rows * columns * kElementBytes);
  PlainProducts products(width);
  const Timing timing = timing_of(
      [&](int) {
        products.enqueue(rows, columns, {left.data(), right.data(), out.data()}, stream);
      },
      stream);
  return 2e3 * static_cast<double>(rows) * static_cast<double>(columns) *
         static_cast<double>(width) / timing.ms;
}

void run(const ProgramOptions& options) {
  json report = facts();
  options.keep(report);
  const cuda::OwnStream stream;
  report["copy_bytes_per_second"] = copy_rate(stream.get());
  options.keep(report);
  report["products"] = json::array();
  for (const auto& [rows, columns, width] :
       {std::array<std::int64_t, 3>{8192, 8192, 8192}, {163840, 2048, 768}}) {
    report["products"].push_back({{"rows", rows},
                                  {"columns", columns},
                                  {"width", width},
                                  {"flops", product_rate(rows, columns, width, stream.get())}});
    options.keep(report);
  }
  std::cout << report.dump(1) << "\n";
}

}  // namespace
}  // namespace jest::bench

int main(int argc, char** argv) {
  return jest::bench::run_program("cuda_ceilings", argc, argv, jest::bench::run);
}
