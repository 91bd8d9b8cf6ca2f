
/* ---- Charts, by Vega, whose expressions are interpreted: the page's policy forbids eval ---- */

const vegaParser = library.get("vega-parser");
const { View } = library.get("vega-view");
const { expressionInterpreter } = library.get("vega-interpreter");
Object.assign(library.get("vega-dataflow").transforms, library.get("vega-transforms"),
  library.get("vega-view-transforms"), library.get("vega-encode"));

const SHAPES = ["circle", "square", "triangle-up", "diamond", "cross", "triangle-down"];
const DASHES = [[1, 0], [6, 3], [2, 2], [8, 3, 2, 3], [4, 2], [1, 3]];
const SERIES_FIRST = 6; /* so many are drawn to begin with */
const BANDS_MOST = 4; /* with more series their intervals would cover each other */
const FORMAT = ",.5~r"; /* of axes */

const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const seriesColour = (i) => style(`--series-${i % 8}`);

const lead = {
  v: 0, l: 0, r: 0, w: 0,
  shown: new Set(),
  views: [],
  resize: new ResizeObserver(() => chartsFit()),
};

function configOf() {
  const ink = style("--ink");
  const soft = style("--soft");
  const line = style("--line");
  const font = style("--font");
  return {
    background: null,
    style: {},
    axis: { labelColor: soft, titleColor: soft, domainColor: line, tickColor: line, gridColor: line, labelFont: font, titleFont: font,
      labelFontSize: 11, titleFontSize: 11, titleFontWeight: 400, domainWidth: 1, gridWidth: 1, tickSize: 4, labelPadding: 4, titlePadding: 8 },
    text: { font, fill: ink },
  };
}

const tip = byId("tip");

function tipShow(event, lines) {
  tip.replaceChildren(...lines.map((text, i) => element(i === 0 ? "b" : "span", {}, text)));
  tip.hidden = false;
  const { width, height } = tip.getBoundingClientRect();
  const x = Math.min(event.clientX + 12, window.innerWidth - width - 8);
  const y = event.clientY + 14 + height > window.innerHeight ? event.clientY - height - 10 : event.clientY + 14;
  tip.style.transform = `translate(${Math.max(x, 4)}px, ${y}px)`;
}

/* Draws spec into place; lines: of the tip of a mark's datum. */
function chartDraw(place, spec, lines) {
  const view = new View(vegaParser.parse(spec, configOf(), { ast: true }), {
    renderer: "svg", container: place, hover: true, expr: expressionInterpreter,
  });
  view.tooltip((handler, event, item) => {
    if (item && item.datum && item.mark.marktype !== "group" && item.tooltip) tipShow(event, lines(item.datum));
    else tip.hidden = true;
  });
  view.runAsync();
  for (const form of place.querySelectorAll("form")) form.remove(); /* Vega's, for inputs that no spec has */
  lead.views.push({ view, place, width: spec.width });
  lead.resize.observe(place);
}

const widthOf = (place) => Math.max(Math.floor(place.clientWidth), 180);

function chartsFit() {
  for (const chart of lead.views) {
    const width = widthOf(chart.place);
    if (chart.place.isConnected && chart.width !== width) {
      chart.width = width;
      chart.view.width(width).runAsync();
    }
  }
}

function chartsEnd(root) {
  lead.views = lead.views.filter(({ view, place }) => {
    const ends = root.contains(place);
    if (ends) {
      lead.resize.unobserve(place);
      view.finalize();
    }
    return !ends;
  });
  root.replaceChildren();
}

/* A figure with a chart in it. */
function figure(root, title, note, spec, lines) {
  const place = element("div", { class: "chart" });
  root.append(element("figure", {}, element("figcaption", {}, element("b", {}, title), note ? element("span", { class: "soft" }, ` ${note}`) : null), place));
  chartDraw(place, { ...spec, width: widthOf(place) }, lines);
}

/* ---- Scores against lead time ---- */

function pointsOf(m) {
  const points = [];
  for (const f of lead.shown) {
    data.leads.forEach((hours, d) => {
      const value = valueAt(f, lead.v, lead.l, d, lead.r, lead.w, m);
      if (value && value.value !== null) {
        points.push({ f, name: forecastName(f), d, lead: inDays ? hours / 24 : hours, value: value.value, low: value.low, high: value.high, n: value.n });
      }
    });
  }
  return points;
}

