
/* ---- Error maps: one at a time, as an image of its blocks under the coastlines ---- */

const MEASURES = { mean_error: "Mean error", rmse: "RMSE" };
const PIXELS_MOST = 1440; /* of the image, along an axis */
const TAIL = 0.99; /* the share of blocks whose value has a colour of its own */
const SAMPLES_MOST = 40000; /* blocks that the ends of the colours are chosen from */

const mapList = data.maps ? data.maps.list : [];
const atlas = { f: 0, v: 0, l: 0, d: 0, m: "mean_error", at: null };

const mapAt = (f, v, l, d) => mapList.find((map) => map.forecast === f && map.variable === v && map.level === l && map.lead === d);
const mapShown = () => mapAt(atlas.f, atlas.v, atlas.l, atlas.d);
const mapsOfField = () => mapList.filter((map) => map.variable === atlas.v && map.level === atlas.l);
const unitsOf = (map) => map.units || "in the units of the variable";

/* 51.5\u00b0N, 0\u00b0, 90\u00b0W */
function degrees(value, more, less) {
  const size = Number(Math.abs(value).toFixed(2));
  return `${size}\u00b0${size === 0 || size === 180 ? "" : value > 0 ? more : less}`;
}

/* A longitude from -180 on, below 180. */
const around = (lon) => ((((lon + 180) % 360) + 360) % 360) - 180;
const placeName = (lat, lon) => `${degrees(lat, "N", "S")} ${degrees(around(lon), "E", "W")}`;

/* The values of a map's blocks, NaN where there is none. */
function blocksOf(map, m) {
  const { low, high, data: text } = map[m];
  const bytes = atob(text);
  const values = new Float64Array(bytes.length / 2);
  for (let i = 0; i < values.length; i++) {
    const code = bytes.charCodeAt(2 * i) + 256 * bytes.charCodeAt(2 * i + 1);
    values[i] = code === 65535 ? NaN : low + ((high - low) * code) / 65534;
  }
  return values;
}

/* The next round number that is no smaller. */
function roundUp(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].find((digit) => digit * power >= value * (1 - 1e-9)) * power;
}

/* Where the colours end: one number for all lead times and forecasts of a field, so that they compare. */
function mapEnd(m) {
  const maps = mapsOfField();
  const sizes = [];
  for (const map of maps) {
    const values = blocksOf(map, m);
    const step = Math.ceil((values.length * maps.length) / SAMPLES_MOST);
    for (let i = 0; i < values.length; i += step) if (!Number.isNaN(values[i])) sizes.push(Math.abs(values[i]));
  }
  sizes.sort((a, b) => a - b);
  const end = sizes[Math.floor((sizes.length - 1) * TAIL)];
  return end > 0 ? roundUp(end) : 1;
}

/* The colours of a measure and the values that they stand for. */
function mapScale(m) {
  const colours = style(m === "rmse" ? "--map-sequential" : "--map-diverging").split(/\s+/);
  const end = mapEnd(m);
  const start = m === "rmse" ? 0 : -end;
  return { end, colours, domain: colours.map((_, i) => start + ((end - start) * i) / (colours.length - 1)) };
}

/* From a value to red, green and blue, straight lines between the colours as in the legend. */
function painter({ colours, domain }) {
  const parts = colours.map((colour) => [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16)));
  const last = parts.length - 1;
  return (value) => {
    const at = Math.min(Math.max(((value - domain[0]) / (domain[last] - domain[0])) * last, 0), last);
    const i = Math.min(Math.floor(at), last - 1);
    return parts[i].map((part, k) => Math.round(part + (parts[i + 1][k] - part) * (at - i)));
  };
}

/* Longitudes and latitudes that a map shows: of the whole globe from the date line on, else its own. */
function mapFrame(map) {
  const { lat, lon } = data.maps.grids[map.grid];
  const [south, north] = [lat[lat.length - 1], lat[0]];
  const wide = lon[lon.length - 1] - lon[0];
  const west = wide > 359.99 ? -180 : lon[0] - (lon[0] + wide / 2 > 180 ? 360 : 0);
  return { west, east: west + wide, south, north, ratio: (north - south) / wide };
}

/* The block of edges, ascending or descending, that a value lies in; -1: none. */
function blockOf(edges, value) {
  const up = edges[edges.length - 1] > edges[0];
  let [low, high] = [0, edges.length - 1];
  if (up ? value < edges[0] || value > edges[high] : value > edges[0] || value < edges[high]) return -1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (up ? edges[middle] <= value : edges[middle] >= value) low = middle;
    else high = middle;
  }
  return low;
}

