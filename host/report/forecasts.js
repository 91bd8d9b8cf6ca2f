
/* ---- Leaderboard, parts of composites, coverage ---- */

const PARTS = [["skill", "Skill", "skill_weight"], ["acc", "ACC", "acc_weight"], ["rrmse", "Relative RMSE", "rrmse_weight"]];

const compositeOf = (f) => (data.composites || []).find((composite) => composite.forecast === data.forecasts[f].id);

/* What a part adds to the composite: its weight times its mean over leads. */
function partOf(composite, part, weight) {
  const share = (composite.parameters && composite.parameters[weight]) || 0;
  const leads = composite.leads;
  return leads.length > 0 ? (share * leads.reduce((sum, item) => sum + item[part], 0)) / leads.length : 0;
}

/* Cells that are significantly better and worse than the baseline of the scorecard, under its weighting. */
function tally(f) {
  const found = { better: 0, worse: 0, of: 0 };
  for (const row of data.differences) {
    if (row[0] !== card.baseline || row[1] !== f || row[6] !== card.weighting) continue;
    const [b, , v, l, d, r, w, m] = row;
    const difference = differenceAt(b, f, v, l, d, r, w, m);
    const gained = gain({ b, f, v, l, d, r, w, m }, difference);
    if (gained === null) continue;
    const mark = strength(difference, gained);
    found.of += 1;
    found.better += mark > 0;
    found.worse += mark < 0;
  }
  return found;
}

function ranked() {
  const score = (f) => (compositeOf(f) || {}).score ?? -Infinity;
  const won = (f) => {
    const { better, worse } = tally(f);
    return better - worse;
  };
  const keyed = scored.map((f) => ({ f, score: score(f), won: card.baseline >= 0 ? won(f) : 0, failed: data.forecasts[f].status !== "ok" }));
  return keyed.sort((a, b) => a.failed - b.failed || (a.score === b.score ? b.won - a.won : b.score - a.score)).map((item) => item.f);
}

function forecastRow(f, rank, has) {
  const forecast = data.forecasts[f];
  const composite = compositeOf(f);
  const cells = [element("td", { class: "figure" }, String(rank)), element("th", { scope: "row" }, forecastName(f))];
  const figureCell = (text) => cells.push(element("td", { class: "figure" }, text));
  if (has.composites) {
    figureCell(composite ? number(composite.score) : "\u2013");
    figureCell(composite ? number(composite.overall) : "\u2013");
    for (const [part, , weight] of has.parts) figureCell(composite ? number(partOf(composite, part, weight)) : "\u2013");
    if (has.passed) cells.push(element("td", {}, !composite || composite.passed === null ? "\u2013" : composite.passed ? "passed" : "not passed"));
  }
  if (has.baseline) {
    const { better, worse, of } = tally(f);
    figureCell(f === card.baseline || of === 0 ? "\u2013" : `${better.toLocaleString("en")}`);
    figureCell(f === card.baseline || of === 0 ? "\u2013" : `${worse.toLocaleString("en")}`);
  }
  const share = data.fields > 0 ? (100 * forecast.fields) / data.fields : 0;
  figureCell(`${forecast.fields.toLocaleString("en")} (${share >= 99.95 || share === 0 ? share.toFixed(0) : share.toFixed(1)} %)`);
  figureCell(String(forecast.init_times));
  figureCell(forecast.points > 0 ? `${((100 * forecast.missing) / forecast.points).toFixed(forecast.missing > 0 ? 2 : 0)} %` : "\u2013");
  const notes = [];
  if (forecast.status !== "ok") notes.push(`${forecast.status}: ${forecast.detail}`);
  if (composite && composite.reasons) notes.push(...composite.reasons);
  cells.push(element("td", { class: forecast.status === "ok" ? "notes" : "notes bad" }, notes.join("; ") || ""));
  return element("tr", {}, ...cells);
}

