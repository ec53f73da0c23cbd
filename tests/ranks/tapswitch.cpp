// A network switch in user space between network namespaces, with a delay and cables that can be
// cut: every namespace gets a device jest0, and a frame leaves its port DELAY_US after it came. For
// kernels without netem. Needs root.
//
//   tapswitch DELAY_US NAMESPACE...
//
// Prints "ready". Reads commands from standard input: "cut PORT", "delay US"; ends with it.
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <deque>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using Address = std::array<char, 6>;

int checked(int result, const std::string& what) {
  if (result < 0) throw std::runtime_error("tapswitch: " + what + ": " + std::strerror(errno));
  return result;
}

/// The device jest0 of a namespace: what is read was sent there, what is written arrives there.
int device_in(const std::string& space) {
  const std::string path = "/run/netns/" + space;
  const int there = checked(::open(path.c_str(), O_RDONLY), path);
  checked(::setns(there, CLONE_NEWNET), path);
  ::close(there);
  const int device = checked(::open("/dev/net/tun", O_RDWR | O_NONBLOCK), "/dev/net/tun");
  ifreq request{};
  request.ifr_flags = IFF_TAP | IFF_NO_PI;
  std::strcpy(request.ifr_name, "jest0");
  checked(::ioctl(device, TUNSETIFF, &request), "jest0 in " + space);
  return device;
}

class Switch {
 public:
  Switch(Clock::duration delay, const std::vector<std::string>& spaces) : delay_(delay) {
    for (const std::string& space : spaces) ports_.push_back({device_in(space), POLLIN, 0});
    is_cut_.resize(ports_.size());
    ports_.push_back({STDIN_FILENO, POLLIN, 0});
  }

  /// Until standard input ends.
  void run() {
    while (wait()) {
      for (std::size_t port = 0; port < is_cut_.size(); ++port) receive(port);
      send();
    }
  }

 private:
  struct Frame {
    Clock::time_point due;
    std::size_t port;
    std::vector<char> bytes;
  };

  bool wait() {
    using std::chrono::nanoseconds;
    nanoseconds left = std::chrono::seconds(1);
    if (!waiting_.empty())
      left = std::max(nanoseconds(0), nanoseconds(waiting_.front().due - Clock::now()));
    const timespec time{left.count() / 1'000'000'000, left.count() % 1'000'000'000};
    ::ppoll(ports_.data(), ports_.size(), &time, nullptr);
    return !(ports_.back().revents & (POLLIN | POLLHUP)) || command();
  }

  bool command() {
    char line[64] = {};
    if (::read(STDIN_FILENO, line, sizeof line - 1) <= 0) return false;
    std::size_t port = 0;
    long microseconds = 0;
    if (std::sscanf(line, "cut %zu", &port) == 1) is_cut_.at(port) = true;
    if (std::sscanf(line, "delay %ld", &microseconds) == 1)
      delay_ = std::chrono::microseconds(microseconds);
    return true;
  }

  /// To the port where the address was seen, or to all.
  void receive(std::size_t from) {
    static char buffer[1 << 16];
    for (;;) {
      const ssize_t size = ::read(ports_[from].fd, buffer, sizeof buffer);
      if (size < 12) return;
      Address to, sender;
      std::memcpy(to.data(), buffer, to.size());
      std::memcpy(sender.data(), buffer + to.size(), sender.size());
      port_of_[sender] = from;
      const auto known = port_of_.find(to);
      for (std::size_t port = 0; port < is_cut_.size(); ++port) {
        if (port == from || is_cut_[from] || (known != port_of_.end() && known->second != port))
          continue;
        waiting_.push_back({Clock::now() + delay_, port, {buffer, buffer + size}});
      }
    }
  }

  void send() {
    for (; !waiting_.empty() && waiting_.front().due <= Clock::now(); waiting_.pop_front()) {
      const Frame& frame = waiting_.front();
      if (is_cut_[frame.port]) continue;
      // A port that takes no more loses the frame, as switches do.
      if (::write(ports_[frame.port].fd, frame.bytes.data(), frame.bytes.size()) < 0) continue;
    }
  }

  Clock::duration delay_;
  std::vector<pollfd> ports_;  // and standard input
  std::vector<bool> is_cut_;
  std::map<Address, std::size_t> port_of_;
  std::deque<Frame> waiting_;
};

}  // namespace

int main(int count, char** words) {
  try {
    if (count < 3) throw std::runtime_error("usage: tapswitch DELAY_US NAMESPACE...");
    Switch network(std::chrono::microseconds(std::stol(words[1])), {words + 2, words + count});
    std::puts("ready");
    std::fflush(stdout);
    network.run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
