// Checkpoints: a folder a step, whole once it bears its name.

#include "jest/train/checkpoint.hpp"

#include <torch/torch.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "jest/io/atomic_file.hpp"

namespace jest {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr const char* kPrefix = "step-";
constexpr std::size_t kShown = 160;  // a parser shows the token it stopped at, whole

Json to_json(const std::vector<PicksAhead>& ahead) {
  Json all = Json::array();
  for (const auto& [picks, scored] : ahead) {
    const SelectionStatistics& statistics = picks.statistics;
    all.push_back({{"picks", picks.indices},
                   {"scores", picks.scores},
                   {"mean_super_batch", statistics.mean_own_score_super_batch},
                   {"mean_picks", statistics.mean_own_score_picks},
                   {"scored", scored}});
  }
  return all;
}

Json to_json(const TrainerState& state) {
  return {{"step", state.step},
          {"trained", state.examples.trained},
          {"scored", state.examples.scored},
          {"reference_scored", state.examples.reference_scored},
          {"seconds", state.seconds.seconds},
          {"cpu_seconds", state.cpu_seconds},
          {"joules", state.joules},  // NaN is null
          {"meter", state.meter},
          {"learnability_mean", state.learnability.mean},
          {"learnability_seen", state.learnability.seen},
          {"selection_stopped", state.selection_stopped},
          {"tag_counts", state.tag_counts},
          {"noted", state.noted},
          {"ahead", to_json(state.ahead)}};
}

/// nlohmann would convert 1e30 and -1 without a word.
std::int64_t count_of(const Json& json, const std::string& operation) {
  if (!json.is_number_unsigned() || json.get<std::uint64_t>() > INT64_MAX) {
    refuse(operation, "counts that are whole numbers from 0", json.type_name());
  }
  return json.get<std::int64_t>();
}

/// What is no number was written as null.
double number_of(const Json& json) { return json.is_null() ? std::nan("") : json.get<double>(); }

std::vector<PicksAhead> ahead_from_json(const Json& json, const std::string& operation) {
  std::vector<PicksAhead> ahead;
  for (const Json& one : json) {
    PicksAhead& last = ahead.emplace_back();
    for (const Json& pick : one.at("picks")) {
      last.picks.indices.push_back(count_of(pick, operation));
    }
    for (const Json& score : one.at("scores")) last.picks.scores.push_back(number_of(score));
    last.picks.statistics.mean_own_score_super_batch = number_of(one.at("mean_super_batch"));
    last.picks.statistics.mean_own_score_picks = number_of(one.at("mean_picks"));
    one.at("scored").get_to(last.scored);
  }
  return ahead;
}

TrainerState from_json(const Json& json, const std::string& operation) {
  TrainerState state;
  state.step = count_of(json.at("step"), operation);
  state.examples.trained = count_of(json.at("trained"), operation);
  state.examples.scored = count_of(json.at("scored"), operation);
  state.examples.reference_scored = count_of(json.at("reference_scored"), operation);
  json.at("seconds").get_to(state.seconds.seconds);
  json.at("cpu_seconds").get_to(state.cpu_seconds);
  state.joules = number_of(json.value("joules", Json()));  // none in those of earlier versions
  state.meter = json.value("meter", "");
  json.at("learnability_mean").get_to(state.learnability.mean);
  state.learnability.seen = count_of(json.at("learnability_seen"), operation);
  json.at("selection_stopped").get_to(state.selection_stopped);
  for (const auto& [tag, count] : json.at("tag_counts").get<std::map<std::string, Json>>()) {
    state.tag_counts[tag] = count_of(count, operation);
  }
  json.at("noted").get_to(state.noted);
  state.ahead = ahead_from_json(json.value("ahead", Json::array()), operation);
  return state;
}

std::string folder_name(std::int64_t step) {
  const std::string digits = text(step);
  return kPrefix + std::string(digits.size() < 8 ? 8 - digits.size() : 0, '0') + digits;
}

bool is_checkpoint(const fs::path& folder) {
  return folder.filename().string().starts_with(kPrefix) && fs::exists(folder / "complete");
}

/// Removes what is neither `kept` nor anything else than a checkpoint or the start of one.
void remove_others(const fs::path& folder, const fs::path& kept) {
  std::vector<fs::path> others;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (entry.path() != kept && (name.starts_with(kPrefix) || name.starts_with("writing-"))) {
      others.push_back(entry.path());
    }
  }
  for (const fs::path& other : others) {
    fs::remove(other / "complete");  // first, so that what is half removed is no checkpoint
    fs::remove_all(other);
  }
}

}  // namespace

