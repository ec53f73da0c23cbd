#!/usr/bin/env python3
"""One rank of NCCL by PyTorch: starts a group of one, adds up and gathers on the device.

Exits with 77 where there is no Python torch, no device or no NCCL.
"""

import pathlib
import sys
import tempfile

NOT_HERE = 77
sys.path.pop(0)  # modules beside this one have names that others may have


def leave(why):
    print(f"nccl: {why}", file=sys.stderr)
    sys.exit(NOT_HERE)


def main():
    try:
        import torch
        import torch.distributed as group
    except ImportError:
        leave("no Python torch")
    if not torch.cuda.is_available():
        leave("no Python torch with a CUDA device")
    if not group.is_available() or not group.is_nccl_available():
        leave("this torch has no NCCL")
    with tempfile.TemporaryDirectory() as folder:
        group.init_process_group("nccl", init_method=(pathlib.Path(folder) / "meet").as_uri(), rank=0,
                                 world_size=1, device_id=torch.device("cuda", 0))
        values = torch.arange(1 << 20, device="cuda", dtype=torch.float32)
        summed = values.clone()
        group.all_reduce(summed)
        gathered = torch.empty_like(values)
        group.all_gather_into_tensor(gathered, values)
        same = torch.equal(summed, values) and torch.equal(gathered, values)
        group.destroy_process_group()
    if not same:
        sys.exit("nccl: a group of one changed what it added up")
    print("NCCL", ".".join(map(str, torch.cuda.nccl.version())), "with one rank: the same values")


if __name__ == "__main__":
    main()
