"""Counts that come straight from the runs: confusion, errors by row and column, thin runs."""

from __future__ import annotations

import numpy as np

from inspector.kernels.compile import kernel, part

__all__ = ["confusion_of_runs", "mark_true", "thin_runs"]


@part
def _tally(joint, confusion, wrong_row, valid_row, wrong_edge, void_edge):
    """Add every joint run; the edges (W + 1,) get + 1 where a run begins and - 1 where it ends. Void pixels."""
    row, x0, x1, g, p = joint
    classes, void = len(confusion), 0
    for y in range(len(row) - 1):
        for i in range(row[y], row[y + 1]):
            length = x1[i] - x0[i]
            if g[i] == classes:
                void += length
                void_edge[x0[i]] += 1
                void_edge[x1[i]] -= 1
                continue
            confusion[g[i], p[i]] += length
            valid_row[y] += length
            if g[i] != p[i]:
                wrong_row[y] += length
                wrong_edge[x0[i]] += 1
                wrong_edge[x1[i]] -= 1
    return void


@part
def _columns(wrong_edge, void_edge, height):
    """From edges to pixels by column, in place."""
    for x in range(1, len(wrong_edge)):
        wrong_edge[x] += wrong_edge[x - 1]
        void_edge[x] += void_edge[x - 1]
    for x in range(len(void_edge)):
        void_edge[x] = height - void_edge[x]


@kernel
def confusion_of_runs(joint, classes, width):
    """Returns the (K, K + 1) confusion matrix, void pixels, and wrong and valid pixels by row and by column."""
    height = len(joint.row) - 1
    confusion = np.zeros((classes, classes + 1), np.int64)
    wrong_row, valid_row = np.zeros(height, np.int64), np.zeros(height, np.int64)
    wrong_column, valid_column = np.zeros(width + 1, np.int64), np.zeros(width + 1, np.int64)
    void = _tally(joint, confusion, wrong_row, valid_row, wrong_column, valid_column)
    _columns(wrong_column, valid_column, height)
    return confusion, void, wrong_row, valid_row, wrong_column[:width], valid_column[:width]


@part
def mark_true(component, g, p, has_tp):
    """Set has_tp (components,) bool where a component holds a true positive; component (n,) of each joint run."""
    for i in range(len(g)):
        if component[i] >= 0 and g[i] == p[i]:
            has_tp[component[i]] = True


@part
def thin_runs(row, x0, x1, code, thin, edges):
    """Add to thin (K,) the runs of 1 or 2 px whose class index lies strictly between those of both neighbours, and to
    edges (K,) every change of class along a row, at the class on its left."""
    classes = len(thin)
    for y in range(len(row) - 1):
        for i in range(row[y], row[y + 1] - 1):
            if code[i] >= classes or code[i + 1] >= classes:
                continue
            edges[code[i]] += 1
            if i > row[y] and x1[i] - x0[i] <= 2 and code[i - 1] < classes:
                a, b = code[i - 1], code[i + 1]
                if min(a, b) < code[i] < max(a, b):
                    thin[code[i]] += 1
