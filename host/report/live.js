/* SPDX-License-Identifier: MIT
 *
 * The scheduler's overview: jobs, executors and pages of jobs, asked for with the reader's token. What the
 * scheduler says goes into the page as text nodes only.
 */
"use strict";

const POLL_MS = 2000;
const byId = (id) => document.getElementById(id);
const live = { token: null, chosen: null, timer: null };

/* A text of strangers as it can be shown: without the characters that base/text.h calls hidden. */
const shown = (text) => text.replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, " ").replace(/\p{Cf}/gu, "?");

function element(name, properties, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties || {})) {
    if (key === "class") made.className = value;
    else if (key in made && !key.startsWith("aria")) made[key] = value;
    else made.setAttribute(key, shown(value));
  }
  const given = children.filter((child) => child !== null && child !== undefined);
  made.append(...given.map((child) => (typeof child === "string" ? shown(child) : child)));
  return made;
}

async function ask(path) {
  const answer = await fetch(path, { headers: { Authorization: `Bearer ${live.token}` }, cache: "no-store" });
  if (answer.ok) return answer;
  let detail = `${answer.status}`;
  try {
    detail = (await answer.json()).detail;
  } catch {
    detail = `the scheduler answered ${answer.status}`;
  }
  throw Object.assign(new Error(detail), { status: answer.status });
}

/* ---- Texts ---- */

function span(ms) {
  const s = Math.max(Math.round(ms / 1000), 0);
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  return s < 86400 ? `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min` : `${Math.floor(s / 86400)} d ${Math.floor((s % 86400) / 3600)} h`;
}

const when = (ms) => new Date(ms).toISOString().slice(0, 19).replace("T", " ");

function size(bytes) {
  if (!bytes) return "\u2013";
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const i = Math.min(Math.floor(Math.log2(bytes) / 10), units.length - 1);
  return `${(bytes / 1024 ** i).toFixed(i > 2 ? 1 : 0)} ${units[i]}`;
}

function lasting(job) {
  if (job.finished_ms && job.started_ms) return `took ${span(job.finished_ms - job.started_ms)}`;
  if (job.remaining_ms !== null && job.remaining_ms !== undefined) return `${span(job.remaining_ms)} left`;
  return job.started_ms ? `since ${span(Date.now() - job.started_ms)}` : `waits ${span(Date.now() - job.submitted_ms)}`;
}

/* ---- Tables ---- */

function table(heads, rows, none) {
  if (rows.length === 0) return element("p", { class: "empty inside" }, none);
  return element("table", { class: "list" },
    element("thead", {}, element("tr", {}, ...heads.map(([text, kind]) => element("th", { scope: "col", class: kind || "" }, text)))),
    element("tbody", {}, ...rows));
}

const figure = (text) => element("td", { class: "figure" }, text);
const stateElement = (state) => element("td", {}, element("span", { class: `state ${state}` }, state));

function jobRow(job) {
  const link = element("a", { href: `#${job.id}`, "aria-current": job.id === live.chosen ? "true" : "false" }, job.name || job.id);
  const bar = element("progress", { max: Math.max(job.units_total, 1), value: job.units_done, "aria-label": `fields of ${job.name || job.id}` });
  return element("tr", {}, stateElement(job.state), element("th", { scope: "row" }, link), element("td", {}, job.tenant),
    element("td", {}, bar, element("span", { class: "soft" }, ` ${job.units_done.toLocaleString("en")} of ${job.units_total.toLocaleString("en")}`)),
    figure(when(job.submitted_ms)), figure(lasting(job)));
}

function jobsDraw(jobs) {
  const of = (...states) => jobs.filter((job) => states.includes(job.state)).length;
  byId("jobs-lead").textContent = `${of("queued")} queued, ${of("planning", "running")} under way, ${of("succeeded")} succeeded, ${
    of("failed", "cancelled")} failed or cancelled.`;
  const newest = [...jobs].sort((a, b) => b.submitted_ms - a.submitted_ms).slice(0, 200);
  const focused = document.activeElement && document.activeElement.getAttribute("href");
  byId("jobs").replaceChildren(table([["State"], ["Job"], ["Tenant"], ["Fields"], ["Submitted, UTC", "figure"], ["", "figure"]],
    newest.map(jobRow), "No job has been submitted."));
  if (focused) [...byId("jobs").querySelectorAll("a")].find((a) => a.getAttribute("href") === focused)?.focus();
}

