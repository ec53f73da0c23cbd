#pragma once
// The interpolated law of a unit given those before it, from counts:
//   p(w | h) = max(c(h w) − D, 0) / c(h) + D · types(h) / c(h) · p(w | h without its first unit),
// where p without any context ends at 1 / alphabet; a context never seen is shortened.

#include "criteria/counts/ngram_counts.hpp"

namespace jest::counts {

struct LawSpec {
  double discount;
  std::int64_t alphabet;
};

/// One step of the interpolation; `lower` is p of the shorter context.
inline double interpolated(double count, NgramCounts::Context context, const LawSpec& spec,
                           double lower) {
  const auto total = static_cast<double>(context.total);
  return (std::max(count - spec.discount, 0.0) +
          spec.discount * static_cast<double>(context.types) * lower) /
         total;
}

/// p of every n-gram that was seen, worked out once: most units then take one look-up.
class NgramLaw {
 public:
  NgramLaw(const NgramCounts& counts, const LawSpec& spec);

  /// p of the last unit of an n-gram given the others. Adds its look-ups to `operations`.
  double operator()(std::uint64_t key, int length, std::int64_t& operations) const {
    double weight = 1;
    for (; length > 0; --length) {
      const std::uint64_t gram = keys_.last(key, length);
      ++operations;
      if (const Node* node = nodes(length).find(gram)) return weight * double{node->p};
      weight *= backoff(keys_.context(gram), length - 1);
      ++operations;
    }
    return weight / alphabet_;
  }

  void prefetch(std::uint64_t key, int length) const { nodes(length).prefetch(key); }

 private:
  struct Node {
    float p = 0;
    float backoff = 1;  ///< what shorter contexts get of it, where it is a context
  };

  const OpenTable<Node>& nodes(int length) const {
    return nodes_[static_cast<std::size_t>(length) - 1];
  }
  double backoff(std::uint64_t context, int length) const {
    if (length == 0) return empty_backoff_;
    const Node* node = nodes(length).find(context);
    return node ? double{node->backoff} : 1;
  }

  NgramKeys keys_;
  double alphabet_;
  double empty_backoff_ = 1;  ///< of no context
  std::vector<OpenTable<Node>> nodes_;
};

inline NgramLaw::NgramLaw(const NgramCounts& counts, const LawSpec& spec)
    : keys_(counts.keys()),
      alphabet_(static_cast<double>(spec.alphabet)),
      nodes_(static_cast<std::size_t>(counts.longest())) {
  const auto share = [&](const NgramCounts::Context& context) {
    return spec.discount * static_cast<double>(context.types) / static_cast<double>(context.total);
  };
  for (int length = 1; length <= counts.longest(); ++length) {
    OpenTable<Node>& nodes = nodes_[static_cast<std::size_t>(length) - 1];
    const auto& contexts = counts.contexts(length);
    counts.grams(length).for_each([&](std::uint64_t key, std::uint32_t count) {
      const auto lower = length == 1
                             ? 1 / alphabet_
                             : double{this->nodes(length - 1).find(keys_.last(key, length - 1))->p};
      const NgramCounts::Context context = *contexts.find(keys_.context(key));
      nodes[key].p = static_cast<float>(interpolated(count, context, spec, lower));
    });
    contexts.for_each([&](std::uint64_t key, const NgramCounts::Context& context) {
      if (length == 1) {
        empty_backoff_ = share(context);
      } else {
        nodes_[static_cast<std::size_t>(length) - 2][key].backoff =
            static_cast<float>(share(context));
      }
    });
  }
}

}  // namespace jest::counts
