#include "train/experiment.hpp"
#include "train/pairs/pairs_task.hpp"
#include "train/tasks.hpp"

namespace jest::apps::train {

void run_pairs(const PairsOptions& options) { run_experiment<PairsTask>(options); }

}  // namespace jest::apps::train
