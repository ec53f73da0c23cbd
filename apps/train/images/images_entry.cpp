// The commands of the task images.

#include "train/images/images_task.hpp"
#include "train/task_entry.hpp"

namespace jest::apps::train {

TaskEntry images_entry() {
  return task_entry<ImagesTask>("Train two towers on a pool of named images",
                                "A pool of named images");
}

}  // namespace jest::apps::train
