// The commands of the task labels.

#include "train/labels/labels_task.hpp"
#include "train/task_entry.hpp"

namespace jest::apps::train {

TaskEntry labels_entry() {
  return task_entry<LabelsTask>("Train a classifier on a pool of labelled images");
}

}  // namespace jest::apps::train
