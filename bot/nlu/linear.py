"""A softmax regression over sparse features, learned and run with numpy alone, stored as two arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse
from scipy.optimize import minimize_scalar

_BATCH = 256
_HELD_OUT = 2
"""Every other group sets the temperature."""


@dataclass(frozen=True)
class LinearModel:
    """Two readings of one text: which class it is, and whether anything is wanted at all.

    Class logits are `x @ weights + bias`, but for the last column, whose logistic is the probability of a wish. The
    classes' softmax after division by `temperature` is discounted by it; the `wishless` classes get what is left.
    Two models that agree are right more often than either: fragments look like a wish to one of them only.
    """

    weights: np.ndarray
    """features × (classes + 1), float32"""
    bias: np.ndarray
    wishless: np.ndarray
    """the numbers of the classes that mean that nothing is wanted; empty if there are none"""
    temperature: float

    def logits(self, vector: scipy.sparse.csr_matrix) -> np.ndarray:
        """The logits of a single row vector, shape (classes + 1,)."""
        # Not "@": BLAS would wake its threads for so little, and they spin while they wait.
        return np.asarray(np.einsum("i,ij->j", vector.data, self.weights[vector.indices]) + self.bias)

    def probabilities(self, vector: scipy.sparse.csr_matrix) -> np.ndarray:
        """Calibrated probabilities of a single row vector, shape (classes,)."""
        return discounted(self.logits(vector)[None, :], self.wishless, self.temperature)[0]


@dataclass(frozen=True)
class Schedule:
    """How is learned: passes over the examples, the first pass's step, how much of a label goes to all classes."""

    epochs: int
    step: float
    smoothing: float = 0.0
    seed: int = 0


def softmax(logits: np.ndarray) -> np.ndarray:
    """Row-wise softmax."""
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True))


def discounted(logits: np.ndarray, wishless: np.ndarray, temperature: float) -> np.ndarray:
    """The probabilities that logits (rows × classes + 1) stand for, rows × classes."""
    shares = softmax(logits[:, :-1] / temperature)
    if not len(wishless):
        return shares
    wish = 1 / (1 + np.exp(-np.clip(logits[:, -1:], -30, 30)))
    # Something to share out by, even where the classes leave nothing to those without a wish.
    rest = shares[:, wishless] + 1e-9
    shares = shares * wish
    shares[:, wishless] = 0
    left = 1 - shares.sum(axis=1, keepdims=True)
    shares[:, wishless] = left * rest / rest.sum(axis=1, keepdims=True)
    return shares


def fit(
    rows: scipy.sparse.csr_matrix, classes: np.ndarray, wishless: np.ndarray, groups: np.ndarray, schedule: Schedule
) -> LinearModel:
    """Fit on rows with integer classes 0…n-1; the temperature is set on groups of rows that a first fit did not see."""
    count = int(classes.max()) + 1
    held = groups % _HELD_OUT == 0
    known = held & np.isin(classes, classes[~held])
    temperature = 1.0
    if known.any() and len(np.unique(classes[~held])) > 1:
        weights, bias = descend(rows[~held], classes[~held], count, wishless, schedule)
        temperature = _temperature(np.asarray(rows[known] @ weights + bias), classes[known], wishless)
    weights, bias = descend(rows, classes, count, wishless, schedule)
    return LinearModel(weights, bias, wishless, temperature)


def descend(
    rows: scipy.sparse.csr_matrix, classes: np.ndarray, count: int, wishless: np.ndarray, schedule: Schedule
) -> tuple[np.ndarray, np.ndarray]:
    """(weights features × count + 1, bias) by AdaGrad over small batches, the same for the same input.

    A feature's weights share one step length, so frequent features settle early and rare ones still learn late.
    Stopping after a few passes is the regularisation: it refused fragments better than one-against-the-rest
    regressions at a third of their time.
    """
    random = np.random.default_rng(schedule.seed)
    rows = rows.astype(np.float32).tocsr()
    targets = _targets(classes, count, wishless, schedule.smoothing)
    weights = np.zeros((rows.shape[1], count + 1), np.float32)
    seen = np.full((rows.shape[1], 2), 1e-4, np.float32)
    bias, bias_seen = np.zeros(count + 1, np.float32), np.full(2, 1e-4, np.float32)
    for epoch in range(schedule.epochs):
        step = schedule.step * (1 - 0.9 * epoch / max(1, schedule.epochs - 1))
        order = random.permutation(rows.shape[0])
        for start in range(0, len(order), _BATCH):
            picked = order[start : start + _BATCH]
            columns, batch = _compact(rows[picked])
            errors = _guesses(batch @ weights[columns] + bias)
            errors -= targets[classes[picked]]
            errors /= len(picked)
            slope = np.asarray(batch.T @ errors)
            seen[columns] += _squares(slope)
            weights[columns] -= step * _shortened(slope, seen[columns])
            bias_seen += _squares(errors.sum(axis=0)[None, :])[0]
            bias -= step * _shortened(errors.sum(axis=0)[None, :], bias_seen[None, :])[0]
    return weights, bias


def _targets(classes: np.ndarray, count: int, wishless: np.ndarray, smoothing: float) -> np.ndarray:
    """What the outputs should be for each class, classes × outputs."""
    targets = np.full((count, count + 1), smoothing / count, np.float32)
    targets[np.arange(count), np.arange(count)] += 1 - smoothing
    targets[:, -1] = ~np.isin(np.arange(count), wishless)
    return targets


def _guesses(logits: np.ndarray) -> np.ndarray:
    wish = 1 / (1 + np.exp(-np.clip(logits[:, -1:], -30, 30)))
    return np.hstack([softmax(logits[:, :-1]), wish])


def _squares(slope: np.ndarray) -> np.ndarray:
    """The squared length of the classes' part of each row and that of the last column."""
    own = slope[:, -1] ** 2
    return np.stack([np.einsum("ij,ij->i", slope, slope) - own, own], axis=1)


def _shortened(slope: np.ndarray, seen: np.ndarray) -> np.ndarray:
    root = np.sqrt(seen)
    slope[:, :-1] /= root[:, :1]
    slope[:, -1] /= root[:, 1]
    return slope


def _compact(rows: scipy.sparse.csr_matrix) -> tuple[np.ndarray, scipy.sparse.csr_matrix]:
    """The columns that rows use, and the rows over just these columns."""
    columns, places = np.unique(rows.indices, return_inverse=True)
    shape = (rows.shape[0], len(columns))
    return columns, scipy.sparse.csr_matrix((rows.data, places.astype(np.int32), rows.indptr), shape=shape)


def _temperature(logits: np.ndarray, classes: np.ndarray, wishless: np.ndarray) -> float:
    """The temperature with the smallest negative log likelihood, not below a half.

    Held-out examples that are all alike would make every reading sure, also that of what nobody ever said.
    """
    rows = np.arange(len(classes))

    def loss(log_temperature: float) -> float:
        probabilities = discounted(logits, wishless, float(np.exp(log_temperature)))
        return float(-np.log(probabilities[rows, classes] + 1e-12).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(np.log(0.5), 2.0), method="bounded").x))
