// One bit of what a run keeps is another: it is refused, or nothing reads it.
#include <gmock/gmock.h>
#include <torch/torch.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "jest/io/atomic_file.hpp"
#include "jest/learner/stores.hpp"
#include "jest/train/checkpoint.hpp"
#include "jest/train/metrics.hpp"
#include "oracle/flipped_bits.hpp"
#include "oracle/message_of.hpp"
#include "oracle/temporary_folder.hpp"

namespace jest {
namespace {

/// Bits of the key of a checksum and its quotes: without it, what is there is read as it is.
constexpr int kBitsOfTheKey = 8 * 12;

std::string bytes_of(const at::Tensor& tensor) {
  const ArrayView array = array_view(tensor);
  return describe(array) +
         std::string(reinterpret_cast<const char*>(array.bytes.data()), array.bytes.size());
}

TEST(FlippedBits, OfAnEmbeddingStoreAreFound) {
  const oracle::TemporaryFolder folder;
  const auto path = folder.file("store.safetensors");
  const Embeddings embeddings{torch::randn({3, 2}), torch::randn({3, 2}), torch::tensor(10.0),
                              torch::tensor(-1.5)};
  write_embedding_store(path, {embeddings, torch::tensor({4, 5, 6}, at::kLong), "print"});
  const std::int64_t ids[] = {4, 5, 6};
  const auto answer = [&] {
    const auto [x, y, scale, bias] = EmbeddingStore(path, "print").gather(ids);
    return bytes_of(x) + bytes_of(y) + bytes_of(scale) + bytes_of(bias);
  };
  oracle::expect_no_bit_is_believed(path, "store.safetensors", answer, kBitsOfTheKey);
}

TEST(FlippedBits, OfALossStoreAreFound) {
  const oracle::TemporaryFolder folder;
  const auto path = folder.file("store.safetensors");
  write_loss_store(path, {torch::randn({4}), torch::tensor({4, 5, 6, 7}, at::kLong), "print"});
  const std::int64_t ids[] = {4, 5, 6, 7};
  const auto answer = [&] { return bytes_of(LossStore(path, "print").gather(ids)); };
  oracle::expect_no_bit_is_believed(path, "store.safetensors", answer, kBitsOfTheKey);
}

Checkpoint small_checkpoint() {
  Checkpoint checkpoint{{}, {{"model.a", torch::randn({2, 3})}, {"scorer.b", torch::ones({1})}}};
  checkpoint.state.step = 7;
  checkpoint.state.examples = {.trained = 56, .scored = 280, .reference_scored = 280};
  checkpoint.state.cpu_seconds = 1.25;
  checkpoint.state.joules = 12.5;
  checkpoint.state.meter = "a meter";
  checkpoint.state.tag_counts = {{"even", 30}, {"odd", 26}};
  checkpoint.state.noted = {"a remark"};
  return checkpoint;
}

std::string answer_of(const Checkpoint& checkpoint) {
  const TrainerState& state = checkpoint.state;
  std::string all = text(state.step, " ", state.examples.trained, " ", state.examples.scored, " ",
                         state.examples.reference_scored, " ", state.learnability.mean, " ",
                         state.learnability.seen, " ", state.selection_stopped, " ",
                         state.cpu_seconds, " ", state.joules, " ", state.meter);
  for (const double seconds : state.seconds.seconds) all += text(" ", seconds);
  for (const auto& [tag, count] : state.tag_counts) all += text(" ", tag, " ", count);
  for (const std::string& remark : state.noted) all += remark;
  for (const auto& [name, tensor] : checkpoint.tensors) all += name + bytes_of(tensor);
  return all;
}

TEST(FlippedBits, OfACheckpointAreFound) {
  const oracle::TemporaryFolder folder;
  save_checkpoint(folder.file("c"), small_checkpoint());
  const auto answer = [&] { return answer_of(load_checkpoint(folder.file("c")).value()); };
  for (const char* name : {"state.json", "tensors.safetensors"}) {
    const auto path = folder.file("c") / "step-00000007" / name;
    // The blank at the end of state.json may be another blank; its checksum is of what is before.
    oracle::expect_no_bit_is_believed(path, "step-00000007", answer, 2 * kBitsOfTheKey);
  }
}

TEST(Checkpoint, OfAnEarlierVersionHasNoChecksumsAndIsLoaded) {
  const oracle::TemporaryFolder folder;
  const Checkpoint checkpoint = small_checkpoint();
  save_checkpoint(folder.file("c"), checkpoint);
  const auto step = folder.file("c") / "step-00000007";
  std::string state = read_file(step / "state.json");
  state.erase(state.find(",\"crc32\""), 19);
  write_file(step / "state.json", state);
  std::vector<NamedArray> arrays;
  for (const auto& [name, tensor] : checkpoint.tensors)
    arrays.push_back({name, array_view(tensor)});
  write_safetensors(step / "tensors.safetensors", arrays, {});
  EXPECT_EQ(answer_of(load_checkpoint(folder.file("c")).value()), answer_of(checkpoint));
}

TEST(Checkpoint, WithCountsThatAreNoneIsRefused) {
  const oracle::TemporaryFolder folder;
  save_checkpoint(folder.file("c"), small_checkpoint());
  const auto path = folder.file("c") / "step-00000007/state.json";
  const auto whole = nlohmann::json::parse(read_file(path));
  for (const char* field : {"step", "trained", "scored", "reference_scored", "learnability_seen"}) {
    for (const nlohmann::json& value :
         {nlohmann::json(1e30), nlohmann::json(-1), nlohmann::json(1.5)}) {
      auto state = whole;
      state.erase("crc32");
      state[field] = value;
      write_file(path, state.dump());
      EXPECT_THAT(oracle::message_of([&] { load_checkpoint(folder.file("c")); }),
                  ::testing::HasSubstr("step-00000007"))
          << field << value;
    }
  }
}

/// Lines of steps 1 to 3, of which a checkpoint of step 2 needs the first two.
std::filesystem::path metrics_in(const oracle::TemporaryFolder& folder) {
  const auto path = folder.file("metrics.jsonl");
  JsonLinesSink sink(path, {});
  for (StepMetrics metrics; metrics.step < 3;) {
    ++metrics.step;
    metrics.loss = 0.5 * static_cast<double>(metrics.step);
    sink.step(metrics);
  }
  return path;
}

TEST(FlippedBits, OfTheMetricsOfARunThatGoesOnAreFound) {
  const oracle::TemporaryFolder folder;
  const auto path = metrics_in(folder);
  const std::string whole = read_file(path);
  const std::size_t needed = whole.find("{\"event\":\"step\",\"step\":3");
  const auto answer = [&] {
    const std::string before = read_file(path);
    JsonLinesSink(path, {}).resume(2);
    std::istringstream kept(read_file(path));
    std::ofstream(path, std::ios::binary) << before;
    std::string all;
    for (std::string line; std::getline(kept, line);) {
      const auto json = nlohmann::json::parse(line);
      for (const char* field : {"event", "step", "loss", "learning_rate"})
        all += json[field].dump();
    }
    return all;
  };
  oracle::expect_no_bit_is_believed(
      path, "metrics.jsonl", answer,
      8 * static_cast<int>(whole.size() - needed) + 4 * kBitsOfTheKey);
}

TEST(FlippedBits, OfTheLastLineThatACheckpointNeedsAreFound) {
  const oracle::TemporaryFolder folder;
  const auto path = metrics_in(folder);
  std::string content = read_file(path);
  content.resize(content.find("{\"event\":\"step\",\"step\":3"));
  content.back() = '\x0b';  // was the end of the line
  write_file(path, content);
  EXPECT_THROW(JsonLinesSink(path, {}).resume(2), Error);
  content.resize(content.size() - 30);  // as a kill within the line leaves it
  write_file(path, content);
  JsonLinesSink(path, {}).resume(1);
  EXPECT_EQ(std::ranges::count(read_file(path), '\n'), 1);
}

TEST(JsonLines, ThatAreNoObjectsAreDamage) {
  const oracle::TemporaryFolder folder;
  const auto path = metrics_in(folder);
  const std::string whole = read_file(path);
  for (const char* line : {"[1]\n", "{\"step\":1e30}\n", "{\"step\":\"1\"}\n"}) {
    write_file(path, line + whole);
    EXPECT_THROW(JsonLinesSink(path, {}).resume(2), Error) << line;
  }
  write_file(path, whole + "[1]\n");  // behind what is needed
  EXPECT_NO_THROW(JsonLinesSink(path, {}).resume(2));
}

}  // namespace
}  // namespace jest
