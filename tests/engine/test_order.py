"""The order of sums, which must not depend on what has finished by then."""

import subprocess
import sys

import pytest

from tests.project import ROOT

# The operations that add in the graph of a gradient to which four terms contribute.
PROGRAM = """
from forger.compute import Compute, prepare, resolve
compute = Compute.model_validate({"jit": False})
prepare(compute, resolve(compute))
import tensorflow as tf

def slope(w):
    with tf.GradientTape() as tape:
        tape.watch(w)
        y = tf.reduce_sum(w * w) + tf.reduce_sum(tf.sin(w)) + tf.reduce_sum(w ** 3)
    return tape.gradient(y, w)

traced = tf.function(slope, autograph=False)
w = tf.constant([1.0, 2.0])
graph = traced.get_concrete_function(w).graph
print(sum(operation.type == "AddN" for operation in graph.get_operations()))
print(max(abs(traced(w) - (2 * w + tf.cos(w) + 3 * w ** 2)).numpy()) < 1e-5)
"""


@pytest.mark.slow
def test_gradients_are_added_two_by_two():
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == ["0", "True"], done.stderr[-2000:]
