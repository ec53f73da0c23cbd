// The commands of the task tokens.

#include "train/task_entry.hpp"
#include "train/tokens/tokens_task.hpp"

namespace jest::apps::train {

TaskEntry tokens_entry() {
  return task_entry<TokensTask>("Train a language model on a pool of tokens", "A pool of tokens");
}

}  // namespace jest::apps::train
