// Checkpoints: a folder a step, whole once it bears its name.

#include "jest/train/checkpoint.hpp"

#include <torch/torch.h>

#include "jest/io/atomic_file.hpp"
#include "trainer_state.hpp"

namespace jest {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr const char* kPrefix = "step-";
constexpr std::size_t kShown = 160;  // a parser shows the token it stopped at, whole

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
    return Checkpoint{trainer_state_of(Json::parse(content), operation),
                      load_tensors(SafetensorsFile(newest / "tensors.safetensors"))};
  } catch (const Json::exception& error) {
    refuse("load checkpoint " + newest.string(), "a valid state.json",
           std::string(error.what()).substr(0, kShown));
  }
}

}  // namespace jest
