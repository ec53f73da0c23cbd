#pragma once
// What evaluations measure, and which of two values is the better one.

#include <string>

namespace jest::apps::report {

struct Measure {
  std::string name;   ///< of its field in the files
  std::string label;  ///< "R@1"; a unit, which follows its number, in lower case: "bits per byte"
  bool higher_is_better = true;
  std::string meaning = {};  ///< a definition for the page's terms; empty where another has it
};

/// By how much `value` is better than `other`; negative if it is worse.
double lead(const Measure& measure, double value, double other);

/// Three decimals.
std::string score_text(double value);

/// "R@1 0.740", "2.134 bits per byte".
std::string labelled(const Measure& measure, double value);

/// The label where a title begins: "R@1", "Bits per byte".
std::string title_of(const Measure& measure);

/// The label along an axis: "R@1", "bits per byte (lower is better)".
std::string axis_label(const Measure& measure);

}  // namespace jest::apps::report
