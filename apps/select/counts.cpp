#include "select/counts.hpp"

#include <nlohmann/json.hpp>

#include "io/npy_header.hpp"
#include "jest/core/cost.hpp"
#include "jest/io/atomic_file.hpp"
#include "jest/io/safetensors.hpp"
#include "jest/select/select.hpp"
#include "select/text_rows.hpp"

namespace jest::apps::select {
namespace {

/// What was read, with ids by content: equal texts are one row to the guide, which neither counts
/// a copy of what it scores in the background, nor keeps one among the curated.
template <class Unit>
struct GuideRows {
  std::vector<Unit> units;
  std::vector<std::int64_t> ends, ids;

  explicit GuideRows(const TextRows& texts) {
    for (std::int64_t row = 0; row < texts.rows(); ++row) {
      const std::string_view text = texts.row(row);
      if constexpr (sizeof(Unit) == 1) {
        units.insert(units.end(), text.begin(), text.end());
      } else {
        const std::vector<std::uint32_t> words = hashed_words(text);
        units.insert(units.end(), words.begin(), words.end());
      }
      ends.push_back(std::ssize(units));
      ids.push_back(hash_id(text));
    }
  }
  UnitRows<Unit> view() const { return {units, ends, ids}; }
};

template <class Unit>
CountedLosses counted_losses(const TextRows& curated, const TextRows& pool,
                             const CountGuideSpec& spec) {
  const GuideRows<Unit> pool_rows(pool);
  const CountGuide guide(GuideRows<Unit>(curated).view(), pool_rows.view(), spec);
  CountedLosses counted = guide.losses(pool_rows.view());
  counted.operations += guide.operations();
  return counted;
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

/// As jest-train reads losses, what they cost among the metadata.
void write_store(const CountArguments& arguments, const Counted& counted) {
  const auto& values = counted.losses.losses;
  const ArrayView losses{"F32", {std::ssize(values)}, std::as_bytes(std::span(values))};
  const ArrayView ids{"I64", {counted.pool.rows()}, std::as_bytes(std::span(counted.pool.ids))};
  const std::string fingerprint =
      text("counts ", arguments.kind == CountKind::kHashed ? "hashed " : "interpolated ",
           arguments.words ? "words" : "bytes", " seed ", arguments.seed, " curated ",
           checksum_of(counted.curated), " pool ", checksum_of(counted.pool));
  const ArrayView summed[] = {losses, ids};
  const std::vector<NamedArray> arrays{{"losses", losses}, {"ids", ids}};
  write_safetensors(arguments.out, arrays,
                    with_checksum({{"fingerprint", fingerprint},
                                   {"rows", text(values.size())},
                                   {"checksum", checksum(summed)},
                                   {"flops", text(counted.losses.operations)},
                                   {"cpu_seconds", text(counted.cpu_seconds)}},
                                  arrays));
}

void write_losses(const CountArguments& arguments, const Counted& counted) {
  if (arguments.out.extension() == ".safetensors") return write_store(arguments, counted);
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
