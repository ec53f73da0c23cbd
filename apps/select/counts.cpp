#include "select/counts.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cached/counted_losses.hpp"
#include "io/npy_header.hpp"
#include "jest/core/cost.hpp"
#include "jest/io/atomic_file.hpp"
#include "jest/io/safetensors.hpp"
#include "jest/select/select.hpp"
#include "select/counted_sides.hpp"

namespace jest::apps::select {
namespace {

std::string npy_of(const std::string& descr, std::size_t rows, std::span<const std::byte> content) {
  return npy_bytes(descr, {static_cast<std::int64_t>(rows)}, content);
}

/// What the guide says of the pool.
struct Counted {
  std::int64_t curated_rows = 0;
  std::vector<std::int64_t> ids;  ///< of the pool
  std::string fingerprint;
  CountedLosses losses;
  double seconds = 0;
  double cpu_seconds = 0;
};

template <class Unit>
Counted counted_sides(const CountArguments& arguments, const Side<Unit>& curated, Side<Unit> pool) {
  constexpr std::string_view kUnitNames[] = {"bytes", "words", "tokens"};
  CountGuideSpec spec = arguments.guide();
  if (arguments.unit == CountedUnit::kToken) {
    spec.alphabet = std::max(curated.alphabet, pool.alphabet);
  }
  Counted counted;
  counted.losses = cached::counted_losses(curated.rows, pool.rows, pool.rows, spec);
  counted.curated_rows = std::ssize(curated.ids);
  counted.fingerprint =
      text("counts ", arguments.kind == CountKind::kHashed ? "hashed " : "interpolated ",
           kUnitNames[static_cast<std::size_t>(arguments.unit)], " seed ", arguments.seed,
           " curated ", curated.checksum, " pool ", pool.checksum);
  counted.ids = std::move(pool.ids);
  return counted;
}

Counted count_files(const CountArguments& arguments) {
  const auto both = [&](const auto& read) {
    const auto curated = read(arguments.curated);
    return counted_sides(arguments, curated, read(arguments.pool));
  };
  switch (arguments.unit) {
    case CountedUnit::kByte:
      return both(&read_texts<std::uint8_t>);
    case CountedUnit::kWord:
      return both(&read_texts<std::uint32_t>);
    case CountedUnit::kToken:
      break;
  }
  return both([&](const auto& path) { return read_tokens(path, arguments.tokens); });
}

void write_losses(const CountArguments& arguments, const Counted& counted) {
  if (arguments.out.extension() == ".safetensors") {
    return cached::write_count_store(
        arguments.out, {counted.losses, counted.ids, counted.fingerprint, counted.cpu_seconds});
  }
  const auto& losses = counted.losses.losses;
  write_file(arguments.out, npy_of("'<f4'", losses.size(), std::as_bytes(std::span(losses))));
}

std::vector<std::int64_t> picks(const CountArguments& arguments, const Counted& counted) {
  SelectionSpec spec{.count = *arguments.count, .seed = arguments.seed, .step = arguments.step};
  spec.sampling.preset = arguments.gain ? Preset::kIndependent : Preset::kTopK;
  spec.sampling.gain = arguments.gain.value_or(spec.sampling.gain);
  const Losses losses{.learner = {}, .reference = counted.losses.losses, .ids = counted.ids};
  return jest::select(losses, spec, kEasyReference).indices;
}

Counted counted_by(const CountArguments& arguments) {
  double seconds = 0;
  Counted counted = timed(seconds, [&] { return count_files(arguments); });
  counted.seconds = seconds;
  counted.cpu_seconds = processor_seconds();
  return counted;
}

}  // namespace

std::string counts_answer(const CountArguments& arguments) {
  arguments.check();
  const Counted counted = counted_by(arguments);
  nlohmann::ordered_json line{{"curated", counted.curated_rows},
                              {"pool", counted.ids.size()},
                              {"operations", counted.losses.operations},
                              {"seconds", counted.seconds},
                              {"cpu_seconds", counted.cpu_seconds}};
  if (!arguments.count) {
    write_losses(arguments, counted);
  } else if (const auto indices = picks(arguments, counted); arguments.out.empty()) {
    line["indices"] = indices;
  } else {
    write_file(arguments.out, npy_of("'<i8'", indices.size(), std::as_bytes(std::span(indices))));
  }
  return line.dump();
}

}  // namespace jest::apps::select
