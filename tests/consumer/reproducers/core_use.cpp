// Uses most of jest::core. Compiled behind all of its headers, in many ways, by
// reproducers_test.py.

int main() {
  const float x[16] = {1}, y[16] = {1};
  const jest::EmbeddingsView rows{jest::matrix_view(x, 4, 4), jest::matrix_view(y, 4, 4), 10, -5};
  const jest::SigmoidPairs sigmoid{{.learner = rows, .reference = rows}};
  const jest::SoftmaxPairs softmax{{.learner = rows, .reference = rows}};
  const auto picks = [](const jest::Selection& selection) { return selection.indices.size(); };

  jest::Accumulation<jest::SigmoidPairs> super_batch{{.candidates = 4, .like = {}}};
  super_batch.add({.ids = {}, .learner = rows, .reference = rows});
  const auto all = picks(jest::select(sigmoid, {.count = 2, .sampling = {.chunks = 2}})) +
                   picks(jest::select(softmax, {.count = 2})) +
                   picks(super_batch.finish({.count = 2}));
  return all == 6 ? 0 : 1;
}
