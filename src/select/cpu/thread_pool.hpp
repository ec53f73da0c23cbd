#pragma once
// One pool of threads for the process.

#include <cstdint>
#include <functional>

namespace jest::cpu {

/// Calls work(task, worker) once for every task in [0, tasks), by up to `threads` threads of which
/// the caller is worker 0. Returns when all are done. Work must not throw, nor call this.
/// Threads are started when first needed and sleep between calls; while another thread's call is
/// being served, a call does its tasks alone.
void run_tasks(std::int64_t tasks, int threads,
               const std::function<void(std::int64_t task, int worker)>& work);

}  // namespace jest::cpu
