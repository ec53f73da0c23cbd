#pragma once
// A whole selection as a sequence of kernels, sorts, counts and products. It decides nothing by a
// value in device memory: the sequence is a function of the plan. An executor carries it out: on a
// device by enqueueing, in tests by loops over host memory.

#include <algorithm>
#include <utility>

#include "arrays.hpp"
#include "draw.hpp"
#include "fused_sums.hpp"
#include "linear.hpp"
#include "lists.hpp"
#include "own_terms.hpp"
#include "product.hpp"
#include "row_sums.hpp"
#include "rows.hpp"

namespace jest::cuda {

/// `Executor` offers
/// - launch(lane, kernel): all blocks of a kernel;
/// - sort(arrays, size): keys and slots, descending in key and stable, to sorted_keys/sorted_slots;
/// - count(arrays, size): ranks[k] = Σ_{l<k} picked[l];
/// - product(lane, product), and fused_product(lane, product) where a plan asks for it;
/// - fork(), join(): between them lane 1 runs beside lane 0; outside, everything is on lane 0.
template <class Executor>
class Pipeline {
 public:
  Pipeline(const Plan& plan, const Arrays& arrays, Executor& executor)
      : plan_(plan), arrays_(arrays), executor_(executor) {}

  void run() {
    begin();
    if (plan_.mean_field && plan_.conditions()) {
      each(ConditionOnAll{plan_.candidates, arrays_});
      condition(plan_.candidates, plan_.candidates);
    }
    std::int64_t picked = 0;
    for (std::int64_t round = 0; round < plan_.chunks; ++round) {
      const std::int64_t take = plan_.take(round);
      draw(round, take, picked);
      picked += take;
      if (round + 1 == plan_.chunks) break;
      split(plan_.remaining(round));
      if (plan_.conditions()) condition(take, plan_.remaining(round + 1));
    }
    executor_.launch(0, MeanOwnTerms{plan_, arrays_});
  }

 private:
  template <class Body>
  void each(const Body& body) {
    executor_.launch(0, Each<Body>{body});
  }

  void begin() {
    own_terms();
    each(CountEligible{.plan = plan_, .arrays = arrays_});
    if (!plan_.named) return each(StartListByPosition{plan_.candidates, arrays_});
    each(KeyIds{plan_.candidates, arrays_});
    executor_.sort(arrays_, plan_.candidates);
    each(StartListById{plan_.candidates, arrays_});
  }

  void own_terms() {
    switch (plan_.criterion) {
      case Criterion::kContrastive:
        return executor_.launch(0, OwnTerms{plan_, arrays_});
      case Criterion::kLosses:
        return each(LossTerms{plan_.candidates, arrays_});
      case Criterion::kLinear:
        return executor_.launch(0, WarpPerRow<LinearOwnTerms>{{plan_.candidates, plan_, arrays_}});
    }
  }

  void draw(std::int64_t round, std::int64_t take, std::int64_t picked) {
    const std::int64_t listed = plan_.remaining(round);
    const auto number = static_cast<std::uint32_t>(round);
    each(ScoreKeys{listed, plan_, arrays_, number});
    executor_.sort(arrays_, listed);
    each(TakePicks{take, picked, arrays_});
    each(CloseRound{.listed = listed, .take = take, .round = number, .arrays = arrays_});
  }

  void split(std::int64_t listed) {
    executor_.count(arrays_, listed);
    each(SplitList{listed, arrays_});
    std::swap(arrays_.list, arrays_.next_list);
  }

  /// Adds the pairs of the `rows` listed candidates with the `columns` just conditioned on.
  void condition(std::int64_t columns, std::int64_t rows) {
    if (plan_.sums_rows()) return condition_linear(columns, rows);
    for (std::int64_t first = 0; first < columns; first += plan_.slice_columns()) {
      const Slice slice{first, std::min(plan_.slice_columns(), columns - first)};
      pack(slice);
      executor_.fork();
      try {
        add_all(slice, rows);
      } catch (...) {
        executor_.join();  // whose memory this is may let go of it behind lane 0
        throw;
      }
      executor_.join();
    }
  }

