#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Write the golden files of tests/golden/: what PyTorch computes, for tests that need no Python.

    scripts/make_golden.py [NAME...]        training runs: trajectory_NAME.h5, each with its configuration beside it
    scripts/make_golden.py --rules FILE     optimizer.h5, from a file of update trajectories (one group a case: p0,
                                            grads, params, and the hyper-parameters as attributes)
    scripts/make_golden.py --schedules      schedules.h5: the learning rate of a rule with lr 1 at each step of a run
    scripts/make_golden.py --losses         losses.h5: losses, gradients and metrics of some rows with weights

Needs python3-torch and python3-h5py, and scikit-learn for --losses. The files are part of the repository; run this only to change what they hold.
"""

import argparse
import fnmatch
import json
import os
import warnings

import h5py
import numpy as np
import torch

GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests", "golden")
ROWS, FEATURES, BATCH, STEPS = 640, 20, 32, 200
WEIGHTED_STEPS = 30

# A layer is a name, or a name with options: ("dense", units), ("embedding", vocabulary, width, padding),
# ("residual", layers), ("repeat", times, layers), ("conv2d", options), ("max_pool2d", options), ("batch_norm", options), ("layer_norm", options). A network that begins with an embedding has integers as features.
# name: precision, layers, loss, options of RMSProp under shardprop's names, and what else stands under `optimizer`
TRAJECTORIES = {
    "classes": ("float32", [("dense", 16), "relu", ("dense", 12), "tanh", ("dense", 5)], "softmax_cross_entropy",
                {"lr": 0.001, "decay": 0.9, "epsilon": 1e-8}),
    "float64": ("float64", [("dense", 16), "relu", ("dense", 12), "tanh", ("dense", 5)], "softmax_cross_entropy",
                {"lr": 0.0005, "decay": 0.95, "epsilon": 1e-6, "momentum": 0.9, "centered": True,
                 "weight_decay": 0.01}),
    "values": ("float32", [("dense", 16), "sigmoid", ("dense", 8), "tanh", ("dense", 2)], "mse",
               {"lr": 0.002, "decay": 0.9, "epsilon": 1e-7, "momentum": 0.5}),
    "steered": ("float64", [("dense", 250), "tanh", ("dense", 12), "tanh", ("dense", 5)], "softmax_cross_entropy",
                {"lr": 0.0005, "decay": 0.95, "epsilon": 1e-6, "weight_decay": 0.01},
                {"groups": [{"tensors": "*/bias", "weight_decay": 0, "l1": 0},
                            {"tensors": ["dense_2/weight", "dense_3/*"], "lr": 0.002}],
                 "l1": 0.0002, "clip_value": 0.05, "clip_norm": 0.7}),
    "blocks": ("float64",
               [("embedding", 9, 6, 4), "flatten", ("dense", 16),
                ("residual", [("dense", 24), "relu", ("residual", ["tanh", ("dense", 24)]), ("dense", 16)]), "tanh",
                ("repeat", 3, [("dense", 12), "tanh", ("residual", [("dense", 12), "sigmoid"])]), ("dense", 5)],
               "softmax_cross_entropy", {"lr": 0.001, "decay": 0.95, "epsilon": 1e-4, "momentum": 0.5,
                                         "weight_decay": 0.001}),
    "norms": ("float64",
              [("dense", 16), ("batch_norm", {}), "relu",
               ("residual", [("dense", 24), ("batch_norm", {"momentum": 0.3, "epsilon": 0.001}), "tanh", ("dense", 16)]),
               ("layer_norm", {}), ("dense", 12), ("layer_norm", {"epsilon": 0.01}), "sigmoid", ("dense", 8),
               ("batch_norm", {"momentum": 0.05}), ("dense", 5)],
              "softmax_cross_entropy", {"lr": 0.002, "decay": 0.95, "epsilon": 1e-4, "momentum": 0.5,
                                        "weight_decay": 0.001}),
    "convolutions": ("float64",
                     [("conv2d", {"filters": 6, "kernel": [3, 2], "padding": [1, 1]}), "tanh",
                      ("conv2d", {"filters": 8, "kernel": 3, "stride": [2, 1], "padding": 1, "groups": 2}), "relu",
                      ("max_pool2d", {"size": 2, "stride": 1}),
                      ("conv2d", {"filters": 8, "kernel": 2, "dilation": [1, 2], "padding": [1, 2], "groups": 8}), "tanh",
                      ("average_pool2d", {"size": [1, 2], "stride": 1}), "flatten", ("dense", 5)],
                     "softmax_cross_entropy", {"lr": 0.005, "decay": 0.95, "epsilon": 1e-4, "momentum": 0.5,
                                               "weight_decay": 0.001}),
}

IMAGE = (5, 4, 1)  # the features of a network that begins with a convolution
# Weighted losses: loss, its options, and the number of outputs. The rows have weights, of which some are 0.
WEIGHTED = {
    "weighted_classes": ("softmax_cross_entropy", {"class_weights": [0.5, 2, 1, 3, 0.25], "label_smoothing": 0.1}, 5),
    "weighted_bits": ("sigmoid_cross_entropy", {"positive_weight": [3, 0.5], "label_smoothing": 0.05}, 2),
    "weighted_values": ("huber", {"delta": 0.5}, 2),
}
PYTORCH_NAMES = {"decay": "alpha", "epsilon": "eps"}
PLAIN = {"relu": torch.nn.ReLU, "tanh": torch.nn.Tanh, "sigmoid": torch.nn.Sigmoid, "flatten": torch.nn.Flatten}
NORMS = {"batch_norm": torch.nn.BatchNorm1d, "layer_norm": torch.nn.LayerNorm}
NORM_NAMES = {"weight": "scale", "bias": "shift", "running_mean": "mean", "running_var": "variance"}


class Embedding(torch.nn.Embedding):
    def forward(self, x):
        return super().forward(x.long())


class Residual(torch.nn.Sequential):
    def forward(self, x):
        return x + super().forward(x)


class Repeat(torch.nn.Sequential):
    """Each child is one repetition."""


class Convolution(torch.nn.Conv2d):
    """Channels last."""
    def forward(self, x):
        return super().forward(x.movedim(-1, 1)).movedim(1, -1)


class MaxPool(torch.nn.MaxPool2d):
    def forward(self, x):
        return super().forward(x.movedim(-1, 1)).movedim(1, -1)


class AveragePool(torch.nn.AvgPool2d):
    def forward(self, x):
        return super().forward(x.movedim(-1, 1)).movedim(1, -1)


SPATIAL = {"conv2d": Convolution, "max_pool2d": MaxPool, "average_pool2d": AveragePool}
ORDER = {torch.nn.Linear: (1, 0), Convolution: (2, 3, 1, 0)}


# --- training runs ---------------------------------------------------------------------------------------------------


def make_data(layers, loss, dtype):
    """Rows whose targets follow from the features through a random network, with some noise."""
    random = np.random.default_rng(20)
    features = random.standard_normal((ROWS, FEATURES))
    values = features
    if layers[0][0] == "embedding":
        features = random.integers(0, layers[0][1], (ROWS, FEATURES)).astype(np.float64)
        values = (features - features.mean()) / features.std()
    hidden = np.tanh(values @ random.standard_normal((FEATURES, 8)) / 2)
    scores = hidden @ random.standard_normal((8, 5)) + 0.3 * random.standard_normal((ROWS, 5))
    targets = scores.argmax(axis=1).astype(np.int32) if loss == "softmax_cross_entropy" else scores[:, :2].astype(dtype)
    return features.astype(dtype), targets


def make_layers(layers, width):
    """Returns PyTorch's modules for samples of `width` values, and the width of their output."""
    modules = []
    for layer in layers:
        if isinstance(layer, str):
            modules.append(PLAIN[layer]())
            if layer == "flatten":
                width = int(np.prod(width))
        elif layer[0] in SPATIAL:
            options = dict(layer[1])
            size, filters = options.pop("kernel" if "kernel" in options else "size"), options.pop("filters", None)
            options = {key: tuple(value) if isinstance(value, list) else value for key, value in options.items()}
            size = tuple(size) if isinstance(size, list) else size
            modules.append(Convolution(width[-1], filters, size, **options) if filters else SPATIAL[layer[0]](size, **options))
            with torch.no_grad():
                width = tuple(modules[-1](torch.zeros(1, *width)).shape[1:])
        elif layer[0] == "dense":
            modules.append(torch.nn.Linear(width, layer[1]))
            width = layer[1]
        elif layer[0] == "embedding":
            modules.append(Embedding(layer[1], layer[2], padding_idx=layer[3]))
            width *= layer[2]
        elif layer[0] in NORMS:
            options = {PYTORCH_NAMES.get(key, key): value for key, value in layer[1].items()}
            modules.append(NORMS[layer[0]](width, **options))
        elif layer[0] == "residual":
            modules.append(Residual(*make_layers(layer[1], width)[0]))
        else:
            repetitions = []
            for _ in range(layer[1]):
                inner, width = make_layers(layer[2], width)
                repetitions.append(torch.nn.Sequential(*inner))
            modules.append(Repeat(*repetitions))
    return modules, width


