#include "train/probe/map_place.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "jest/core/error.hpp"
#include "jest/io/atomic_file.hpp"
#include "parse_json.hpp"

namespace jest::apps::train {
namespace {

using MapJson = nlohmann::json;

MapPoint point_of(const MapJson& json) {
  return {.set = json.at("set"),
          .useless = json.at("useless"),
          .share = json.at("share"),
          .arm = json.at("arm"),
          .filter = json.at("filter"),
          .updates = json.at("updates"),
          .run_flops = json.at("run_flops"),
          .all_in_flops = json.at("all_in_flops"),
          .bound = json.at("bound")};
}

double distance(double share, double other) { return std::abs(std::log(share / other)); }

}  // namespace

std::vector<MapPoint> read_map(const std::filesystem::path& path) try {
  std::vector<MapPoint> map;
  const MapJson json = parse_json(read_file(path), "read map " + path.string());
  for (const MapJson& point : json.at("points")) {
    map.push_back(point_of(point));
    if (!(map.back().share > 0 && map.back().share <= 1)) {
      refuse("read map " + path.string(), "shares above 0 and at most 1", map.back().share);
    }
  }
  return map;
} catch (const MapJson::exception& error) {
  refuse("read map " + path.string(), "points as studies/study map writes them", error.what());
}

std::vector<MapPoint> best_near(const std::vector<MapPoint>& map, const std::string& useless,
                                double share) {
  constexpr double kLeastShare = 1e-6;
  const double wanted = std::max(share, kLeastShare);
  double nearest = -1;
  for (const MapPoint& point : map) {
    if (point.useless != useless) continue;
    if (nearest < 0 || distance(point.share, wanted) < distance(nearest, wanted)) {
      nearest = point.share;
    }
  }
  std::map<std::string, MapPoint> best;
  for (const MapPoint& point : map) {
    if (point.useless != useless || point.share != nearest) continue;
    MapPoint& known = best[point.set];
    if (known.set.empty() || point.all_in_flops > known.all_in_flops) known = point;
  }
  std::vector<MapPoint> points;
  for (const auto& [set, point] : best) points.push_back(point);
  return points;
}

Verdict verdict_of(const std::vector<MapPoint>& points) {
  constexpr double kSavesAThird = 1.5;
  if (points.empty()) return Verdict::kOpen;
  const auto pays = [](const MapPoint& p) {
    return p.all_in_flops >= kSavesAThird && p.bound != "<";
  };
  const auto loses = [](const MapPoint& p) { return p.run_flops < 1 && p.bound != ">"; };
  if (std::ranges::all_of(points, pays)) return Verdict::kPays;
  if (std::ranges::all_of(points, loses)) return Verdict::kLoses;
  return Verdict::kOpen;
}

}  // namespace jest::apps::train
