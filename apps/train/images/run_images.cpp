#include "train/experiment.hpp"
#include "train/images/images_task.hpp"
#include "train/tasks.hpp"

namespace jest::apps::train {

void run_images(const ImagesOptions& options) { run_experiment<ImagesTask>(options); }

}  // namespace jest::apps::train
