#pragma once
// One function a file registers its benchmarks with. Names are read by timings.py and tables.py.

namespace jest::bench {

/// How much is run: the shapes that headline figures need, or all.
enum class Extent { kQuick, kFull };

void add_machine();
void add_accuracy();
/// Whether this machine has products of bfloat16: without them LibTorch's take a hundred times as
/// long as of float32.
bool multiplies_bfloat16();

void add_kernel(Extent extent);
void add_selection(Extent extent);
void add_peers(Extent extent);

}  // namespace jest::bench