def is_spatial(layers):
    return layers[0][0] == "conv2d"


def make_network(layers, dtype):
    torch.manual_seed(1)
    image = [torch.nn.Unflatten(1, IMAGE)] if is_spatial(layers) else []
    return torch.nn.Sequential(*image, *make_layers(layers, IMAGE if image else FEATURES)[0]).to(dtype)


def layers_of(sequence, prefix=""):
    """Yields (name, module) for every layer with parameters, with the names of the blocks around it."""
    count = {}
    names = {torch.nn.Linear: "dense", Convolution: "conv2d", Embedding: "embedding", Residual: "residual", Repeat: "repeat",
             **{module: name for name, module in NORMS.items()}}
    for module in sequence:
        kind = names.get(type(module))
        count[kind] = count.get(kind, 0) + 1
        name = f"{prefix}{kind}_{count[kind]}"
        if kind == "residual":
            yield from layers_of(module, f"{name}/")
        elif kind == "repeat":
            for number, repetition in enumerate(module, start=1):
                yield from layers_of(repetition, f"{name}/{number}/")
        elif kind:
            yield name, module


def tensors_of(network):
    """Yields ("dense_1/weight", parameter, order), ..., where `order` is that of its axes in shardprop, or None."""
    for name, layer in layers_of(network):
        for kind, parameter in layer.named_parameters():
            kind = NORM_NAMES[kind] if type(layer) in NORMS.values() else kind
            yield f"{name}/{kind}", parameter, ORDER.get(type(layer)) if kind == "weight" else None


