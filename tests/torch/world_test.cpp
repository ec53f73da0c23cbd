// World over Gloo: what ranks tell each other, gradients, and what launchers say.
#include "jest/torch/world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "jest/select/select.hpp"
#include "jest/torch/losses.hpp"
#include "oracle/gloo_ranks.hpp"
#include "oracle/message_of.hpp"
#include "oracle/random_embeddings.hpp"
#include "oracle/shares.hpp"

namespace jest {
namespace {

using oracle::errors_of_worlds;
using oracle::message_of;
using ::testing::Each;
using ::testing::HasSubstr;

TEST(World, OfOneRankNeedsNoLauncher) {
  World world = World::joined({.launch = Launch{}});
  EXPECT_EQ(world.rank(), 0);
  EXPECT_EQ(world.size(), 1);
  EXPECT_EQ(world.sum(2.5), 2.5);
  const at::Tensor rows = torch::rand({3, 2});
  EXPECT_TRUE(torch::equal(world.gather_rows(rows, std::vector<std::int64_t>{3}), rows));
  world.broadcast(rows);
  world.wait();
}

TEST(World, GathersRowsOfAnyNumberAndKind) {
  for (const int ranks : {2, 3}) {
    const auto errors = errors_of_worlds(ranks, [&](World& world) {
      std::vector<std::int64_t> counts;
      for (int r = 0; r < ranks; ++r) counts.push_back(r == 1 ? 0 : r + 2);
      for (const auto type : {torch::kFloat, torch::kHalf, torch::kLong, torch::kByte}) {
        const at::Tensor all = torch::arange(2 * 3 * (ranks + 5)).view({-1, 3}).to(type);
        std::int64_t first = 0;
        for (int r = 0; r < world.rank(); ++r) first += counts[static_cast<std::size_t>(r)];
        const at::Tensor mine =
            all.narrow(0, first, counts[static_cast<std::size_t>(world.rank())]);
        const at::Tensor got = world.gather_rows(mine, counts);
        EXPECT_TRUE(torch::equal(got, all.narrow(0, 0, got.size(0)))) << type;
        EXPECT_EQ(got.size(0), std::accumulate(counts.begin(), counts.end(), std::int64_t{0}));
      }
      const std::vector<std::int64_t> none(static_cast<std::size_t>(ranks), 0);
      EXPECT_EQ(world.gather_rows(torch::rand({0, 3}), none).size(0), 0);
    });
    EXPECT_THAT(errors, Each(""));
  }
}

TEST(World, SumsAndBroadcasts) {
  const auto errors = errors_of_worlds(3, [&](World& world) {
    EXPECT_EQ(world.sum(world.rank() + 1.0), 6);
    const at::Tensor values = torch::full({5}, world.rank() + 1.0);
    world.sum(values);
    EXPECT_TRUE(torch::equal(values, torch::full({5}, 6.0)));
    const at::Tensor large = torch::full({1500, 1000}, world.rank() + 1.0);
    world.sum(large);
    EXPECT_TRUE(torch::equal(large, torch::full({1500, 1000}, 6.0)));
    const at::Tensor number = torch::tensor(world.rank() + 1);
    world.sum(number);
    EXPECT_EQ(number.item<int>(), 6);
    const std::vector<std::int64_t> counts{2, 0, 1};
    const at::Tensor own = world.sum_own_rows(torch::arange(6).view({3, 2}), counts);
    const at::Tensor want = 3 * torch::arange(6).view({3, 2});
    EXPECT_TRUE(torch::equal(
        own, want.narrow(0, world.rank() == 2 ? 2 : 0, counts[detail::at(world.rank())])));
    const at::Tensor transposed = torch::full({2, 3}, double(world.rank())).t();
    world.broadcast(transposed, 2);
    EXPECT_TRUE(torch::equal(transposed, torch::full({3, 2}, 2.0)));
    check_same(world, "parameters", {values, transposed});
  });
  EXPECT_THAT(errors, Each(""));
}

TEST(World, RefusesReplicasThatDiffer) {
  const auto errors = errors_of_worlds(3, [&](World& world) {
    const at::Tensor values = torch::zeros({4});
    if (world.rank() == 2) values[3] = 1e-7;
    check_same(world, "parameters", {values});
  });
  EXPECT_THAT(errors, Each("parameters: expected the same bits on all ranks, got others on rank 2 "
                           "than on rank 0"));
}

TEST(World, SelectsAsOneProcess) {
  const auto models = oracle::random_models({700, 24}, 3);
  const auto pairs = models.pairs<SigmoidPairs>();
  const SelectionSpec spec{.count = 96, .seed = 4, .step = 5};
  const Selection want = select(pairs, spec);
  for (const int ranks : {2, 4}) {
    const auto errors = errors_of_worlds(ranks, [&](World& world) {
      const Shard shard = shard_of(700, ranks, world.rank());
      const auto mine = oracle::part_of(pairs, shard);
      EXPECT_TRUE(oracle::same(select(mine, oracle::over(spec, shard, world)), want));
      EXPECT_EQ(counts_of_ranks(shard.count, world)[detail::at(world.rank())], shard.count);
    });
    EXPECT_THAT(errors, Each(""));
  }
}

/// Gradients of a loss of all rows, each rank embedding its own, against one process.
TEST(World, GradientsFlowBackToEveryRanksRows) {
  torch::manual_seed(3);
  const auto options = torch::dtype(torch::kDouble);
  const at::Tensor x = torch::randn({11, 6}, options);
  const at::Tensor y = torch::randn({11, 6}, options);
  const at::Tensor weight = torch::randn({6, 4}, options);
  const at::Tensor scale = torch::tensor(2.3, options);
  const at::Tensor bias = torch::tensor(-1.2, options);
  const auto loss_of = [&](const at::Tensor& a, const at::Tensor& b, const at::Tensor& t,
                           const at::Tensor& c, Contrast contrast) {
    return contrastive_loss({a, b, t, c}, contrast);
  };
  const auto unit = [](const at::Tensor& rows) { return rows / rows.norm(2, 1, /*keepdim=*/true); };
  for (const Contrast contrast : {Contrast::kSigmoid, Contrast::kSoftmax}) {
    const auto leaves = [&] {
      std::vector<at::Tensor> all;
      for (const at::Tensor& one : {weight, scale, bias}) {
        all.push_back(one.clone().requires_grad_());
      }
      return all;
    };
    const auto one = leaves();
    const at::Tensor whole =
        loss_of(unit(x.matmul(one[0])), unit(y.matmul(one[0])), one[1], one[2], contrast);
    whole.backward();
    const auto errors = errors_of_worlds(3, [&](World& world) {
      const std::vector<std::int64_t> counts{5, 0, 6};
      const std::int64_t first = world.rank() == 2 ? 5 : 0;
      const std::int64_t count = counts[static_cast<std::size_t>(world.rank())];
      const auto mine = leaves();
      const auto embedded = [&](const at::Tensor& rows) {
        return everybodys(world, unit(rows.narrow(0, first, count).matmul(mine[0])), counts);
      };
      const at::Tensor loss =
          loss_of(embedded(x), embedded(y), mine[1], mine[2], contrast) / world.size();
      loss.backward();
      sum_gradients(world, mine, 1);
      EXPECT_NEAR(world.sum(loss.item<double>()), whole.item<double>(), 1e-12);
      for (std::size_t k = 0; k < mine.size(); ++k) {
        if (!one[k].grad().defined()) continue;
        EXPECT_TRUE(torch::allclose(mine[k].grad(), one[k].grad(), 1e-10, 1e-12)) << k;
      }
      check_same(world, "gradients", {mine[0].grad(), mine[1].grad()});
    });
    EXPECT_THAT(errors, Each(""));
  }
}

TEST(World, LeavesParametersWithoutAGradientAlone) {
  const auto errors = errors_of_worlds(2, [&](World& world) {
    std::vector<at::Tensor> parameters;
    for (int k = 0; k < 3; ++k) parameters.push_back(torch::ones({2}).requires_grad_());
    (parameters[0].sum() * (world.rank() + 1)).backward();
    if (world.rank() == 1) parameters[1].sum().backward();
    sum_gradients(world, parameters, 0.5);
    EXPECT_TRUE(torch::equal(parameters[0].grad(), torch::full({2}, 1.5)));
    EXPECT_TRUE(torch::equal(parameters[1].grad(), torch::full({2}, 0.5)));
    EXPECT_FALSE(parameters[2].grad().defined());
  });
  EXPECT_THAT(errors, Each(""));
}

TEST(World, SumsGradientsOfManyBuckets) {
  const auto errors = errors_of_worlds(2, [&](World& world) {
    std::vector<at::Tensor> parameters;
    for (int k = 0; k < 26; ++k) {
      const auto type = k % 13 == 12 ? torch::kDouble : torch::kFloat;
      const at::Tensor like = torch::full({k % 3 == 2 ? 7 : 1 << 20}, k, type);
      parameters.push_back(like.clone().requires_grad_());
      parameters.back().mutable_grad() = like * (world.rank() + 1.0);
    }
    sum_gradients(world, parameters, 0.5);
    for (int k = 0; k < 26; ++k) {
      EXPECT_TRUE(parameters[detail::at(k)].grad().eq(1.5 * k).all().item<bool>()) << k;
    }
  });
  EXPECT_THAT(errors, Each(""));
}

TEST(World, SumsTheTouchedRowsOfALargeTable) {
  constexpr std::int64_t kRows = 9000;
  for (const std::int64_t touched : {20, 8000}) {
    const auto errors = errors_of_worlds(3, [&](World& world) {
      const at::Tensor table = torch::zeros({kRows, 128}).requires_grad_();
      const std::int64_t first = 7 * world.rank();
      table.mutable_grad() = torch::zeros({kRows, 128});
      table.mutable_grad().narrow(0, first, touched).fill_(world.rank() + 1.0);
      at::Tensor want = torch::zeros({kRows, 128});
      for (int r = 0; r < 3; ++r) want.narrow(0, 7 * r, touched).add_(0.5 * (r + 1.0));
      sum_gradients(world, {table}, 0.5);
      EXPECT_TRUE(torch::equal(table.grad(), want)) << touched;
    });
    EXPECT_THAT(errors, Each(""));
  }
}

TEST(World, SaysWhichRankIsMissing) {
  const oracle::TemporaryFolder folder;
  const std::string message = message_of([&] {
    World::joined({.launch = Launch{.rank = 0, .size = 2},
                   .store_file = folder.file("store"),
                   .timeout = std::chrono::seconds(1),
                   .join_timeout = std::chrono::seconds(1)});
  });
  EXPECT_THAT(message, HasSubstr("join as rank 0 of 2: "));
}

TEST(World, ARankThatLeavesEndsTheWaitOfAllOthers) {
  const auto models = oracle::random_models({256, 8}, 3);
  const auto pairs = models.pairs<SigmoidPairs>();
  const auto errors = errors_of_worlds(3, [&](World& world) {
    world.wait();  // until all have joined
    if (world.rank() == 1) throw Error("power failed");
    const Shard shard = shard_of(256, 3, world.rank());
    select(oracle::part_of(pairs, shard), oracle::over({.count = 16, .step = 8}, shard, world));
  });
  EXPECT_EQ(errors[1], "power failed");
  EXPECT_THAT(errors[0], HasSubstr("select at step 8, round 0, rank 0 of 3: gather: "));
  EXPECT_THAT(errors[2], HasSubstr("select at step 8, round 0, rank 2 of 3: gather: "));
}

TEST(Launch, ReadsTheVariablesOfLaunchers) {
  EXPECT_EQ(launch_of({}), Launch{});
  EXPECT_EQ(launch_of({{"RANK", "3"},
                       {"WORLD_SIZE", "8"},
                       {"LOCAL_RANK", "1"},
                       {"MASTER_ADDR", "host"},
                       {"MASTER_PORT", "1234"},
                       {"TORCHELASTIC_USE_AGENT_STORE", "True"},
                       {"TORCHELASTIC_RESTART_COUNT", "2"}}),
            (Launch{3, 8, 1, "host", 1234, true, "2"}));
  EXPECT_EQ(launch_of({{"OMPI_COMM_WORLD_RANK", "1"},
                       {"OMPI_COMM_WORLD_SIZE", "2"},
                       {"OMPI_COMM_WORLD_LOCAL_RANK", "1"},
                       {"OMPI_COMM_WORLD_LOCAL_SIZE", "2"}}),
            (Launch{1, 2, 1, "127.0.0.1", 29500, false, "0"}));
  EXPECT_EQ(launch_of({{"SLURM_PROCID", "5"},
                       {"SLURM_NTASKS", "8"},
                       {"SLURM_LOCALID", "0"},
                       {"SLURM_STEP_NODELIST", "gpu-[017-018,020],cpu1"}}),
            (Launch{5, 8, 0, "gpu-017", 29500, false, "0"}));
  EXPECT_EQ(launch_of({{"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "1"}}), Launch{});
  EXPECT_EQ(launch_of({{"PMI_RANK", "0"}, {"PMI_SIZE", "2"}, {"MASTER_ADDR", "a"}}),
            (Launch{0, 2, 0, "a", 29500, false, "0"}));
}

TEST(Launch, RefusesWhatIsNoRank) {
  const auto refusal = [](const std::map<std::string, std::string>& environment) {
    return message_of([&] { launch_of(environment); });
  };
  EXPECT_EQ(refusal({{"RANK", "x"}, {"WORLD_SIZE", "2"}}),
            "join: expected RANK to be a number from 0 to 1048576, got x");
  EXPECT_EQ(refusal({{"RANK", "1"}}), "join: expected RANK and WORLD_SIZE, got RANK alone");
  EXPECT_EQ(refusal({{"RANK", "2"}, {"WORLD_SIZE", "2"}}), "join: expected a rank below 2, got 2");
  EXPECT_THAT(refusal({{"OMPI_COMM_WORLD_RANK", "1"},
                       {"OMPI_COMM_WORLD_SIZE", "4"},
                       {"OMPI_COMM_WORLD_LOCAL_SIZE", "2"}}),
              HasSubstr("MASTER_ADDR, the host of rank 0"));
  EXPECT_THAT(
      refusal({{"RANK", "0"}, {"WORLD_SIZE", "2"}, {"MASTER_ADDR", "a"}, {"MASTER_PORT", "70000"}}),
      HasSubstr("MASTER_PORT to be a number from 0 to 65535, got 70000"));
}

}  // namespace
}  // namespace jest
