#include "train/experiment.hpp"
#include "train/images/images_task.hpp"
#include "train/tasks.hpp"

namespace jest {

void run_images(const ImagesOptions& options) { run_experiment<ImagesTask>(options); }

}  // namespace jest