def statistics_of(network):
    """{"batch_norm_1/mean": values, ...}"""
    return {f"{name}/{NORM_NAMES[kind]}": buffer.numpy().copy() for name, layer in layers_of(network)
            for kind, buffer in layer.named_buffers() if kind in NORM_NAMES}


def parameters_of(network):
    """{"dense_1/weight": (in, out), "dense_1/bias": (out), ...}: PyTorch has weights as (out, in). And the statistics."""
    return {name: np.ascontiguousarray(np.transpose(p.detach().numpy(), order) if order else p.detach().numpy()).copy()
            for name, p, order in tensors_of(network)} | statistics_of(network)


def group_parameters(network, options, steering):
    """PyTorch's parameter groups, and [(L1 penalty, parameter), ...]: the first group whose pattern fits counts."""
    groups, penalties = [], []
    for name, parameter, _ in tensors_of(network):
        own = {"l1": steering.get("l1", 0), **options}
        for group in steering.get("groups", []):
            if any(fnmatch.fnmatchcase(name, pattern) for pattern in np.atleast_1d(group["tensors"])):
                own.update({key: value for key, value in group.items() if key != "tensors"})
                break
        penalties.append((own.pop("l1"), parameter))
        groups.append({"params": [parameter], **{PYTORCH_NAMES.get(k, k): v for k, v in own.items()}})
    return groups, penalties


def clip(parameters, steering):
    """Returns how much was clipped by value, and whether the norm was."""
    values = torch.cat([p.grad.flatten() for p in parameters])
    cut, long = 0.0, False
    if "clip_value" in steering:
        cut = (values.abs() > steering["clip_value"]).double().mean().item()
        torch.nn.utils.clip_grad_value_(parameters, steering["clip_value"])
    if "clip_norm" in steering:
        long = torch.nn.utils.clip_grad_norm_(parameters, steering["clip_norm"]).item() > steering["clip_norm"]
    return cut, long


def outputs_of(network, features, loss):
    """What it gives for the rows, as shardprop predict names it."""
    network.eval()
    with torch.no_grad():
        outputs = network(torch.from_numpy(features))
    network.train()
    found = {"predictions": outputs.numpy()}
    if loss == "softmax_cross_entropy":
        found["class"] = outputs.argmax(dim=1).numpy().astype(np.int32)
        found["probability"] = outputs.softmax(dim=1).numpy()
    return found


def train(network, features, targets, loss, options, steering):
    """STEPS steps over the rows in their order. Returns the mean loss of each batch, before its update."""
    features, targets = torch.from_numpy(features), torch.from_numpy(targets)
    function = torch.nn.functional.mse_loss
    if loss == "softmax_cross_entropy":
        function, targets = torch.nn.functional.cross_entropy, targets.long()
    groups, penalties = group_parameters(network, options, steering)
    rule = torch.optim.RMSprop(groups)
    losses, clipped = [], []
    for step in range(STEPS):
        first = step * BATCH % ROWS
        value = function(network(features[first:first + BATCH]), targets[first:first + BATCH])
        rule.zero_grad()
        (value + sum(l1 * parameter.abs().sum() for l1, parameter in penalties)).backward()
        clipped.append(clip([parameter for _, parameter in penalties], steering))
        rule.step()
        losses.append(value.item())
    if steering:  # or it would show nothing
        share, long = np.mean(clipped, axis=0)
        print(f"values clipped {share:.3f}, norms {long:.2f}")
        assert 0.001 < share < 0.2 and 0.2 < long < 0.8
    return np.array(losses)


def largest_difference(a, b):
    """Of all parameters, relative to the largest."""
    return max(abs(a[k] - b[k]).max() for k in a) / max(abs(b[k]).max() for k in b)


def yaml_value(value):
    text = str(value).lower()
    return text.replace("e-", ".0e-") if "." not in text else text  # YAML 1.1 takes 1e-08 for a word


def yaml_options(options):
    return "{" + ", ".join(f"{key}: {yaml_value(value)}" for key, value in options.items()) + "}"


def layer_text(layer):
    if isinstance(layer, str):
        return layer
    name, *given = layer
    if name in NORMS or name in SPATIAL:
        return f"{name}: {yaml_options(given[0])}"
    if name == "dense":
        return f"dense: {{units: {given[0]}}}"
    if name == "embedding":
        return "embedding: {{vocabulary: {}, width: {}, padding: {}}}".format(*given)
    inner = "[" + ", ".join(f"{{{layer_text(l)}}}" if isinstance(l, tuple) else l for l in given[-1]) + "]"
    return f"residual: {inner}" if name == "residual" else f"repeat: {{times: {given[0]}, layers: {inner}}}"