function lineSpec(points, m, title) {
  const bands = lead.shown.size <= BANDS_MOST;
  const drawn = points.flatMap((p) => (bands && p.low !== null ? [p.low, p.high, p.value] : [p.value]));
  const kind = m >= 0 ? metricOf(m).kind : "composite";
  const low = Math.min(...drawn);
  const high = Math.max(...drawn);
  const span = high - low || Math.abs(high) || 1;
  const domain = kind === "error" || kind === "composite" ? [0, high * 1.04 || 1]
    : kind === "bias" ? [Math.min(low, 0) - 0.05 * span, Math.max(high, 0) + 0.05 * span]
      : [Math.max(low - 0.05 * span, -1), Math.min(high + 0.05 * span, 1)];
  const names = data.forecasts.map((_, f) => f);
  const x = { scale: "x", field: "lead" };
  const colour = { scale: "colour", field: "f" };
  const leads = [...new Set(points.map((p) => p.lead))].sort((a, b) => a - b);
  return {
    description: `${title} against lead time: ${[...lead.shown].map(forecastName).join(", ")}`,
    height: 230,
    padding: { left: 4, right: 8, top: 6, bottom: 4 },
    autosize: { type: "fit", contains: "padding" },
    data: [
      { name: "points", values: points },
      { name: "bands", source: "points", transform: [{ type: "filter", expr: "datum.low !== null" }] },
    ],
    scales: [
      { name: "x", type: "linear", domain: leads.length > 1 ? [leads[0], leads[leads.length - 1]] : [leads[0] - 1, leads[0] + 1], range: "width", zero: false, padding: 8 },
      { name: "y", type: "linear", domain, range: "height", nice: kind !== "correlation" || domain[1] < 1, zero: false },
      { name: "colour", type: "ordinal", domain: names, range: names.map(seriesColour) },
      { name: "shape", type: "ordinal", domain: names, range: names.map((i) => SHAPES[i % SHAPES.length]) },
      { name: "dash", type: "ordinal", domain: names, range: names.map((i) => DASHES[i % DASHES.length]) },
    ],
    axes: [
      { orient: "bottom", scale: "x", values: leads, labelOverlap: true, title: inDays ? "lead time, days" : "lead time, hours", format: FORMAT },
      { orient: "left", scale: "y", grid: true, tickCount: 5, format: FORMAT, domain: false, ticks: false, minExtent: 40 },
    ],
    marks: [
      ...(kind === "bias" ? [{ type: "rule", encode: { update: { x: { value: 0 }, x2: { signal: "width" }, y: { scale: "y", value: 0 }, stroke: { value: style("--soft") } } } }] : []),
      ...(bands ? [{ type: "group", from: { facet: { name: "of", data: "bands", groupby: "f" } },
        encode: { update: { clip: { value: true }, width: { signal: "width" }, height: { signal: "height" } } },
        marks: [{ type: "area", interactive: false, from: { data: "of" }, encode: { update: { x, y: { scale: "y", field: "low" }, y2: { scale: "y", field: "high" }, fill: colour, fillOpacity: { value: 0.13 } } } }] }] : []),
      { type: "group", from: { facet: { name: "of", data: "points", groupby: "f" } },
        marks: [
          { type: "line", interactive: false, from: { data: "of" }, encode: { update: { x, y: { scale: "y", field: "value" }, stroke: colour, strokeWidth: { value: 1.75 }, strokeDash: { scale: "dash", field: "f" } } } },
          { type: "symbol", from: { data: "of" }, encode: {
            update: { x, y: { scale: "y", field: "value" }, fill: colour, shape: { scale: "shape", field: "f" }, size: { value: 34 }, tooltip: { value: "yes" },
              description: { signal: "datum.name + ', ' + datum.lead + ': ' + format(datum.value, '.4~g')" } },
            hover: { size: { value: 110 } } } },
        ] },
    ],
  };
}

function tipLines(datum) {
  const lines = [datum.name, `${leadText(datum.d)}: ${number(datum.value)}`];
  if (datum.low !== null) lines.push(`95 %: ${number(datum.low)} to ${number(datum.high)}`);
  lines.push(count(datum.n, "init time"));
  return lines;
}

function seriesDraw() {
  const root = byId("series");
  const all = data.forecasts.map((_, f) => f).filter((f) => data.forecasts[f].kind !== "forecast" || data.forecasts[f].fields > 0);
  root.replaceChildren(...all.map((f) => {
    const box = element("input", { type: "checkbox", checked: lead.shown.has(f) });
    box.addEventListener("change", () => {
      if (box.checked) lead.shown.add(f);
      else lead.shown.delete(f);
      lead.shown = new Set(all.filter((i) => lead.shown.has(i)));
      leadsDraw();
    });
    return element("label", { class: "chip" }, box, element("span", {}, keyMake(f), forecastName(f)));
  }));
}

/* The line and symbol of a series, drawn by Vega as in the charts. */
function keyMake(f) {
  const place = element("i", { class: "key", "aria-hidden": "true" });
  const spec = {
    width: 26, height: 10, padding: 0,
    marks: [
      { type: "rule", encode: { update: { x: { value: 0 }, x2: { value: 26 }, y: { value: 5 }, stroke: { value: seriesColour(f) }, strokeWidth: { value: 1.75 }, strokeDash: { value: DASHES[f % DASHES.length] } } } },
      { type: "symbol", encode: { update: { x: { value: 13 }, y: { value: 5 }, size: { value: 34 }, fill: { value: seriesColour(f) }, shape: { value: SHAPES[f % SHAPES.length] } } } },
    ],
  };
  const view = new View(vegaParser.parse(spec, configOf(), { ast: true }), { renderer: "svg", container: place, expr: expressionInterpreter });
  view.runAsync().then(() => {
    view.finalize();
    for (const form of place.querySelectorAll("form")) form.remove();
  });
  return place;
}

