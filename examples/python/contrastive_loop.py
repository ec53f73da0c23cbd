"""PyTorch: a CLIP-like loop of two towers and a learnt scale, where 60 % of the pool is mismatched."""
import torch
import torch.nn.functional as F
import jest.torch
torch.manual_seed(1)
pool, held_out, B, b = torch.arange(4096), torch.arange(4096, 5096), 640, 128
hidden, is_right = torch.randn(5096, 16), torch.rand(5096) < 0.4
images, texts = hidden @ torch.randn(2, 16, 32) + 0.3 * torch.randn(2, 5096, 32)
texts[pool] = torch.where(is_right[pool, None], texts[pool], texts[pool].roll(1, 0))

class Towers(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.x, self.y = torch.nn.Linear(32, 16), torch.nn.Linear(32, 16)
        self.log_scale, self.bias = (torch.nn.Parameter(torch.tensor(v)) for v in (2.3, -5.0))
    def forward(self, rows):
        return F.normalize(self.x(images[rows]), dim=1), F.normalize(self.y(texts[rows]), dim=1)
def train(model, rows_of_pool, rate, guide=None):
    optimizer = torch.optim.Adam(model.parameters(), rate)
    for step in range(150):
        rows = rows_of_pool[torch.randperm(len(rows_of_pool))[:B if guide else b]]
        # [select]
        if guide is not None:  # rows is a super-batch
            with torch.no_grad():
                rows = rows[jest.torch.select(
                    *model(rows), *guide(rows), rows, count=b, chunks=4, interaction=0.1, step=step,
                    learner_scale=model.log_scale.exp(), learner_bias=model.bias,
                    reference_scale=guide.log_scale.exp(), reference_bias=guide.bias)[0]]
        # [select]
        x, y = model(rows)
        logits = model.log_scale.exp() * x @ y.T + model.bias
        loss = -F.logsigmoid((2 * torch.eye(len(rows)) - 1) * logits).sum() / len(rows)
        optimizer.zero_grad(), loss.backward(), optimizer.step()
    x, y = model(held_out)
    return (x @ y.T).argmax(1).eq(torch.arange(len(x))).float().mean().item()

train(guide := Towers(), pool[is_right[pool]], 0.03)
uniform, selected = train(Towers(), pool, 0.003), train(Towers(), pool, 0.003, guide)
print(f"R@1 among 1,000 after 150 updates: uniform {uniform:.3f}, selected {selected:.3f}")
assert selected > uniform + 0.1
