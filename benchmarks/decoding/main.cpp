// Pictures a second: decoded alone, from memory, and through a table of shards, by super-batches of
// which the next is decoded ahead. Both by the same threads, in turn, in one run.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "jest/data/shards.hpp"

namespace {

struct Bench {
  std::vector<std::string> names;
  std::int64_t side = 64;
  int threads = 1;
  std::int64_t batch = 256;  ///< pictures of a super-batch
  int rounds = 5;

  std::int64_t bytes() const { return 3 * side * side; }

  jest::ShardSpec spec() const {
    jest::ShardSpec spec{.picture = {.side = side}, .threads = threads};
    for (const std::string& name : names) {
      for (const auto& file : jest::expand_braces(name)) spec.shards.push_back(file);
    }
    spec.memory = 3 * batch * bytes();  // no picture is there from before
    spec.caption_key = caption_key;
    return spec;
  }
  std::string caption_key;
};

double seconds_of(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// A row of each picture.
std::vector<std::int64_t> rows_of(const jest::ShardTable& table) {
  std::vector<std::int64_t> rows;
  for (std::int64_t row = 0; row < table.rows(); ++row) {
    if (row == 0 || table.picture_of(row) != table.picture_of(row - 1)) rows.push_back(row);
  }
  return rows;
}

double alone(const Bench& bench, const std::vector<std::vector<std::byte>>& files) {
  return seconds_of([&] {
    std::atomic<std::size_t> next = 0;
    const auto work = [&] {
      std::vector<std::uint8_t> out(bench.bytes());
      for (std::size_t k = next++; k < files.size(); k = next++) {
        jest::decode_picture(files[k], {.side = bench.side}, out);
      }
    };
    std::vector<std::jthread> threads;
    for (int k = 0; k < bench.threads; ++k) threads.emplace_back(work);
  });
}

double through_table(const Bench& bench, const std::vector<std::int64_t>& rows) {
  const jest::ShardTable table(bench.spec());
  const std::span all(rows);
  const auto batch_at = [&](std::size_t start) {
    return all.subspan(start, std::min<std::size_t>(bench.batch, all.size() - start));
  };
  std::vector<std::uint8_t> out(bench.batch * bench.bytes());
  return seconds_of([&] {
    for (std::size_t start = 0; start < all.size(); start += bench.batch) {
      const auto batch = batch_at(start);
      table.ahead(batch);
      if (start + bench.batch < all.size()) table.ahead(batch_at(start + bench.batch));
      table.pictures(batch, std::span(out).first(batch.size() * bench.bytes()));
    }
  });
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

void run(const Bench& bench) {
  const jest::ShardTable table(bench.spec());
  const std::vector<std::int64_t> rows = rows_of(table);
  std::vector<std::vector<std::byte>> files;
  for (const std::int64_t row : rows) files.push_back(table.picture_file(row));
  std::vector<double> of_decoding, of_table, shares;
  for (int round = 0; round < bench.rounds; ++round) {
    const double pictures = static_cast<double>(files.size());
    of_decoding.push_back(pictures / alone(bench, files));
    of_table.push_back(pictures / through_table(bench, rows));
    shares.push_back(of_table.back() / of_decoding.back());
  }
  std::printf(
      "%zu pictures to side %lld, %d threads, super-batches of %lld, medians of %d rounds\n",
      files.size(), static_cast<long long>(bench.side), bench.threads,
      static_cast<long long>(bench.batch), bench.rounds);
  std::printf("decoding alone     %8.0f pictures/s\n", median(of_decoding));
  std::printf("through the table  %8.0f pictures/s, %.2f of it\n", median(of_table),
              median(shares));
}

}  // namespace

int main(int argc, char** argv) {
  Bench bench;
  CLI::App app{"Pictures a second, decoded alone and through a table of shards",
               "jest-decode-bench"};
  app.add_option("SHARD", bench.names, "Shards, or names with braces")->required();
  app.add_option("--side", bench.side, "Side of the decoded pictures")->capture_default_str();
  app.add_option("--threads", bench.threads, "Threads that decode")->capture_default_str();
  app.add_option("--batch", bench.batch, "Pictures of a super-batch")->capture_default_str();
  app.add_option("--rounds", bench.rounds, "How often both are measured")->capture_default_str();
  app.add_option("--caption-key", bench.caption_key, "As of jest-train images");
  CLI11_PARSE(app, argc, argv);
  try {
    run(bench);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "jest-decode-bench: %s\n", error.what());
    return 1;
  }
}