  void condition_linear(std::int64_t columns, std::int64_t rows) {
    const RowGroups groups{columns};
    const std::int64_t width = plan_.features.width;
    each(SumRowGroups{groups.count() * width, groups, plan_, arrays_});
    each(AddRowGroups{width, groups, arrays_});
    executor_.launch(0, WarpPerRow<AddLinearPairs>{{rows, plan_, arrays_}});
  }

  struct Slice {
    std::int64_t first;
    std::int64_t columns;
    std::int64_t stride() const { return rounded_up(columns, kColumnStep); }
  };

  /// Candidates' rows of one side meet the picks' rows of the other.
  struct Tile {
    int model;
    int side;
    std::int64_t first;
    std::int64_t rows;
  };

  void pack(const Slice& slice) {
    for (int m = 0; m < kModels; ++m) {
      if (!plan_.models[m].exists()) continue;
      for (int side = 0; side < kSides; ++side) {
        executor_.launch(0, PackRows{arrays_.parameters, m, side, plan_.models[m], Role::kPicked,
                                     arrays_.columns + slice.first, slice.columns, slice.stride(),
                                     arrays_.models[m].picked[side]});
      }
    }
  }

  void add_all(const Slice& slice, std::int64_t rows) {
    std::int64_t tile = 0;
    for (int m = 0; m < kModels; ++m) {
      if (!plan_.models[m].exists()) continue;
      for (int side = 0; side < kSides; ++side) {
        for (std::int64_t row = 0; row < rows; row += plan_.tile_rows()) {
          const Tile at{m, side, row, std::min(plan_.tile_rows(), rows - row)};
          add(slice, at, static_cast<int>(tile++ % kLanes));
        }
      }
    }
  }

  void add(const Slice& slice, const Tile& tile, int lane) {
    const ModelPlan& model = plan_.models[tile.model];
    executor_.launch(
        lane, PackRows{arrays_.parameters, tile.model, tile.side, model, Role::kCandidate,
                       arrays_.list + tile.first, tile.rows, tile.rows, arrays_.tiles[lane]});
    if (plan_.fused) return add_fused(slice, tile, lane);
    executor_.product(lane, {arrays_.tiles[lane], arrays_.models[tile.model].picked[1 - tile.side],
                             arrays_.logits[lane], tile.rows, slice.stride(), model.operand_width(),
                             model.operand});
    if (plan_.contrast == Contrast::kSigmoid) {
      add_row_sums<SoftplusSum>(slice, tile, lane);
    } else {
      add_row_sums<LogSumExp>(slice, tile, lane);
    }
  }

  /// Partial sums lie where the other route has logits.
  void add_fused(const Slice& slice, const Tile& tile, int lane) {
    const ModelPlan& model = plan_.models[tile.model];
    const FusedProduct product{arrays_.tiles[lane],
                               arrays_.models[tile.model].picked[1 - tile.side],
                               &arrays_.parameters->models[tile.model].fused_logit,
                               arrays_.logits[lane],
                               tile.rows,
                               slice.columns,
                               model.operand_width(),
                               model.operand,
                               plan_.contrast};
    executor_.fused_product(lane, product);
    const AddPartials partials{tile.rows, product, arrays_.list + tile.first,
                               arrays_.models[tile.model].sums[tile.side]};
    if (plan_.contrast == Contrast::kSigmoid)
      return executor_.launch(lane, Each<AddPartials>{partials});
    executor_.launch(lane,
                     Each<AddLogPartials>{{tile.rows, partials, arrays_.parameters, tile.model}});
  }

  template <class Sum>
  void add_row_sums(const Slice& slice, const Tile& tile, int lane) {
    executor_.launch(
        lane, AddRowSums<Sum>{arrays_.parameters, tile.model, arrays_.logits[lane], slice.stride(),
                              tile.rows, slice.columns, arrays_.list + tile.first,
                              plan_.mean_field ? arrays_.columns + slice.first : nullptr,
                              arrays_.models[tile.model].sums[tile.side]});
  }

  Plan plan_;
  Arrays arrays_;
  Executor& executor_;
};

}  // namespace jest::cuda
