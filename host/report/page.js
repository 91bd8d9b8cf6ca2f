
/* ---- The page as a whole ---- */

const THEMES = ["auto", "light", "dark"];

function headDraw() {
  const names = scored.map(forecastName);
  const joined = names.join(", ");
  const title = data.title || (joined.length <= 60 ? joined : `${names.length} forecasts`);
  const inits = scored.map((f) => data.forecasts[f]).filter((forecast) => forecast.first);
  const first = inits.map((forecast) => forecast.first).sort()[0];
  const last = inits.map((forecast) => forecast.last).sort().pop();
  const times = Math.max(0, ...inits.map((forecast) => forecast.init_times));
  const leads = data.leads;
  byId("title").textContent = title;
  document.title = `${title} \u2013 scorecard`;
  byId("subtitle").textContent = [
    title !== joined ? names.slice(0, 6).join(", ") + (names.length > 6 ? " \u2026" : "") : null,
    count(data.variables.length, "variable"),
    leads.length > 1 ? `leads ${leads[0]} to ${leads[leads.length - 1]} h` : leads.length === 1 ? `lead ${leads[0]} h` : null,
    first ? `${count(times, "init time")}, ${first.replace("T", "\u00a0")}${last !== first ? ` to ${last.replace("T", "\u00a0")}` : ""}\u00a0UTC` : null,
  ].filter(Boolean).join(" \u00b7 ");
  byId("footer").textContent = `Gaia Score ${data.version}. One file, no network: nothing on this page is loaded from elsewhere.`;
}

function allDraw() {
  scorecardDraw(false);
  seriesDraw();
  leadsDraw();
  latitudesSeriesDraw();
  latitudesDraw();
  mapsDraw();
  forecastsDraw();
}

function themeSet(theme) {
  document.documentElement.dataset.theme = theme;
  byId("theme").textContent = `Theme: ${theme}`;
}

function themeStart() {
  let theme = "auto";
  try {
    theme = localStorage.getItem("gaia-theme") || "auto";
  } catch {
    theme = "auto";
  }
  themeSet(THEMES.includes(theme) ? theme : "auto");
  byId("theme").addEventListener("click", () => {
    const next = THEMES[(THEMES.indexOf(document.documentElement.dataset.theme) + 1) % THEMES.length];
    themeSet(next);
    try {
      localStorage.setItem("gaia-theme", next);
    } catch {
      /* A page from a file may have no place to remember things in. */
    }
    allDraw();
  });
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", allDraw);
}

/* Paper is light, and shows what is folded up on the screen. */
function printStart() {
  let before = "auto";
  window.addEventListener("beforeprint", () => {
    before = document.documentElement.dataset.theme;
    themeSet("light");
    allDraw();
  });
  window.addEventListener("afterprint", () => {
    themeSet(before);
    allDraw();
  });
}

themeStart();
headDraw();
noticesDraw();
scorecardStart();
chartsStart();
latitudesStart();
mapsStart();
forecastsDraw();
originDraw();
printStart();
document.documentElement.dataset.ready = "yes";
