#include "train/experiment.hpp"

#include <thread>

#include "jest/io/atomic_file.hpp"
#include "jest/model/fingerprint.hpp"
#include "train/arm_run.hpp"
#include "train/run_folder.hpp"
#include "train/summary.hpp"

namespace jest {
namespace {

using Json = nlohmann::ordered_json;

bool uses_reference(const Arm& arm) {
  const bool scores = arm.kind == ArmKind::kScored || arm.kind == ArmKind::kCascade;
  return scores && arm.score.reference != 0;
}

/// A cascade's first stage is affordable with a cache only.
bool uses_store(const Arm& arm, const PairsOptions& options) {
  return uses_reference(arm) && (options.cache_reference || arm.kind == ArmKind::kCascade);
}

std::vector<ArmRun> all_runs(const PairsOptions& options) {
  std::vector<ArmRun> runs;
  for (const std::uint64_t seed : options.seeds()) {
    for (const std::string& arm : options.arms) runs.push_back({find_arm(arm), seed});
  }
  return runs;
}

Json reference_json(const PairsOptions& options, const ExperimentData& data,
                    ReferenceRun& reference) {
  const Values values = evaluate_towers(reference.model, *data.eval);
  Json json(values);
  json["flops"] = reference.flops;
  json["seconds"] = reference.seconds;
  if (!options.reference.empty()) json["given"] = options.reference.string();
  return json;
}

Json runs_json(const PairsOptions& options, const ExperimentData& data,
               const ReferenceRun& reference) {
  Json runs = Json::array();
  for (const ArmRun& run : all_runs(options)) {
    const bool pays = uses_reference(run.arm);
    const double embedding = reference.forward_flops * data.pool->table.rows();
    runs.push_back(
        summarize_run({run.arm.name, run.seed, options.out / run.name(), pays ? reference.flops : 0,
                       uses_store(run.arm, options) ? embedding : 0}));
  }
  add_steps_to_targets(runs);
  return runs;
}

/// Options and the data's content; where the files lie does not matter.
Json claimed_identity(const PairsOptions& options, const ExperimentData& data) {
  Json json = identity(options);
  json["curated"] = data.curated->table.checksum;
  json["pool"] = data.pool->table.checksum;
  json["eval"] = data.eval->table.checksum;
  json["reference"] = nullptr;
  if (!options.reference.empty()) {
    TextTowers given = load_text_towers(SafetensorsFile(options.reference));
    json["reference"] = model_fingerprint(*given);
  }
  return json;
}

void set_threads(int threads) {
  const auto available = static_cast<int>(std::thread::hardware_concurrency());
  at::set_num_threads(threads > 0 ? threads : std::max(available, 1));
}

}  // namespace

void run_pairs(const PairsOptions& options) {
  check_options(options);
  set_threads(options.threads);
  const ExperimentData data = read_data(options);
  claim_folder({options.out, claimed_identity(options, data), options.resume});
  ReferenceRun reference = prepare_reference(options, data);
  std::optional<EmbeddingStore> store;
  for (const ArmRun& run : all_runs(options)) {
    const bool cached = uses_store(run.arm, options);
    if (cached && !store) store = prepare_store(options, data, reference);
    run_arm(options, data, run, reference, cached ? &*store : nullptr);
  }
  const Json summary{{"command", options.command},
                     {"version", JEST_VERSION},
                     {"data", describe_data(options, data)},
                     {"reference", reference_json(options, data, reference)},
                     {"runs", runs_json(options, data, reference)}};
  write_file(options.out / "summary.json",
             summary.dump(1, ' ', false, Json::error_handler_t::replace) + "\n");
}

}  // namespace jest
