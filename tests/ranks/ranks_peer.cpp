// One rank of a selection over ranks, as a launcher starts it; for tests/ranks.
//
//   ranks_peer FOLDER [--alone] [--NAME VALUE]...
//
// Every rank makes the same super-batches from the seed, and selects by the cpu backend from its
// own part of them. FOLDER/picks-RANK gets picks, scores and statistics as text without rounding;
// --alone writes what one process picks to FOLDER/picks-alone. Standard output gets a line a step:
// number of exchanges, bytes that they brought, milliseconds.
// --fail HOW:RANK:STEP:EXCHANGE[:ATTEMPT] breaks a rank before an exchange (from 1) of a step; HOW
// is exit, kill, throw or hang.
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <thread>

#include "jest/select/select.hpp"
#include "jest/torch/world.hpp"
#include "oracle/random_embeddings.hpp"
#include "oracle/shares.hpp"

namespace {

using Options = std::map<std::string, std::string>;

Options options_of(int count, char** words) {
  Options options{
      {"candidates", "512"}, {"count", "96"}, {"width", "16"},      {"chunks", "3"},
      {"steps", "2"},        {"store", ""},   {"timeout", "60000"}, {"join-timeout", "60000"},
      {"fail", ""}};
  if (count < 2) jest::refuse("ranks_peer", "FOLDER [--alone] [--NAME VALUE]...", "nothing");
  options["folder"] = words[1];
  for (int k = 2; k < count; ++k) {
    const std::string name = std::string(words[k]).substr(2);
    if (name == "alone") {
      options[name] = "yes";
    } else if (options.contains(name) && k + 1 < count) {
      options[name] = words[++k];
    } else {
      jest::refuse("ranks_peer", "an option with its value", words[k]);
    }
  }
  return options;
}

/// Where a rank is to break, and how.
struct Failure {
  std::string how;
  int rank = -1;
  int step = 0;
  int exchange = 0;
  std::string attempt = "0";

  explicit Failure(std::string words) {
    std::replace(words.begin(), words.end(), ':', ' ');
    std::istringstream(words) >> how >> rank >> step >> exchange >> attempt;
  }

  void happen() const {
    if (how == "exit") ::_exit(17);
    if (how == "kill") std::raise(SIGKILL);
    if (how == "throw") throw jest::Error("this rank is broken");
    if (how == "hang") std::this_thread::sleep_for(std::chrono::hours(1));
  }
};

/// Counts exchanges, and breaks before the one that the failure names.
class Counted final : public jest::Exchange {
 public:
  Counted(jest::Exchange& exchange, const Failure& failure, const std::string& attempt)
      : exchange_(exchange), failure_(failure), is_due_(attempt == failure.attempt) {}

  int rank() const override { return exchange_.rank(); }
  int size() const override { return exchange_.size(); }
  void gather(std::span<const std::byte> mine, std::span<const std::int64_t> sizes,
              std::span<std::byte> all) override {
    ++exchanges;
    bytes += std::ssize(all);
    if (is_due_ && rank() == failure_.rank && step == failure_.step &&
        exchanges == failure_.exchange) {
      failure_.happen();
    }
    exchange_.gather(mine, sizes, all);
  }

  int step = 0;
  int exchanges = 0;
  std::int64_t bytes = 0;

 private:
  jest::Exchange& exchange_;
  const Failure& failure_;
  bool is_due_;
};

void write_selection(std::FILE* file, const jest::Selection& selection) {
  for (std::size_t k = 0; k < selection.indices.size(); ++k) {
    std::fprintf(file, "%lld %a\n", static_cast<long long>(selection.indices[k]),
                 selection.scores[k]);
  }
  const jest::SelectionStatistics& statistics = selection.statistics;
  std::fprintf(file, "%lld %a %a %a\n", static_cast<long long>(statistics.nan_count),
               statistics.mean_own_score_super_batch, statistics.mean_own_score_picks,
               statistics.own_score_deviation);
}

jest::Selection select_over(jest::Exchange& ranks, const jest::SigmoidPairs& all,
                            jest::SelectionSpec spec) {
  // [ranks]
  const jest::Shard shard = jest::shard_of(all.candidates(), ranks.size(), ranks.rank());
  const jest::SigmoidPairs mine = jest::oracle::part_of(all, shard);  // all that a rank needs
  spec.shard = shard;
  spec.exchange = &ranks;  // a jest::World
  return jest::select(mine, spec);
  // [ranks]
}

/// `exchange` is null of one process.
void run(const Options& options, Counted* exchange, const std::string& name) {
  const std::int64_t candidates = std::stoll(options.at("candidates"));
  const std::int64_t width = std::stoll(options.at("width"));
  std::FILE* file = std::fopen((options.at("folder") + "/picks-" + name).c_str(), "w");
  if (!file) jest::refuse("ranks_peer", "a folder to write to", options.at("folder"));
  for (int step = 0; step < std::stoi(options.at("steps")); ++step) {
    const auto models =
        jest::oracle::random_models({candidates, width}, static_cast<std::uint64_t>(step) + 1);
    const auto pairs = models.pairs<jest::SigmoidPairs>();
    jest::SelectionSpec spec{.count = std::stoll(options.at("count")),
                             .sampling = {.chunks = std::stoll(options.at("chunks"))},
                             .seed = 5,
                             .step = step,
                             .backend = jest::Backend::kCpu};
    if (!exchange) {
      write_selection(file, jest::select(pairs, spec));
      continue;
    }
    exchange->step = step;
    exchange->exchanges = 0;
    exchange->bytes = 0;
    const jest::Selection selection = select_over(*exchange, pairs, spec);
    write_selection(file, selection);
    std::cout << exchange->exchanges << ' ' << exchange->bytes << ' '
              << selection.statistics.select_ms << std::endl;
  }
  std::fclose(file);
}

void join_and_run(const Options& options) {
  const auto milliseconds = [&](const char* name) {
    return std::chrono::milliseconds(std::stoll(options.at(name)));
  };
  const jest::Launch launch = jest::launch_of_environment();
  jest::World world = jest::World::joined({.launch = launch,
                                           .store_file = options.at("store"),
                                           .timeout = milliseconds("timeout"),
                                           .join_timeout = milliseconds("join-timeout")});
  world.wait();  // until all have joined, before one may break
  const Failure failure(options.at("fail"));
  Counted exchange(world, failure, launch.attempt.empty() ? "0" : launch.attempt);
  run(options, &exchange, std::to_string(world.rank()));
  world.wait();
}

}  // namespace

int main(int count, char** words) {
  try {
    const Options options = options_of(count, words);
    if (options.contains("alone")) {
      run(options, nullptr, "alone");
    } else {
      join_and_run(options);
    }
  } catch (const std::exception& error) {
    std::cerr << error.what() << std::endl;
    return 1;
  }
}
