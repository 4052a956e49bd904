"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const LAYOUT = { margin: { t: 10, r: 10, b: 40, l: 50 }, font: { size: 12 }, hovermode: "closest" };
const CONFIG = { responsive: true, displayModeBar: false }; // which would cover the legend

// Numbers before text, both before what is missing.
const compared = (a, b) => {
  if (a === "" || b === "") return (a === "") - (b === "");
  const [x, y] = [Number(a), Number(b)];
  return isNaN(x) || isNaN(y) ? String(a).localeCompare(b) : x - y;
};

// The library is read when the first chart is drawn: it takes longer than all the rest.
function plotly() {
  if (!window.Plotly) {
    const script = document.createElement("script");
    script.textContent = document.getElementById("plotly").textContent;
    document.head.append(script);
  }
  return window.Plotly;
}

// Drawn when it comes into view, so that a page of many opens at once; again when the rows change.
class Chart {
  constructor(element, content) {
    this.element = element;
    this.content = content;
    if (!element) return;
    new IntersectionObserver((entries, observer) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      observer.disconnect();
      this.seen = true;
      this.draw();
    }).observe(element);
  }

  draw() {
    if (this.seen) plotly().react(this.element, ...this.content(), CONFIG);
  }
}

class Section {
  constructor(element) {
    this.element = element;
    this.data = data[element.id];
    this.body = element.querySelector("tbody");
    this.rows = [...this.body.rows];
    this.filters = [...element.querySelectorAll("[data-parameter]")];
    this.fillFilters();
    for (const th of element.querySelectorAll("th.sortable")) th.onclick = () => this.sort(th);
    this.curve = this.options("select.curve", this.data.curves);
    this.x = this.options("select.x", this.data.parameters);
    this.y = this.options("select.y", this.data.figures);
    if (this.y) this.y.selectedIndex = this.data.figures.length - 1;
    this.charts = [
      new Chart(element.querySelector("[data-chart=curves]"), () => this.curves()),
      new Chart(element.querySelector("[data-chart=scatter]"), () => this.scatter()),
      new Chart(element.querySelector("[data-chart=parallel]"), () => this.parallel()),
    ];
  }

  fillFilters() {
    for (const select of this.filters) {
      const values = this.data.trials.map((trial) => trial.parameters[select.dataset.parameter]);
      for (const value of [...new Set(values)].filter((v) => v !== null).sort(compared))
        select.add(new Option(value, value));
      select.onchange = () => this.filter();
    }
  }

  options(selector, names) {
    const select = this.element.querySelector(selector);
    if (!select) return null;
    for (const name of names) select.add(new Option(name, name));
    select.onchange = () => this.draw();
    return select;
  }

  sort(th) {
    const up = th.getAttribute("aria-sort") !== "ascending";
    for (const other of th.parentElement.cells) other.removeAttribute("aria-sort");
    th.setAttribute("aria-sort", up ? "ascending" : "descending");
    const value = (row) => row.cells[th.cellIndex].dataset.value;
    this.rows.sort((a, b) => {
      const missing = (value(a) === "") - (value(b) === "");
      return missing || (up ? 1 : -1) * compared(value(a), value(b));
    });
    this.body.append(...this.rows);
  }

  filter() {
    const kept = (trial) =>
      this.filters.every((s) => !s.value || trial.parameters[s.dataset.parameter] === s.value);
    for (const row of this.rows) row.hidden = !kept(this.data.trials[row.dataset.trial]);
    const shown = this.shown().length;
    const all = shown === this.rows.length;
    this.element.querySelector("output").textContent = all ? "" : `${shown} of ${this.rows.length}`;
    this.draw();
  }

  shown() {
    return this.rows.filter((row) => !row.hidden).map((row) => this.data.trials[row.dataset.trial]);
  }

  draw() {
    for (const chart of this.charts) chart.draw();
  }

  curves() {
    const name = this.curve.value;
    const lines = this.shown()
      .filter((trial) => trial.curves[name])
      .map((trial) => ({ x: trial.curves.epoch, y: trial.curves[name], name: trial.title, mode: "lines" }));
    const axes = { xaxis: { title: { text: "epoch" } }, yaxis: { title: { text: name } } };
    return [lines, { ...LAYOUT, ...axes }];
  }

  scatter() {
    const [i, j] = [this.x.selectedIndex, this.y.selectedIndex];
    const trials = this.shown().filter((trial) => trial.figures[j] !== null);
    const points = {
      x: trials.map((trial) => trial.parameters[i] ?? "–"),
      y: trials.map((trial) => trial.figures[j]),
      text: trials.map((trial) => trial.title),
      mode: "markers",
      marker: { size: 9, opacity: 0.7 },
    };
    const axes = { xaxis: { title: { text: this.x.value } }, yaxis: { title: { text: this.y.value } } };
    return [[points], { ...LAYOUT, ...axes }];
  }

  parallel() {
    const trials = this.shown().filter((trial) => trial.figures.every((value) => value !== null));
    const parameters = this.data.parameters.map((label, i) => axis(label, trials.map((t) => t.parameters[i] ?? "–")));
    const figures = this.data.figures.map((label, j) => ({ label, values: trials.map((t) => t.figures[j]) }));
    const last = figures.at(-1)?.values ?? [];
    const lines = { type: "parcoords", dimensions: [...parameters, ...figures], line: { color: last, colorscale: "Viridis" } };
    return [[lines], { ...LAYOUT, margin: { t: 60, r: 40, b: 20, l: 60 } }];
  }
}

// An axis of numbers, or of words in their order.
function axis(label, texts) {
  if (texts.every((text) => !isNaN(Number(text)))) return { label, values: texts.map(Number) };
  const words = [...new Set(texts)].sort();
  return { label, values: texts.map((text) => words.indexOf(text)), tickvals: words.map((_, i) => i), ticktext: words };
}

for (const element of document.querySelectorAll("main > section")) new Section(element);
