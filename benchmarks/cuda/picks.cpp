// cuda_picks [--quick] [--out FILE.json]: picks of the device beside the cpu backend's, over shapes
// and regimes: how many they share, and what they are worth. Exits with 77 where there is no
// device; writes the file anew after every row. --quick: without the headline's shape.
#include <algorithm>
#include <iterator>
#include <thread>

#include "cases.hpp"
#include "jest/select/select.hpp"
#include "program.hpp"
#include "structured.hpp"

namespace jest::bench {
namespace {

using nlohmann::json;

struct Regime {
  const char* name;
  double scale;
  double bias;
};
constexpr Regime kRegimes[] = {
    {"calibrated", 20, -7}, {"fresh", 10, -10}, {"sharp", 100, -10}, {"harsh", 100, 0}};

constexpr Shape kSmall{4096, 512, 820, 16};
constexpr Shape kMiddle{16384, 768, 3277, 16};
constexpr std::uint64_t kSeed = 5;
constexpr std::uint64_t kOtherSeed = 6;

struct Way {
  const char* name;
  cuda::Engine engine;
};

std::vector<Way> ways() {
  std::vector<Way> all{{"products", {.route = cuda::Route::kProducts}}};
  if (has_fused()) all.push_back({"fused", {.route = cuda::Route::kFused}});
  all.push_back({"products, float16x3",
                 {.operands = cuda::Operands::kFloat16x3, .route = cuda::Route::kProducts}});
  return all;
}

struct TwoModels {
  StructuredModel learner;
  StructuredModel reference;

  template <class Pairs>
  Pairs pairs(const Regime& regime) const {
    Pairs result;
    result.learner = learner.view(regime.scale, regime.bias);
    result.reference = reference.view(0.8 * regime.scale, regime.bias);
    return result;
  }
};

int threads() { return std::max(1, static_cast<int>(std::thread::hardware_concurrency())); }

SelectionSpec host_spec(std::int64_t count, const Sampling& sampling, std::uint64_t seed) {
  return {.count = count,
          .sampling = sampling,
          .seed = seed,
          .backend = Backend::kCpu,
          .threads = threads()};
}

/// The joint score of a set, a pick: each one's own term and its pairs with all the others.
template <class Pairs>
double objective(const TwoModels& models, const Regime& regime,
                 const std::vector<std::int64_t>& picks) {
  const TwoModels picked{models.learner.at(picks), models.reference.at(picks)};
  const auto count = static_cast<std::int64_t>(picks.size());
  const Selection all =
      select(picked.pairs<Pairs>(regime), host_spec(count, {.preset = Preset::kMeanField}, kSeed));
  double total = 0;
  for (const double score : all.scores) total += score;
  return total / static_cast<double>(count);
}

double overlap(std::vector<std::int64_t> a, std::vector<std::int64_t> b) {
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  std::vector<std::int64_t> shared;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(shared));
  return static_cast<double>(shared.size()) / static_cast<double>(a.size());
}

class Comparison {
 public:
  explicit Comparison(const ProgramOptions& options) : options_(options) {
    report_["picks"] = json::array();
  }

  /// `seeds`: also what another seed's picks are worth, to tell a difference of objectives by.
  template <class Pairs>
  void add(const char* criterion, const TwoModels& models, const Shape& shape, const Regime& regime,
           bool seeds) {
    const Pairs pairs = models.pairs<Pairs>(regime);
    const Sampling sampling{.chunks = shape.chunks};
    const Selection host = select(pairs, host_spec(shape.count, sampling, kSeed));
    json row{{"B", shape.candidates}, {"d", shape.width},       {"b", shape.count},
             {"N", shape.chunks},     {"criterion", criterion}, {"regime", regime.name}};
    row["host_objective"] = objective<Pairs>(models, regime, host.indices);
    if (seeds) {
      const Selection other = select(pairs, host_spec(shape.count, sampling, kOtherSeed));
      row["other_seed_objective"] = objective<Pairs>(models, regime, other.indices);
    }
    for (const Way& way : ways()) {
      row["way"] = way.name;
      add_way<Pairs>(row, models, regime, host, [&] {
        return cuda::select(pairs, host_spec(shape.count, sampling, kSeed), way.engine);
      });
    }
  }

 private:
  /// What one way refuses is no reason to leave out the others.
  template <class Pairs, class Select>
  void add_way(json row, const TwoModels& models, const Regime& regime, const Selection& host,
               const Select& select_there) {
    try {
      const Selection there = select_there();
      row["overlap"] = overlap(there.indices, host.indices);
      row["objective"] = objective<Pairs>(models, regime, there.indices);
    } catch (const Error& error) {
      row["refused"] = error.what();
    }
    std::cout << row.dump() << std::endl;
    report_["picks"].push_back(row);
    options_.keep(report_);
  }

  const ProgramOptions& options_;
  json report_;
};

TwoModels models_of(const Shape& shape) {
  return {StructuredModel(shape, 1, 1.0F), StructuredModel(shape, 1, 0.6F)};
}

void run(const ProgramOptions& options) {
  Comparison comparison(options);
  for (const Shape& shape : {kSmall, kMiddle}) {
    const TwoModels models = models_of(shape);
    for (const Regime& regime : kRegimes) {
      comparison.add<SigmoidPairs>("sigmoid", models, shape, regime, true);
      comparison.add<SoftmaxPairs>("softmax", models, shape, regime, true);
    }
  }
  if (options.quick) return;
  comparison.add<SigmoidPairs>("sigmoid", models_of(kHeadline), kHeadline, kRegimes[0], false);
}

}  // namespace
}  // namespace jest::bench

int main(int argc, char** argv) {
  return jest::bench::run_program("cuda_picks", argc, argv, jest::bench::run);
}
