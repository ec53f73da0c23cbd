// The commands of the task pairs.

#include "train/pairs/pairs_task.hpp"
#include "train/task_entry.hpp"

namespace jest::apps::train {

TaskEntry pairs_entry() {
  return task_entry<PairsTask>("Train two text towers on a pool of text pairs",
                               "A pool of text pairs");
}

}  // namespace jest::apps::train
