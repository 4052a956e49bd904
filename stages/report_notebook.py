# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% tags=["parameters"]
recipe = "gaussian"

# %%
import os
import sys
from html import escape
from io import BytesIO
from pathlib import Path

# Opened in Jupyter, it starts in the folder where it lies.
here = Path.cwd()
root = next((folder for folder in (here, *here.parents) if (folder / "dvc.yaml").exists()), here)
os.chdir(root)
sys.path.insert(0, str(root))

from IPython.display import HTML, Image, Markdown

from forger.report import plots, tables
from forger.core.files import whole
from forger.report.pages import embedded
from forger.report.results import REPORTS, Results

results = Results.load(recipe)
settings = tables.settings(recipe)


def show(name):
    path = REPORTS / recipe / f"{name}.png"
    figure = plots.PICTURES[name](results)
    with whole(path) as part:
        figure.savefig(part)
    return Image(path, alt=name)


source = {name: escape(settings["source"][name]) for name in ("title", "note")}
HTML(f"<h1>{escape(recipe)}</h1><p>{source['title']}. {source['note']}</p>")

# %% [markdown]
# ## Diagnosis

# %%
found = tables.diagnosis(results)
HTML(found.to_html(index=False, border=0)) if len(found) else Markdown("Nothing wrong shows.")

# %% [markdown]
# ## Figures

# %%
HTML(tables.figures(results, settings).to_html(index=False, border=0, na_rep=""))

# %%
Markdown(tables.sizes(results))

# %%
found = tables.classes(results)
HTML("<h3>Classes</h3>" + found.to_html(index=False, border=0) if len(found) else "")

# %% [markdown]
# ## Final samples against real data

# %%
show("samples")

# %%
figure, content = plots.nearest(results), BytesIO()
if figure is not None:
    figure.savefig(content, format="png")
words = "samples and the training examples nearest to them"
Image(content.getvalue(), alt=words) if figure is not None else HTML("")

# %% [markdown]
# ## Over training
#
# Samples of the same latents, from before the first update to the end.

# %%
show("progress")

# %%
with whole(REPORTS / recipe / "progress.gif") as part:
    plots.animate(results, part)
HTML(f'<img src="{embedded(REPORTS / recipe / "progress.gif")}" alt="progress, animated" style="width: 16rem">')

# %% [markdown]
# ## Quality over training

# %%
show("quality")

# %% [markdown]
# ## Learning curves

# %%
show("learning_curves")

# %% [markdown]
# ## Accuracy on training batches

# %%
show("accuracies")

# %% [markdown]
# ## D on held-out real data and fresh samples

# %%
show("scores")

# %%
show("confusion")

# %% [markdown]
# ## Between latents

# %%
show("walk")

# %% [markdown]
# ## The real data

# %%
show("real")

# %% [markdown]
# ## Settings

# %%
HTML(tables.flat(settings).to_html(index=False, border=0, header=False))
