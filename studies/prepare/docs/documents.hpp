#pragma once
// Texts as a package has them: whole.

#include <string>
#include <vector>

namespace jest::studies {

struct Document {
  std::string name;  // of its file in the package: the same on every run
  std::string text;
};

using Documents = std::vector<Document>;

}  // namespace jest::studies
