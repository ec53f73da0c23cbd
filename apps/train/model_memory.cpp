#include "train/model_memory.hpp"

#include <unistd.h>

namespace jest::apps::train {

void check_model_memory(const std::string& options, double parameters) {
  constexpr double kGiB = 0x1p30;
  constexpr double kBytesEach = 4 * sizeof(float);
  const double memory =
      static_cast<double>(::sysconf(_SC_PHYS_PAGES)) * static_cast<double>(::sysconf(_SC_PAGESIZE));
  const double wanted = parameters * kBytesEach;
  if (wanted <= memory) return;
  refuse(options, text("a model that trains in the ", memory / kGiB, " GiB of memory here"),
         "one that takes ", wanted / kGiB, " GiB: weights, gradients, Adam's two moments");
}

}  // namespace jest::apps::train
