// What a launcher's variables say of a rank.

#include <charconv>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "jest/torch/world.hpp"

extern char** environ;

namespace jest {
namespace {

using Environment = std::map<std::string, std::string>;

constexpr int kDefaultPort = 29500;  // as LibTorch's
constexpr std::string_view kThisHost = "127.0.0.1";

/// The variables of one launcher. That of local ranks may be missing.
struct Names {
  std::string_view rank, size, local_rank, local_size;
};
constexpr Names kLaunchers[] = {
    {"RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE"},
    {"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_RANK",
     "OMPI_COMM_WORLD_LOCAL_SIZE"},
    {"SLURM_PROCID", "SLURM_NTASKS", "SLURM_LOCALID", "SLURM_NTASKS_PER_NODE"},
    {"PMI_RANK", "PMI_SIZE", "MPI_LOCALRANKID", "MPI_LOCALNRANKS"},
};

std::optional<std::string> value_of(const Environment& environment, std::string_view name) {
  const auto found = environment.find(std::string(name));
  if (found == environment.end() || found->second.empty()) return std::nullopt;
  return found->second;
}

std::optional<int> number_of(const Environment& environment, std::string_view name, int least,
                             int most) {
  const auto words = value_of(environment, name);
  if (!words) return std::nullopt;
  int number = 0;
  const auto [end, error] = std::from_chars(words->data(), words->data() + words->size(), number);
  if (error != std::errc() || end != words->data() + words->size() || number < least ||
      number > most) {
    refuse("join", text(name, " to be a number from ", least, " to ", most), *words);
  }
  return number;
}

/// Of "node[003-007,9],other": node003.
std::string first_node(std::string_view nodes) {
  const std::size_t bracket = nodes.find_first_of("[,");
  std::string first(nodes.substr(0, bracket));
  if (bracket == std::string_view::npos || nodes[bracket] == ',') return first;
  const std::string_view numbers = nodes.substr(bracket + 1);
  return first.append(numbers.substr(0, numbers.find_first_of("-,]")));
}

std::string address_of(const Environment& environment, const Names& names, int size) {
  if (const auto address = value_of(environment, "MASTER_ADDR")) return *address;
  for (const char* nodes : {"SLURM_STEP_NODELIST", "SLURM_JOB_NODELIST"}) {
    if (names.rank != "SLURM_PROCID") break;
    if (const auto list = value_of(environment, nodes)) return first_node(*list);
  }
  const auto here = number_of(environment, names.local_size, 1, size);
  if (here == size) return std::string(kThisHost);
  refuse("join", "MASTER_ADDR, the host of rank 0", "none");
}

}  // namespace

Launch launch_of(const Environment& environment) {
  constexpr int kMost = 1 << 20;
  for (const Names& names : kLaunchers) {
    const auto rank = number_of(environment, names.rank, 0, kMost);
    const auto size = number_of(environment, names.size, 1, kMost);
    if (!rank && !size) continue;
    if (!rank || !size) {
      refuse("join", text(names.rank, " and ", names.size), rank ? names.rank : names.size,
             " alone");
    }
    if (*rank >= *size) refuse("join", text("a rank below ", *size), *rank);
    Launch launch{.rank = *rank, .size = *size};
    launch.local_rank = number_of(environment, names.local_rank, 0, kMost).value_or(*rank);
    if (launch.size == 1) return launch;
    launch.address = address_of(environment, names, launch.size);
    launch.port = number_of(environment, "MASTER_PORT", 0, 65535).value_or(kDefaultPort);
    launch.agent_store = value_of(environment, "TORCHELASTIC_USE_AGENT_STORE") == "True";
    launch.attempt = value_of(environment, "TORCHELASTIC_RESTART_COUNT").value_or("0");
    return launch;
  }
  return {};
}

Launch launch_of_environment() {
  Environment environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view words(*entry);
    const std::size_t sign = words.find('=');
    if (sign == std::string_view::npos) continue;
    environment.emplace(words.substr(0, sign), words.substr(sign + 1));
  }
  return launch_of(environment);
}

}  // namespace jest
