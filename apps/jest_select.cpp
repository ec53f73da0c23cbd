// jest-select: one selection, from files of embeddings to positions.

#include "command_line.hpp"
#include "select/answer.hpp"
#include "select/arguments.hpp"

namespace {

constexpr const char* kDescription =
    "Picks the sub-batch to train on next out of a super-batch, by joint example\n"
    "selection. Reads the embeddings of every candidate under a learner and under a\n"
    "reference model, scores what the learner could still learn and the reference\n"
    "already knows, and draws b examples in N rounds, each given the ones before. A\n"
    "file holds x and y [B, d] float32, used as given, a scale and a bias, and, if\n"
    "wanted, ids [B] int64. Prints positions in draw order, their scores and a few\n"
    "statistics as one line of JSON; an infinite score is null there. The same input\n"
    "and seed give the same answer.\n";

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(kDescription, "jest-select");
  app.set_version_flag("--version", "jest-select " JEST_VERSION);
  const jest::apps::select::SelectArguments arguments(app);
  app.callback([&arguments] { std::cout << jest::apps::select::select_answer(arguments) << '\n'; });
  return jest::apps::run_program(app, argc, argv);
}
