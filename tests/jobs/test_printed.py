"""Tables as a terminal shows them."""

import pandas as pd

from jobs.shared.printed import columns


def test_columns_are_flush_left_and_as_wide_as_their_widest():
    table = pd.DataFrame({"figure": ["ks", "classes"], "95 %": ["", "1 … 2"], "": ["holds", ""]})
    assert columns(table).split("\n") == [
        "figure   95 %",
        "ks              holds",
        "classes  1 … 2",
    ]
