#pragma once
// What a person reads in Perl's own documentation format.
// Source: perlpod, "the Plain Old Documentation format".

#include <string>
#include <string_view>

namespace jest::studies {

/// The paragraphs and headings of a text in POD, each on one line, without commands and formatting
/// codes (of a link, what it shows). Indented paragraphs keep their lines; what is meant for other
/// formats (=begin ... =end, =for) goes.
std::string pod_prose(std::string_view pod);

}  // namespace jest::studies
