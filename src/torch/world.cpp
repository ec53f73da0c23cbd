// Collectives of c10d as a selection and a training step need them.

#include "jest/torch/world.hpp"

#include <torch/torch.h>
#include <torch/csrc/distributed/c10d/GroupRegistry.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroup.hpp>

#include <algorithm>
#include <cstring>
#include <numeric>

#include "jest/core/views.hpp"
#include "process_groups.hpp"

namespace jest {

struct World::State {
  c10::intrusive_ptr<c10d::ProcessGroup> group = {};      // none of one rank
  std::function<void(c10d::ProcessGroup&)> backend = {};  // for parts of it, too
  int parts = 0;                                          // that were made of it

  /// Where a tensor of the device `own` is exchanged: there, if the group has a backend for such
  /// devices; else on the host; else, in a group that has none for the host, where it has one.
  c10::Device device(c10::Device own) const {
    const std::vector<c10::Device> kinds = group->getDeviceTypes();
    const auto has = [&](c10::DeviceType type) {
      return std::any_of(kinds.begin(), kinds.end(),
                         [&](const c10::Device& kind) { return kind.type() == type; });
    };
    if (has(own.type())) return own;
    return has(c10::kCPU) ? c10::Device(c10::kCPU) : kinds.front();
  }
};

namespace {

std::int64_t total_of(std::span<const std::int64_t> counts) {
  return std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
}

/// Where the sum of so many bytes on the host is one exchange with every rank by itself and
/// additions in order of rank: Gloo's all-reduce takes ten times as long for some ten kilobytes.
constexpr std::int64_t kFewBytes = std::int64_t{4} << 20;

}  // namespace

World::World() : World(std::make_unique<State>()) {}
World::World(std::unique_ptr<State> state) : state_(std::move(state)) {}
World::World(const c10::intrusive_ptr<c10d::ProcessGroup>& group)
    : World(std::make_unique<State>(State{.group = group})) {
  if (!group) refuse("world", "a process group", "none");
}
/// Of these ranks, numbered as they stand there; alone on all others. Every rank must call it.
World World::part(const std::vector<int>& ranks,
                  const std::function<void(c10d::ProcessGroup&)>& backend) {
  const std::string name = text("part/", state_->parts++);
  const auto place = std::find(ranks.begin(), ranks.end(), rank());
  if (place == ranks.end() || ranks.size() == 1) return World();
  return World(detail::join_part(
      *state_->group, name,
      {.rank = static_cast<int>(place - ranks.begin()), .size = static_cast<int>(ranks.size())},
      backend));
}

SplitWorld World::split(int scorers) {
  const int trainers = size() - scorers;
  if (scorers < 1 || trainers < 1) {
    refuse("split", text("some of ", size(), " ranks to score, and others to train"), scorers,
           " to score");
  }
  std::vector<int> train(detail::at(trainers));
  std::vector<int> score(detail::at(scorers));
  std::iota(train.begin(), train.end(), 0);
  std::iota(score.begin(), score.end(), trainers);
  World trains = part(train, state_->backend);
  World scores = part(score, state_->backend);
  train.insert(train.begin(), trainers);
  score.insert(score.begin(), 0);
  World weights = part(score);
  World picks = part(train);
  wait();  // who ends at once must not close what others have yet to connect
  const bool does_score = rank() >= trainers;
  return {std::move(does_score ? scores : trains),
          std::move(weights),
          std::move(picks),
          does_score,
          rank(),
          size()};
}

World::World(World&&) noexcept = default;
World& World::operator=(World&&) noexcept = default;
World::~World() = default;

World World::named(const std::string& group) {
  try {
    return World(c10d::resolve_process_group(group));
  } catch (const c10::Error& error) {
    refuse("world", text("the name of a process group, as torch.distributed gave it"), group);
  }
}

World World::joined(const WorldSpec& spec) {
  const Launch launch = spec.launch ? *spec.launch : launch_of_environment();
  if (launch.size == 1) return World();
  return World(
      std::make_unique<State>(State{.group = detail::join(launch, spec), .backend = spec.backend}));
}

int World::rank() const { return state_->group ? state_->group->getRank() : 0; }
int World::size() const { return state_->group ? state_->group->getSize() : 1; }

/// An exchange with every rank by itself, of which Gloo waits once: its all-gather is a ring.
at::Tensor World::gather_rows(const at::Tensor& rows, std::span<const std::int64_t> counts) {
  if (std::ssize(counts) != size() || rows.dim() < 1 ||
      rows.size(0) != counts[detail::at(rank())]) {
    refuse("gather", text("rows of ", size(), " ranks, as many as counted"), rows.sizes());
  }
  if (size() == 1) return rows.detach().clone();
  const at::Tensor mine = rows.detach().to(state_->device(rows.device())).contiguous();
  std::vector<std::int64_t> shape = mine.sizes().vec();
  shape[0] = total_of(counts);
  at::Tensor all = at::empty(shape, mine.options());
  if (all.numel() == 0) return all.to(rows.device());
  at::Tensor copies = mine.repeat([&] {
    std::vector<std::int64_t> times(detail::at(mine.dim()), 1);
    times[0] = size();
    return times;
  }());
  std::vector<std::int64_t> received(counts.begin(), counts.end());
  std::vector<std::int64_t> sent(received.size(), mine.size(0));
  detail::together("gather",
                   [&] { return state_->group->alltoall_base(all, copies, received, sent); });
  return all.to(rows.device());
}

void World::gather(std::span<const std::byte> mine, std::span<const std::int64_t> sizes,
                   std::span<std::byte> all) {
  if (std::ssize(sizes) != size() || total_of(sizes) != std::ssize(all) ||
      sizes[detail::at(rank())] != std::ssize(mine)) {
    refuse("gather", "as many bytes as all ranks have", all.size());
  }
  if (all.empty()) return;
  const at::Tensor bytes = at::empty({std::ssize(mine)}, at::kByte);
  if (!mine.empty()) std::memcpy(bytes.mutable_data_ptr(), mine.data(), mine.size());
  const at::Tensor gathered = gather_rows(bytes, sizes);
  std::memcpy(all.data(), gathered.const_data_ptr(), all.size());
}

at::Tensor World::sum_own_rows(const at::Tensor& rows, std::span<const std::int64_t> counts) {
  if (std::ssize(counts) != size() || rows.dim() < 1 || rows.size(0) != total_of(counts)) {
    refuse("sum", text("rows of ", size(), " ranks, as many as counted"), rows.sizes());
  }
  if (size() == 1) return rows.detach().clone();
  at::Tensor all = rows.detach().to(state_->device(rows.device())).contiguous();
  const std::int64_t mine = counts[detail::at(rank())];
  std::vector<std::int64_t> shape = all.sizes().vec();
  shape[0] = mine * size();
  at::Tensor parts = at::empty(shape, all.options());
  std::vector<std::int64_t> received(counts.size(), mine);
  std::vector<std::int64_t> sent(counts.begin(), counts.end());
  if (all.numel() > 0) {
    detail::together("sum",
                     [&] { return state_->group->alltoall_base(parts, all, received, sent); });
  }
  at::Tensor total = parts.narrow(0, 0, mine).clone();
  for (int r = 1; r < size(); ++r) total.add_(parts.narrow(0, r * mine, mine));
  return total.to(rows.device());
}

/// Replaces the one tensor by its sum over ranks, which is there once the work is done; no work
/// where it is there already.
c10::intrusive_ptr<c10d::Work> World::start_sum(std::vector<at::Tensor>& values) {
  const at::Tensor own = values[0].detach();
  if (size() == 1 || own.numel() == 0) return {};
  const c10::Device device = state_->device(own.device());
  if (device.is_cpu() && static_cast<std::int64_t>(own.nbytes()) * size() <= kFewBytes) {
    const std::vector<std::int64_t> ones(detail::at(size()), 1);
    const at::Tensor all = gather_rows(own.unsqueeze(0), ones);
    for (int r = 1; r < size(); ++r) all[0].add_(all[r]);
    values[0] = all[0];
    return {};
  }
  values[0] = own.to(device).contiguous();
  return detail::in_one_line(detail::kSum, [&] { return state_->group->allreduce(values); });
}

void World::sum(const at::Tensor& values) {
  std::vector<at::Tensor> total{values};
  if (const auto work = start_sum(total)) detail::together(detail::kSum, [&] { return work; });
  if (!total[0].is_alias_of(values)) values.detach().copy_(total[0]);
}

double World::sum(double value) {
  if (size() == 1) return value;
  const at::Tensor total = at::full({1}, value, at::kDouble);
  sum(total);
  return total.item<double>();
}

void World::broadcast(const at::Tensor& values, int from) {
  if (size() == 1 || values.numel() == 0) return;
  std::vector<at::Tensor> tensors{values.detach().to(state_->device(values.device())).contiguous()};
  c10d::BroadcastOptions options;
  options.rootRank = from;
  detail::together("broadcast", [&] { return state_->group->broadcast(tensors, options); });
  if (!tensors[0].is_alias_of(values)) values.detach().copy_(tensors[0]);
}

void World::on_first(const std::function<void()>& work) {
  std::string failure;
  std::exception_ptr thrown;
  if (rank() == 0) {
    try {
      work();
    } catch (const std::exception& error) {
      thrown = std::current_exception();
      failure = text("!", error.what());
    }
  }
  constexpr std::int64_t kLetters = 512;
  const at::Tensor words = at::zeros({kLetters}, at::kChar);
  auto* letters = static_cast<char*>(words.mutable_data_ptr());
  failure.copy(letters, kLetters - 1);
  broadcast(words);
  if (thrown) std::rethrow_exception(thrown);
  if (letters[0] != 0) throw Error(letters + 1);
}

namespace {

/// Forward: everybody's rows. Backward: the sum over ranks of gradients, of one's own rows.
struct Gathered : torch::autograd::Function<Gathered> {
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& rows,
                            World* world, const std::vector<std::int64_t>& counts) {
    context->saved_data["world"] = reinterpret_cast<std::int64_t>(world);
    context->saved_data["counts"] = counts;
    return world->gather_rows(rows, counts);
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& gradients) {
    auto* world = reinterpret_cast<World*>(context->saved_data["world"].toInt());
    const std::vector<std::int64_t> counts = context->saved_data["counts"].toIntVector();
    return {world->sum_own_rows(gradients[0], counts), {}, {}};
  }
};

}  // namespace