function columnOf(grid, lon) {
  const first = grid.lon[0];
  return blockOf(grid.lon, first + ((((lon - first) % 360) + 360) % 360));
}

/* The map as the address of an image. */
function mapImage(map, values, paint) {
  const grid = data.maps.grids[map.grid];
  const { west, east, south, north } = mapFrame(map);
  const columns = grid.lon.length - 1;
  const canvas = document.createElement("canvas");
  canvas.width = Math.min(4 * columns, PIXELS_MOST);
  canvas.height = Math.min(4 * (grid.lat.length - 1), PIXELS_MOST);
  const context = canvas.getContext("2d");
  const image = context.createImageData(canvas.width, canvas.height);
  const across = Array.from({ length: canvas.width }, (_, x) => columnOf(grid, west + ((x + 0.5) / canvas.width) * (east - west)));
  for (let y = 0; y < canvas.height; y++) {
    const row = blockOf(grid.lat, north - ((y + 0.5) / canvas.height) * (north - south));
    for (let x = 0; x < canvas.width; x++) {
      const value = values[row * columns + across[x]];
      if (!Number.isNaN(value) && row >= 0 && across[x] >= 0) image.data.set([...paint(value), 255], 4 * (y * canvas.width + x));
    }
  }
  context.putImageData(image, 0, 0);
  return canvas.toDataURL("image/png");
}

/* The coastlines' points between two meridians, each line with an end that is not drawn. */
function coastOf({ west, east }) {
  const points = [];
  for (const text of COASTLINE) {
    const steps = text.split(" ").map(Number);
    for (const turn of [-360, 0, 360]) {
      let [x, y] = [0, 0];
      const line = [];
      for (let i = 0; i < steps.length; i += 2) {
        x += steps[i];
        y += steps[i + 1];
        line.push({ lon: x / 10 + turn, lat: y / 10, drawn: true });
      }
      if (line.some(({ lon }) => lon >= west && lon <= east)) points.push(...line, { ...line[line.length - 1], drawn: false });
    }
  }
  return points;
}

function mapAxis(orient, scale, [from, to], names) {
  const step = [5, 10, 15, 30, 60].find((size) => (to - from) / size <= 7) || 90;
  const values = [];
  for (let at = Math.ceil(from / step) * step; at <= to; at += step) values.push(at);
  const turned = "((datum.value + 540) % 360 - 180)";
  const value = scale === "x" ? turned : "datum.value";
  const plain = scale === "x" ? `abs(${value}) % 180 === 0` : `${value} === 0`;
  return { orient, scale, values, domain: false, labelOverlap: true, grid: true, gridOpacity: 0.5, zindex: 1,
    encode: { labels: { update: { text: { signal: `abs(${value}) + '\u00b0' + (${plain} ? '' : ${value} > 0 ? '${names[0]}' : '${names[1]}')` } } } } };
}

const mapTitle = (map) => `${MEASURES[atlas.m]} of ${fieldName(map.variable, map.level)}, ${leadText(map.lead)}`;

function mapSpec(map, scale, image) {
  const frame = mapFrame(map);
  const text = { labelColor: style("--soft"), titleColor: style("--soft"), labelFont: style("--font"), titleFont: style("--font"), titleFontWeight: 400 };
  return {
    description: `${mapTitle(map)}, ${forecastName(map.forecast)}`,
    padding: { left: 4, right: 12, top: 6, bottom: 4 },
    autosize: { type: "fit", contains: "padding" },
    data: [{ name: "coast", values: coastOf(frame) }],
    scales: [
      { name: "x", type: "linear", domain: [frame.west, frame.east], range: "width", zero: false },
      { name: "y", type: "linear", domain: [frame.south, frame.north], range: "height", zero: false },
      { name: "colour", type: "linear", domain: scale.domain, range: scale.colours, clamp: true, zero: false },
    ],
    axes: [
      mapAxis("bottom", "x", [frame.west, frame.east], ["E", "W"]),
      mapAxis("left", "y", [frame.south, frame.north], ["N", "S"]),
    ],
    legends: [{ fill: "colour", type: "gradient", orient: "bottom", direction: "horizontal", gradientLength: { signal: "min(width, 420)" }, gradientThickness: 11,
      title: `${atlas.m === "rmse" ? "RMSE" : "Forecast \u2212 truth"}, ${unitsOf(map)}`, titleLimit: 400, format: FORMAT, tickCount: 7, ...text }],
    marks: [
      { type: "image", interactive: false, encode: { update: { url: { value: image }, x: { value: 0 }, y: { value: 0 }, width: { signal: "width" }, height: { signal: "height" },
        aspect: { value: false }, smooth: { value: false } } } },
      { type: "group", interactive: false, clip: true, encode: { update: { width: { signal: "width" }, height: { signal: "height" }, stroke: { value: style("--strong") } } },
        marks: [{ type: "line", interactive: false, from: { data: "coast" }, encode: { update: { x: { scale: "x", field: "lon" }, y: { scale: "y", field: "lat" },
          defined: { field: "drawn" }, stroke: { value: style("--map-coast") }, strokeWidth: { value: 0.8 }, strokeJoin: { value: "round" } } } }] },
    ],
  };
}

