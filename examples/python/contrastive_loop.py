"""PyTorch: a CLIP-like loop of two towers and a learnt scale, where 60 % of the pool is mismatched."""

import torch
import torch.nn.functional as F
import jest.torch

torch.manual_seed(1)
hidden, is_right = torch.randn(4096, 16), torch.rand(4096) < 0.4
images, texts = hidden @ torch.randn(2, 16, 32) + 0.3 * torch.randn(2, 4096, 32)
texts = torch.where(is_right[:, None], texts, texts.roll(1, 0))

class Towers(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.x, self.y = torch.nn.Linear(32, 16), torch.nn.Linear(32, 16)
        self.log_scale, self.bias = (torch.nn.Parameter(torch.tensor(v)) for v in (2.3, -5.0))
    def forward(self, rows):
        return F.normalize(self.x(images[rows]), dim=1), F.normalize(self.y(texts[rows]), dim=1)

def train(model, pool, rate, guide=None):
    optimizer, right = torch.optim.Adam(model.parameters(), rate), 0.0
    for step in range(150):
        rows = pool[torch.randperm(len(pool))[:640]]  # a super-batch
        if guide is not None:
            with torch.no_grad():
                rows = rows[jest.torch.select(
                    *model(rows), *guide(rows), rows, count=128, chunks=4, interaction=0.1, step=step,
                    learner_scale=model.log_scale.exp(), learner_bias=model.bias,
                    reference_scale=guide.log_scale.exp(), reference_bias=guide.bias)[0]]
        x, y = model(rows)
        logits = model.log_scale.exp() * x @ y.T + model.bias
        loss = -F.logsigmoid((2 * torch.eye(len(rows)) - 1) * logits).sum() / len(rows)
        optimizer.zero_grad(), loss.backward(), optimizer.step()
        right += is_right[rows].float().mean().item() / 150
    return right

train(guide := Towers(), torch.where(is_right)[0], 0.03)
share = train(Towers(), torch.arange(4096), 0.003, guide)
print(f"right pairs: 0.40 of the pool, {share:.2f} of the batches")
assert share > 0.7
