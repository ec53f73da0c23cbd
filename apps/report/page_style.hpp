#pragma once
// The look of a report.

#include <string>

namespace jest::apps::report {

/// CSS for light and dark. Colours are those of Okabe and Ito, which readers with any common
/// colour vision tell apart, with a violet and a brown added; on white the three palest are
/// darkened where they are lines.
std::string page_style();

}  // namespace jest::apps::report
