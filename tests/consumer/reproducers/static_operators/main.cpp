// Says whether the operator jest::select is there in a program that calls nothing of jest.

#include <ATen/core/dispatch/Dispatcher.h>

#include <cstdio>

int main() {
  const bool there = c10::Dispatcher::singleton().findSchema({"jest::select", ""}).has_value();
  std::printf("jest::select is %s\n", there ? "there" : "missing");
  return 0;
}
