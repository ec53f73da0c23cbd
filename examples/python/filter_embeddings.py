"""NumPy: choose batches from embeddings you already have, where most pairs do not belong together."""

import numpy as np

import jest

B, WIDTH, COUNT = 640, 32, 64
random = np.random.default_rng(7)


def unit(rows):
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


# [arrays]
# A pool whose pairs are right in 40 of 100 cases; the guide knows which, the learner nothing yet.
true_y = unit(random.normal(size=(B, WIDTH)))
is_right = random.random(B) < 0.4
guide_x = unit(true_y + 0.1 * random.normal(size=(B, WIDTH)))
guide_y = np.where(is_right[:, None], true_y, np.roll(true_y, 1, axis=0))
x, y = unit(random.normal(size=(B, WIDTH))), unit(random.normal(size=(B, WIDTH)))

picks = jest.select(x, y, guide_x, guide_y, count=COUNT, chunks=8, interaction=0.1,
                    learner_scale=10, learner_bias=-5, reference_scale=10, reference_bias=-5,
                    seed=1, step=0)
batch_x, batch_y = x[picks.indices], y[picks.indices]
# [arrays]

share = is_right[picks.indices].mean()
print(f"right pairs: {is_right.mean():.2f} of the pool, {share:.2f} of the batch")
assert batch_x.shape == batch_y.shape == (COUNT, WIDTH)
assert share > 0.9
