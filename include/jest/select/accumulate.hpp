#pragma once
// The accumulating form of select: micro-batches go in as they are scored, the picks come out.
//
//   jest::Accumulation<jest::SigmoidPairs> super_batch{{.candidates = 32768}};
//   while (more()) super_batch.add({.ids = ids, .learner = {x, y, t, beta}, .reference = {...}});
//   jest::Selection picks = super_batch.finish({.count = 4096, .threads = 8});
//
// The caller may reuse a micro-batch's memory after add(): the super-batch is copied once, row by
// row, and never a second time; selection packs panels from these rows. Peak bytes are
//
//   rows      8·B·(d_learner + d_reference)      float32 x and y of both models
//   ids       8·B
//   selection statistics.extra_bytes             of cpu at most 48 MiB of panels, O(d) and O(B)
//
// The answer is that of select() on the whole super-batch, to the last bit.

#include <cstdint>
#include <iterator>
#include <optional>
#include <span>
#include <vector>

#include "jest/core/error.hpp"
#include "jest/core/views.hpp"
#include "jest/criteria/contrastive.hpp"
#include "jest/select/select.hpp"

namespace jest {

/// A part of a super-batch. A model whose weight is zero is ignored.
struct MicroBatch {
  std::span<const std::int64_t> ids = {};  ///< [rows]; positions when empty in every part
  EmbeddingsView learner = {};
  EmbeddingsView reference = {};
};

template <class Pairs>
struct AccumulationSpec {
  std::int64_t candidates = 0;  ///< B of the whole super-batch
  Pairs like = {};              ///< weights and options; its embeddings and ids are ignored
};

namespace detail {

/// Rows of one model as they come. Width, scale and bias are those of the first part.
class AccumulatedRows {
 public:
  /// Throws unless `part` goes with what is there.
  void check(const char* who, const EmbeddingsView& part) const {
    check_embeddings(who, part);
    if (!first_) return;
    if (part.x.cols != first_->x.cols) {
      refuse(who, text("width ", first_->x.cols, " in every part"), part.x.cols);
    }
    if (part.scale != first_->scale || part.bias != first_->bias) {
      refuse(who, text("scale ", first_->scale, " and bias ", first_->bias, " in every part"),
             part.scale, " and ", part.bias);
    }
  }

  /// Gets all memory that `append` will need.
  void reserve(const EmbeddingsView& part, std::int64_t candidates) {
    x_.reserve(at(candidates * part.x.cols));
    y_.reserve(at(candidates * part.x.cols));
  }

  void append(const EmbeddingsView& part) {
    if (!first_) first_ = part;
    for (std::int64_t i = 0; i < part.rows(); ++i) {
      x_.insert(x_.end(), part.x.row(i), part.x.row(i) + part.x.cols);
      y_.insert(y_.end(), part.y.row(i), part.y.row(i) + part.y.cols);
    }
  }

  /// Everything that has come, or an empty view.
  EmbeddingsView view(std::int64_t rows) const {
    if (!first_) return {};
    const std::int64_t width = first_->x.cols;
    return {matrix_view(x_.data(), rows, width), matrix_view(y_.data(), rows, width), first_->scale,
            first_->bias};
  }

 private:
  std::optional<EmbeddingsView> first_;
  std::vector<float> x_;
  std::vector<float> y_;
};

}  // namespace detail

/// One super-batch of SigmoidPairs or SoftmaxPairs, for any number of selections.
template <class Pairs>
class Accumulation {
 public:
  explicit Accumulation(const AccumulationSpec<Pairs>& spec) : spec_(spec) {
    if (spec_.candidates < 1) refuse("accumulate", "at least one candidate", spec_.candidates);
    check_weights(spec_.like.weights);
  }

  /// Candidates that have come.
  std::int64_t rows() const { return rows_; }

  /// Copies a part. Throws, and nothing has changed, when it does not fit what came before, and
  /// when there is no memory: it is asked for with the first part, for all.
  void add(const MicroBatch& part) {
    const std::int64_t rows = check(part);
    if (uses_learner()) learner_.reserve(part.learner, spec_.candidates);
    if (uses_reference()) reference_.reserve(part.reference, spec_.candidates);
    if (!part.ids.empty()) ids_.reserve(detail::at(spec_.candidates));
    if (uses_learner()) learner_.append(part.learner);
    if (uses_reference()) reference_.append(part.reference);
    ids_.insert(ids_.end(), part.ids.begin(), part.ids.end());
    rows_ += rows;
  }

  /// Throws unless all candidates have come.
  Selection finish(const SelectionSpec& spec) const { return select(all(), spec); }

 private:
  Pairs all() const {
    if (rows_ != spec_.candidates) {
      refuse("accumulate", text(spec_.candidates, " candidates before finish"), rows_);
    }
    Pairs pairs = spec_.like;
    pairs.ids = ids_;
    pairs.learner = learner_.view(rows_);
    pairs.reference = reference_.view(rows_);
    return pairs;
  }

  bool uses_learner() const { return spec_.like.weights.learner != 0; }
  bool uses_reference() const { return spec_.like.weights.reference != 0; }

  /// How many rows the part has.
  std::int64_t check(const MicroBatch& part) const {
    if (uses_learner()) learner_.check("accumulate, learner", part.learner);
    if (uses_reference()) reference_.check("accumulate, reference", part.reference);
    const std::int64_t rows = uses_learner() ? part.learner.rows() : part.reference.rows();
    if (uses_learner() && uses_reference() && part.reference.rows() != rows) {
      refuse("accumulate", text(rows, " reference rows, as many as learner rows"),
             part.reference.rows());
    }
    const bool has_ids = !part.ids.empty();
    if (has_ids && std::ssize(part.ids) != rows) {
      refuse("accumulate", text(rows, " ids, one per row"), part.ids.size());
    }
    if (rows_ > 0 && has_ids == ids_.empty()) {
      refuse("accumulate", "ids in every part or in none", has_ids ? "some" : "none");
    }
    if (rows_ + rows > spec_.candidates) {
      refuse("accumulate", text("at most ", spec_.candidates, " candidates"), rows_ + rows);
    }
    return rows;
  }

  AccumulationSpec<Pairs> spec_;
  detail::AccumulatedRows learner_;
  detail::AccumulatedRows reference_;
  std::vector<std::int64_t> ids_;
  std::int64_t rows_ = 0;
};

}  // namespace jest
