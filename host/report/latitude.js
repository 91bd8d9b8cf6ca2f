
/* ---- Scores against latitude: one lead time's bands, north at the top as on a map ---- */

const zone = { v: 0, l: 0, d: 0, w: 0, width: 0, shown: new Set() };

const SMALL_FROM = 20; /* bands from which on points are drawn small */
const widths = [...new Set(bands.map((band) => band.north - band.south))].sort((a, b) => a - b);
const bandsOf = (width) => bands.filter((band) => band.north - band.south === width).sort((a, b) => b.north - a.north);

/* 40\u201345\u00b0N, 45\u201340\u00b0S, 10\u00b0S\u201310\u00b0N */
function bandName({ south, north }) {
  const size = (degrees) => `${Math.abs(degrees)}\u00b0`;
  if (south < 0 && north > 0) return `${size(south)}S\u2013${size(north)}N`;
  return `${Math.abs(south)}\u2013${size(north)}${north > 0 ? "N" : "S"}`;
}

const zoneField = () => `${fieldName(zone.v, zone.l)}, ${leadText(zone.d)}, ${data.weightings[zone.w]}`;
const zoneValue = (f, band, m) => valueAt(f, zone.v, zone.l, zone.d, band.r, zone.w, m);

function zonePoints(m) {
  const points = [];
  for (const f of zone.shown) {
    for (const band of bandsOf(zone.width)) {
      const value = zoneValue(f, band, m);
      if (value && value.value !== null) {
        points.push({ f, name: forecastName(f), band: bandName(band), latitude: (band.south + band.north) / 2, value: value.value,
          low: value.low, high: value.high, n: value.n });
      }
    }
  }
  return points;
}

/* The latitudes of every axis: all that the bands cover, with a mark at round ones. */
function latitudesOf(width) {
  const south = Math.min(...bandsOf(width).map((band) => band.south));
  const north = Math.max(...bandsOf(width).map((band) => band.north));
  const step = [5, 10, 15].find((size) => (north - south) / size <= 7) || 30;
  const marks = [];
  for (let at = Math.ceil(south / step) * step; at <= north; at += step) marks.push(at);
  return { domain: [south, north], marks };
}

function profileSpec(points, m, title) {
  const withIntervals = zone.shown.size <= INTERVALS_MOST;
  const { kind } = metricOf(m);
  const domain = domainOf(kind, points, withIntervals);
  const latitudes = latitudesOf(zone.width);
  const y = { scale: "y", field: "latitude" };
  const colour = { scale: "colour", field: "f" };
  const size = bandsOf(zone.width).length < SMALL_FROM ? 34 : 15;
  const degrees = "datum.value === 0 ? '0\u00b0' : abs(datum.value) + (datum.value > 0 ? '\u00b0N' : '\u00b0S')";
  return {
    description: `${title} against latitude: ${[...zone.shown].map(forecastName).join(", ")}`,
    height: 330,
    padding: { left: 4, right: 8, top: 6, bottom: 4 },
    autosize: { type: "fit", contains: "padding" },
    data: [
      { name: "points", values: points },
      { name: "intervals", source: "points", transform: [{ type: "filter", expr: "datum.low !== null" }] },
    ],
    scales: [
      { name: "x", type: "linear", domain, range: "width", nice: kind !== "correlation" || domain[1] < 1, zero: false },
      { name: "y", type: "linear", domain: latitudes.domain, range: "height", zero: false },
      ...seriesScales(),
    ],
    axes: [
      { orient: "bottom", scale: "x", grid: true, tickCount: 4, labelOverlap: true, format: FORMAT, domain: false, ticks: false },
      { orient: "left", scale: "y", grid: true, values: latitudes.marks, domain: false, ticks: false, minExtent: 34,
        encode: { labels: { update: { text: { signal: degrees } } } } },
    ],
    marks: [
      ...(kind === "bias" ? [{ type: "rule", encode: { update: { y: { value: 0 }, y2: { signal: "height" }, x: { scale: "x", value: 0 }, stroke: { value: style("--soft") } } } }] : []),
      ...(withIntervals ? [{ type: "group", from: { facet: { name: "of", data: "intervals", groupby: "f" } },
        encode: { update: { clip: { value: true }, width: { signal: "width" }, height: { signal: "height" } } },
        marks: [{ type: "area", interactive: false, from: { data: "of" }, encode: { update: { orient: { value: "horizontal" }, y, x: { scale: "x", field: "low" }, x2: { scale: "x", field: "high" }, fill: colour, fillOpacity: { value: 0.13 } } } }] }] : []),
      { type: "group", from: { facet: { name: "of", data: "points", groupby: "f" } },
        marks: [
          { type: "line", interactive: false, from: { data: "of" }, encode: { update: { y, x: { scale: "x", field: "value" }, stroke: colour, strokeWidth: { value: 1.75 }, strokeDash: { scale: "dash", field: "f" } } } },
          { type: "symbol", from: { data: "of" }, encode: {
            update: { y, x: { scale: "x", field: "value" }, fill: colour, shape: { scale: "shape", field: "f" }, size: { value: size }, tooltip: { value: "yes" },
              description: { signal: "datum.name + ', ' + datum.band + ': ' + format(datum.value, '.4~g')" } },
            hover: { size: { value: 110 } } } },
        ] },
    ],
  };
}

