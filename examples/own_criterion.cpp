// A criterion of your own: two member functions, and every sampler works with it. No LibTorch.
//
// Here a candidate is worth its quality, less the quality already picked of the same topic.

#include <cstdint>
#include <iostream>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "jest/select.hpp"

namespace {

struct Article {
  int topic;
  double quality;
};

class OneOfEachTopic {
 public:
  explicit OneOfEachTopic(std::vector<Article> articles) : articles_(std::move(articles)) {
    for (const Article& article : articles_) scores_.push_back(article.quality);
  }

  /// What each candidate would add to the picks so far.
  std::span<const double> scores() const { return scores_; }

  /// Called with every round's picks.
  void condition_on(std::span<const std::int64_t> picks) {
    for (const std::int64_t j : picks) {
      for (std::size_t i = 0; i < articles_.size(); ++i) {
        const bool itself = static_cast<std::int64_t>(i) == j;
        if (!itself && articles_[i].topic == articles_[j].topic) scores_[i] -= articles_[j].quality;
      }
    }
  }

 private:
  std::vector<Article> articles_;
  std::vector<double> scores_;
};
static_assert(jest::ConditionalScores<OneOfEachTopic>);

}  // namespace

int main() {
  std::vector<Article> articles;
  for (int i = 0; i < 20; ++i) articles.push_back({.topic = i % 5, .quality = 1 + 0.01 * i});
  OneOfEachTopic criterion(articles);
  const jest::Selection picks =
      jest::select(criterion, {.count = 5, .sampling = {.preset = jest::Preset::kGreedy}});

  std::set<int> topics;
  for (const std::int64_t i : picks.indices) topics.insert(articles[i].topic);
  std::cout << "5 articles of " << topics.size() << " topics\n";
  return topics.size() == 5 ? 0 : 1;
}
