
/* ---- The scorecard: fields down, regions and leads across ---- */

const MARKS = { 2: "\u25b2", 1: "\u25b2", 0: "", "-1": "\u25bc", "-2": "\u25bc" };
const MARK_WORDS = { 2: "clearly better", 1: "better", 0: "", "-1": "worse", "-2": "clearly worse" };
const STEPS = [0.1, 0.25, 0.5, 1];
const SCALES = [1, 2, 5, 10, 20, 50, 100];

const card = {
  forecast: scored.find((i) => data.forecasts[i].fields > 0) ?? 0,
  baseline: -1,
  weighting: 0,
  show: "auto",
  metrics: new Set(),
  variables: new Set(data.variables.keys()),
  levels: new Set(data.levels.keys()),
  regions: new Set(regions),
  sort: { key: "natural", down: false },
  focus: { row: 1, column: 3 },
};

function baselinesOf(forecast) {
  return data.baselines.filter((b) => b !== forecast);
}

/* The baseline that is shown first: the one that was asked for, else another forecast, else the job's own. */
function baselineFirst(forecast) {
  const all = baselinesOf(forecast);
  const kind = (name) => all.filter((b) => data.forecasts[b].kind === name);
  const order = [data.baseline, ...kind("against"), ...kind("forecast").reverse(), ...kind("reference"), ...kind("climatology")];
  return order.find((b) => b !== null && b !== undefined && all.includes(b)) ?? -1;
}

function cellMake(v, l, d, r, m) {
  const f = card.forecast;
  const w = card.weighting;
  const cell = { v, l, d, r, m, w, f, b: card.baseline, value: valueAt(f, v, l, d, r, w, m), gain: null, mark: 0 };
  if (card.baseline >= 0) {
    cell.difference = differenceAt(card.baseline, f, v, l, d, r, w, m);
    cell.gain = cell.difference ? gain(cell, cell.difference) : null;
    cell.mark = cell.difference ? strength(cell.difference, cell.gain) : 0;
  }
  return cell;
}

const columnsOf = () =>
  regions.filter((r) => card.regions.has(r)).flatMap((r) => data.leads.map((_, d) => ({ r, d })));

function rowsOf(columns) {
  const rows = [];
  for (const v of data.variables.keys()) {
    for (const l of data.levels.keys()) {
      for (const m of data.metrics.keys()) {
        if (!card.variables.has(v) || !card.levels.has(l) || !card.metrics.has(m)) continue;
        const cells = columns.map(({ r, d }) => cellMake(v, l, d, r, m));
        const has = cells.some((cell) => (card.baseline >= 0 ? cell.difference : cell.value));
        if (has) rows.push({ v, l, m, cells, order: rows.length });
      }
    }
  }
  return sorted(rows);
}

function sortValue(row) {
  const { key } = card.sort;
  if (key === "variable") return data.variables[row.v];
  if (key === "level") return data.levels[row.l] ?? -1;
  if (key === "metric") return metricOf(row.m).label;
  const cell = row.cells[key];
  return cell ? (card.baseline >= 0 ? cell.gain : cell.value && cell.value.value) ?? null : null;
}

/* What has no value comes last, whichever way. */
function sorted(rows) {
  if (card.sort.key === "natural") return rows;
  const way = card.sort.down ? -1 : 1;
  return rows.sort((a, b) => {
    const x = sortValue(a);
    const y = sortValue(b);
    if (x === null || y === null) return (x === null) - (y === null) || a.order - b.order;
    const order = typeof x === "string" ? x.localeCompare(y, "en", { numeric: true }) : x - y;
    return way * order || a.order - b.order;
  });
}

/* ---- Colours ---- */

/* A round number that nine of ten differences are below. */
function scaleOf(rows) {
  const sizes = rows.flatMap((row) => row.cells).map((cell) => Math.abs(cell.gain ?? NaN)).filter(Number.isFinite);
  sizes.sort((a, b) => a - b);
  const usual = sizes.length > 0 ? sizes[Math.floor(0.9 * (sizes.length - 1))] : 1;
  return SCALES.find((scale) => scale >= usual) ?? 100;
}