function zoneTip(datum) {
  const lines = [datum.name, `${datum.band}: ${number(datum.value)}`];
  if (datum.low !== null) lines.push(`95 %: ${number(datum.low)} to ${number(datum.high)}`);
  lines.push(count(datum.n, "init time"));
  return lines;
}

function latitudesDraw() {
  if (bands.length === 0) return;
  const root = byId("latitude-charts");
  chartsEnd(root);
  for (const m of data.metrics.keys()) {
    const points = zonePoints(m);
    if (points.length > 0) {
      const title = metricOf(m).label;
      figure(root, title, zoneField(), profileSpec(points, m, `${title} of ${zoneField()}`), zoneTip);
    }
  }
  byId("latitude-note").textContent = intervalsNote(zone.shown);
  if (!root.hasChildNodes()) root.append(element("p", { class: "empty" }, "No forecast is chosen, or none has this field."));
  latitudeTableDraw();
}

function latitudeTableDraw() {
  const all = [...zone.shown];
  const head = element("tr", {}, ...["Score", "Latitude", ...all.map(forecastName)].map((text, i) => element("th", { scope: "col", class: i > 0 ? "figure" : "" }, text)));
  const rows = [];
  for (const m of data.metrics.keys()) {
    for (const band of bandsOf(zone.width)) {
      const found = all.map((f) => zoneValue(f, band, m));
      if (found.some((value) => value && value.value !== null)) {
        rows.push(element("tr", {}, element("th", { scope: "row" }, metricOf(m).label), element("td", { class: "figure" }, bandName(band)), ...found.map(valueCell)));
      }
    }
  }
  byId("latitude-table").replaceChildren(element("table", { class: "list" }, element("caption", {}, `${zoneField()}: values with 95 % intervals`),
    element("thead", {}, head), element("tbody", {}, ...rows)));
}

function latitudeControlsDraw() {
  const levels = levelsOf(zone.v);
  if (!levels.includes(zone.l)) zone.l = levelFirst(levels);
  const options = (list, text) => list.map((i) => [i, text(i)]);
  const set = (key) => (value) => {
    zone[key] = Number(value);
    if (key === "v") {
      latitudeControlsDraw();
      byId("latitude-controls").querySelector("select").focus();
    }
    latitudesDraw();
  };
  byId("latitude-controls").replaceChildren(element("div", { class: "fields" },
    select("Variable", options([...data.variables.keys()], (i) => data.variables[i]), zone.v, set("v")),
    select("Level", options(levels, (i) => (levelName(i) ? `${levelName(i)} hPa` : "none")), zone.l, set("l")),
    select("Lead time", options([...data.leads.keys()], leadText), zone.d, set("d")),
    select("Weighting", options([...data.weightings.keys()], (i) => data.weightings[i]), zone.w, set("w")),
    widths.length > 1 ? select("Bands", options(widths, (width) => `${width}\u00b0 wide`), zone.width, set("width")) : null));
}

/* Shows the field of a cell of the scorecard, or of a row of values. */
function latitudesShow({ v, l, d, w }) {
  if (bands.length === 0) return;
  Object.assign(zone, { v, l, d, w });
  latitudeControlsDraw();
  latitudesDraw();
}

function latitudesStart() {
  if (bands.length === 0) return;
  byId("latitudes").hidden = false;
  byId("latitudes-link").hidden = false;
  byId("latitude-controls").addEventListener("submit", (event) => event.preventDefault());
  [zone.width] = widths;
  zone.shown = seriesFirst();
  const [, v, l, , , w] = valueFirst(bands[0].r);
  latitudesSeriesDraw();
  latitudesShow({ v, l, d: Math.floor((data.leads.length - 1) / 2), w });
}

function latitudesSeriesDraw() {
  if (bands.length > 0) seriesDraw(byId("latitude-series"), zone, latitudesDraw);
}
