// The options of jest-select counts.

#include "cached/counted_losses.hpp"
#include "input_file.hpp"
#include "select/counts.hpp"
#include "select/option_values.hpp"

namespace jest::apps::select {
namespace {

constexpr Named<CountedUnit> kUnits[] = {
    {"bytes", CountedUnit::kByte}, {"words", CountedUnit::kWord}, {"tokens", CountedUnit::kToken}};
constexpr Named<bool> kWidths[] = {{"u16", false}, {"u32", true}};

void add_units(CLI::App& command, CountArguments& arguments) {
  add_name(command,
           {"--units", "NAME", "bytes, words, or tokens: of .bin of nanoGPT or\nllm.c [bytes]"},
           kUnits, [&](CountedUnit value) { arguments.unit = value; });
  add_integer(command,
              {"--length", "L", "of tokens: rows are windows of L + 1, which\nshare one [128]"},
              AtLeast{1}, [&](std::int64_t value) { arguments.tokens.length = value; });
  add_name(command, {"--token-type", "NAME", "u16 or u32, where a file does not say [u16]"},
           kWidths, [&](bool value) { arguments.tokens.wide = value; });
}

void add_picking(CLI::App& command, CountArguments& arguments) {
  add_integer(command, {"--count", "b", "pick so many rows, the lowest losses first"}, AtLeast{1},
              [&](std::int64_t value) { arguments.count = value; });
  add_real(command, {"--gain", "G", "draw them instead, at this weight of losses\nagainst noise"},
           [&](double value) { arguments.gain = value; });
  add_integer(command, {"--step", "T", "of training, 0 to 2^32-1: fresh noise each [0]"},
              AtLeast<std::uint32_t>{0}, [&](std::uint32_t value) { arguments.step = value; });
}

}  // namespace

CountArguments::CountArguments(CLI::App& command) {
  const auto path = [&](const char* name, std::filesystem::path& value, const char* help) {
    return command.add_option(name, value, help)->type_name("FILE");
  };
  path("--curated", curated,
       "texts to be like: a text a line, .jsonl with\n\"text\", or "
       ".safetensors with bytes U8 [rows, L]");
  path("--pool", pool, "texts to score, likewise");
  add_name(command, {"--kind", "NAME", "hashed (faster) or interpolated n-grams [hashed]"},
           cached::kCountKinds, [this](CountKind value) { kind = value; });
  add_units(command, *this);
  add_integer(command,
              {"--seed", "S", "of the halves of the pool and of the noise,\n0 to 2^64-1 [0]"},
              AtLeast<std::uint64_t>{0}, [this](std::uint64_t value) { seed = value; });
  add_picking(command, *this);
  path("--out", out,
       "gets losses, float32 [rows]: .npy, or a store\n(.safetensors) with ids and "
       "costs; with --count,\npositions: .npy of int64");
}

void CountArguments::check() const {
  if (curated.empty()) refuse("--curated", "a file", "none");
  if (pool.empty()) refuse("--pool", "a file", "none");
  expect_file("--curated", curated);
  expect_file("--pool", pool);
  if (gain && !count) refuse("--gain", "--count beside it", "none");
  if (gain && *gain < 0) refuse("--gain", "a finite number of at least 0", *gain);
  if (!count && out.empty()) refuse("--out", "a file for losses, or --count for picks", "none");
  const std::string end = out.extension();
  if (!out.empty() && end != ".npy" && (count || end != ".safetensors")) {
    refuse("--out", count ? "a name that ends in .npy" : "a name that ends in .npy or .safetensors",
           out.string());
  }
}

CountGuideSpec CountArguments::guide() const {
  CountGuideSpec spec = unit == CountedUnit::kByte ? cached::count_spec<std::uint8_t>(kind)
                                                   : cached::count_spec<std::uint32_t>(kind);
  spec.seed = seed;
  return spec;
}

}  // namespace jest::apps::select
