
/* ---- Charts, by Vega, whose expressions are interpreted: the page's policy forbids eval ---- */

const vegaParser = library.get("vega-parser");
const { View } = library.get("vega-view");
const { expressionInterpreter } = library.get("vega-interpreter");
Object.assign(library.get("vega-dataflow").transforms, library.get("vega-transforms"),
  library.get("vega-view-transforms"), library.get("vega-encode"));

const SHAPES = ["circle", "square", "triangle-up", "diamond", "cross", "triangle-down"];
const DASHES = [[1, 0], [6, 3], [2, 2], [8, 3, 2, 3], [4, 2], [1, 3]];
const SERIES_FIRST = 6; /* so many are drawn to begin with */
const INTERVALS_MOST = 4; /* with more series their intervals would cover each other */
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

/* Draws spec into place; lines: of the tip of a mark's datum; heightOf: of its width, where that is not as spec says. */
function chartDraw(place, spec, lines, heightOf) {
  const view = new View(vegaParser.parse(spec, configOf(), { ast: true }), {
    renderer: "svg", container: place, hover: true, expr: expressionInterpreter,
  });
  view.tooltip((handler, event, item) => {
    if (item && item.datum && item.mark.marktype !== "group" && item.tooltip) tipShow(event, lines(item.datum));
    else tip.hidden = true;
  });
  view.runAsync();
  for (const form of place.querySelectorAll("form")) form.remove(); /* Vega's, for inputs that no spec has */
  lead.views.push({ view, place, width: spec.width, heightOf });
  lead.resize.observe(place);
}

const widthOf = (place) => Math.max(Math.floor(place.clientWidth), 180);

