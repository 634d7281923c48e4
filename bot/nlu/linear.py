"""A linear model over sparse features: trained with scikit-learn, stored and run as two numpy arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse
from scipy.optimize import minimize_scalar


@dataclass(frozen=True)
class LinearModel:
    """Logits are `x @ weights + bias`; probabilities are their softmax after division by `temperature`."""

    weights: np.ndarray
    """features × classes, float32"""
    bias: np.ndarray
    temperature: float

    def logits(self, vector: scipy.sparse.csr_matrix) -> np.ndarray:
        """The logits of a single row vector, shape (classes,)."""
        return np.asarray(vector.data @ self.weights[vector.indices] + self.bias)

    def probabilities(self, vector: scipy.sparse.csr_matrix) -> np.ndarray:
        """Calibrated probabilities of a single row vector, shape (classes,)."""
        return softmax(self.logits(vector)[None, :] / self.temperature)[0]


def softmax(logits: np.ndarray) -> np.ndarray:
    """Row-wise softmax."""
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True))


def fit(rows: scipy.sparse.csr_matrix, classes: np.ndarray, groups: np.ndarray, strength: float) -> LinearModel:
    """Fit on rows with integer classes; the temperature is set on groups of rows that a first fit did not see."""
    held = groups % 2 == 0
    known = np.isin(classes, classes[~held])
    temperature = 1.0
    if (held & known).any() and len(np.unique(classes[~held])) > 1:
        names, weights, bias = _regression(rows[~held], classes[~held], strength)
        columns = np.searchsorted(names, classes[held & known])
        temperature = _temperature(np.asarray(rows[held & known] @ weights + bias), columns)
    _, weights, bias = _regression(rows, classes, strength)
    return LinearModel(weights.astype(np.float32), bias.astype(np.float32), temperature)


def _regression(
    rows: scipy.sparse.csr_matrix, classes: np.ndarray, strength: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(class numbers, weights features × classes, bias) of balanced one-against-the-rest logistic regressions."""
    # Imported here: only training needs scikit-learn, a serving process never loads it for us.
    from sklearn.linear_model import LogisticRegression

    names, sizes = np.unique(classes, return_counts=True)
    # Half-way between "every example counts the same" and "every class counts the same".
    balance = np.sqrt(sizes.mean() / sizes)[np.searchsorted(names, classes)]
    # The dual solver takes seconds where lbfgs takes minutes on so many columns, and it refused better on real lines
    # than a hinge loss did.
    model = LogisticRegression(C=strength, solver="liblinear", dual=True, tol=0.3, random_state=0)
    model.fit(rows.astype(np.float64), classes, sample_weight=balance)
    if len(names) == 2:
        half = model.coef_.T / 2
        return names, np.hstack([-half, half]), np.array([-model.intercept_[0] / 2, model.intercept_[0] / 2])
    return names, model.coef_.T, model.intercept_


def _temperature(logits: np.ndarray, columns: np.ndarray) -> float:
    """The temperature with the smallest negative log likelihood."""
    rows = np.arange(len(columns))

    def loss(log_temperature: float) -> float:
        return float(-np.log(softmax(logits / np.exp(log_temperature))[rows, columns] + 1e-12).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-3.0, 2.0), method="bounded").x))
