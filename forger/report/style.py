"""How all pictures look: Matplotlib's own defaults, then the project's."""

import matplotlib as mpl


def apply() -> None:
    """Draw everything from now on in this style, whatever a matplotlibrc says.

    Matplotlib prefers one in the working folder to any that the environment names.
    """
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
