#include "train/task.hpp"

#include <numeric>

namespace jest::apps::train {

std::vector<Measure> measures_over_sets(const Measure& measure,
                                        const std::vector<std::string>& sets) {
  std::vector<Measure> measures = {measure};
  if (sets.size() == 1) return measures;
  for (const std::string& set : sets) {
    measures.push_back(
        {measure.name + "_" + set, measure.label + ", " + set, measure.higher_is_better});
  }
  return measures;
}

Values values_over_sets(const std::string& measure, const std::vector<std::string>& sets,
                        const std::vector<double>& values) {
  Values named;
  named[measure] = std::accumulate(values.begin(), values.end(), 0.0) / values.size();
  if (sets.size() == 1) return named;
  for (std::size_t k = 0; k < sets.size(); ++k) named[measure + "_" + sets[k]] = values[k];
  return named;
}

}  // namespace jest::apps::train
