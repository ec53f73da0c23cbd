"""Hugging Face's Trainer by losses (RHO-LOSS): `Selecting` goes before transformers.Trainer."""

import torch
import torch.nn.functional as F
import jest.torch

class Trainer:  # a stand-in for transformers.Trainer
    def __init__(self, model):
        self.model, self.optimizer = model, torch.optim.SGD(model.parameters(), 0.5)

    def training_step(self, model, inputs, num_items_in_batch=None):
        loss = F.cross_entropy(model(inputs["features"]), inputs["labels"])
        self.optimizer.zero_grad(), loss.backward(), self.optimizer.step()
        return loss.detach()

# [trainer]
class Selecting:
    """inputs["irreducible"]: a guide's loss of each example (jest.LossStore gathers them by id)."""

    def training_step(self, model, inputs, *further):
        with torch.no_grad():
            losses = F.cross_entropy(model(inputs["features"]), inputs["labels"], reduction="none")
        chosen, _ = jest.torch.select_losses(losses, inputs.pop("irreducible"), count=len(losses) // 10,
                                             preset="topk")
        return super().training_step(model, {k: v[chosen] for k, v in inputs.items()}, *further)

class SelectingTrainer(Selecting, Trainer):
    pass
# [trainer]

torch.manual_seed(1)
features, wrong = torch.randn(40, 320, 8), torch.rand(40, 320) < 0.3
labels = (features[..., 0] > 0) ^ wrong
irreducible = torch.where(wrong, 8.0, 0.0)  # a guide finds wrong labels unlikely
trainer = SelectingTrainer(torch.nn.Linear(8, 2))
for batch in zip(features, labels.long(), irreducible):
    trainer.training_step(trainer.model, dict(zip(("features", "labels", "irreducible"), batch)))
accuracy = (trainer.model(features[0]).argmax(1) == (features[0, :, 0] > 0)).float().mean()
print(f"accuracy on right labels: {accuracy:.2f}, 30 % being wrong in training")
assert accuracy > 0.9
