// Uses jest::shards alone: no LibTorch, and none of the decoders' headers.
#include <iostream>
#include <vector>

#include "jest/data/shards.hpp"

int main() {
  std::vector<std::uint8_t> out(3 * 8 * 8);
  try {
    jest::decode_picture({}, {.side = 8}, out);
  } catch (const jest::Error& error) {
    std::cout << "consumer: " << error.what() << ", "
              << jest::expand_braces("a-{00..02}.tar").size() << " files\n";
    return 0;
  }
  return 1;
}
