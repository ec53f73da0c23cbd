// The commands of the task text.

#include "train/task_entry.hpp"
#include "train/text/text_task.hpp"

namespace jest::apps::train {

TaskEntry text_entry() {
  return task_entry<TextTask>("Train a language model on a pool of byte sequences",
                              "A pool of byte sequences");
}

}  // namespace jest::apps::train
