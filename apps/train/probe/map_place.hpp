#pragma once
// Where a pool stands on the map that `studies/study map` measured: docs/evidence/map.json.

#include <filesystem>
#include <string>
#include <vector>

namespace jest::apps::train {

/// One point of the map: how many times as much uniform training needs.
struct MapPoint {
  std::string set = {};      ///< "translations"
  std::string useless = {};  ///< "other", "mismatched", "duplicates"
  double share = 0;          ///< of useful examples in the pool
  std::string arm = {};      ///< "cascade"
  double filter = 0;         ///< 1 − b/B
  double updates = 0;
  double run_flops = 0;
  double all_in_flops = 0;  ///< reference training and pool embedding counted
  std::string bound = {};   ///< ">" where it is a lower bound, "<" an upper one
};

/// Throws an error that names the file and its defect.
std::vector<MapPoint> read_map(const std::filesystem::path& path);

/// For one kind of useless examples the points nearest to `share`: of each set the one that is best
/// with every cost counted. Empty where the map has none of that kind.
std::vector<MapPoint> best_near(const std::vector<MapPoint>& map, const std::string& useless,
                                double share);

enum class Verdict { kPays, kLoses, kOpen };

/// Pays where every point saves a third or more of all FLOPs; loses where none saves any of a run's
/// FLOPs, a guide being free. A bound that leaves it open is neither.
Verdict verdict_of(const std::vector<MapPoint>& points);

}  // namespace jest::apps::train
