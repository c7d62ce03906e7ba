#!/usr/bin/env python3
"""PyTorch's side of scripts/bench: the same network, data, batch and update on one core. Prints rows per second.

usage: bench_pytorch.py DATA.h5 BATCH EPOCHS
The data lie in memory as float32, batches are gathered by a permutation, the optimizer runs its fastest (foreach) form.
"""
import sys
import time

import h5py
import numpy as np
import torch

if "blas" in open("/proc/self/maps").read() and "openblas" not in open("/proc/self/maps").read():
    sys.exit("PyTorch would multiply with the reference BLAS, many times slower: apt-get install libopenblas0-pthread")
path, batch, epochs = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
torch.manual_seed(1)
torch.set_num_threads(1)
with h5py.File(path) as f:
    x = torch.from_numpy(f["/train/images"][:].reshape(60000, 784).astype(np.float32) / 255)
    y = torch.from_numpy(f["/train/labels"][:].astype(np.int64))
model = torch.nn.Sequential(torch.nn.Linear(784, 128), torch.nn.ReLU(), torch.nn.Linear(128, 10))
loss = torch.nn.CrossEntropyLoss()
optimizer = torch.optim.RMSprop(model.parameters(), lr=1e-3, alpha=0.9, eps=1e-8, foreach=True)


def epoch():
    order = torch.randperm(len(x))
    for first in range(0, len(x), batch):
        rows = order[first:first + batch]
        optimizer.zero_grad(set_to_none=True)
        loss(model(x[rows]), y[rows]).backward()
        optimizer.step()


epoch()
start = time.perf_counter()
for _ in range(epochs):
    epoch()
print(f"{len(x) * epochs / (time.perf_counter() - start):.0f}")
