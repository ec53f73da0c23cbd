#include "train/experiment.hpp"
#include "train/tasks.hpp"
#include "train/text/text_task.hpp"

namespace jest::apps::train {

void run_text(const TextOptions& options) { run_experiment<TextTask>(options); }

}  // namespace jest::apps::train