at::Tensor everybodys(World& world, const at::Tensor& rows, std::span<const std::int64_t> counts) {
  if (world.size() == 1) return rows;
  return Gathered::apply(rows, &world, std::vector<std::int64_t>(counts.begin(), counts.end()));
}

void check_same(World& world, const std::string& what, const std::vector<at::Tensor>& tensors) {
  if (world.size() == 1) return;
  std::uint64_t mine = 0;
  for (const at::Tensor& tensor : tensors) {
    const at::Tensor host = tensor.detach().to(at::kCPU).contiguous();
    const auto* bytes = static_cast<const char*>(host.const_data_ptr());
    const std::string_view words(bytes, host.nbytes());
    mine = (mine ^ std::hash<std::string_view>{}(words)) * 0x9e3779b97f4a7c15;
  }
  std::vector<std::uint64_t> all(detail::at(world.size()));
  const std::vector<std::int64_t> sizes(all.size(), sizeof(mine));
  world.gather(std::as_bytes(std::span(&mine, 1)), sizes, std::as_writable_bytes(std::span(all)));
  const auto other = std::find_if(all.begin(), all.end(), [&](auto one) { return one != all[0]; });
  if (other == all.end()) return;
  refuse(what, "the same bits on all ranks",
         text("others on rank ", other - all.begin(), " than on rank 0"));
}

}  // namespace jest
