// Checks of single values of options.

#include "train/option_rows.hpp"

namespace jest::apps::train {

void AtLeast::operator()(const std::string& flag, std::int64_t value) const {
  if (value < least) refuse(flag, text("a number of at least ", least), value);
}

void Between::operator()(const std::string& flag, std::int64_t value) const {
  if (value < least || value > most) {
    refuse(flag, text("a number from ", least, " to ", most), value);
  }
}

void FinitePositive::operator()(const std::string& flag, double value) const {
  if (!std::isfinite(value) || value <= 0) refuse(flag, "a finite number above 0", value);
}

void FiniteAtLeast0::operator()(const std::string& flag, double value) const {
  if (!std::isfinite(value) || value < 0) refuse(flag, "a finite number of at least 0", value);
}

void FiniteNotZero::operator()(const std::string& flag, double value) const {
  if (!std::isfinite(value) || value == 0) refuse(flag, "a finite number other than 0", value);
}

void ShareBelow1::operator()(const std::string& flag, double value) const {
  if (!(value >= 0 && value < 1)) refuse(flag, "a share of at least 0 and below 1", value);
}

void ShareAbove0::operator()(const std::string& flag, double value) const {
  if (!(value > 0 && value <= 1)) refuse(flag, "a share above 0 and at most 1", value);
}

void Share::operator()(const std::string& flag, double value) const {
  if (!(value >= 0 && value <= 1)) refuse(flag, "a share from 0 to 1", value);
}

}  // namespace jest::apps::train