void save_checkpoint(const fs::path& folder, const Checkpoint& checkpoint) try {
  const fs::path final_name = folder / folder_name(checkpoint.state.step);
  const fs::path writing = folder / ("writing-" + folder_name(checkpoint.state.step));
  fs::create_directories(folder);
  fs::remove_all(writing);
  fs::create_directory(writing);
  save_tensors(writing / "tensors.safetensors", checkpoint.tensors, {});
  write_file(writing / "state.json", with_checksum(to_json(checkpoint.state).dump(1)) + "\n");
  write_file(writing / "complete", "");
  fs::remove_all(final_name);
  fs::rename(writing, final_name);
  remove_others(folder, final_name);
} catch (const fs::filesystem_error& error) {
  refuse("save checkpoint", "a writable folder " + folder.string(), error.code().message());
}

std::optional<Checkpoint> load_checkpoint(const fs::path& folder) {
  if (!fs::is_directory(folder)) return std::nullopt;
  fs::path newest;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (is_checkpoint(entry.path()) && entry.path().filename() > newest.filename()) {
      newest = entry.path();
    }
  }
  if (newest.empty()) return std::nullopt;
  try {
    const fs::path state = newest / "state.json";
    const std::string content = read_file(state);
    const std::string operation = "load checkpoint " + state.string();
    check_checksum(content, operation);
    return Checkpoint{from_json(Json::parse(content), operation),
                      load_tensors(SafetensorsFile(newest / "tensors.safetensors"))};
  } catch (const Json::exception& error) {
    refuse("load checkpoint " + newest.string(), "a valid state.json",
           std::string(error.what()).substr(0, kShown));
  }
}

namespace {

/// A text of rank 0 on every rank.
std::string share_text(World& world, std::string words) {
  const at::Tensor size = torch::tensor(static_cast<std::int64_t>(words.size()));
  world.broadcast(size);
  words.resize(static_cast<std::size_t>(size.item<std::int64_t>()));
  const at::Tensor bytes =
      torch::from_blob(words.data(), {size.item<std::int64_t>()}, torch::kByte);
  world.broadcast(bytes);
  return words;
}

/// Names, dtypes and shapes, in order.
Json layout_of(const NamedTensors& tensors) {
  Json layout = Json::array();
  for (const auto& [name, tensor] : tensors) {
    layout.push_back({name, static_cast<int>(tensor.scalar_type()), tensor.sizes().vec()});
  }
  return layout;
}

NamedTensors tensors_like(const Json& layout) {
  NamedTensors tensors;
  for (const Json& one : layout) {
    const auto type = static_cast<at::ScalarType>(one[1].get<int>());
    tensors.emplace_back(one[0].get<std::string>(),
                         torch::empty(one[2].get<std::vector<std::int64_t>>(), type));
  }
  return tensors;
}

}  // namespace

std::optional<Checkpoint> share_checkpoint(World& world, std::optional<Checkpoint> checkpoint) {
  if (world.size() == 1) return checkpoint;
  const bool first = world.rank() == 0;
  Json words;
  if (checkpoint)
    words = {{"state", to_json(checkpoint->state)}, {"layout", layout_of(checkpoint->tensors)}};
  words = Json::parse(share_text(world, first ? words.dump() : ""));
  if (words.is_null()) return std::nullopt;
  if (!first) {
    checkpoint = Checkpoint{from_json(words.at("state"), "share checkpoint"),
                            tensors_like(words.at("layout"))};
  }
  for (const auto& [name, tensor] : checkpoint->tensors) world.broadcast(tensor);
  return checkpoint;
}

}  // namespace jest
