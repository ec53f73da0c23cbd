// jest::select over arrays of Python.

#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>

#include <utility>

#include "arrays.hpp"
#include "jest/select/select.hpp"
#include "module.hpp"

namespace jest::python {
namespace {

nb::dict to_dict(const SelectionStatistics& statistics) {
  nb::dict answer;
  answer["backend"] = std::string(statistics.backend);
  answer["instruction_set"] = std::string(statistics.instruction_set);
  answer["fell_back"] = statistics.fell_back;
  answer["select_ms"] = statistics.select_ms;
  answer["extra_bytes"] = statistics.extra_bytes;
  answer["nan_count"] = statistics.nan_count;
  answer["mean_own_score_super_batch"] = statistics.mean_own_score_super_batch;
  answer["mean_own_score_picks"] = statistics.mean_own_score_picks;
  answer["own_score_deviation"] = statistics.own_score_deviation;
  return answer;
}

/// Runs a selection of so many candidates without the interpreter's lock; indices, scores,
/// statistics.
template <class Select>
nb::tuple answer_of(const SelectionSpec& spec, std::int64_t candidates, const Select& select) {
  Selection selection;
  {
    const nb::gil_scoped_release unlocked;
    selection = select();
  }
  nb::dict statistics = to_dict(selection.statistics);
  statistics["is_flat"] = selection.is_flat(spec.sampling, candidates);
  return nb::make_tuple(to_numpy(std::move(selection.indices)),
                        to_numpy(std::move(selection.scores)), statistics);
}

nb::tuple fit_scale_and_bias(nb::handle x_given, nb::handle y_given, const std::string& contrast,
                             std::int64_t batch) {
  const Rows x("fit scale and bias, x", x_given);
  const Rows y("fit scale and bias, y", y_given);
  const Contrast which = by_name("fit scale and bias, contrast", kContrasts, contrast);
  LogitFit fit;
  {
    const nb::gil_scoped_release unlocked;
    fit = jest::fit_scale_and_bias(x.view, y.view, which, batch);
  }
  return nb::make_tuple(fit.scale, fit.bias);
}

SelectionSpec spec_of(std::int64_t count, const std::string& preset,
                      std::optional<std::int64_t> chunks, double gain, double interaction,
                      std::uint64_t seed, std::int64_t step, std::uint32_t first_round,
                      const std::string& backend, int threads) {
  return {.count = count,
          .sampling = {.preset = by_name("select, preset", kPresets, preset),
                       .chunks = chunks,
                       .gain = gain,
                       .interaction = {.value = interaction, .start = 0}},
          .seed = seed,
          .step = step,
          .first_round = first_round,
          .backend = by_name("select, backend", kBackends, backend),
          .threads = threads};
}

/// Embeddings of one model, with the arrays that hold them.
struct Model {
  Model() = default;
  Model(const std::string& who, nb::handle x_given, nb::handle y_given, double scale, double bias)
      : x(who + " x", x_given), y(who + " y", y_given), view{x.view, y.view, scale, bias} {}

  Rows x;
  Rows y;
  EmbeddingsView view;
};

/// From x, y, scale and bias as Python hands them over; a model without weight is not looked at.
Model model_of(const std::string& who, double weight, const nb::tuple& given) {
  if (weight == 0) return {};
  return {who, given[0], given[1], nb::cast<double>(given[2]), nb::cast<double>(given[3])};
}

nb::tuple select_pairs(const nb::tuple& learner_given, const nb::tuple& reference_given,
                       nb::handle ids_given, const SelectionSpec& spec, double learner_weight,
                       double reference_weight, const std::string& contrast_name) {
  const Contrast contrast = by_name("select, contrast", kContrasts, contrast_name);
  const Model learner = model_of("select, learner", learner_weight, learner_given);
  const Model reference = model_of("select, reference", reference_weight, reference_given);
  ContrastivePairs pairs{learner.view, reference.view, {learner_weight, reference_weight}};
  const auto ids = optional_ids(ids_given, pairs.candidates());
  pairs.ids = ids.view;
  return answer_of(spec, pairs.candidates(), [&] {
    if (contrast == Contrast::kSoftmax) return select(SoftmaxPairs{pairs}, spec);
    return select(SigmoidPairs{pairs}, spec);
  });
}

nb::tuple select_losses(nb::handle learner_given, nb::handle reference_given, nb::handle ids_given,
                        const SelectionSpec& spec, double learner_weight, double reference_weight) {
  Values<float> learner;
  Values<float> reference;
  if (learner_weight != 0) learner = {"select, learner losses", learner_given};
  if (reference_weight != 0) reference = {"select, reference losses", reference_given};
  const auto candidates = std::ssize(learner_weight != 0 ? learner.view : reference.view);
  const auto ids = optional_ids(ids_given, candidates);
  const Losses losses{learner.view, reference.view, ids.view};
  return answer_of(spec, candidates, [&] {
    return select(losses, spec, {learner_weight, reference_weight});
  });
}

nb::tuple select_aligned(nb::handle features_given, nb::handle direction_given,
                         nb::handle added_given, nb::handle ids_given, const SelectionSpec& spec,
                         double step_size) {
  const Rows features("select, gradient features", features_given);
  const Values<float> direction("select, target direction", direction_given);
  Values<double> added;
  if (!added_given.is_none()) added = {"select, added terms", added_given};
  const auto ids = optional_ids(ids_given, features.view.rows);
  const GradientAlignment criterion{features.view, direction.view, step_size, added.view, ids.view};
  return answer_of(spec, features.view.rows, [&] { return select(criterion, spec); });
}

nb::tuple select_diverse(nb::handle embeddings_given, nb::handle importance_given,
                         nb::handle ids_given, const SelectionSpec& spec, double strength) {
  const Rows embeddings("select, embeddings", embeddings_given);
  const Values<double> importance("select, importance", importance_given);
  const auto ids = optional_ids(ids_given, embeddings.view.rows);
  const EmbeddingDiversity criterion{importance.view, embeddings.view, strength, ids.view};
  return answer_of(spec, embeddings.view.rows, [&] { return select(criterion, spec); });
}

}  // namespace

void add_selection(nb::module_& module) {
  nb::class_<SelectionSpec>(module, "Spec");
  module.def("spec", &spec_of, nb::arg(), nb::arg(), nb::arg().none(), nb::arg(), nb::arg(),
             nb::arg(), nb::arg(), nb::arg(), nb::arg(), nb::arg());
  module.def("select_pairs", &select_pairs, nb::arg(), nb::arg(), nb::arg().none(), nb::arg(),
             nb::arg(), nb::arg(), nb::arg());
  module.def("select_losses", &select_losses, nb::arg().none(), nb::arg().none(), nb::arg().none(),
             nb::arg(), nb::arg(), nb::arg());
  module.def("select_aligned", &select_aligned, nb::arg(), nb::arg(), nb::arg().none(),
             nb::arg().none(), nb::arg(), nb::arg());
  module.def("fit_scale_and_bias", &fit_scale_and_bias);
  module.def("select_diverse", &select_diverse, nb::arg(), nb::arg(), nb::arg().none(), nb::arg(),
             nb::arg());
}

}  // namespace jest::python
