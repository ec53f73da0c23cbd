#pragma once
// One function a file registers its benchmarks with. Names are read by timings.py and tables.py.

namespace jest::bench {

/// How much is run: the shapes that headline figures need, or all.
enum class Extent { kQuick, kFull };

void add_machine();
void add_accuracy();
void add_kernel(Extent extent);
void add_selection(Extent extent);
void add_peers(Extent extent);

/// Whether this machine has products of bfloat16. Without them LibTorch's take several times as
/// long as its products of float32.
bool multiplies_bfloat16();

}  // namespace jest::bench
