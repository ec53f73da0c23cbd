#include "select/arguments.hpp"

#include "input_file.hpp"
#include "jest/select/cuda.hpp"
#include "select/option_values.hpp"

namespace jest::apps::select {
namespace {

constexpr Named<ScoreWeights> kScores[] = {{"learnability", kLearnability},
                                           {"hard-learner", kHardLearner},
                                           {"easy-reference", kEasyReference}};
constexpr Named<Answer> kAnswers[] = {
    {"json", Answer::kJson}, {"positions", Answer::kPositions}, {"uids", Answer::kUids}};

constexpr std::int64_t kMostThreads = 1024;
constexpr const char* kCachedFiles = "Embeddings and losses";

CLI::Option* add_paths(CLI::App& app, const std::string& name, cached::Paths& paths,
                       const std::string& help) {
  return app.add_option(name, paths, help)->type_name("FILE")->group(kCachedFiles);
}

Steps steps_of(const std::string& word) {
  const std::size_t colon = std::min(word.find(':'), word.size());
  Steps steps;
  const bool numbers = colon < word.size() && parse_whole(word.substr(0, colon), steps.first) &&
                       parse_whole(word.substr(colon + 1), steps.end);
  if (!numbers || steps.first < 0 || steps.count() < 1 || steps.end > kLastStep + 1) {
    refuse("--steps", text("A:B with 0 <= A < B <= ", kLastStep + 1), "'", word, "'");
  }
  return steps;
}

/// Throws where a scale or bias is given of a model that has no use for it.
void check_use(const std::string& model, const cached::CachedFiles& files, double weight) {
  const char* why = weight == 0 ? "a model that the score weighs" : "embeddings, which have one";
  if (weight != 0 && files.losses.empty()) return;
  if (files.scale) refuse(model + "-scale", why, "another model");
  if (files.bias) refuse(model + "-bias", why, "another model");
}

}  // namespace

void add_cached_embeddings(CLI::App& app, const std::string& model, cached::CachedFiles& files) {
  const std::string name = "--" + model;
  add_paths(app, name, files.pairs, "x and y in one file, or a folder of\nclip-retrieval's");
  add_paths(app, name + "-x", files.x, "or x alone");
  add_paths(app, name + "-y", files.y, "and y alone");
  if (model == "embeddings") return;  // they are asked for what they lack
  const auto number = [&](const char* what, std::optional<double>& value, const char* help) {
    add_real(app, {name + "-" + what, "T", help}, [&value](double given) {
      value = given;
    })->group(kCachedFiles);
  };
  number("scale", files.scale, "its logit scale, where no file holds it");
  number("bias", files.bias, "its logit bias, likewise");
}

void add_array_names(CLI::App& app, cached::ArrayNames& names) {
  add_text(
      app,
      {"--names", "ROLE=NAME,...",
       "arrays in safetensors, for instance\nx=image_embeds,y=text_embeds; roles: x, y,\n"
       "scale, bias, losses, ids"},
      [&names](const std::string& words) { names = cached::ArrayNames::from("--names", words); })
      ->group(kCachedFiles);
}

void add_criterion(CLI::App& app, Contrast& contrast) {
  add_name(app, {"--criterion", "NAME", "sigmoid or softmax [sigmoid]"}, kContrasts,
           [&contrast](Contrast value) { contrast = value; });
}

SelectArguments::SelectArguments(CLI::App& app) {
  app.get_formatter()->column_width(26);
  add_files(app);
  add_sampling(app);
  add_steps(app);
  add_scoring(app);
  add_running(app);
}

void SelectArguments::add_files(CLI::App& app) {
  for (const auto& [model, files] :
       {std::pair{"learner", &learner_}, std::pair{"reference", &reference_}}) {
    add_cached_embeddings(app, model, *files);
    add_paths(app, text("--", model, "-losses"), files->losses, "or losses [B] instead");
  }
  add_paths(app, "--reference-curated", curated_,
            "fit scale and bias of the reference to\nthese pairs' embeddings");
  add_paths(app, "--ids", ids_,
            "ids int64, or 128-bit uids; else those in\nthe files, or positions");
  add_array_names(app, names_);
}

void SelectArguments::add_sampling(CLI::App& app) {
  add_integer(app, {"--count", "b", "how many examples to pick"}, AtLeast{1},
              [this](std::int64_t value) { spec_.count = value; });
  add_name(app, {"--preset", "NAME", "joint, independent, topk, mean-field,\ngreedy or uniform"},
           kPresets, [this](Preset value) { spec_.sampling.preset = value; });
  add_integer(app, {"--chunks", "N", "rounds of the joint preset [16, or b if less]"}, AtLeast{1},
              [this](std::int64_t value) { spec_.sampling.chunks = value; });
  add_real(app, {"--gain", "G", "weight of scores against noise [100]"},
           [this](double value) { spec_.sampling.gain = value; });
  add_integer(app, {"--seed", "S", "of the noise, 0 to 2^64-1 [0]"}, AtLeast<std::uint64_t>{0},
              [this](std::uint64_t value) { spec_.seed = value; });
}

void SelectArguments::add_steps(CLI::App& app) {
  add_integer(app, {"--step", "T", "of training, 0 to 2^32-1: fresh noise each [0]"},
              AtLeast<std::uint32_t>{0}, [this](std::uint32_t value) {
                steps_ = {value, value + 1LL};
              });
  add_text(app, {"--steps", "A:B", "an answer for each step from A to B-1"},
           [this](const std::string& word) { take_steps(steps_of(word)); });
  add_name(app,
           {"--answer", "NAME",
            "json; positions: .npy of int64, in draw\norder; uids: sorted .npy of u8,u8, as\n"
            "DataComp takes them [json]"},
           kAnswers, [this](Answer value) { answer_ = value; });
  app.add_option("--out", out_, "where to [json: standard output]")->type_name("FILE");
}

void SelectArguments::take_steps(const Steps& steps) {
  if (steps_.count() > 0) refuse("--steps", "either --step or --steps", "both");
  steps_ = steps;
}

void SelectArguments::add_scoring(CLI::App& app) {
  add_criterion(app, contrast_);
  add_name(app, {"--score", "NAME", "learnability, hard-learner or\neasy-reference [learnability]"},
           kScores, [this](const ScoreWeights& value) { score_ = value; });
  add_real(app, {"--interaction", "K", "weight of the pair terms [1]"},
           [this](double value) { spec_.sampling.interaction.value = value; });
}

void SelectArguments::add_running(CLI::App& app) {
  add_name(app,
           {"--backend", "NAME",
            "eigen (double precision), cpu (faster),\ncpu-bf16, cuda or default: the fastest\nthat "
            "is not approximate [eigen]"},
           kBackends, [this](Backend value) { spec_.backend = value; });
  add_integer(app, {"--threads", "T", "never changes the answer [1]"}, AtLeast{1},
              [this](std::int64_t value) {
                if (value > kMostThreads) {
                  refuse("--threads", text("at most ", kMostThreads), value);
                }
                spec_.threads = static_cast<int>(value);
              });
}

void SelectArguments::check_answer() const {
  if (answer_ != Answer::kJson && out_.empty()) refuse("--out", "a file for .npy", "none");
  if (answer_ == Answer::kUids && steps_.count() > 1) {
    refuse("--answer uids", "one step", steps_.count());
  }
}

void SelectArguments::check() const {
  if (spec_.count == 0) refuse("--count", "how many examples to pick", "nothing");
  chunk_count(spec_);
  if (spec_.sampling.gain < 0)
    refuse("--gain", "a finite number of at least 0", spec_.sampling.gain);
  if (spec_.backend == Backend::kCuda && !cuda::available()) {
    refuse("--backend", "a backend of this build (eigen, cpu, cpu-bf16)", "cuda");
  }
  check_answer();
  if (score_.learner != 0 && learner_.empty()) refuse("--learner", "a file", "none");
  if (score_.reference != 0 && reference_.empty()) refuse("--reference", "a file", "none");
  cached::expect_cached_files("--learner", learner_);
  cached::expect_cached_files("--reference", reference_);
  cached::expect_cached_files("--reference-curated", curated());
  cached::expect_cached_files("--ids", ids_);
  const bool fits = score_.reference != 0 && reference_.losses.empty();
  if (!curated_.empty() && !fits) {
    refuse("--reference-curated", "embeddings of a reference that the score weighs", "none");
  }
  check_use("--learner", learner_, score_.learner);
  check_use("--reference", reference_, score_.reference);
  if (!curated_.empty() && (reference_.scale || reference_.bias)) {
    refuse("--reference-curated", "either it, or --reference-scale and --reference-bias", "both");
  }
}

}  // namespace jest::apps::select
