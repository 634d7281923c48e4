"""A softmax regression over sparse features, learned and run with numpy alone, stored as two arrays."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import scipy.sparse
from scipy.optimize import minimize

_BATCH = 256
_ENOUGH = 8000
"""So many held-out rows, about, settle three numbers."""
_FEW = 8000
"""Of fewer rows, what was learned from half of them says little about what is learned from all."""
_FOLDS = 5
"""So many fits, each without another part of few rows, are made to calibrate."""


@dataclass(frozen=True)
class Calibration:
    """How far the logits are believed; learned from rows that the fit did not see.

    `temperature` divides the classes' logits. Where some classes are wishless, the log odds of a wish become
    `slope` · odds + `offset`.
    """

    temperature: float = 1.0
    slope: float = 1.0
    offset: float = 0.0

    def sharper(self, factor: float) -> Calibration:
        """Surer which class it is, and as sure as before that it is a wish."""
        return Calibration(self.temperature / factor, self.slope, self.offset)


@dataclass(frozen=True)
class LinearModel:
    """Two readings of one text: which class it is, and whether anything is wanted at all.

    Class logits are `x @ weights + bias`, but for the last column, whose logistic is the probability of a wish. It is
    multiplied by the classes' own; see `discounted`.
    Two models that agree are right more often than either: fragments look like a wish to one of them only.
    """

    weights: np.ndarray
    """features × (classes + 1), float32"""
    bias: np.ndarray
    wishless: np.ndarray
    """the numbers of the classes that mean that nothing is wanted; empty if there are none"""
    calibration: Calibration

    def logits(self, vector: scipy.sparse.csr_matrix) -> np.ndarray:
        """The logits of a single row vector, shape (classes + 1,)."""
        # Not "@": BLAS would wake its threads for so little, and they spin while they wait.
        return np.asarray(np.einsum("i,ij->j", vector.data, self.weights[vector.indices]) + self.bias)

    def probabilities(self, vector: scipy.sparse.csr_matrix) -> np.ndarray:
        """Calibrated probabilities of a single row vector, shape (classes,)."""
        return discounted(self.logits(vector)[None, :], self.wishless, self.calibration)[0]


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


def discounted(logits: np.ndarray, wishless: np.ndarray, calibration: Calibration) -> np.ndarray:
    """The probabilities that logits (rows × classes + 1) stand for, rows × classes.

    A wish is as probable as both models together have it, calibrated; the `wishless` classes share what is left.
    """
    shares = softmax(logits[:, :-1] / calibration.temperature)
    if not len(wishless):
        return shares
    # Something to share out by, even where the classes leave nothing to one of the sides.
    rest = shares[:, wishless] + 1e-9
    shares[:, wishless] = 0
    own = shares.sum(axis=1, keepdims=True)
    both = np.clip(own / (1 + np.exp(-np.clip(logits[:, -1:], -30, 30))), 1e-9, 1 - 1e-7)
    odds = calibration.slope * np.log(both / (1 - both)) + calibration.offset
    wish = 1 / (1 + np.exp(-np.clip(odds, -30, 30)))
    shares *= wish / np.maximum(own, 1e-9)
    left = 1 - shares.sum(axis=1, keepdims=True)
    shares[:, wishless] = left * rest / rest.sum(axis=1, keepdims=True)
    return shares


def fit(
    rows: scipy.sparse.csr_matrix,
    classes: np.ndarray,
    intents: np.ndarray,
    wishless: np.ndarray,
    groups: np.ndarray,
    schedule: Schedule,
    counts: np.ndarray | None = None,
) -> LinearModel:
    """Fit on rows with integer classes 0…n-1; calibrated on groups of rows that other fits, beside it, did not see.

    `intents` has the number of each class's intent: which of an intent's classes it is need not be believed.
    `counts` says how much each row counts in the calibration, 1 if it is left out.
    """
    counts = np.ones(len(classes)) if counts is None else counts
    # numpy lets go of the interpreter, so two threads use two cores.
    with ThreadPoolExecutor(1) as beside:
        whole = beside.submit(descend, rows, classes, len(intents), wishless, schedule)
        held_out = [_unseen(rows, classes, len(intents), wishless, held, schedule) for held in _held(groups)]
        numbers, logits = (np.concatenate(parts) for parts in zip(*held_out, strict=True))
        calibration = Calibration()
        if len(numbers):
            calibration = _calibrated(logits, intents[classes[numbers]], intents, wishless, counts[numbers])
        return LinearModel(*whole.result(), wishless, calibration)


def _held(groups: np.ndarray) -> list[np.ndarray]:
    """Which rows are held out: half of the groups, or of few rows each group once."""
    if len(groups) >= _FEW:
        return [groups % 2 == 0]
    return [groups % _FOLDS == fold for fold in range(_FOLDS)]


def _unseen(
    rows: scipy.sparse.csr_matrix,
    classes: np.ndarray,
    count: int,
    wishless: np.ndarray,
    held: np.ndarray,
    schedule: Schedule,
) -> tuple[np.ndarray, np.ndarray]:
    """The numbers of held-out rows of known classes, not too many, and their logits by a fit on the other rows."""
    known = np.flatnonzero(held & np.isin(classes, classes[~held]))
    if not len(known) or len(np.unique(classes[~held])) < 2:
        return np.zeros(0, np.int64), np.zeros((0, count + 1))
    weights, bias = descend(rows[~held], classes[~held], count, wishless, schedule)
    some = known[:: 1 + len(known) // _ENOUGH]
    return some, np.asarray(rows[some] @ weights + bias)


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
    bias, bias_seen = np.zeros((1, count + 1), np.float32), np.full((1, 2), 1e-4, np.float32)
    for epoch in range(schedule.epochs):
        step = schedule.step * (1 - 0.9 * epoch / max(1, schedule.epochs - 1))
        order = random.permutation(rows.shape[0])
        for start in range(0, len(order), _BATCH):
            picked = order[start : start + _BATCH]
            columns, batch = _compact(rows[picked])
            own = weights[columns]
            errors = _guesses(batch @ own + bias)
            errors -= targets[classes[picked]]
            errors /= len(picked)
            slope = np.asarray(batch.T @ errors)
            seen[columns] += _squares(slope)
            own -= _shortened(slope, seen[columns], step)
            weights[columns] = own
            slope = errors.sum(axis=0, keepdims=True)
            bias_seen += _squares(slope)
            bias -= _shortened(slope, bias_seen, step)
    return weights, bias[0]


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


def _shortened(slope: np.ndarray, seen: np.ndarray, step: float) -> np.ndarray:
    """The way to go, in place: most of the time goes into memory that is walked through."""
    steps = np.float32(step) / np.sqrt(seen)
    slope[:, :-1] *= steps[:, :1]
    slope[:, -1] *= steps[:, 1]
    return slope


def _compact(rows: scipy.sparse.csr_matrix) -> tuple[np.ndarray, scipy.sparse.csr_matrix]:
    """The columns that rows use, and the rows over just these columns."""
    columns, places = np.unique(rows.indices, return_inverse=True)
    shape = (rows.shape[0], len(columns))
    return columns, scipy.sparse.csr_matrix((rows.data, places.astype(np.int32), rows.indptr), shape=shape)


def _calibrated(
    logits: np.ndarray, said: np.ndarray, intents: np.ndarray, wishless: np.ndarray, counts: np.ndarray
) -> Calibration:
    """The calibration under which the intents that were `said` are likeliest, its temperature not below a half.

    Held-out examples that are all alike would make every reading sure, also that of what nobody ever said.
    """
    meant = intents[None, :] == said[:, None]

    def of(point: np.ndarray) -> Calibration:
        temperature, slope = np.exp(point[:2]).tolist()
        return Calibration(temperature, slope, float(point[2])) if len(wishless) else Calibration(temperature)

    def loss(point: np.ndarray) -> float:
        probabilities = discounted(logits, wishless, of(point))
        return float(-np.average(np.log((probabilities * meant).sum(axis=1) + 1e-12), weights=counts))

    bounds = [(np.log(0.5), 2.0), (-2.0, 2.0), (-4.0, 4.0)]
    found = minimize(loss, np.zeros(3), method="Nelder-Mead", bounds=bounds, options={"maxiter": 200})
    return of(found.x)