function shadeOfGain(gained, scale) {
  if (gained === null) return "none";
  const step = STEPS.filter((share) => Math.abs(gained) >= share * scale).length;
  return step === 0 ? "same" : `${gained > 0 ? "better" : "worse"}-${step}`;
}

/* Without a baseline: from the row's least to its greatest absolute value. */
function shadeOfValue(value, low, high) {
  if (value === null || value === undefined) return "none";
  const share = high > low ? (Math.abs(value) - low) / (high - low) : 0;
  return `value-${Math.min(Math.floor(share * 5), 4)}`;
}

/* ---- Table ---- */

const REM = 16;
const NAMES_REM = 13; /* what the three name columns take */
const FIGURE_REM = 4.8; /* what a cell with a number takes */

/* Numbers where they fit beside each other, else marks on colours; plain values are always numbers. */
function isCompact(columns) {
  const fits = byId("scorecard").clientWidth / REM - NAMES_REM - 3 >= columns.length * FIGURE_REM;
  return card.show === "marks" || (card.show === "auto" && card.baseline >= 0 && !fits);
}

/* Name columns are as wide as what stands in them, within bounds; their places follow, since they stay in view. */
function namesFit() {
  const longest = (texts) => Math.max(...texts.map((text) => text.length));
  const most = window.innerWidth < 700 ? 6.5 : 12;
  const set = (name, rem) => byId("table-frame").style.setProperty(name, `${rem.toFixed(2)}rem`);
  set("--variable-width", Math.min(Math.max(longest(data.variables) * 0.53 + 1.1, 3.6), most));
  set("--metric-width", Math.min(Math.max(longest([...data.metrics.keys()].map((m) => metricOf(m).label)) * 0.5 + 0.9, 3.3), most));
}

/* Compact cells share the room that there is, within bounds. */
function cellsFit(columns) {
  const room = (byId("scorecard").clientWidth / REM - NAMES_REM - 3) / Math.max(columns.length, 1);
  byId("table-frame").style.setProperty("--cell-width", `${Math.min(Math.max(room, 1.42), 2.2).toFixed(3)}rem`);
}

function cellText(cell, row) {
  if (card.baseline < 0 || card.show === "values") return cell.value ? number(cell.value.value, row.digits) : "\u2013";
  return percent(cell.gain);
}

function cellElement(cell, row, scale, compact) {
  const shade = card.baseline >= 0 ? shadeOfGain(cell.gain, scale) : shadeOfValue(cell.value && cell.value.value, row.low, row.high);
  const made = element("td", { class: `cell ${shade}`, tabIndex: -1 });
  if (cell.value && cell.value.value !== null) made.dataset.value = String(cell.value.value);
  if (cell.gain !== null) made.dataset.gain = String(cell.gain);
  made.dataset.place = [cell.f, cell.v, cell.l, cell.d, cell.r, cell.w, cell.m].join(",");
  if (cell.mark !== 0) {
    made.append(element("span", { class: `mark ${Math.abs(cell.mark) === 2 ? "large" : "small"}`, "aria-hidden": "true" },
      MARKS[cell.mark]));
  }
  const words = MARK_WORDS[cell.mark];
  const text = cellText(cell, row);
  if (compact) made.append(element("span", { class: "hidden" }, `${text}${words ? ` ${words}` : ""}`));
  else made.append(element("span", { class: "figure" }, text), ...(words ? [element("span", { class: "hidden" }, ` ${words}`)] : []));
  made.cell = cell;
  return made;
}

function sortButton(text, key, label) {
  const active = card.sort.key === key;
  const button = element("button", { type: "button", class: active ? "sort active" : "sort", tabIndex: -1, "aria-label": `${label}: sort` },
    text, element("span", { class: "way", "aria-hidden": "true" }, active ? (card.sort.down ? "\u2193" : "\u2191") : ""));
  button.addEventListener("click", () => {
    const same = card.sort.key === key;
    if (same && card.sort.down) card.sort = { key: "natural", down: false };
    else card.sort = { key, down: same };
    scorecardDraw(true);
  });
  return button;
}

