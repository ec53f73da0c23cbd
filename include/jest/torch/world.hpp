#pragma once
// The ranks of a training program that runs on several processes, GPUs or hosts: an Exchange over
// LibTorch's process groups (c10d; Gloo or NCCL), and what training needs beside.
//
//   jest::World world = jest::World::joined();           // under torchrun, mpirun, srun, or alone
//   const jest::Shard shard = jest::shard_of(B, world.size(), world.rank());
//   jest::Selection picks = jest::select(pairs, {.count = b, .shard = shard, .exchange = &world});
//
// Every member but rank() and size() must be called by all ranks, in the same order, from one
// thread. Each wait ends at the group's timeout; a rank that died, hung or lost its cable shows as
// a jest::Error on all others.

#include <ATen/core/Tensor.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "jest/core/error.hpp"
#include "jest/select/exchange.hpp"

namespace c10d {
class ProcessGroup;
class Work;
}  // namespace c10d

namespace jest {

/// Where this process is among those that a launcher started.
struct Launch {
  int rank = 0;
  int size = 1;
  int local_rank = 0;        ///< on its host: which GPU is its own
  std::string address = {};  ///< of rank 0's host
  int port = 0;
  bool agent_store = false;  ///< torchrun's agent holds the port, and rank 0 is a client, too
  std::string attempt = {};  ///< differs where the launcher has started the ranks anew

  bool operator==(const Launch&) const = default;
};

/// What the variables of torchrun (RANK, WORLD_SIZE, MASTER_ADDR, MASTER_PORT, TORCHELASTIC_…),
/// Open MPI (OMPI_COMM_WORLD_…), Slurm (SLURM_PROCID, SLURM_NTASKS, …) or MPICH (PMI_…) say;
/// without any of them, one rank. MASTER_ADDR and MASTER_PORT decide where the launcher does not
/// say: otherwise 127.0.0.1 where all ranks are on one host, or Slurm's first node, and 29500.
/// Throws on numbers that are none, and where ranks on several hosts have no address.
JEST_EXPORT Launch launch_of(const std::map<std::string, std::string>& environment);
JEST_EXPORT Launch launch_of_environment();

struct WorldSpec {
  std::optional<Launch> launch = {};      ///< the environment's when not given
  std::filesystem::path store_file = {};  ///< ranks meet by a file that all see, not by a port
  std::string interface = {};             ///< of the network; GLOO_SOCKET_IFNAME when not given
  std::chrono::milliseconds timeout = std::chrono::minutes(10);      ///< of every wait
  std::chrono::milliseconds join_timeout = std::chrono::minutes(5);  ///< for all ranks to come
  /// Gives the group a backend for tensors of a device beside the host's: jest::nccl.
  std::function<void(c10d::ProcessGroup&)> backend = {};
};

/// From now on NCCL exchanges the group's CUDA tensors, each rank's on a GPU of its own; what is on
/// the host goes on as before. For WorldSpec::backend, or for a group of the program's own before
/// World(group). The timeout is that of the group's backend for the host. Of the target jest::nccl,
/// not of libjest: the program links LibTorch's CUDA half. Throws where there is no CUDA device,
/// and of a group that has no store, or a backend for CUDA already.
void nccl(c10d::ProcessGroup& group);

struct SplitWorld;
class GradientBuckets;

/// Tensors are exchanged on their device where the group has a backend for it, and by way of the
/// host where it has none.
class JEST_EXPORT World final : public Exchange {
 public:
  /// One rank.
  World();
  /// Of a process group that the program has already.
  explicit World(const c10::intrusive_ptr<c10d::ProcessGroup>& group);
  /// Of a process group that Python made, by its name ("0" is the default group's).
  static World named(const std::string& group);
  /// Of this process and the others that its launcher started, over Gloo; one rank where nothing
  /// was launched. Throws where a rank does not come in time, or a port is in use.
  static World joined(const WorldSpec& spec = {});

  World(World&&) noexcept;
  World& operator=(World&&) noexcept;
  ~World() override;

  int rank() const override;
  int size() const override;
  void gather(std::span<const std::byte> mine, std::span<const std::int64_t> sizes,
              std::span<std::byte> all) override;

  /// Everybody's rows in order of rank; `counts` [R] rows each, the same on every rank. Of any
  /// dtype and device, other dimensions alike. No gradient flows.
  at::Tensor gather_rows(const at::Tensor& rows, std::span<const std::int64_t> counts);
  /// The sum over ranks of rows [Σ counts, ...], those of this rank's place: [counts[rank()], ...].
  at::Tensor sum_own_rows(const at::Tensor& rows, std::span<const std::int64_t> counts);
  /// The sum over ranks, in place, with the same bits on all of them.
  void sum(const at::Tensor& values);
  double sum(double value);
  /// The values of one rank, in place.
  void broadcast(const at::Tensor& values, int from = 0);
  /// Waits until all ranks have come here.
  void wait() { sum(0.0); }
  /// Rank 0 does some work that is for one, and all wait; what it throws, all throw.
  void on_first(const std::function<void()>& work);

  /// In two: the last `scorers` ranks score, the others train; over the network and with the
  /// timeout of this world, over Gloo; those that do the same also by WorldSpec::backend. Throws,
  /// on all ranks, unless at least one scores and one trains.
  SplitWorld split(int scorers);

 private:
  friend class GradientBuckets;
  struct State;
  [[gnu::visibility("hidden")]] explicit World(std::unique_ptr<State> state);
  [[gnu::visibility("hidden")]] World part(
      const std::vector<int>& ranks, const std::function<void(c10d::ProcessGroup&)>& backend = {});
  [[gnu::visibility("hidden")]] c10::intrusive_ptr<c10d::Work> start_sum(
      std::vector<at::Tensor>& values);
  std::unique_ptr<State> state_;
};

/// A world in two: ranks that train, and ranks that score for them, ahead of time where
/// TrainerSpec::staleness allows it. Learner and scorer are given `own` as if it were all there is;
/// the other two are the trainer's.
struct SplitWorld {
  World own;      ///< those that do the same as this rank
  World weights;  ///< rank 0, the first that trains, which sends; and those that score
  World picks;    ///< rank 0, the first that scores, which sends; and those that train
  bool scores = false;
  int rank = 0;  ///< of this one among all
  int size = 1;  ///< of all
};

/// Everybody's rows in order of rank, as gather_rows; a gradient of all of them flows back to each
/// rank's own, summed over ranks. Rows [n, ...] that need no gradient are gathered all the same.
JEST_EXPORT at::Tensor everybodys(World& world, const at::Tensor& rows,
                                  std::span<const std::int64_t> counts);

/// Gradients of `parameters` summed over ranks, in place, each rank's times `weight`. A parameter
/// without a gradient on all ranks stays so. The same bits on all ranks.
JEST_EXPORT void sum_gradients(World& world, const std::vector<at::Tensor>& parameters,
                               double weight);

/// Throws, on all ranks, unless all have the same bits of `tensors`; `what` names them.
JEST_EXPORT void check_same(World& world, const std::string& what,
                            const std::vector<at::Tensor>& tensors);

}  // namespace jest
