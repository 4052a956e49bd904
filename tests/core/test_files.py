"""Files are the same bytes whoever writes them."""

import zipfile

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from forger.core.files import EPOCH, write_arrays

ARRAYS = st.sampled_from(["<f4", "<i8", "?", "<U7"]).flatmap(
    lambda dtype: arrays(dtype, array_shapes(min_dims=0, min_side=0))
)


@given(st.dictionaries(st.from_regex(r"[a-z][a-z/_0-9]*", fullmatch=True), ARRAYS, max_size=4))
def test_arrays_come_back_and_nothing_else_is_in_the_file(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("arrays") / "a.npz"
    write_arrays(path, content)
    with np.load(path, allow_pickle=False) as found:
        assert list(found) == list(content)
        for name, array in content.items():
            np.testing.assert_array_equal(found[name], array)
            assert found[name].dtype == array.dtype
    with zipfile.ZipFile(path) as archive:
        # `numpy.savez` says version 2.0 or 4.5, as Python has it.
        assert {(e.date_time, e.create_version) for e in archive.infolist()} <= {(EPOCH, 20)}