function headElements(columns) {
  const ariaSort = (key) => (card.sort.key === key ? (card.sort.down ? "descending" : "ascending") : "none");
  const names = [["Field", "variable", "Variable"], ["hPa", "level", "Level"], ["Score", "metric", "Score"]];
  const regions = element("tr", {}, element("td", { class: "corner", colSpan: 3 }, inDays ? "Lead time, days" : "Lead time, hours"));
  const leads = element("tr", {}, ...names.map(([text, key, label], i) =>
    element("th", { scope: "col", class: `name name-${i}`, "aria-sort": ariaSort(key) }, sortButton(text, key, label))));
  columns.forEach(({ r, d }, i) => {
    const first = d === 0;
    if (first) regions.append(element("th", { scope: "colgroup", class: "region first", colSpan: data.leads.length, title: data.regions[r] }, data.regions[r]));
    leads.append(element("th", { scope: "col", class: first ? "leadtime first" : "leadtime", "aria-sort": ariaSort(i) },
      sortButton(leadName(d), i, `${data.regions[r]}, ${leadText(d)}`)));
  });
  return element("thead", {}, regions, leads);
}

function rowElement(row, before, scale, columns, compact) {
  const natural = card.sort.key === "natural";
  const sameVariable = natural && before && before.v === row.v;
  const sameLevel = sameVariable && before.l === row.l;
  const made = element("tr", { class: natural && before && !sameVariable ? "new" : "" },
    element("th", { scope: "row", tabIndex: -1, class: `name name-0${sameVariable ? " again" : ""}`, title: data.variables[row.v] }, data.variables[row.v]),
    element("th", { scope: "row", tabIndex: -1, class: `name name-1${sameLevel ? " again" : ""}` }, levelName(row.l)),
    element("th", { scope: "row", tabIndex: -1, class: "name name-2" }, metricOf(row.m).label));
  const sizes = row.cells.map((cell) => (cell.value ? cell.value.value : null)).filter((value) => value !== null).map(Math.abs);
  row.low = Math.min(...sizes);
  row.high = Math.max(...sizes);
  row.digits = 4;
  row.cells.forEach((cell, i) => {
    const td = cellElement(cell, row, scale, compact);
    if (columns[i].d === 0) td.classList.add("first");
    made.append(td);
  });
  return made;
}

function legendDraw(scale) {
  const legend = byId("legend");
  legend.replaceChildren();
  const swatch = (shade) => element("span", { class: `swatch cell ${shade}` });
  if (card.baseline < 0) {
    legend.append(element("span", { class: "scale" }, element("span", {}, "smallest of its row"),
      ...[0, 1, 2, 3, 4].map((i) => swatch(`value-${i}`)), element("span", {}, "largest")));
    return;
  }
  const limit = (share) => `${+(share * scale).toFixed(2)} %`;
  legend.append(element("span", { class: "scale" }, element("span", {}, `worse by ${limit(1)} or more`),
    ...[4, 3, 2, 1].map((i) => swatch(`worse-${i}`)), swatch("same"), ...[1, 2, 3, 4].map((i) => swatch(`better-${i}`)),
    element("span", {}, `better by ${limit(1)} or more`)),
    element("span", { class: "marks" },
      element("span", { class: "mark large" }, "\u25b2"), element("span", { class: "mark small" }, "\u25b2"), " significantly better, ",
      element("span", { class: "mark large" }, "\u25bc"), element("span", { class: "mark small" }, "\u25bc"), " significantly worse"));
}

function scorecardDraw(keepFocus) {
  const columns = columnsOf();
  const rows = rowsOf(columns);
  const scale = scaleOf(rows);
  const compact = isCompact(columns);
  const had = keepFocus && byId("table-frame").contains(document.activeElement);
  const body = element("tbody", {}, ...rows.map((row, i) => rowElement(row, rows[i - 1], scale, columns, compact)));
  const table = element("table", { class: compact ? "scorecard compact" : "scorecard", role: "grid", "aria-labelledby": "scorecard-title" },
    headElements(columns), body);
  byId("table-frame").replaceChildren(rows.length > 0 ? table : element("p", { class: "empty" }, "Nothing is chosen, or there is nothing to compare."));
  namesFit();
  cellsFit(columns);
  legendDraw(scale);
  leadDraw(rows);
  gridFocus(card.focus.row, card.focus.column, had);
}

