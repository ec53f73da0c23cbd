#pragma once
// The tasks that jest-train knows: what main() needs of them.

#include "train/images/images_options.hpp"
#include "train/labels/labels_options.hpp"
#include "train/pairs/pairs_options.hpp"
#include "train/text/text_options.hpp"

namespace jest::apps::train {

/// Leaves everything in options.out; what is there already from an interrupted run is used.
void run_pairs(const PairsOptions& options);
void run_images(const ImagesOptions& options);
void run_labels(const LabelsOptions& options);
void run_text(const TextOptions& options);

}  // namespace jest::apps::train