function leaderboardTable() {
  const composites = data.composites || [];
  const has = {
    composites: composites.length > 0,
    parts: PARTS.filter(([, , weight]) => composites.some((composite) => composite.parameters && composite.parameters[weight] > 0)),
    passed: composites.some((composite) => composite.passed !== null),
    baseline: card.baseline >= 0,
  };
  const heads = ["Rank", "Forecast"];
  if (has.composites) heads.push("Composite", "Overall", ...has.parts.map(([, label]) => `from ${label}`), ...(has.passed ? ["Day 1"] : []));
  if (has.baseline) heads.push("Better", "Worse");
  heads.push("Fields", "Init times", "Missing", "Notes");
  const caption = has.baseline ? `Better and worse: scores that differ significantly from those of ${forecastName(card.baseline)}` : "What each forecast has";
  return element("div", { class: "frame" }, element("table", { class: "list leaderboard" }, element("caption", {}, caption),
    element("thead", {}, element("tr", {}, ...heads.map((text) => element("th", { scope: "col", class: text === "Forecast" || text === "Notes" ? "" : "figure" }, text)))),
    element("tbody", {}, ...ranked().map((f, i) => forecastRow(f, i + 1, has)))));
}

function partsSpec(order) {
  const rows = order.flatMap((f) => PARTS.map(([part, label, weight], i) => ({ name: forecastName(f), part: label, i, value: Math.max(partOf(compositeOf(f), part, weight), 0) })));
  return {
    description: "Parts of each forecast's composite",
    height: 30 * order.length + 40,
    padding: { left: 4, right: 8, top: 4, bottom: 4 },
    autosize: { type: "fit", contains: "padding" },
    data: [{ name: "rows", values: rows, transform: [{ type: "stack", groupby: ["name"], field: "value", sort: { field: "i" } }] }],
    scales: [
      { name: "x", type: "linear", domain: { data: "rows", field: "y1" }, range: "width", nice: true, zero: true },
      { name: "y", type: "band", domain: order.map(forecastName), range: "height", paddingInner: 0.35, paddingOuter: 0.2 },
      { name: "colour", type: "ordinal", domain: PARTS.map(([, label]) => label), range: [style("--part-0"), style("--part-1"), style("--part-2")] },
    ],
    axes: [
      { orient: "bottom", scale: "x", grid: true, tickCount: 5, format: FORMAT, title: "composite", domain: false, ticks: false },
      { orient: "left", scale: "y", domain: false, ticks: false, labelLimit: 160 },
    ],
    marks: [{ type: "rect", from: { data: "rows" }, encode: { update: {
      y: { scale: "y", field: "name" }, height: { scale: "y", band: 1 }, x: { scale: "x", field: "y0" }, x2: { scale: "x", field: "y1" },
      fill: { scale: "colour", field: "part" }, stroke: { value: style("--paper") }, tooltip: { value: "yes" } } } }],
  };
}

function leadScoreSpec(order) {
  const points = order.flatMap((f) => compositeOf(f).leads.map((item) => ({ f, name: forecastName(f), lead: item.lead_hours, value: item.score, low: null })));
  const spec = lineSpec(points, -1, "Composite");
  spec.height = 30 * order.length + 40 > 200 ? 230 : 200;
  spec.axes[0].title = "lead time, hours";
  return spec;
}

function compositesDraw(root) {
  const order = ranked().filter((f) => compositeOf(f));
  if (order.length === 0) return;
  const first = compositeOf(order[0]);
  const profile = first.profile || {};
  root.append(element("h3", {}, `Composite of ${profile.name || "the profile"}`),
    element("p", { class: "soft" }, `Region ${first.region}, weighting ${first.weighting}, baseline ${first.baseline}${
      profile.modified && profile.modified.length > 0 ? `; modified by the job: ${profile.modified.join(", ")}` : ""}.`));
  const charts = element("div", { class: "charts two" });
  root.append(charts);
  const legend = PARTS.map(([, label], i) => element("span", { class: "part" }, element("i", { class: `swatch part-${i}` }), label));
  figure(charts, "What the score is made of", "", partsSpec(order), (datum) => [datum.name, `${datum.part}: ${number(datum.value)}`]);
  charts.lastElementChild.append(element("p", { class: "legend" }, ...legend));
  if (first.leads.length > 1) {
    figure(charts, "Score of each lead time", "", leadScoreSpec(order.slice(0, SERIES_FIRST)), (datum) => [datum.name, `${number(datum.lead)} h: ${number(datum.value)}`]);
  }
  const variables = first.variables.map((item) => item.variable);
  root.append(element("div", { class: "frame" }, element("table", { class: "list" }, element("caption", {}, "Score of each variable, mean over lead times"),
    element("thead", {}, element("tr", {}, element("th", { scope: "col" }, "Forecast"), ...variables.map((text, i) =>
      element("th", { scope: "col", class: "figure" }, text, element("span", { class: "soft" }, ` \u00d7\u2009${number(first.variables[i].weight, 3)}`))))),
    element("tbody", {}, ...order.map((f) => element("tr", {}, element("th", { scope: "row" }, forecastName(f)),
      ...variables.map((name) => {
        const item = compositeOf(f).variables.find((variable) => variable.variable === name);
        return element("td", { class: "figure" }, item ? number(item.score) : "\u2013");
      })))))));
}

