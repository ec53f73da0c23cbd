#include "train/probe/probe_report.hpp"

#include <algorithm>
#include <cstdio>

#include "jest/core/error.hpp"
#include "printable.hpp"

namespace jest::apps::train {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kKinds[] = {"other", "mismatched"};

std::string rounded(double value, int decimals) {
  char digits[32];
  std::snprintf(digits, sizeof digits, "%.*f", decimals, value);
  return digits;
}

double repeated_share(const ProbeFindings& findings) {
  return static_cast<double>(findings.repeated) / std::max<std::int64_t>(1, findings.looked_at);
}

/// Of one kind of useless examples, over the interval of the estimate: one verdict, or none.
Verdict verdict_of(const ProbeFindings& findings, const char* kind) {
  std::vector<Verdict> all;
  for (const double share : {findings.useful.low, findings.useful.share, findings.useful.high}) {
    all.push_back(verdict_of(best_near(findings.map, kind, share)));
  }
  const bool one = std::ranges::all_of(all, [&](Verdict v) { return v == all.front(); });
  return one ? all.front() : Verdict::kOpen;
}

const char* word_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPays:
      return "pays";
    case Verdict::kLoses:
      return "loses";
    case Verdict::kOpen:
      return "open";
  }
  return "open";
}

const char* advice_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPays:
      return "  Worth it: this saves a third or more of all FLOPs, the guide's counted.\n";
    case Verdict::kLoses:
      return "  Do not bother: uniform training is cheaper.\n";
    case Verdict::kOpen:
      return "  It cannot tell whether this pays: compare short runs of both.\n";
  }
  return "";
}

/// "  translations: 8.2x updates, 4.9x the run's, 2.2x all FLOPs (cascade 0.95)"
std::string place_line(const MapPoint& point) {
  const auto times = [&](double ratio) {
    return text(printable(point.bound), rounded(ratio, 1), "x ");
  };
  return text("  ", printable(point.set), ": ", times(point.updates), "updates, ",
              times(point.run_flops), "the run's, ", times(point.all_in_flops), "all FLOPs (",
              printable(point.arm), " ", rounded(point.filter, 2), ")\n");
}

std::string map_lines(const ProbeFindings& findings) {
  if (findings.map.empty()) return "No map to look it up on (--map): nothing is predicted.\n";
  std::string lines;
  for (const char* kind : kKinds) {
    const auto points = best_near(findings.map, kind, findings.useful.share);
    if (points.empty()) continue;
    lines += text("Uniform needs, at ", percent(points.front().share), " useful, if the rest is ",
                  kind == std::string("other") ? "of another domain:\n" : "mismatched:\n");
    for (const MapPoint& point : points) lines += place_line(point);
    lines += advice_of(verdict_of(findings, kind));
  }
  return lines +
         "Which of the two it is, losses cannot tell: look at some rows.\n"
         "The map's runs are short: in longer ones a guide weighs less.\n";
}

Json filter_json(const ProbeFindings& findings) {
  if (!findings.counted) return nullptr;
  const auto& [useful, kept] = *findings.counted;
  return {{"useful_share", useful.share},
          {"useful_share_low", useful.low},
          {"useful_share_high", useful.high},
          {"kept", kept},
          {"verdict",
           word_of(filter_verdict(*findings.counted, findings.useful, repeated_share(findings)))}};
}

std::string filter_lines(const ProbeFindings& findings) {
  if (!findings.counted) {
    if (findings.not_counted.empty()) return "";
    return "No counts of n-grams: " + printable(findings.not_counted) + "\n";
  }
  return filter_lines(*findings.counted,
                      filter_verdict(*findings.counted, findings.useful, repeated_share(findings)));
}

}  // namespace

std::string percent(double share) { return rounded(100 * share, share < 0.1 ? 1 : 0) + " %"; }

Json probe_json(const ProbeFindings& findings) {
  Json json{{"curated_trained", findings.trained},
            {"curated_held_out", findings.held_out},
            {"pool_rows", findings.looked_at},
            {"useful_share", findings.useful.share},
            {"useful_share_low", findings.useful.low},
            {"useful_share_high", findings.useful.high},
            {"quantile", findings.useful.quantile},
            {"repeated_share", repeated_share(findings)},
            {"filter", filter_json(findings)},
            {"verdicts", Json::object()},
            {"places", Json::array()}};
  for (const char* kind : kKinds) {
    json["verdicts"][kind] = word_of(verdict_of(findings, kind));
    for (const MapPoint& p : best_near(findings.map, kind, findings.useful.share)) {
      json["places"].push_back({{"set", p.set},
                                {"useless", p.useless},
                                {"share", p.share},
                                {"arm", p.arm},
                                {"filter", p.filter},
                                {"updates", p.updates},
                                {"run_flops", p.run_flops},
                                {"all_in_flops", p.all_in_flops},
                                {"bound", p.bound}});
    }
  }
  return json;
}

std::string probe_lines(const ProbeFindings& findings) {
  const UsefulShare& useful = findings.useful;
  std::string lines =
      text("Reference: ", findings.trained, " curated rows; ", findings.held_out, " held out.\n",
           "Useful share of the pool: ", percent(useful.share), " (", percent(useful.low), " to ",
           percent(useful.high), "), from ", findings.looked_at, " rows.\n",
           "  Too high where useless rows have losses as low as useful ones.\n",
           "Rows that repeat another: ", percent(repeated_share(findings)), ".");
  lines += repeated_share(findings) > kManyRepeated ? " Remove them first: they count as useful.\n"
                                                    : "\n";
  return lines + filter_lines(findings) + map_lines(findings);
}

}  // namespace jest::apps::train