def write_configuration(name, precision, layers, loss, options, steering):
    lines = [f"# The run whose result, computed by PyTorch, is in trajectory_{name}.h5. Written by make_golden.py.",
             f"run: {{name: trajectory-{name}, directory: trajectory_{name}.run, seed: 1}}",
             "data:",
             f"  train: {{file: trajectory_{name}.h5, features: /train/features, targets: /train/targets}}",
             "  shuffle: none",
             "model:",
             f"  inputs: {{features: {list(IMAGE) if is_spatial(layers) else [FEATURES]}}}",
             "  layers:"]
    lines += [f"    - {layer_text(layer)}" for layer in layers]
    lines += [f"  loss: {loss}",
              f"  initial: trajectory_{name}.h5",
              "optimizer:",
              f"  rmsprop: {yaml_options(options)}",
              *(f"  {key}: {json.dumps(value)}" for key, value in steering.items()),
              f"train: {{batch_size: {BATCH}, steps: {STEPS}, lanes: 1, precision: {precision}}}"]
    with open(os.path.join(GOLDEN, f"trajectory_{name}.yaml"), "w") as file:
        file.write("\n".join(lines) + "\n")


def make_trajectory(name, precision, layers, loss, options, steering={}):
    features, targets = make_data(layers, loss, precision)
    network = make_network(layers, getattr(torch, precision))
    initial, outputs = parameters_of(network), outputs_of(network, features, loss)
    losses = train(network, features, targets, loss, options, steering)
    final = parameters_of(network)

    # The run must not be so sensitive that rounding alone decides where it ends.
    double = make_network(layers, torch.float64)
    train(double, *make_data(layers, loss, "float64"), loss, options, steering)
    spread = largest_difference(final, parameters_of(double))
    assert spread < 2e-5, f"{name}: float32 and float64 end {spread} apart"
    assert losses[-20:].mean() < 0.7 * losses[:20].mean(), f"{name}: does not learn"
    print(f"{name}: loss {losses[:20].mean():.4f} -> {losses[-20:].mean():.4f}, apart from float64 {spread:.1e}")

    with h5py.File(os.path.join(GOLDEN, f"trajectory_{name}.h5"), "w") as file:
        file["train/features"], file["train/targets"] = features, targets
        for group, parameters in (("parameters", initial), ("final", final), ("outputs", outputs)):
            for tensor, values in parameters.items():
                file[f"{group}/{tensor}"] = values
        if statistics_of(network):  # which inference uses
            for tensor, values in outputs_of(network, features, loss).items():
                file[f"final_outputs/{tensor}"] = values
        file["losses"] = losses
        file.attrs.update({"loss": np.bytes_(loss), "optimizer": np.bytes_(f"rmsprop: {yaml_options(options)}"),
                           "precision": np.bytes_(precision), "batch_size": BATCH, "steps": STEPS,
                           "written_with": np.bytes_(f"PyTorch {torch.__version__}")})
    write_configuration(name, precision, layers, loss, options, steering)


# --- weighted losses --------------------------------------------------------------------------------------------------


def row_losses(loss, options, outputs, targets):
    """PyTorch's loss of each row, and the weight that it gives to the row itself."""
    smoothing = options.get("label_smoothing", 0)
    ones = torch.ones(len(outputs), dtype=outputs.dtype)
    if loss == "softmax_cross_entropy":
        weights = torch.tensor(options.get("class_weights", [1] * outputs.shape[1]), dtype=outputs.dtype)
        each = torch.nn.functional.cross_entropy(outputs, targets, weights, label_smoothing=smoothing, reduction="none")
        return each, weights[targets] if targets.ndim == 1 else targets @ weights
    if loss == "sigmoid_cross_entropy":
        positive = torch.tensor(options["positive_weight"], dtype=outputs.dtype) if "positive_weight" in options else None
        smooth = (1 - smoothing) * targets + smoothing / 2
        each = torch.nn.functional.binary_cross_entropy_with_logits(outputs, smooth, pos_weight=positive, reduction="none")
        return each.mean(dim=1), ones
    if loss == "huber":
        return torch.nn.functional.huber_loss(outputs, targets, delta=options["delta"], reduction="none").mean(dim=1), ones
    if loss == "mae":
        return torch.nn.functional.l1_loss(outputs, targets, reduction="none").mean(dim=1), ones
    return torch.nn.functional.mse_loss(outputs, targets, reduction="none").mean(dim=1), ones


def weighted_mean(loss, options, outputs, targets, weights):
    each, own = row_losses(loss, options, outputs, targets)
    return (weights * each).sum() / (weights * own).sum()


