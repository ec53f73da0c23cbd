// A user's own Eigen code beside jest::core, whose Eigen is compiled with flags of its own. Prints
// a digest of the picks, which no flags of the user change.

#include <Eigen/Dense>
#include <cmath>
#include <cstdio>
#include <memory>

#include "../two_libraries/pick.hpp"

namespace {

/// Products of many shapes, and memory that Eigen aligns.
double sum_of_own_products() {
  double sum = 0;
  for (int k = 1; k < 100; ++k) {
    const Eigen::MatrixXd a = Eigen::MatrixXd::Random(k % 17 + 1, k % 13 + 1);
    const auto fixed = std::make_unique<Eigen::Matrix4f>(Eigen::Matrix4f::Random());
    sum += (a * a.transpose()).trace() + static_cast<double>((*fixed * *fixed).sum());
  }
  return sum;
}

}  // namespace

int main() {
  if (!std::isfinite(sum_of_own_products())) return 1;
  const long digest = digest_of_picks(2);
  if (!std::isfinite(sum_of_own_products())) return 1;
  std::printf("%ld\n", digest);
  return 0;
}
