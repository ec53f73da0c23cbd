#include <torch/torch.h>

#include "jest/jest.hpp"