def make_weighted_data(loss):
    random = np.random.default_rng(30)
    features, targets = make_data(loss, "float64")
    if loss == "sigmoid_cross_entropy":
        targets = (targets > 0).astype("float64")
    weights = random.uniform(0, 3, ROWS)
    weights[random.permutation(ROWS)[:ROWS // 8]] = 0
    return features, targets, weights


def make_weighted(name, loss, options, outputs):
    """A run of WEIGHTED_STEPS steps in float64 with a column of weights."""
    layers, rule = [("dense", 16), "tanh", ("dense", outputs)], {"lr": 0.005, "decay": 0.9, "epsilon": 1e-6, "momentum": 0.5}
    features, targets, weights = make_weighted_data(loss)
    network = make_network(layers, torch.float64)
    initial, losses = parameters_of(network), []
    x, w = torch.from_numpy(features), torch.from_numpy(weights)
    t = torch.from_numpy(targets.astype(np.int64) if loss == "softmax_cross_entropy" else targets)
    optimizer = torch.optim.RMSprop(group_parameters(network, rule, {})[0])
    for step in range(WEIGHTED_STEPS):
        rows = slice(step * BATCH % ROWS, step * BATCH % ROWS + BATCH)
        value = weighted_mean(loss, options, network(x[rows]), t[rows], w[rows])
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        losses.append(value.item())
    assert np.mean(losses[-10:]) < 0.95 * np.mean(losses[:10]), f"{name}: does not learn"
    print(f"{name}: loss {np.mean(losses[:10]):.4f} -> {np.mean(losses[-10:]):.4f}")
    with h5py.File(os.path.join(GOLDEN, f"trajectory_{name}.h5"), "w") as file:
        file["train/features"], file["train/targets"], file["train/weights"] = features, targets, weights
        for group, parameters in (("parameters", initial), ("final", parameters_of(network))):
            for tensor, values in parameters.items():
                file[f"{group}/{tensor}"] = values
        file["losses"] = losses
        file.attrs["written_with"] = np.bytes_(f"PyTorch {torch.__version__}")
    lines = [f"# The run whose result, computed by PyTorch, is in trajectory_{name}.h5. Written by make_golden.py.",
             f"run: {{name: trajectory-{name}, directory: trajectory_{name}.run, seed: 1}}",
             "data:",
             "  train:",
             f"    file: trajectory_{name}.h5",
             "    features: /train/features",
             "    targets: /train/targets",
             "    columns: {weight: /train/weights}",
             "  shuffle: none",
             "model:",
             f"  layers: [{{dense: {{units: 16}}}}, tanh, {{dense: {{units: {outputs}}}}}]",
             f"  loss: {{{loss}: {yaml_options({**options, 'weight': 'weight'})}}}",
             f"  initial: trajectory_{name}.h5",
             f"optimizer: {{rmsprop: {yaml_options(rule)}}}",
             "report: {steps: 1}",
             f"train: {{batch_size: {BATCH}, steps: {WEIGHTED_STEPS}, lanes: 1, precision: float64}}"]
    with open(os.path.join(GOLDEN, f"trajectory_{name}.yaml"), "w") as file:
        file.write("\n".join(lines) + "\n")


# Losses of some rows: loss, its options, and its targets.
LOSSES = {
    "classes": ("softmax_cross_entropy", {"class_weights": [0.5, 2, 0, 3]}, "classes"),
    "classes_smoothed": ("softmax_cross_entropy", {"class_weights": [0.5, 2, 1, 3], "label_smoothing": 0.1}, "classes"),
    "classes_plain": ("softmax_cross_entropy", {}, "classes"),
    "probabilities": ("softmax_cross_entropy", {"class_weights": [0.5, 2, 1, 3], "label_smoothing": 0.1}, "probabilities"),
    "bits": ("sigmoid_cross_entropy", {"positive_weight": [3, 0.5, 1, 10]}, "bits"),
    "bits_smoothed": ("sigmoid_cross_entropy", {"positive_weight": [3, 0.5, 1, 10], "label_smoothing": 0.2}, "bits"),
    "mse": ("mse", {}, "values"),
    "mae": ("mae", {}, "values"),
    "huber": ("huber", {"delta": 0.5}, "values"),
}


def make_losses():
    """Weighted and unweighted means with their gradients, by PyTorch; metrics and balanced weights, by scikit-learn."""
    from sklearn import metrics
    from sklearn.utils.class_weight import compute_class_weight
    rows, size, random = 37, 4, np.random.default_rng(40)
    outputs, weights = 2 * random.standard_normal((rows, size)), random.uniform(0, 2, rows)
    weights[[3, 20]] = 0
    targets = {"classes": random.choice(size, rows, p=[0.5, 0.25, 0.15, 0.1]), "bits": random.integers(0, 2, (rows, size)).astype(float),
               "probabilities": random.dirichlet(np.ones(size), rows), "values": random.standard_normal((rows, size))}
    scores, yes = np.round(random.standard_normal(rows), 1), random.integers(0, 2, rows)  # some scores are equal
    with h5py.File(os.path.join(GOLDEN, "losses.h5"), "w") as file:
        file["output"], file["weight"], file["score"], file["yes"] = outputs, weights, scores, yes.astype(np.int32)
        for name, values in targets.items():
            file[f"targets/{name}"] = values.astype(np.int32) if name == "classes" else values
        for name, (loss, options, kind) in LOSSES.items():
            for suffix, w in (("", np.ones(rows)), ("_weighted", weights)):
                x = torch.tensor(outputs, requires_grad=True)
                value = weighted_mean(loss, options, x, torch.from_numpy(targets[kind]), torch.from_numpy(w))
                value.backward()
                if loss == "softmax_cross_entropy" and kind == "classes" and not suffix:  # what PyTorch itself divides by
                    given = torch.tensor(options["class_weights"], dtype=torch.float64) if options.get("class_weights") else None
                    own = torch.nn.CrossEntropyLoss(given, label_smoothing=options.get("label_smoothing", 0))
                    assert abs(own(x, torch.from_numpy(targets[kind])).item() - value.item()) < 1e-14
                group = file.create_group(f"losses/{name}{suffix}")
                group["value"], group["gradient"] = value.item(), x.grad.numpy()
                group.attrs.update({"loss": np.bytes_(f"{loss}: {yaml_options(options)}"), "targets": np.bytes_(kind),
                                    "weighted": int(bool(suffix))})
        decided = outputs.argmax(axis=1)
        for suffix, w in (("", None), ("_weighted", weights)):
            file[f"auc{suffix}"] = metrics.roc_auc_score(yes, scores, sample_weight=w)
            file[f"macro{suffix}"] = metrics.precision_recall_fscore_support(
                targets["classes"], decided, average="macro", zero_division=0, sample_weight=w)[:3]
            file[f"each{suffix}"] = np.array(metrics.precision_recall_fscore_support(
                targets["classes"], decided, average=None, zero_division=0, sample_weight=w)[:3])
            file[f"accuracy{suffix}"] = metrics.accuracy_score(targets["classes"], decided, sample_weight=w)
            file[f"r2{suffix}"] = metrics.r2_score(targets["values"], outputs, sample_weight=w)
        file["balanced"] = compute_class_weight("balanced", classes=np.arange(size), y=targets["classes"])


# --- update rules ----------------------------------------------------------------------------------------------------


# Cases beside those of the file: name, PyTorch's class, its options. float64 for NAdam's running product, which PyTorch
# keeps in the default type. "decoupled" is weight decay as AdamW has it, made by hand: p is multiplied by
# 1 - lr * decoupled before each step.
MORE_RULES = {
    "adam_amsgrad": ("Adam", {"lr": 0.01, "amsgrad": True}),
    "adam_decay": ("Adam", {"lr": 0.002, "betas": (0.8, 0.99), "eps": 1e-6, "weight_decay": 0.01}),
    "adamw_amsgrad": ("AdamW", {"lr": 0.01, "amsgrad": True, "weight_decay": 0.1}),
    "nadam": ("NAdam", {"lr": 0.002}),
    "nadam_decay": ("NAdam", {"lr": 0.01, "momentum_decay": 0.01, "weight_decay": 0.02}),
    "adagrad_decay": ("Adagrad", {"lr": 0.05, "lr_decay": 0.02, "weight_decay": 0.01, "initial_accumulator_value": 0.1}),
    "sgd_dampening": ("SGD", {"lr": 0.05, "momentum": 0.9, "dampening": 0.3, "weight_decay": 0.01}),
    "nadam_decoupled": ("NAdam", {"lr": 0.002, "decoupled": 0.1}),
    "adagrad_decoupled": ("Adagrad", {"lr": 0.02, "initial_accumulator_value": 0.5, "decoupled": 0.1}),
    "sgd_decoupled": ("SGD", {"lr": 0.02, "momentum": 0.9, "decoupled": 0.2}),
    "rmsprop_decoupled": ("RMSprop", {"lr": 0.002, "alpha": 0.9, "momentum": 0.5, "decoupled": 0.1}),
}
RULE_NAMES = {"alpha": "decay", "rho": "decay", "eps": "epsilon", "initial_accumulator_value": "initial_accumulator"}


def rule_of(rule, options):
    """The case's hyper-parameters as a configuration would say them."""
    options = {RULE_NAMES.get(key, key): value for key, value in options.items()}
    if "betas" in options:
        options["beta1"], options["beta2"] = options.pop("betas")
    if "decoupled" in options:
        options["weight_decay"], options["weight_decay_mode"] = options.pop("decoupled"), "decoupled"
    if rule == "keras_rmsprop":
        rule, options["epsilon_inside_root"] = "rmsprop", True
    return f"{rule}: {yaml_options(options)}"


def trajectory(name, options, start, gradients):
    """The parameters after each step, as PyTorch computes them."""
    torch.set_default_dtype(torch.from_numpy(start).dtype)
    parameter = torch.nn.Parameter(torch.from_numpy(start.copy()))
    kept = 1 - options["lr"] * options.get("decoupled", 0)
    options = {key: value for key, value in options.items() if key != "decoupled"}
    rule, steps = getattr(torch.optim, name)([parameter], **options), []
    for gradient in gradients:
        with torch.no_grad():
            parameter.mul_(kept)
        parameter.grad = torch.from_numpy(gradient.copy())
        rule.step()
        steps.append(parameter.detach().numpy().copy())
    return np.stack(steps)


def copy_rules(source_path):
    """The cases of the file, and more. Cases of one precision share start and gradients, which are stored once."""
    stored = []

    def store(golden, name, rule, parts):
        group = golden.create_group(name)
        group.attrs["optimizer"] = np.bytes_(rule)
        for part, values in parts.items():
            same = [d for d in stored if d.dtype == values.dtype and np.array_equal(d[()], values)]
            group[part] = same[0] if same else values
            stored.append(group[part])

    with h5py.File(source_path, "r") as source, h5py.File(os.path.join(GOLDEN, "optimizer.h5"), "w") as golden:
        for name, case in source.items():
            options = dict(case.attrs)
            rule = options.pop("rule")
            store(golden, name, rule_of(rule, options), {part: case[part][()] for part in ("p0", "grads", "params")})
        for name, (rule, options) in MORE_RULES.items():
            for precision in ("f32", "f64"):
                case = source[f"sgd_{precision}"]
                start, gradients = case["p0"][()], case["grads"][()]
                store(golden, f"{name}_{precision}", rule_of(rule.lower(), options),
                      {"p0": start, "grads": gradients, "params": trajectory(rule, options, start, gradients)})


# --- schedules -------------------------------------------------------------------------------------------------------

RUN, EPOCH = 100, 10  # steps

torch_lr = torch.optim.lr_scheduler
# Schedule, as a configuration would say it: from the optimizer and the steps that are left, PyTorch's, a step an epoch of
# its. Two texts are two ways to say the same.
SCHEDULES = {
    "step": (["{step: {every: 10 steps, factor: 0.3}}", "{step: {every: 1 epoch, factor: 0.3}}"],
             lambda rule, left: torch_lr.StepLR(rule, 10, 0.3)),
    "multistep": (["{multistep: {at: [10, 30, 40], unit: steps, factor: 0.5}}",
                   "{multistep: {at: [1, 3, 4], unit: epochs, factor: 0.5}}"],
                  lambda rule, left: torch_lr.MultiStepLR(rule, [10, 30, 40], 0.5)),
    "exponential": (["{exponential: {every: 1 step, factor: 0.97}}"], lambda rule, left: torch_lr.ExponentialLR(rule, 0.97)),
    "exponential_epochs": (["{exponential: {every: 10 steps, factor: 0.8}}", "{exponential: {every: 1 epoch, factor: 0.8}}"],
                           lambda rule, left: torch_lr.ExponentialLR(rule, 0.8 ** 0.1)),
    "linear": (["{polynomial: {end: 0.25}}"],
               lambda rule, left: torch_lr.LinearLR(rule, 1, 0.25, left)),
    "linear_length": (["{polynomial: {end: 0.25, length: 40 steps}}", "{polynomial: {end: 0.25, length: 4 epochs}}"],
                      lambda rule, left: torch_lr.LinearLR(rule, 1, 0.25, 40)),
    "polynomial": (["{polynomial: {power: 2}}"], lambda rule, left: torch_lr.PolynomialLR(rule, left, 2)),
    "polynomial_length": (["{polynomial: {power: 3, length: 50 steps}}", "{polynomial: {power: 3, length: 5 epochs}}"],
                          lambda rule, left: torch_lr.PolynomialLR(rule, 50, 3)),
    "cosine": (["{cosine: {end: 0.01}}"], lambda rule, left: torch_lr.CosineAnnealingLR(rule, left, 0.01)),
    "cosine_length": (["{cosine: {end: 0.01, length: 100 steps}}", "{cosine: {end: 0.01, length: 10 epochs}}"],
                      lambda rule, left: torch_lr.CosineAnnealingLR(rule, 100, 0.01)),
    "cosine_periods": (["{cosine: {end: 0.05, period: 10 steps}}", "{cosine: {end: 0.05, period: 1 epoch}}"],
                       lambda rule, left: torch_lr.CosineAnnealingWarmRestarts(rule, 10, 1, 0.05)),
    "cosine_restarts": (["{cosine: {end: 0.05, period: 10 steps, multiplier: 2}}",
                         "{cosine: {end: 0.05, period: 1 epoch, multiplier: 2}}"],
                        lambda rule, left: torch_lr.CosineAnnealingWarmRestarts(rule, 10, 2, 0.05)),
    "one_cycle": (["one_cycle"], lambda rule, left: torch_lr.OneCycleLR(rule, 1, left, cycle_momentum=False)),
    "one_cycle_length": (["{one_cycle: {peak: 0.4, start: 0.2, end: 0.002, length: 100 steps}}",
                          "{one_cycle: {peak: 0.4, start: 0.2, end: 0.002, length: 10 epochs}}"],
                         lambda rule, left: torch_lr.OneCycleLR(rule, 1, 100, pct_start=0.4, div_factor=5,
                                                                final_div_factor=100, cycle_momentum=False)),
    "inverse_sqrt": (["{inverse_sqrt: {scale: 20 steps}}", "{inverse_sqrt: {scale: 2 epochs}}"],  # it has none
                     lambda rule, left: torch_lr.LambdaLR(rule, lambda t: (20 / (20 + t)) ** 0.5)),
}
WARM = 20
WARMUPS = {
    "": ([""], None),
    "_warmup": (["warmup: 20 steps, warmup_from: 0.1", "warmup: 2 epochs, warmup_from: 0.1"],
                lambda rule: torch_lr.LinearLR(rule, 0.1, 1, WARM)),
    "_warmup_from_0": (["warmup: 20 steps, warmup_from: 0", "warmup: 2 epochs, warmup_from: 0"],
                       lambda rule: torch_lr.LambdaLR(rule, lambda step: (step + 1) / WARM)),
    "_warmup_exponential": (["warmup: 20 steps, warmup_from: 0.001, warmup_shape: exponential",
                             "warmup: 2 epochs, warmup_from: 0.001, warmup_shape: exponential"],
                            lambda rule: torch_lr.LambdaLR(rule, lambda step: 0.001 ** (1 - step / WARM))),
}
# Options of ReduceLROnPlateau, under PyTorch's names, and its `plateau`.
PLATEAUS = {
    "plateau": ({"factor": 0.5, "patience": 2, "cooldown": 1, "min_lr": 0.1},
                "{plateau: {factor: 0.5, patience: 2, cooldown: 1, least: 0.1}}"),
    "plateau_threshold": ({"factor": 0.9, "patience": 0, "threshold": 0.05},
                          "{plateau: {factor: 0.9, patience: 0, threshold: 0.05}}"),
    "plateau_patient": ({"factor": 0.1, "patience": 3, "threshold": 0, "cooldown": 4},
                        "{plateau: {factor: 0.1, patience: 3, threshold: 0, cooldown: 4}}"),
}


def rates(make, warmup):
    rule = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1)
    left = RUN - (WARM if warmup else 0)
    schedule = make(rule, left)  # first: OneCycleLR says what the warm-up leads to
    if warmup:
        schedule = torch_lr.SequentialLR(rule, [warmup(rule), schedule], [WARM])
    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # SequentialLR itself calls step in a way that is deprecated
        for _ in range(RUN):
            found.append(rule.param_groups[0]["lr"])
            rule.step()
            if len(found) < RUN:  # OneCycleLR refuses a step behind its last
                schedule.step()
    return np.array(found)


def plateau_rates(options, scores, mode):
    """Before each epoch, and after the last one."""
    rule = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1)
    # eps: however small the rate is already
    schedule, found = torch_lr.ReduceLROnPlateau(rule, mode, eps=0, **options), [1]
    for score in scores:
        schedule.step(score)
        found.append(rule.param_groups[0]["lr"])
    return np.array(found)


