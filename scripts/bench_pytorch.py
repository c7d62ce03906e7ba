#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""PyTorch's side of scripts/bench. Prints milliseconds: of a step, or of an update.

usage: bench_pytorch.py mlp|wide|update --batch N --steps N [--data DATA.h5] [--procs N] [--threads N]

mlp: 784-128-10 on Fashion-MNIST, in memory as float32, batches gathered by a permutation. wide: 1024-4096-4096-1000 on
random rows. update: RMSprop alone on 64 Mi parameters. The optimizer runs its fastest (foreach) form. Several processes:
DistributedDataParallel with gloo, each with its share of the batch; of updates, ZeroRedundancyOptimizer.
"""
import argparse
import os
import time

parser = argparse.ArgumentParser()
parser.add_argument("what", choices=("mlp", "wide", "update"))
parser.add_argument("--batch", type=int, default=32)
parser.add_argument("--steps", type=int, default=100)
parser.add_argument("--data")
parser.add_argument("--procs", type=int, default=1)
parser.add_argument("--threads", type=int, default=1)
given = parser.parse_args()
for library in ("OMP", "OPENBLAS"):  # read when they are loaded
    os.environ[f"{library}_NUM_THREADS"] = str(given.threads)

import numpy as np
import torch
from torch import nn

LAYERS = {"mlp": (784, 128, 10), "wide": (1024, 4096, 4096, 1000), "update": ()}[given.what]


def network():
    layers = []
    for inputs, outputs in zip(LAYERS, LAYERS[1:]):
        layers += [nn.Linear(inputs, outputs), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def rows():
    if given.what == "wide":
        return torch.randn(8192, LAYERS[0]), torch.randint(0, LAYERS[-1], (8192,))
    import h5py

    with h5py.File(given.data) as f:
        x = torch.from_numpy(f["/train/images"][:].reshape(-1, 784).astype(np.float32) / 255)
        return x, torch.from_numpy(f["/train/labels"][:].astype(np.int64))


def training(rank):
    x, y = rows()
    model, loss = network(), nn.CrossEntropyLoss()
    if given.procs > 1:
        model = nn.parallel.DistributedDataParallel(model, gradient_as_bucket_view=True)
    optimizer = torch.optim.RMSprop(model.parameters(), lr=1e-3, alpha=0.9, eps=1e-8, foreach=True)
    batch, order, at = given.batch // given.procs, None, len(x)

    def step():
        nonlocal order, at
        if at + batch > len(x):
            order, at = torch.randperm(len(x)), 0
        mine = order[at:at + batch]
        at += batch
        optimizer.zero_grad(set_to_none=given.procs == 1)
        loss(model(x[mine]), y[mine]).backward()
        optimizer.step()

    return step


def update(rank):
    p = [nn.Parameter(torch.ones(4 << 20)) for _ in range(16)]
    for tensor in p:
        tensor.grad = torch.full_like(tensor, 0.5)
    options = dict(lr=1e-3, alpha=0.9, eps=1e-8, foreach=True)
    if given.procs > 1:
        from torch.distributed.optim import ZeroRedundancyOptimizer

        return ZeroRedundancyOptimizer(p, torch.optim.RMSprop, **options).step
    return torch.optim.RMSprop(p, **options).step


def run(rank):
    torch.manual_seed(1 + rank)
    torch.set_num_threads(given.threads)
    if given.procs > 1:
        torch.distributed.init_process_group("gloo", rank=rank, world_size=given.procs)
    step = update(rank) if given.what == "update" else training(rank)
    for _ in range(max(2, given.steps // 10)):
        step()
    if given.procs > 1:
        torch.distributed.barrier()
    start = time.perf_counter()
    for _ in range(given.steps):
        step()
    passed = time.perf_counter() - start
    if rank == 0:
        print(f"{1000 * passed / given.steps:.4f}")


if __name__ == "__main__":
    maps = open("/proc/self/maps").read()
    if "blas" in maps and "openblas" not in maps:
        raise SystemExit("PyTorch would multiply with the reference BLAS, many times slower: "
                         "apt-get install libopenblas0-openmp")
    if given.procs == 1:
        run(0)
    else:
        os.environ["USE_LIBUV"] = "0"  # Debian's PyTorch 2.6 is built without libuv, which it would otherwise insist on
        os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=str(29500 + os.getpid() % 400), GLOO_SOCKET_IFNAME="lo")
        torch.multiprocessing.spawn(run, nprocs=given.procs)
