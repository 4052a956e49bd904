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
from pathlib import Path

# Opened in Jupyter, it starts in the folder where it lies.
here = Path.cwd()
root = next((folder for folder in (here, *here.parents) if (folder / "dvc.yaml").exists()), here)
os.chdir(root)
sys.path.insert(0, str(root))

from IPython.display import HTML, Image, Markdown, display

from forger.report import pictures, tables
from forger.report.pages import embed
from forger.report.results import PICTURES, REPORTS, Results

results = Results.load(recipe)
settings = tables.settings(recipe)
folder = REPORTS / recipe / PICTURES

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

# %%
for name, picture in pictures.draw(results, folder).items():
    if picture.title:
        display(Markdown(f"## {picture.title}"))
    display(Image(folder / f"{name}.png", alt=name.replace("_", " ")))
    if name == "progress":
        moving = embed(folder / pictures.ANIMATION)
        display(HTML(f'<img src="{moving}" alt="progress, animated" style="width: 16rem">'))

# %% [markdown]
# ## Settings

# %%
HTML(tables.flat(settings).to_html(index=False, border=0, header=False))