def section(text, warmup):
    return "{" + ", ".join(part for part in (text.strip("{}") + "}" if text[0] == "{" else text + ": ~", warmup) if part) + "}"


def make_schedules():
    scores = np.random.default_rng(4).uniform(0.2, 1, 80) * np.linspace(1, 0.6, 80)
    scores[[7, 30]] = np.nan, np.inf
    with h5py.File(os.path.join(GOLDEN, "schedules.h5"), "w", libver="latest") as file:
        file.attrs.update({"steps": RUN, "epoch_steps": EPOCH, "written_with": np.bytes_(f"PyTorch {torch.__version__}")})
        for name, (texts, make) in SCHEDULES.items():
            for suffix, (warmups, warmup) in WARMUPS.items():
                group = file.create_group(f"rates/{name}{suffix}")
                group["expected"] = rates(make, warmup)
                group.attrs["schedules"] = np.bytes_("\n".join(section(t, w) for t in texts for w in warmups))
        for mode in "min", "max":
            for name, (options, text) in PLATEAUS.items():
                group = file.create_group(f"plateaus/{name}_{mode}")
                group["scores"] = scores if mode == "min" else 1 / scores
                group["expected"] = plateau_rates(options, group["scores"][()], mode)
                group.attrs["schedules"] = np.bytes_(text)
                group.attrs["higher_is_better"] = int(mode == "max")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", metavar="NAME", nargs="*", help="of training runs; default: all")
    parser.add_argument("--rules", metavar="FILE", help="make optimizer.h5 from this file instead")
    parser.add_argument("--schedules", action="store_true", help="make schedules.h5 instead")
    parser.add_argument("--losses", action="store_true", help="make losses.h5 instead")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    if arguments.rules:
        copy_rules(arguments.rules)
    elif arguments.schedules:
        make_schedules()
    elif arguments.losses:
        make_losses()
    else:
        for name in arguments.names or [*TRAJECTORIES, *WEIGHTED]:
            if name in WEIGHTED:
                make_weighted(name, *WEIGHTED[name])
            else:
                make_trajectory(name, *TRAJECTORIES[name])


if __name__ == "__main__":
    main()
