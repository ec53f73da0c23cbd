"""Joint example selection for training loops: which examples of a super-batch to learn from.

NumPy arrays, and any others in CPU memory that offer DLPack, are read in place; the interpreter is
free while a selection runs. Operators of PyTorch: `import jest.torch`.

    picks = jest.select(x, y, guide_x, guide_y, count=128, step=step)
    train_on(batch[picks.indices])
"""

from jest._core import Error, __version__
from jest._methods import Method, methods
from jest._selection import (Selection, cascade, fit_scale_and_bias, select, select_aligned,
                             select_diverse, select_losses)
from jest.stores import (EmbeddingStore, Embeddings, LossStore, write_embedding_store,
                         write_loss_store)

Error.__module__ = "jest"  # by this name it is caught
Error.__doc__ = "What is refused, in one line: the operation, what was expected, what came."

__all__ = ["EmbeddingStore", "Embeddings", "Error", "LossStore", "Method", "Selection",
           "__version__", "cascade", "fit_scale_and_bias", "methods", "select", "select_aligned", "select_diverse",
           "select_losses", "write_embedding_store", "write_loss_store"]
