// A library that selects; the functions it exports are named by PICK and TOO_MANY.

#include "pick.hpp"

#define EXPORTED extern "C" __attribute__((visibility("default")))

EXPORTED long PICK(int threads) { return digest_of_picks(threads); }

/// Throws jest::Error: more picks than candidates.
EXPORTED void TOO_MANY() { pick(1, 2 * kCandidates); }