/* The sentence above the table. */
function leadDraw(rows) {
  const cells = rows.flatMap((row) => row.cells).filter((cell) => (card.baseline >= 0 ? cell.gain !== null : cell.value));
  const lead = byId("scorecard-lead");
  const name = element("b", {}, forecastName(card.forecast));
  if (card.baseline < 0) {
    lead.replaceChildren(name, `: ${count(cells.length, "score")}, shaded within each row.`);
  } else {
    const better = cells.filter((cell) => cell.mark > 0).length;
    const worse = cells.filter((cell) => cell.mark < 0).length;
    lead.replaceChildren(name, " against ", element("b", {}, forecastName(card.baseline)), ": significantly better in ",
      element("b", { class: "good" }, better.toLocaleString("en")), " and worse in ", element("b", { class: "bad" }, worse.toLocaleString("en")),
      ` of ${count(cells.length, "score")}.`);
  }
  const times = Math.max(0, ...cells.map((cell) => (cell.difference ?? cell.value).n));
  const other = cells.some((cell) => cell.difference && cell.difference.otherTruth > 0);
  byId("scorecard-note").textContent = [
    times < 2 ? "With one init time there are no intervals, so nothing is marked." : `Up to ${count(times, "init time")} a cell.`,
    times >= 2 && times < 30 ? "With so few, intervals are rather too narrow." : "",
    other ? "Events whose truths differ were left out." : ""].filter(Boolean).join(" ");
}

/* ---- Keyboard ---- */

function gridLines() {
  const table = byId("table-frame").querySelector("table");
  if (!table) return [];
  const heads = [...table.tHead.rows[1].cells].map((cell) => cell.firstElementChild);
  return [heads, ...[...table.tBodies[0].rows].map((row) => [...row.cells])];
}

/* Makes one element of the grid the one that Tab reaches. */
function gridFocus(row, column, focus) {
  const lines = gridLines();
  if (lines.length === 0) return;
  const r = Math.min(Math.max(row, 0), lines.length - 1);
  const c = Math.min(Math.max(column, 0), lines[r].length - 1);
  for (const old of byId("table-frame").querySelectorAll('[tabindex="0"]')) old.tabIndex = -1;
  card.focus = { row: r, column: c };
  lines[r][c].tabIndex = 0;
  if (focus) lines[r][c].focus();
}

function gridKey(event) {
  const { row, column } = card.focus;
  const last = gridLines().length - 1;
  const end = Number.MAX_SAFE_INTEGER;
  const moves = {
    ArrowUp: [row - 1, column], ArrowDown: [row + 1, column], ArrowLeft: [row, column - 1], ArrowRight: [row, column + 1],
    Home: [event.ctrlKey ? 0 : row, 0], End: [event.ctrlKey ? last : row, end],
    PageUp: [row - 10, column], PageDown: [row + 10, column],
  };
  const cell = event.target.closest("td.cell");
  if (moves[event.key]) {
    event.preventDefault();
    gridFocus(...moves[event.key], true);
  } else if (event.key === "Enter" && cell && cell.cell) {
    event.preventDefault();
    chartsShow(cell.cell);
  }
}

function gridPoint(target, focus) {
  const item = target.closest("td, th > button, th[scope=row]");
  const lines = gridLines();
  const row = lines.findIndex((line) => line.includes(item));
  if (row >= 0) gridFocus(row, lines[row].indexOf(item), focus);
}

/* ---- Detail ---- */

function interval(low, high) {
  return low === null || high === null ? "" : ` (95 %: ${number(low)} to ${number(high)})`;
}