function executorsDraw(executors) {
  byId("executors").replaceChildren(table([["State"], ["Executor"], ["Device"], ["Leases", "figure"], ["Memory in use", "figure"], ["Of its device", "figure"], ["Last heard", "figure"]],
    executors.map((one) => element("tr", {}, stateElement(one.state), element("th", { scope: "row" }, one.id), element("td", {}, one.device), figure(String(one.leases)),
      figure(size(one.rss_bytes)), figure(size(one.device_bytes)), figure(`${span(one.beat_age_ms)} ago`))), "No executor is there: gaia up starts some."));
}

/* ---- One job ---- */

async function pageOpen(id, button) {
  button.disabled = true;
  button.textContent = "Making the page \u2026";
  try {
    const page = await (await ask(`/v1/jobs/${encodeURIComponent(id)}/report`)).blob();
    /* A blob's page has this page's policy, which knows its two scripts by their hashes. */
    location.assign(URL.createObjectURL(new Blob([page], { type: "text/html" })));
  } catch (error) {
    byId("problem").textContent = error.message;
  }
  button.disabled = false;
  button.textContent = "Open the scorecard";
}

async function jobDraw() {
  const place = byId("job");
  place.hidden = live.chosen === null;
  if (live.chosen === null) return;
  const job = await (await ask(`/v1/jobs/${encodeURIComponent(live.chosen)}`)).json();
  const key = JSON.stringify([job.id, job.state, job.units_done, job.batches_done, job.warnings.length]);
  if (place.dataset.key === key) return; /* nothing new: whatever has the focus keeps it */
  place.dataset.key = key;
  const button = element("button", { type: "button", class: "plain" }, "Open the scorecard");
  button.addEventListener("click", () => pageOpen(job.id, button));
  const notes = [...(job.error ? [`${job.error.code}: ${job.error.detail}`] : []), ...job.forecasts.filter((one) => one.detail).map((one) => `${one.id}: ${one.detail}`), ...job.warnings];
  place.replaceChildren(element("h3", {}, job.name || job.id), element("p", { class: "soft" }, `${job.id}, ${job.state}; ${job.batches_done} of ${job.batches_total} batches, ${
    job.units_done.toLocaleString("en")} of ${job.units_total.toLocaleString("en")} fields; ${lasting(job)}.`),
  ...(notes.length > 0 ? [element("ul", {}, ...notes.map((text) => element("li", {}, text)))] : []),
  ...(job.state === "succeeded" && job.units_total > 0 ? [button] : []));
}

/* ---- Signing in, and asking again and again ---- */

function remember(token) {
  live.token = token;
  try {
    if (token === null) sessionStorage.removeItem("gaia-token");
    else sessionStorage.setItem("gaia-token", token);
  } catch {
    /* Without a memory the reader signs in again. */
  }
}

function signedOut(why) {
  clearTimeout(live.timer);
  remember(null);
  byId("live").hidden = true;
  byId("sign-in").hidden = false;
  byId("sign-in-error").textContent = why;
  byId("subtitle").textContent = "Not signed in.";
}

async function refresh() {
  clearTimeout(live.timer);
  if (live.token === null) return;
  try {
    const { jobs } = await (await ask("/v1/jobs")).json();
    const { executors } = await (await ask("/v1/executors")).json();
    byId("sign-in").hidden = true;
    byId("live").hidden = false;
    byId("problem").textContent = "";
    jobsDraw(jobs);
    executorsDraw(executors);
    await jobDraw();
    byId("subtitle").textContent = `At ${location.host}, as of ${when(Date.now()).slice(11)} UTC.`;
  } catch (error) {
    if (error.status === 401) return signedOut(error.message);
    byId("problem").textContent = error.status ? error.message : "The scheduler cannot be reached; trying again.";
  }
  live.timer = setTimeout(() => (document.hidden ? null : refresh()), POLL_MS);
}

function chosenRead() {
  live.chosen = location.hash.length > 1 ? decodeURIComponent(location.hash.slice(1)) : null;
  delete byId("job").dataset.key;
  refresh();
}

byId("token-form").addEventListener("submit", (event) => {
  event.preventDefault();
  byId("sign-in-error").textContent = "";
  remember(byId("token").value.trim());
  byId("token").value = "";
  refresh();
});
byId("sign-out").addEventListener("click", () => signedOut(""));
document.addEventListener("visibilitychange", () => (document.hidden ? null : refresh()));
window.addEventListener("hashchange", chosenRead);
try {
  live.token = sessionStorage.getItem("gaia-token");
} catch {
  live.token = null;
}
chosenRead();
