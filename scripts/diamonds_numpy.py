#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The published NumPy regression on diamonds again: how its test error is spread at a constant learning rate of 0.01.

    scripts/diamonds_numpy.py [SEEDS [EPOCHS]]      five seeds, 5000 epochs: two minutes

RMSProp on a line from carat to price, both standardized with mean and deviation of all rows, mini-batches of 512. For
each seed and for all: the error in dollars after the last epoch, the share of epochs that end in the published band,
below and above it, and the median of all epochs. scripts/results compares shardprop's with the last line. Needs
python3-numpy.
"""

import csv
import gzip
import os
import sys

import numpy as np

DIAMONDS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "configs", "data", "diamonds.csv.gz")
BATCH, LR, DECAY, EPSILON = 512, 0.01, 0.9, 1e-8
LOW, HIGH = 1549.6, 1555


def read():
    with gzip.open(DIAMONDS, "rt") as file:
        rows = list(csv.DictReader(file))
    carat, price = (np.array([float(row[name]) for row in rows]) for name in ("carat", "price"))
    train = np.array([row["split"] == "train" for row in rows])
    x, y = (carat - carat.mean()) / carat.std(), (price - price.mean()) / price.std()
    return x[train], y[train], x[~train], y[~train], price.std()


def errors(seed, epochs, data):
    """The error on the test rows, in dollars, after each epoch."""
    x, y, test_x, test_y, dollars = data
    random = np.random.default_rng(seed)
    line, square_avg = np.array([1.0, 0.0]), np.zeros(2)
    found = []
    for _ in range(epochs):
        order = random.permutation(len(x))
        for first in range(0, len(x), BATCH):  # the last one is smaller
            rows = order[first:first + BATCH]
            difference = line[0] * x[rows] + line[1] - y[rows]
            gradient = np.array([np.mean(difference * x[rows]), np.mean(difference)])
            square_avg = DECAY * square_avg + (1 - DECAY) * gradient**2
            line = line - LR * gradient / (np.sqrt(square_avg) + EPSILON)
        found.append(np.sqrt(np.mean((line[0] * test_x + line[1] - test_y)**2)) * dollars)
    return np.array(found)


def show(name, last, found):
    inside, below, above = (np.mean(part) for part in ((found >= LOW) & (found <= HIGH), found < LOW, found > HIGH))
    shares = f"{inside:.3f} in the band, {below:.3f} below, {above:.3f} above"
    print(f"{name}: {last}{shares}; median {np.median(found):.2f}")


def main():
    seeds, epochs = (int(sys.argv[i]) if len(sys.argv) > i else preset for i, preset in ((1, 5), (2, 5000)))
    data = read()
    every = [errors(seed, epochs, data) for seed in range(1, seeds + 1)]
    for seed, found in enumerate(every, 1):
        show(f"seed {seed}", f"{found[-1]:.2f} in the end; ", found)
    show("all", "", np.concatenate(every))


if __name__ == "__main__":
    main()
