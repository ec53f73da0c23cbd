#include "train/experiment.hpp"
#include "train/labels/labels_task.hpp"
#include "train/tasks.hpp"

namespace jest::apps::train {

void run_labels(const LabelsOptions& options) { run_experiment<LabelsTask>(options); }

}  // namespace jest::apps::train
