"""How all pictures look: Matplotlib's own defaults, then the project's."""

import matplotlib as mpl


def apply() -> None:
    """Have all that is drawn from now on look so, whatever a matplotlibrc says: one in the working
    folder is read before any that the environment names."""
    mpl.rcdefaults()
    mpl.rcParams.update(
        {
            "figure.dpi": 160,
            "figure.constrained_layout.use": True,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.titlesize": "medium",
            "axes.labelsize": "medium",
            "legend.frameon": False,
            "font.size": 8,
        }
    )
