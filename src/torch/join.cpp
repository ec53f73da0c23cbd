// Ranks meet by a store and form a process group over Gloo. The declarations of Gloo are those of
// Debian's libgloo-dev; its code is LibTorch's own, and no name of Gloo is in libjest.

#include "process_groups.hpp"

#include <torch/csrc/distributed/c10d/ProcessGroup.hpp>

#ifdef JEST_GLOO
#define USE_C10D_GLOO 1
#include <torch/csrc/distributed/c10d/FileStore.hpp>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#endif

#include <csignal>
#include <cstdlib>
#include <ctime>

namespace jest::detail {

std::string first_line(const std::exception& error) {
  const std::string_view words(error.what());
  return std::string(words.substr(0, words.find('\n')));
}

#ifdef JEST_GLOO

namespace {

/// Blocks SIGPIPE, also in threads that are made meanwhile, for good. Gloo's write to a rank that
/// has just died would end the process without a word; blocked, it is an error like others.
class WithoutPipeSignal {
 public:
  WithoutPipeSignal() {
    ::sigemptyset(&pipe_);
    ::sigaddset(&pipe_, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  WithoutPipeSignal(const WithoutPipeSignal&) = delete;
  WithoutPipeSignal& operator=(const WithoutPipeSignal&) = delete;
  ~WithoutPipeSignal() {
    const timespec now{};
    while (::sigismember(&before_, SIGPIPE) == 0 && ::sigtimedwait(&pipe_, nullptr, &now) > 0) {
    }
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

 private:
  sigset_t pipe_{};
  sigset_t before_{};
};

c10::intrusive_ptr<c10d::Store> store_of(const Launch& launch, const WorldSpec& spec) {
  if (!spec.store_file.empty()) {
    return c10::make_intrusive<c10d::FileStore>(spec.store_file.string(), launch.size);
  }
  c10d::TCPStoreOptions options;
  options.port = static_cast<std::uint16_t>(launch.port);
  options.isServer = !launch.agent_store && launch.rank == 0;
  options.numWorkers = static_cast<std::size_t>(launch.size);
  options.timeout = spec.join_timeout;
  return c10::make_intrusive<c10d::TCPStore>(launch.address, options);
}

/// All ranks have come. The group itself would wait for them as long as for any message.
void meet(c10d::Store& store, const Launch& launch, std::chrono::milliseconds timeout) {
  store.set(text("here/", launch.rank), std::vector<std::uint8_t>{1});
  std::vector<std::string> all;
  for (int rank = 0; rank < launch.size; ++rank) all.push_back(text("here/", rank));
  store.wait(all, timeout);
}

std::shared_ptr<gloo::transport::Device> device_of(const Launch& launch, const WorldSpec& spec) {
  using Gloo = c10d::ProcessGroupGloo;
  std::string interface = spec.interface;
  if (const char* named = std::getenv("GLOO_SOCKET_IFNAME"); interface.empty() && named) {
    interface = named;
  }
  if (!interface.empty()) return Gloo::createDeviceForInterface(interface);
  const bool here = launch.address == "127.0.0.1" || launch.address == "localhost" ||
                    (launch.address.empty() && !spec.store_file.empty());
  return here ? Gloo::createDeviceForHostname("127.0.0.1") : Gloo::createDefaultDevice();
}

c10::intrusive_ptr<c10d::ProcessGroup> group_of(
    const c10::intrusive_ptr<c10d::Store>& store, const Launch& place,
    const c10::intrusive_ptr<c10d::ProcessGroupGloo::Options>& options,
    const std::function<void(c10d::ProcessGroup&)>& backend) {
  using Group = c10d::ProcessGroup;
  auto gloo = c10::make_intrusive<c10d::ProcessGroupGloo>(store, place.rank, place.size, options);
  auto group = c10::make_intrusive<Group>(store, place.rank, place.size);
  group->setBackend(c10::DeviceType::CPU, Group::BackendType::GLOO, gloo);
  group->setDefaultBackend(Group::BackendType::GLOO);
  if (backend) backend(*group);
  group->setGroupName("jest");
  return group;
}

}  // namespace

c10::intrusive_ptr<c10d::ProcessGroup> join(const Launch& launch, const WorldSpec& spec) {
  const WithoutPipeSignal without_signal;  // in the group's threads
  try {
    auto store = store_of(launch, spec);
    store->setTimeout(spec.join_timeout);
    store = c10::make_intrusive<c10d::PrefixStore>(text("jest/", launch.attempt), store);
    meet(*store, launch, spec.join_timeout);
    auto options = c10d::ProcessGroupGloo::Options::create(spec.timeout);
    options->devices.push_back(device_of(launch, spec));
    return group_of(store, launch, options, spec.backend);
  } catch (const std::exception& error) {
    throw Error(text("join as rank ", launch.rank, " of ", launch.size, ": ", first_line(error)));
  }
}

c10::intrusive_ptr<c10d::ProcessGroup> join_part(
    c10d::ProcessGroup& whole, const std::string& name, const Launch& place,
    const std::function<void(c10d::ProcessGroup&)>& backend) {
  const WithoutPipeSignal without_signal;  // in the group's threads
  try {
    const auto host = whole.getBackend(c10::DeviceType::CPU);
    auto* gloo = dynamic_cast<c10d::ProcessGroupGloo*>(host.get());
    if (!gloo || !whole.getStore()) refuse("split", "a group over Gloo", "another");
    auto options = c10d::ProcessGroupGloo::Options::create(gloo->getOptions()->timeout);
    options->devices = gloo->getOptions()->devices;
    auto store = c10::make_intrusive<c10d::PrefixStore>(text("jest/", name), whole.getStore());
    return group_of(store, place, options, backend);
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    throw Error(text("split, as rank ", place.rank, " of ", place.size, ": ", first_line(error)));
  }
}

#else

c10::intrusive_ptr<c10d::ProcessGroup> join_part(c10d::ProcessGroup&, const std::string&,
                                                 const Launch&,
                                                 const std::function<void(c10d::ProcessGroup&)>&) {
  refuse("split", "a build of jest with Gloo's headers (libgloo-dev)", "one without");
}

c10::intrusive_ptr<c10d::ProcessGroup> join(const Launch&, const WorldSpec&) {
  refuse("join", "a build of jest with Gloo's headers (libgloo-dev), or a process group of yours",
         "neither");
}

#endif

}  // namespace jest::detail