function chartsFit() {
  for (const chart of lead.views) {
    const width = widthOf(chart.place);
    if (chart.place.isConnected && chart.width !== width) {
      chart.width = width;
      if (chart.heightOf) chart.view.height(chart.heightOf(width));
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

/* A figure with a chart in it; the chart's place. */
function figure(root, title, note, spec, lines, heightOf) {
  const place = element("div", { class: "chart" });
  root.append(element("figure", {}, element("figcaption", {}, element("b", {}, title), note ? element("span", { class: "soft" }, ` ${note}`) : null), place));
  const width = widthOf(place);
  chartDraw(place, { height: heightOf ? heightOf(width) : undefined, ...spec, width }, lines, heightOf);
  return place;
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

/* The range of an axis of values: errors from zero, biases about it, correlations as far as they go. */
function domainOf(kind, points, withIntervals) {
  const drawn = points.flatMap((p) => (withIntervals && p.low !== null ? [p.low, p.high, p.value] : [p.value]));
  const low = Math.min(...drawn);
  const high = Math.max(...drawn);
  const span = high - low || Math.abs(high) || 1;
  if (kind === "error" || kind === "composite") return [0, high * 1.04 || 1];
  return kind === "bias" ? [Math.min(low, 0) - 0.05 * span, Math.max(high, 0) + 0.05 * span]
    : [Math.max(low - 0.05 * span, -1), Math.min(high + 0.05 * span, 1)];
}

/* Colours, shapes and dashes, which a forecast keeps in every chart. */
function seriesScales() {
  const names = data.forecasts.map((_, f) => f);
  return [
    { name: "colour", type: "ordinal", domain: names, range: names.map(seriesColour) },
    { name: "shape", type: "ordinal", domain: names, range: names.map((i) => SHAPES[i % SHAPES.length]) },
    { name: "dash", type: "ordinal", domain: names, range: names.map((i) => DASHES[i % DASHES.length]) },
  ];
}

const intervalsNote = (shown) => (shown.size > INTERVALS_MOST ? `Intervals are drawn for up to ${INTERVALS_MOST} of them.` : "");

function lineSpec(points, m, title) {
  const withIntervals = lead.shown.size <= INTERVALS_MOST;
  const kind = m >= 0 ? metricOf(m).kind : "composite";
  const domain = domainOf(kind, points, withIntervals);
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
      { name: "intervals", source: "points", transform: [{ type: "filter", expr: "datum.low !== null" }] },
    ],
    scales: [
      { name: "x", type: "linear", domain: leads.length > 1 ? [leads[0], leads[leads.length - 1]] : [leads[0] - 1, leads[0] + 1], range: "width", zero: false, padding: 8 },
      { name: "y", type: "linear", domain, range: "height", nice: kind !== "correlation" || domain[1] < 1, zero: false },
      ...seriesScales(),
    ],
    axes: [
      { orient: "bottom", scale: "x", values: leads, labelOverlap: true, title: inDays ? "lead time, days" : "lead time, hours", format: FORMAT },
      { orient: "left", scale: "y", grid: true, tickCount: 5, format: FORMAT, domain: false, ticks: false, minExtent: 40 },
    ],
    marks: [
      ...(kind === "bias" ? [{ type: "rule", encode: { update: { x: { value: 0 }, x2: { signal: "width" }, y: { scale: "y", value: 0 }, stroke: { value: style("--soft") } } } }] : []),
      ...(withIntervals ? [{ type: "group", from: { facet: { name: "of", data: "intervals", groupby: "f" } },
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

/* Chips of what may be drawn, state.shown, which keeps its order. */
function seriesDraw(root = byId("series"), state = lead, draw = leadsDraw) {
  const all = data.forecasts.map((_, f) => f).filter((f) => data.forecasts[f].kind !== "forecast" || data.forecasts[f].fields > 0);
  root.replaceChildren(...all.map((f) => {
    const box = element("input", { type: "checkbox", checked: state.shown.has(f) });
    box.addEventListener("change", () => {
      if (box.checked) state.shown.add(f);
      else state.shown.delete(f);
      state.shown = new Set(all.filter((i) => state.shown.has(i)));
      draw();
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
  byId("series-note").textContent = intervalsNote(lead.shown);
  if (!root.hasChildNodes()) root.append(element("p", { class: "empty" }, "No forecast is chosen, or none has this field."));
  chartTableDraw();
}

/* A value with its interval, in the tables of numbers. */
function valueCell(value) {
  return element("td", { class: "figure" }, value ? number(value.value, 5) : "\u2013",
    value && value.low !== null ? element("span", { class: "soft" }, ` ${number(value.low)}\u2009\u2026\u2009${number(value.high)}`) : null);
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
          ...found.map(valueCell)));
      }
    });
  }
  byId("chart-table").replaceChildren(element("table", { class: "list" }, element("caption", {}, `${fieldName(lead.v, lead.l)}, ${data.regions[lead.r]}, ${
    data.weightings[lead.w]}: values with 95 % intervals`), element("thead", {}, head), element("tbody", {}, ...rows)));
}

/* Levels that a variable has, and the one that is shown first. */
function levelsOf(v) {
  const has = new Set(data.values.filter((row) => row[1] === v).map((row) => row[2]));
  return [...data.levels.keys()].filter((l) => has.has(l));
}

const levelFirst = (levels) => (levels.includes(data.levels.indexOf(500)) ? data.levels.indexOf(500) : levels[0] ?? 0);

function leadControlsDraw() {
  const levels = levelsOf(lead.v);
  if (!levels.includes(lead.l)) lead.l = levelFirst(levels);
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
    select("Region", options(regions, (i) => data.regions[i]), lead.r, set("r")),
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
  latitudesShow(cell);
  mapsShow(cell);
  byId("leads").scrollIntoView({ block: "start" });
  byId("lead-controls").querySelector("select").focus({ preventScroll: true });
}

/* The row of values that charts begin with: 500 hPa geopotential if there is any, in a region if it has any. */
function valueFirst(r) {
  const isZ = (row) => data.variables[row[1]] === "z" && data.levels[row[2]] === 500;
  const rows = data.values.filter((row) => row[4] === r);
  return rows.find(isZ) || rows[0] || data.values[0];
}

/* What charts show to begin with. */
function seriesFirst() {
  const able = data.forecasts.map((_, f) => f).filter((f) => data.forecasts[f].kind !== "climatology" && (data.forecasts[f].kind !== "forecast" || data.forecasts[f].fields > 0));
  return new Set(able.slice(0, SERIES_FIRST));
}

function chartsStart() {
  const first = valueFirst(regions[0]);
  if (first) Object.assign(lead, { v: first[1], l: first[2], r: first[4], w: first[5] });
  lead.shown = seriesFirst();
  byId("lead-controls").addEventListener("submit", (event) => event.preventDefault());
  leadControlsDraw();
  seriesDraw();
  leadsDraw();
}