/* ---- Looking at a point of the map, with the pointer or the arrow keys ---- */

/* Tells of the block that holds the point, and marks it; lines of a tip. */
function mapPoint(place, map, values, lat, lon) {
  const grid = data.maps.grids[map.grid];
  const [row, column] = [blockOf(grid.lat, lat), columnOf(grid, lon)];
  if (row < 0 || column < 0) return null;
  const value = values[row * (grid.lon.length - 1) + column];
  const middle = (edges, i) => (edges[i] + edges[i + 1]) / 2;
  const lines = [Number.isNaN(value) ? "no valid time" : `${number(value)} ${map.units}`, placeName(middle(grid.lat, row), middle(grid.lon, column))];
  byId("map-detail").textContent = `${mapTitle(map)}, ${forecastName(map.forecast)}, at ${lines[1]}: ${lines[0]}`;
  return lines;
}

function mapWatch(place, map, values) {
  const frame = mapFrame(map);
  const grid = data.maps.grids[map.grid];
  const cursor = element("i", { class: "cursor", hidden: true, "aria-hidden": "true" });
  const box = () => place.querySelector("image").getBoundingClientRect();
  place.append(cursor);
  place.addEventListener("pointermove", (event) => {
    const { left, top, width, height } = box();
    const [x, y] = [(event.clientX - left) / width, (event.clientY - top) / height];
    const inside = x >= 0 && x <= 1 && y >= 0 && y <= 1;
    const lines = inside && mapPoint(place, map, values, frame.north - y * (frame.north - frame.south), frame.west + x * (frame.east - frame.west));
    if (lines) tipShow(event, lines);
    else tip.hidden = true;
  });
  place.addEventListener("pointerleave", () => { tip.hidden = true; });
  place.addEventListener("blur", () => { cursor.hidden = true; });
  place.addEventListener("keydown", (event) => {
    const way = { ArrowUp: [1, 0], ArrowDown: [-1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (!way) return;
    event.preventDefault();
    const step = (edges) => Math.abs(edges[1] - edges[edges.length - 1]) / (edges.length - 2 || 1);
    const { lat, lon } = atlas.at || { lat: (frame.south + frame.north) / 2, lon: (frame.west + frame.east) / 2 };
    const within = (value, low, high) => Math.min(Math.max(value, low), high);
    const many = event.shiftKey ? 10 : 1;
    atlas.at = { lat: within(lat + many * way[0] * step(grid.lat), frame.south, frame.north), lon: within(lon + many * way[1] * step(grid.lon), frame.west, frame.east) };
    mapPoint(place, map, values, atlas.at.lat, atlas.at.lon);
    const { left, top, width, height } = box();
    const own = place.getBoundingClientRect();
    cursor.hidden = false;
    cursor.style.left = `${left - own.left + ((atlas.at.lon - frame.west) / (frame.east - frame.west)) * width}px`;
    cursor.style.top = `${top - own.top + ((frame.north - atlas.at.lat) / (frame.north - frame.south)) * height}px`;
  });
}

/* ---- The section ---- */

function mapNote(map, scale) {
  const grid = data.maps.grids[map.grid];
  const [rows, columns] = map.points;
  const same = rows === grid.lat.length - 1 && columns === grid.lon.length - 1;
  const times = map.first === map.last ? map.first : `${map.first} to ${map.last}`;
  return [
    `${count(map.n_times, "init time")}, ${times}.`,
    same ? `${rows} \u00d7 ${columns} points.` : `${rows} \u00d7 ${columns} points, averaged by area to ${grid.lat.length - 1} \u00d7 ${grid.lon.length - 1} for this page.`,
    map.missing > 0 ? `${count(map.missing, "point")} without a valid time, left blank.` : "",
    `Colours end at ${atlas.m === "rmse" ? "" : "\u00b1"}${Number(scale.end.toPrecision(3))}, for all lead times and forecasts of the field alike.`,
  ].filter(Boolean).join(" ");
}

function mapsDraw() {
  if (mapList.length === 0) return;
  const root = byId("map-charts");
  chartsEnd(root);
  const map = mapShown();
  byId("map-note").textContent = "";
  if (map) {
    const scale = mapScale(atlas.m);
    const values = blocksOf(map, atlas.m);
    const { ratio } = mapFrame(map);
    const heightOf = (width) => Math.min(Math.round((width - 50) * ratio), 620) + 76;
    const place = figure(root, mapTitle(map), forecastName(map.forecast), mapSpec(map, scale, mapImage(map, values, painter(scale))), () => [], heightOf);
    Object.assign(place, { tabIndex: 0 });
    place.setAttribute("role", "application");
    place.setAttribute("aria-label", `${mapTitle(map)}, ${forecastName(map.forecast)}: arrow keys tell the value at a point`);
    mapWatch(place, map, values);
    byId("map-note").textContent = mapNote(map, scale);
  } else {
    root.append(element("p", { class: "empty" }, "There is no map of this forecast, field and lead time."));
  }
  mapTableDraw();
}

function mapTableDraw() {
  const extreme = ([value, lat, lon]) => (value === null ? "\u2013" : `${number(value)} at ${placeName(lat, lon)}`);
  const head = ["Forecast", "Lead time", "Init times", "Over the area", "Lowest", "Highest"].map((text, i) => element("th", { scope: "col", class: i > 0 ? "figure" : "" }, text));
  const rows = mapsOfField().map((map) => {
    const told = map[atlas.m];
    return element("tr", {}, element("th", { scope: "row" }, forecastName(map.forecast)),
      ...[leadText(map.lead), String(map.n_times), number(told.mean), extreme(told.min), extreme(told.max)].map((text) => element("td", { class: "figure" }, text)));
  });
  const map = mapsOfField()[0];
  byId("map-table").replaceChildren(element("table", { class: "list" }, element("caption", {}, map ? `${MEASURES[atlas.m]} of ${fieldName(atlas.v, atlas.l)}, ${unitsOf(map)}` : ""),
    element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...rows)));
}

/* Choices that lead to a map, each among the maps that fit the choices before it. */
function mapControlsDraw() {
  const distinct = (maps, key) => [...new Set(maps.map((map) => map[key]))].sort((a, b) => a - b);
  let left = mapList;
  const fields = [["Variable", "v", "variable", (i) => data.variables[i]], ["Level", "l", "level", (i) => (levelName(i) ? `${levelName(i)} hPa` : "none")],
    ["Forecast", "f", "forecast", forecastName], ["Lead time", "d", "lead", leadText]].map(([label, key, member, text]) => {
    const options = distinct(left, member);
    if (!options.includes(atlas[key])) [atlas[key]] = options;
    left = left.filter((map) => map[member] === atlas[key]);
    return select(label, options.map((i) => [i, text(i)]), atlas[key], (value) => {
      atlas[key] = Number(value);
      mapControlsDraw();
      mapsDraw();
      [...byId("map-controls").querySelectorAll("label.field")].find((field) => field.firstChild.textContent === label).lastChild.focus();
    });
  });
  byId("map-controls").replaceChildren(element("div", { class: "fields" }, ...fields,
    select("Measure", Object.entries(MEASURES), atlas.m, (value) => {
      atlas.m = value;
      mapsDraw();
    })));
}

/* Shows the map of a cell of the scorecard, if there is one. */
function mapsShow({ f, v, l, d }) {
  if (!mapAt(f, v, l, d)) return;
  Object.assign(atlas, { f, v, l, d });
  mapControlsDraw();
  mapsDraw();
}

function mapsStart() {
  if (mapList.length === 0) return;
  byId("maps").hidden = false;
  byId("maps-link").hidden = false;
  byId("map-controls").addEventListener("submit", (event) => event.preventDefault());
  const { forecast: f, variable: v, level: l, lead: d } = mapList[0];
  Object.assign(atlas, { f, v, l, d });
  mapControlsDraw();
  mapsDraw();
}
