// jest-select: one selection, from files of embeddings to positions.

#include <optional>

#include "command_line.hpp"
#include "select/answer.hpp"
#include "select/arguments.hpp"
#include "select/counts.hpp"
#include "select/inputs.hpp"

namespace {

constexpr const char* kDescription =
    "Picks the sub-batch to train on next out of a super-batch, by joint example\n"
    "selection. Reads the embeddings of every candidate under a learner and under a\n"
    "reference model (or their losses), scores what the learner could still learn\n"
    "and the reference already knows, and draws b examples in N rounds, each given\n"
    "the ones before. Files are safetensors or NumPy's .npy, float32, float16,\n"
    "bfloat16 or float64; several are rows in order. Embeddings are used as given.\n"
    "Answers with positions in draw order, their scores and a few statistics as a\n"
    "line of JSON; an infinite score is null there. The same input and seed give the\n"
    "same answer.\n";
constexpr const char* kCalibrate =
    "Fit a model's logit scale and bias to\n"
    "curated pairs, x_i with y_i";
constexpr const char* kCounts =
    "Score rows of text by n-grams, curated against\n"
    "pool; write losses or picks";

struct Calibration {
  jest::apps::cached::CachedFiles files;
  jest::Contrast contrast = jest::Contrast::kSigmoid;
  std::optional<std::int64_t> batch;

  explicit Calibration(CLI::App& command) {
    using namespace jest::apps;
    select::add_cached_embeddings(command, "embeddings", files);
    select::add_array_names(command, files.names);
    select::add_criterion(command, contrast);
    command
        .add_option("--batch", batch,
                    "how many pairs the logits are for, as many\nas are picked [those given]")
        ->type_name("b");
    command.callback(
        [this] { std::cout << select::calibration_answer(files, contrast, batch) << '\n'; });
  }
};

void expect_nothing_before(CLI::App& app, CLI::App& command) {
  command.preparse_callback([&](std::size_t) {
    for (const CLI::Option* option : app.get_options()) {
      if (option->count() == 0) continue;
      jest::refuse(command.get_name(), "options of its own behind it", option->get_name(),
                   " before it");
    }
  });
}

}  // namespace

int main(int argc, char** argv) {
  namespace select = jest::apps::select;
  CLI::App app(kDescription, "jest-select");
  app.set_version_flag("--version", "jest-select " JEST_VERSION);
  const select::SelectArguments arguments(app);
  CLI::App* calibrate = app.add_subcommand("calibrate", kCalibrate);
  const Calibration calibration(*calibrate);
  CLI::App* counts = app.add_subcommand("counts", kCounts);
  select::CountArguments count_arguments(*counts);
  counts->callback([&] { std::cout << select::counts_answer(count_arguments) << '\n'; });
  for (CLI::App* command : {calibrate, counts}) expect_nothing_before(app, *command);
  app.callback([&] {
    if (app.get_subcommands().empty()) select::answer(arguments, std::cout, std::cerr);
  });
  return jest::apps::run_program(app, argc, argv);
}