function detailText(cell) {
  const metric = metricOf(cell.m).label;
  const parts = [`${fieldName(cell.v, cell.l)}, ${leadText(cell.d)}, ${data.regions[cell.r]}, ${data.weightings[cell.w]}.`];
  if (cell.value) parts.push(`${metric} ${number(cell.value.value)}${interval(cell.value.low, cell.value.high)}, ${count(cell.value.n, "init time")}.`);
  if (cell.difference) {
    const { difference, low, high, n, r1, lacking, otherTruth } = cell.difference;
    parts.push(`Difference from ${forecastName(cell.b)}: ${number(difference)}${interval(low, high)}, ${percent(cell.gain)} %${
      MARK_WORDS[cell.mark] ? `, ${MARK_WORDS[cell.mark]}` : low === null ? "" : ", not significant"}; ${count(n, "pair")}${
      r1 === null ? "" : `, lag-1 autocorrelation ${number(r1, 2)}`}.`);
    if (lacking > 0) parts.push(`${count(lacking, "event")} only one of them has.`);
    if (otherTruth > 0) parts.push(`${count(otherTruth, "event")} with different truths left out.`);
  }
  return parts.join(" ");
}

function detailShow(target) {
  const td = target.closest && target.closest("td.cell");
  if (td && td.cell) byId("detail").textContent = detailText(td.cell);
}

/* ---- Controls ---- */

function controlsDraw() {
  const options = (list, text) => list.map((i) => [i, text(i)]);
  const redraw = () => scorecardDraw(false);
  const form = byId("controls");
  const fields = element("div", { class: "fields" });
  if (scored.length > 1) {
    fields.append(select("Forecast", options(scored, forecastName), card.forecast, (value) => {
      const before = card.forecast;
      card.forecast = Number(value);
      if (card.baseline === card.forecast) card.baseline = baselinesOf(card.forecast).includes(before) ? before : baselineFirst(card.forecast);
      controlsDraw();
      redraw();
      form.querySelector("select").focus();
    }));
  }
  fields.append(
    select("Baseline", [...options(baselinesOf(card.forecast), forecastName), [-1, "none: plain values"]], card.baseline, (value) => {
      card.baseline = Number(value);
      card.sort = { key: "natural", down: false };
      redraw();
      forecastsDraw();
    }),
    select("Weighting", options([...data.weightings.keys()], (i) => data.weightings[i]), card.weighting, (value) => {
      card.weighting = Number(value);
      redraw();
      forecastsDraw();
    }),
    select("Cells show", [["auto", "what fits"], ["difference", "gain in %"], ["values", "values"], ["marks", "marks only"]], card.show, (value) => {
      card.show = value;
      redraw();
    }));
  const levels = [...data.levels.keys()];
  const groups = [
    ["Score", options([...data.metrics.keys()], (i) => metricOf(i).label), card.metrics],
    ["Variable", options([...data.variables.keys()], (i) => data.variables[i]), card.variables],
    ["Level", options(levels, (i) => levelName(i) || "none"), card.levels],
    ["Region", options(regions, (i) => data.regions[i]), card.regions],
  ].filter(([, list]) => list.length > 1);
  form.replaceChildren(fields, ...groups.map(([label, list, chosen]) => chips(label, list, chosen, redraw)));
}

function scorecardStart() {
  for (const [i, metric] of data.metrics.entries()) {
    if (metric.name === "rmse" || metric.name === "acc_centred") card.metrics.add(i);
  }
  if (card.metrics.size === 0) card.metrics.add(0);
  card.baseline = baselineFirst(card.forecast);
  const frame = byId("table-frame");
  frame.addEventListener("keydown", gridKey);
  frame.addEventListener("focusin", (event) => detailShow(event.target));
  frame.addEventListener("click", (event) => gridPoint(event.target, !event.target.closest("button")));
  frame.addEventListener("mouseover", (event) => detailShow(event.target));
  byId("controls").addEventListener("submit", (event) => event.preventDefault());
  controlsDraw();
  scorecardDraw(false);
  let width = frame.parentElement.clientWidth;
  new ResizeObserver(() => {
    const now = frame.parentElement.clientWidth;
    if (now === width) return;
    width = now;
    const columns = columnsOf();
    const table = frame.querySelector("table");
    if (table && table.classList.contains("compact") !== isCompact(columns)) scorecardDraw(true);
    else {
      namesFit();
      cellsFit(columns);
    }
  }).observe(frame.parentElement);
}
