#pragma once
// CUDA objects that are released by their owner's end. Releasing cannot throw; errors there are
// those of calls that came before and have been, or will be, reported by them.

#include <utility>

#include "check.cuh"

namespace jest::cuda {

/// A stream that does not wait for the legacy default stream.
class OwnStream {
 public:
  OwnStream() {
    check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "creating a stream");
  }
  OwnStream(const OwnStream&) = delete;
  OwnStream& operator=(const OwnStream&) = delete;
  ~OwnStream() { cudaStreamDestroy(stream_); }
  cudaStream_t get() const { return stream_; }

 private:
  cudaStream_t stream_ = nullptr;
};

class OwnEvent {
 public:
  OwnEvent() {
    check(cudaEventCreateWithFlags(&event_, cudaEventDisableTiming), "creating an event");
  }
  OwnEvent(const OwnEvent&) = delete;
  OwnEvent& operator=(const OwnEvent&) = delete;
  ~OwnEvent() { cudaEventDestroy(event_); }

  /// Lets `later` wait for all that `earlier` has been given so far.
  void order(cudaStream_t earlier, cudaStream_t later) const {
    check(cudaEventRecord(event_, earlier), "recording an event");
    check(cudaStreamWaitEvent(later, event_), "waiting for an event");
  }

 private:
  cudaEvent_t event_ = nullptr;
};

/// What a stream is given between construction and `instantiate` becomes a graph.
class Capture {
 public:
  explicit Capture(cudaStream_t stream) : stream_(stream) {
    check(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeThreadLocal), "beginning a capture");
  }
  Capture(const Capture&) = delete;
  Capture& operator=(const Capture&) = delete;
  ~Capture() {
    if (open_) cudaStreamEndCapture(stream_, &graph_);
    if (graph_) cudaGraphDestroy(graph_);
    if (open_) cudaGetLastError();
  }

  cudaGraphExec_t instantiate() {
    open_ = false;
    check(cudaStreamEndCapture(stream_, &graph_), "ending a capture");
    cudaGraphExec_t executable = nullptr;
    check(cudaGraphInstantiate(&executable, graph_, 0), "instantiating a graph");
    return executable;
  }

 private:
  cudaStream_t stream_;
  cudaGraph_t graph_ = nullptr;
  bool open_ = true;
};

class OwnGraph {
 public:
  OwnGraph() = default;
  OwnGraph(OwnGraph&& other) noexcept : graph_(std::exchange(other.graph_, nullptr)) {}
  OwnGraph& operator=(OwnGraph&& other) noexcept {
    std::swap(graph_, other.graph_);
    return *this;
  }
  ~OwnGraph() {
    if (graph_) cudaGraphExecDestroy(graph_);
  }

  bool ready() const { return graph_ != nullptr; }
  void take(cudaGraphExec_t graph) { graph_ = graph; }
  void launch(cudaStream_t stream) const {
    check(cudaGraphLaunch(graph_, stream), "launching a graph");
  }

 private:
  cudaGraphExec_t graph_ = nullptr;
};

}  // namespace jest::cuda
