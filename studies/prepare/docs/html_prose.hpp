#pragma once
// What a person reads on a page of HTML.

#include <string>
#include <string_view>

namespace jest::studies {

/// The text of the page's main part, or of its body where none is marked, without scripts, styles
/// and navigation. Blanks become one space, blocks end with a line break, <pre> keeps its lines.
/// Never fails: the parser mends what is broken, as browsers do. UTF-8 in and out.
std::string html_prose(std::string_view html);

}  // namespace jest::studies
