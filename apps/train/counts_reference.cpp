#include "train/counts_reference.hpp"

#include "jest/core/cost.hpp"
#include "train/reference_run.hpp"

namespace jest::apps::train {
namespace {

std::string_view name_of(CountKind kind) {
  for (const auto& entry : cached::kCountKinds) {
    if (entry.value == kind) return entry.name;
  }
  refuse("count guide", "a kind with a name", static_cast<int>(kind));
}

/// What stands before the first colon, which goes, too.
std::string_view cut_field(std::string_view& fields) {
  const std::string_view field = fields.substr(0, fields.find(':'));
  fields.remove_prefix(std::min(field.size() + 1, fields.size()));
  return field;
}

}  // namespace

std::string CountsName::words() const { return text(name_of(kind), " ", part); }

std::string CountsName::file_name() const {
  return text("counts_", name_of(kind), "_", part, ".safetensors");
}

CountsName parse_counts(const std::string& option, const std::filesystem::path& value,
                        const std::vector<std::string>& parts) {
  if (parts.empty()) {
    refuse(option, "a file (counts is for text, pairs and tokens; a file called so is ./counts)",
           value.string());
  }
  std::string_view fields = value.native();
  cut_field(fields);
  CountsName name{.part = parts.front()};
  const bool has_kind = value.native() != "counts";
  if (has_kind)
    name.kind = by_name(option + " counts:KIND", cached::kCountKinds, cut_field(fields));
  if (fields.empty()) return name;
  std::vector<Named<std::string>> known;
  for (const std::string& part : parts) known.push_back({part, part});
  name.part = by_name(option + " counts:KIND:PART", known, fields);
  return name;
}

CachedReference<LossStore> kept_counts(const KeptCounts& kept, const RunEnergy& energy,
                                       const std::function<CountedLosses()>& count) {
  if (!std::filesystem::exists(kept.store)) {
    std::filesystem::remove(cost_file_of(kept.store));
    const double seconds = processor_seconds(), joules = energy.joules();
    const CountedLosses counted = count();
    const StoreCost cost{processor_seconds() - seconds, energy.joules() - joules};
    write_store_cost(kept.store, cost);
    cached::write_count_store(kept.store, {counted, kept.ids, kept.fingerprint, cost.cpu_seconds});
  }
  LossStore store(kept.store, kept.fingerprint);
  const SafetensorsFile file(kept.store);
  return {std::move(store),
          {metadata_number(file, "flops"), metadata_number(file, "cpu_seconds"),
           read_store_cost(kept.store).joules},
          kept.fingerprint};
}

}  // namespace jest::apps::train
