#include "select/counts.hpp"

#include <nlohmann/json.hpp>

#include "cached/counted_losses.hpp"
#include "io/npy_header.hpp"
#include "jest/core/cost.hpp"
#include "jest/io/atomic_file.hpp"
#include "jest/io/safetensors.hpp"
#include "jest/select/select.hpp"
#include "select/text_rows.hpp"

namespace jest::apps::select {
namespace {

template <class Unit>
CountedLosses counted_losses(const TextRows& curated, const TextRows& pool,
                             const CountGuideSpec& spec) {
  const auto rows_of = [](const TextRows& texts) {
    cached::CountedRows<Unit> rows;
    for (std::int64_t row = 0; row < texts.rows(); ++row) rows.add(texts.row(row));
    return rows;
  };
  return cached::counted_losses(rows_of(curated), rows_of(pool), spec);
}

std::string npy_of(const std::string& descr, std::size_t rows, std::span<const std::byte> content) {
  return npy_bytes(descr, {static_cast<std::int64_t>(rows)}, content);
}

std::string checksum_of(const TextRows& rows) {
  const ArrayView parts[] = {{"U8", {std::ssize(rows.bytes)}, std::as_bytes(std::span(rows.bytes))},
                             {"I64", {rows.rows()}, std::as_bytes(std::span(rows.ends))}};
  return checksum(parts);
}

/// Texts, and what the guide says of those of the pool.
struct Counted {
  TextRows curated, pool;
  CountedLosses losses;
  double seconds = 0;
  double cpu_seconds = 0;
};

std::string fingerprint_of(const CountArguments& arguments, const Counted& counted) {
  return text("counts ", arguments.kind == CountKind::kHashed ? "hashed " : "interpolated ",
              arguments.words ? "words" : "bytes", " seed ", arguments.seed, " curated ",
              checksum_of(counted.curated), " pool ", checksum_of(counted.pool));
}

void write_losses(const CountArguments& arguments, const Counted& counted) {
  if (arguments.out.extension() == ".safetensors") {
    return cached::write_count_store(
        arguments.out, {counted.losses, counted.pool.ids, fingerprint_of(arguments, counted),
                        counted.cpu_seconds});
  }
  const auto& losses = counted.losses.losses;
  write_file(arguments.out, npy_of("'<f4'", losses.size(), std::as_bytes(std::span(losses))));
}

std::vector<std::int64_t> picks(const CountArguments& arguments, const Counted& counted) {
  SelectionSpec spec{.count = *arguments.count, .seed = arguments.seed, .step = arguments.step};
  spec.sampling.preset = arguments.gain ? Preset::kIndependent : Preset::kTopK;
  spec.sampling.gain = arguments.gain.value_or(spec.sampling.gain);
  const Losses losses{.learner = {}, .reference = counted.losses.losses, .ids = counted.pool.ids};
  return jest::select(losses, spec, kEasyReference).indices;
}

Counted counted_by(const CountArguments& arguments) {
  Counted counted;
  counted.losses = timed(counted.seconds, [&] {
    counted.curated = read_text_rows(arguments.curated);
    counted.pool = read_text_rows(arguments.pool);
    return arguments.words
               ? counted_losses<std::uint32_t>(counted.curated, counted.pool, arguments.guide())
               : counted_losses<std::uint8_t>(counted.curated, counted.pool, arguments.guide());
  });
  counted.cpu_seconds = processor_seconds();
  return counted;
}

}  // namespace

std::string counts_answer(const CountArguments& arguments) {
  arguments.check();
  const Counted counted = counted_by(arguments);
  nlohmann::ordered_json line{{"curated", counted.curated.rows()},
                              {"pool", counted.pool.rows()},
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
