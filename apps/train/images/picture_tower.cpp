#include "train/images/picture_tower.hpp"

#include "jest/core/error.hpp"
#include "train/images/patch_tower.hpp"
#include "train/images/residual_tower.hpp"

namespace jest::apps::train {
namespace {

enum class Kind { kResidual, kPatches };
constexpr Named<Kind> kKinds[] = {{"resnet", Kind::kResidual}, {"vit", Kind::kPatches}};

Kind kind_of(const PictureTowerSpec& spec) { return by_name("--image-tower", kKinds, spec.kind); }

}  // namespace

void check_picture_tower(const PictureTowerSpec& spec) {
  const std::int64_t unit = kind_of(spec) == Kind::kResidual ? 32 : 2 * patch_of(spec);
  if (spec.side >= unit && spec.side % unit == 0) return;
  refuse("--image-tower " + spec.kind, text("pictures of a side that ", unit, " divides"),
         spec.side);
}

std::shared_ptr<PictureTowerImpl> make_picture_tower(const PictureTowerSpec& spec) {
  check_picture_tower(spec);
  if (kind_of(spec) == Kind::kResidual) return std::make_shared<ResidualTowerImpl>(spec);
  return std::make_shared<PatchTowerImpl>(spec);
}

double parameters_of(const PictureTowerSpec& spec) {
  return kind_of(spec) == Kind::kResidual ? residual_parameters(spec) : patch_parameters(spec);
}

}  // namespace jest::apps::train
