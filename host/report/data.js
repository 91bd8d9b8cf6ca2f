/* SPDX-License-Identifier: MIT
 *
 * The page's data (gaia.report/1, report_data.h) and what is asked of it. Texts of the data go into
 * the page as text nodes only.
 */
const data = JSON.parse(document.getElementById("data").textContent);

const METRICS = {
  rmse: { label: "RMSE", kind: "error" },
  mae: { label: "MAE", kind: "error" },
  mse: { label: "MSE", kind: "error" },
  bias: { label: "Bias", kind: "bias" },
  acc_centred: { label: "ACC", kind: "correlation" },
  acc_uncentred: { label: "ACC (uncentred)", kind: "correlation" },
  pearson: { label: "Correlation", kind: "correlation" },
};

/* Rows by their indices; of values that came twice the first counts. */
const values = new Map();
for (const row of data.values) {
  const key = row.slice(0, 7).join(",");
  if (!values.has(key)) values.set(key, row);
}
const differences = new Map(data.differences.map((row) => [row.slice(0, 8).join(","), row]));

const metricOf = (i) => METRICS[data.metrics[i].name] || { label: data.metrics[i].name, kind: "error" };
const metricIndex = (name) => data.metrics.findIndex((metric) => metric.name === name);

/* Bands of latitude are for profiles; the other regions, if there are any, for everything else. */
const bands = data.bands.map(([r, south, north]) => ({ r, south, north }));
const regions = [...data.regions.keys()].filter((r) => !bands.some((band) => band.r === r));
if (regions.length === 0) regions.push(...data.regions.keys());

/* What is scored here; the rest are baselines only. */
const scored = data.forecasts.map((_, i) => i).filter((i) => data.forecasts[i].kind === "forecast");

function forecastName(i) {
  const forecast = data.forecasts[i];
  if (forecast.kind === "against" && data.against) return `${forecast.id} (${data.against.name})`;
  return forecast.kind === "reference" || forecast.kind === "climatology" ? `${forecast.id} of the job` : forecast.id;
}

const levelName = (i) => (data.levels[i] === null ? "" : String(data.levels[i]));
const fieldName = (v, l) => (data.levels[l] === null ? data.variables[v] : `${data.variables[v]} ${data.levels[l]} hPa`);

const inDays = data.leads.length > 1 && data.leads.every((lead) => lead % 24 === 0 && lead > 0);
const leadName = (d) => (inDays ? String(data.leads[d] / 24) : String(data.leads[d]));
const leadText = (d) => (inDays ? `day ${data.leads[d] / 24}` : `${data.leads[d]} h`);

function valueAt(f, v, l, d, r, w, m) {
  const row = values.get([f, v, l, d, r, w, m].join(","));
  return row && { n: row[7], value: row[8], low: row[9], high: row[10] };
}

function differenceAt(b, f, v, l, d, r, w, m) {
  const row = differences.get([b, f, v, l, d, r, w, m].join(","));
  return row && { n: row[8], against: row[9], difference: row[10], low: row[11], high: row[12], r1: row[13],
    lacking: row[14], otherTruth: row[15] };
}

/* What a forecast gains over a baseline, in percent; null: no value. */
function gain(place, difference) {
  const { b, f, v, l, d, r, w, m } = place;
  const kind = metricOf(m).kind;
  if (difference.difference === null || difference.against === null) return null;
  if (kind === "error") return difference.against > 0 ? (-100 * difference.difference) / difference.against : null;
  if (kind === "correlation") {
    const room = 1 - difference.against;
    return room > 0 ? (100 * difference.difference) / room : null;
  }
  const rmse = metricIndex("rmse");
  const error = rmse >= 0 ? differenceAt(b, f, v, l, d, r, w, rmse) : undefined;
  const scale = error && error.against > 0 ? error.against : Math.abs(difference.against);
  const less = Math.abs(difference.against) - Math.abs(difference.against + difference.difference);
  return scale > 0 ? (100 * less) / scale : null;
}

/* 0: the interval holds zero, or there is none; 1 or 2 by how far away zero is; below 0 where worse. */
function strength(difference, gained) {
  const { difference: mean, low, high } = difference;
  if (low === null || high === null || !(low > 0 || high < 0) || !gained) return 0;
  const half = (high - low) / 2;
  return Math.sign(gained) * (Math.abs(mean) > 2 * half ? 2 : 1);
}

/* ---- Numbers as text ---- */

const MINUS = "\u2212";
const sign = (text) => text.replace("-", MINUS);

function number(value, digits = 4) {
  if (value === null || value === undefined) return "\u2013";
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e6 || size < 1e-4)) return sign(value.toExponential(Math.max(digits - 2, 1)));
  const whole = size > 0 ? Math.floor(Math.log10(size)) + 1 : 1;
  return sign(value.toFixed(Math.min(Math.max(digits - Math.max(whole, 1), 0), 6)));
}

function percent(value) {
  if (value === null || value === undefined) return "\u2013";
  const text = Math.abs(value) < 99.95 ? value.toFixed(1) : value.toFixed(0);
  return (Number(text) > 0 ? "+" : "") + sign(Number(text) === 0 ? text.replace("-", "") : text);
}

function count(n, one, many) {
  return `${n.toLocaleString("en")} ${n === 1 ? one : many || `${one}s`}`;
}

/* ---- Elements ---- */

function element(name, properties, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties || {})) {
    if (key === "class") made.className = value;
    else if (key in made && !key.startsWith("aria")) made[key] = value;
    else made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

const byId = (id) => document.getElementById(id);

/* A select with its label; options: [[value, text]]. */
function select(label, options, chosen, change) {
  const list = element("select", {}, ...options.map(([value, text]) => element("option", { value: String(value) }, text)));
  list.value = String(chosen);
  list.addEventListener("change", () => change(list.value));
  return element("label", { class: "field" }, element("span", {}, label), list);
}

/* Boxes of which any may be ticked, shown as chips. chosen: a Set that is kept up to date. */
function chips(label, options, chosen, change) {
  const group = element("fieldset", { class: "chips" }, element("legend", {}, label));
  for (const [value, text] of options) {
    const box = element("input", { type: "checkbox", checked: chosen.has(value) });
    box.addEventListener("change", () => {
      if (box.checked) chosen.add(value);
      else chosen.delete(value);
      change();
    });
    group.append(element("label", { class: "chip" }, box, element("span", {}, text)));
  }
  return group;
}