/* ---- What verification found ---- */

function findingText(finding) {
  const where = [finding.variable, finding.level === undefined || finding.level === null ? null : `${finding.level} hPa`,
    finding.lead_hours === undefined ? null : `${finding.lead_hours} h`, finding.init_time].filter(Boolean).join(", ");
  return `${finding.severity}, ${finding.kind}: ${where ? `${where}: ` : ""}${finding.what}`;
}

const verdictText = (verdict) => `${verdict.source}: ${verdict.verdict}, ${count(verdict.errors || 0, "error")}, ${count(verdict.warnings || 0, "warning")}`;

function verdictsDraw(root) {
  if (data.verdicts.length === 0) return;
  root.append(element("h3", {}, "Verification"), ...data.verdicts.map((verdict) => {
    const lines = verdict.findings.map(findingText);
    if (verdict.unlisted > 0) lines.push(`${verdict.unlisted.toLocaleString("en")} more are not listed`);
    if (lines.length === 0) return element("p", {}, `${verdictText(verdict)}.`);
    return element("details", { class: "verdict" }, element("summary", {}, verdictText(verdict)), element("ul", {}, ...lines.map((text) => element("li", {}, text))));
  }));
}

function forecastsDraw() {
  const root = byId("leaderboard");
  chartsEnd(root);
  root.append(leaderboardTable());
  verdictsDraw(root);
  compositesDraw(root);
}

function noticesDraw() {
  const failed = scored.filter((f) => data.forecasts[f].status !== "ok");
  const short = scored.filter((f) => data.forecasts[f].status === "ok" && data.forecasts[f].fields < data.fields);
  const lines = [
    ...failed.map((f) => `${forecastName(f)} was not scored: ${data.forecasts[f].detail || data.forecasts[f].status}`),
    ...short.map((f) => `${forecastName(f)} has ${count(data.forecasts[f].fields, "field")} of ${data.fields.toLocaleString("en")}.`),
    ...data.verdicts.filter((verdict) => verdict.verdict !== "accepted").map((verdict) => `Verification, ${verdictText(verdict)}.`),
    ...data.warnings,
  ];
  if (lines.length > 0) {
    byId("notices").replaceChildren(element("div", { class: "notice" }, element("b", {}, count(lines.length, "note")),
      element("ul", {}, ...lines.slice(0, 50).map((text) => element("li", {}, text))), lines.length > 50 ? `and ${lines.length - 50} more` : null));
  }
}

/* ---- Provenance ---- */

function originDraw() {
  const list = byId("origin-list");
  const add = (term, ...what) => list.append(element("div", {}, element("dt", {}, term), element("dd", {}, ...what)));
  const code = (text) => element("code", {}, text);
  const sums = (origin) => [origin.name, element("br"), "sums ", code(origin.hash), ", plan ", code(origin.plan_hash), `, ${count(origin.bytes, "byte")}, written by version ${origin.program}`];
  if (data.command) {
    const copy = element("button", { type: "button", class: "plain" }, "Copy");
    copy.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(data.command);
        copy.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(copy.previousElementSibling);
      }
    });
    add("Command", element("code", { class: "command" }, data.command), copy);
  }
  add("Sums", ...sums(data.source));
  if (data.against) add("Held against", ...sums(data.against));
  for (const composite of (data.composites || []).slice(0, 1)) {
    add("Profile", `${composite.profile.name} `, code(composite.profile.hash || ""));
  }
  if (data.device) add("Device", data.device, element("span", { class: "soft" }, " (sums are the same on every device)"));
  add("Rule of summation", `moments_version ${data.moments_version}`);
  add("Missing points", data.missing);
  add("Calendar", data.calendar);
  add("Page", `made ${data.made.replace("T", " ")} UTC by Gaia Score ${data.version}; charts by Vega`);
}
