"""Tables as a terminal shows them."""

import pandas as pd


def columns(table: pd.DataFrame) -> str:
    """Format a table of strings, one line per row, columns flush left as DVC prints its own."""
    whole = pd.concat([table.columns.to_frame().T, table])
    padded = whole.apply(lambda column: column.str.ljust(column.str.len().max()))
    return "\n".join("  ".join(row).rstrip() for row in padded.to_numpy())