function leadsDraw() {
  const root = byId("charts");
  chartsEnd(root);
  const field = `${fieldName(lead.v, lead.l)}, ${data.regions[lead.r]}, ${data.weightings[lead.w]}`;
  for (const m of data.metrics.keys()) {
    const points = pointsOf(m);
    if (points.length > 0) {
      const title = metricOf(m).label;
      figure(root, title, field, lineSpec(points, m, `${title} of ${field}`), tipLines);
    }
  }
  byId("series-note").textContent = lead.shown.size > BANDS_MOST ? `Intervals are drawn for up to ${BANDS_MOST} of them.` : "";
  if (!root.hasChildNodes()) root.append(element("p", { class: "empty" }, "No forecast is chosen, or none has this field."));
  chartTableDraw();
}

function chartTableDraw() {
  const all = [...lead.shown];
  const head = element("tr", {}, ...["Score", "Lead time", ...all.map(forecastName)].map((text, i) => element("th", { scope: "col", class: i > 0 ? "figure" : "" }, text)));
  const rows = [];
  for (const m of data.metrics.keys()) {
    data.leads.forEach((_, d) => {
      const found = all.map((f) => valueAt(f, lead.v, lead.l, d, lead.r, lead.w, m));
      if (found.some((value) => value && value.value !== null)) {
        rows.push(element("tr", {}, element("th", { scope: "row" }, metricOf(m).label), element("td", { class: "figure" }, leadText(d)),
          ...found.map((value) => element("td", { class: "figure" }, value ? number(value.value, 5) : "\u2013",
            value && value.low !== null ? element("span", { class: "soft" }, ` ${number(value.low)}\u2009\u2026\u2009${number(value.high)}`) : null))));
      }
    });
  }
  byId("chart-table").replaceChildren(element("table", { class: "list" }, element("caption", {}, `${fieldName(lead.v, lead.l)}, ${data.regions[lead.r]}, ${
    data.weightings[lead.w]}: values with 95 % intervals`), element("thead", {}, head), element("tbody", {}, ...rows)));
}

/* Levels that a variable has. */
function levelsOf(v) {
  const has = new Set(data.values.filter((row) => row[1] === v).map((row) => row[2]));
  return [...data.levels.keys()].filter((l) => has.has(l));
}

function leadControlsDraw() {
  const levels = levelsOf(lead.v);
  if (!levels.includes(lead.l)) lead.l = levels.includes(data.levels.indexOf(500)) ? data.levels.indexOf(500) : levels[0] ?? 0;
  const options = (list, text) => list.map((i) => [i, text(i)]);
  const set = (key, also) => (value) => {
    lead[key] = Number(value);
    if (also) leadControlsDraw();
    leadsDraw();
    if (also) byId("lead-controls").querySelector("select").focus();
  };
  byId("lead-controls").replaceChildren(element("div", { class: "fields" },
    select("Variable", options([...data.variables.keys()], (i) => data.variables[i]), lead.v, set("v", true)),
    select("Level", options(levels, (i) => (levelName(i) ? `${levelName(i)} hPa` : "none")), lead.l, set("l")),
    select("Region", options([...data.regions.keys()], (i) => data.regions[i]), lead.r, set("r")),
    select("Weighting", options([...data.weightings.keys()], (i) => data.weightings[i]), lead.w, set("w"))));
}

/* Shows a cell of the scorecard against lead time. */
function chartsShow(cell) {
  Object.assign(lead, { v: cell.v, l: cell.l, r: cell.r, w: cell.w });
  lead.shown.add(cell.f);
  if (cell.b >= 0) lead.shown.add(cell.b);
  leadControlsDraw();
  seriesDraw();
  leadsDraw();
  byId("leads").scrollIntoView({ block: "start" });
  byId("lead-controls").querySelector("select").focus({ preventScroll: true });
}

function chartsStart() {
  const first = data.values[0];
  const wanted = data.values.find((row) => data.variables[row[1]] === "z" && data.levels[row[2]] === 500) || first;
  if (first) Object.assign(lead, { v: wanted[1], l: wanted[2], r: wanted[4], w: wanted[5] });
  const able = data.forecasts.map((_, f) => f).filter((f) => data.forecasts[f].kind !== "climatology" && (data.forecasts[f].kind !== "forecast" || data.forecasts[f].fields > 0));
  able.slice(0, SERIES_FIRST).forEach((f) => lead.shown.add(f));
  byId("lead-controls").addEventListener("submit", (event) => event.preventDefault());
  leadControlsDraw();
  seriesDraw();
  leadsDraw();
}
