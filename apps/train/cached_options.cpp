#include "train/cached_options.hpp"

#include "cached/cached_model.hpp"
#include "input_file.hpp"

namespace jest::apps::train {
namespace {

using O = CachedReferenceOptions;
constexpr const char* kGroup = "Cached reference";

/// Absent, or finite and at least 0.
struct AbsentOrAtLeast0 {
  void operator()(const std::string& flag, const std::optional<double>& value) const {
    if (value) FiniteAtLeast0{}(flag, *value);
  }
};

void add_embedding_rows(OptionRows<O>& rows) {
  const auto row = [](auto... given) { return option<O>(kGroup, given..., kOfRun); };
  rows.push_back(row("--reference-embeddings", &O::reference_cache,
                     "In the place of a reference that runs: x and y of\nthe pool's rows, in "
                     "safetensors or a folder of\nclip-retrieval's; several are rows in order"));
  rows.push_back(row("--reference-x", &O::reference_x, "Or x alone, for instance .npy"));
  rows.push_back(row("--reference-y", &O::reference_y, "And y alone"));
  rows.push_back(row("--reference-scale", &O::reference_scale,
                     "Its logit scale; absent: in the files, or fitted\nto the curated pairs among "
                     "them"));
  rows.push_back(row("--reference-bias", &O::reference_bias, "Its logit bias, likewise"));
}

}  // namespace

bool names_counts(const std::filesystem::path& value) {
  const std::string& name = value.native();
  return name == "counts" || name.starts_with("counts:");
}

OptionRows<O> cached_rows(CachedKind kind, bool counted) {
  const auto row = [](auto... given) { return option<O>(kGroup, given..., kOfRun); };
  OptionRows<O> rows;
  if (kind == CachedKind::kEmbeddings) {
    add_embedding_rows(rows);
  } else {
    rows.push_back(
        row("--reference-losses", &O::reference_cache,
            "In the place of a reference that runs: its losses\nof the pool's rows; several "
            "files are rows in\norder"));
  }
  rows.push_back(row("--reference-ids", &O::reference_ids,
                     "Ids of those rows; absent: in the files, or the\npool's, in its order"));
  rows.push_back(
      row("--reference-names", &O::reference_names,
          "Arrays in safetensors: ROLE=NAME,... of the roles\nx, y, scale, bias, losses, "
          "ids"));
  rows.push_back(
      row("--cascade-losses", &O::cascade_losses,
          text("Losses that the first stage of a cascade ranks by,\nof another reference",
               counted ? "; or counts, as --reference" : "")));
  const auto cost = [](auto... given) {
    return option<O>(kGroup, given..., kOfRun, AbsentOrAtLeast0{});
  };
  rows.push_back(cost("--reference-flops", &O::reference_flops,
                      "What all of these files cost to make; absent: what\ntheir metadata say "
                      "(flops)"));
  rows.push_back(
      cost("--reference-cpu-seconds", &O::reference_cpu_seconds, "Likewise (cpu_seconds)"));
  return rows;
}

void CachedReferenceOptions::check_cached() const {
  for (const auto& path : reference_cache) {
    if (!std::filesystem::is_directory(path))
      expect_file("--reference-embeddings or -losses", path);
  }
  cached::expect_cached_files("--reference-x", reference_x);
  cached::expect_cached_files("--reference-y", reference_y);
  cached::expect_cached_files("--reference-ids", reference_ids);
  if (!first_stage_counts()) cached::expect_cached_files("--cascade-losses", cascade_losses);
  if (!reference_names.empty()) cached::ArrayNames::from("--reference-names", reference_names);
  if (reference_scale.has_value() != reference_bias.has_value()) {
    refuse("--reference-scale and --reference-bias", "both or neither", "one of them");
  }
  if (has_cached_reference()) return;
  const bool of_files = !reference_names.empty() || reference_flops || reference_cpu_seconds;
  if (!reference_ids.empty() || reference_scale || (of_files && cascade_losses.empty())) {
    refuse("--reference-ids and the like", "embeddings or losses of a reference", "none");
  }
}

}  // namespace jest::apps::train
