/* Draws each chart of the page from the data that stands beside it: those in view first, the others when nobody waits.
   What draws is large, so it is asked for once the page is to be seen. Charts of the same days are looked at together. */
"use strict";
(() => {
  const library = document.currentScript.dataset.plotly;
  const words = document.getElementById("chart-words"); // months, days and marks of numbers; not there in English
  const waiting = new Set(document.querySelectorAll(".chart"));
  const DAY_MS = 86400e3;
  const AROUND_MS = 14 * DAY_MS; // shown before and after what was chosen
  const together = []; // the charts of the trends: one range for all of them
  const fine = matchMedia("(pointer: fine)").matches; // a finger that drags wants to move the page
  const bar = document.querySelector(".zoom");
  let whole = null;
  let shown = null;

  const iso = (ms) => new Date(ms).toISOString().slice(0, 10);
  const lang = document.documentElement.lang;
  const said = (ms) => lang === "en" ? iso(ms) : new Date(ms).toLocaleDateString(lang, { timeZone: "UTC", day: "2-digit", month: "2-digit", year: "numeric" });
  const show = (first, last, from = null) => {
    shown = [first, last];
    const all = first <= whole[0] && last >= whole[1];
    for (const one of together) {
      if (one !== from) Plotly.relayout(one, all ? { "xaxis.autorange": true } : { "xaxis.range": [iso(first), iso(last)] });
    }
    const days = Math.round((last - first) / DAY_MS);
    for (const button of bar.querySelectorAll("[data-days]")) {
      const is = all ? "0" : String(days);
      button.setAttribute("aria-pressed", String(button.dataset.days === is));
    }
    document.getElementById("zoomed").textContent = all ? "" : bar.dataset.range.replace("{first}", said(first)).replace("{last}", said(last));
  };
  const zoomed = (chart) => (event) => {
    if (event["xaxis.autorange"] && (shown[0] > whole[0] || shown[1] < whole[1])) show(...whole, chart);
    const first = event["xaxis.range[0]"], last = event["xaxis.range[1]"];
    if (first && last) show(Date.parse(`${String(first).slice(0, 10)}T00:00Z`), Date.parse(`${String(last).slice(0, 10)}T00:00Z`), chart);
  };

  const figureOf = (place) => JSON.parse(document.getElementById(place.dataset.figure).textContent);
  const isTrend = ({ layout }) => bar !== null && Boolean(layout.yaxis2);
  const draw = (place) => {
    if (!waiting.delete(place)) return;
    const figure = figureOf(place), { data, layout } = figure;
    if (place.clientWidth < 500) {
      layout.margin = { ...layout.margin, l: 48, r: 4 };
      layout.font = { ...layout.font, size: 13 };
    }
    const trend = isTrend(figure);
    if (trend && fine) layout.dragmode = "zoom";
    if (trend && (shown[0] > whole[0] || shown[1] < whole[1])) layout.xaxis.range = shown.map(iso);
    place.replaceChildren();
    Plotly.newPlot(place, data, layout, { displayModeBar: false, responsive: true, showTips: false, locale: words ? document.documentElement.lang : "en" });
    if (!trend) return;
    together.push(place);
    place.on("plotly_relayout", zoomed(place));
  };
  const idle = window.requestIdleCallback ?? ((then) => setTimeout(then, 50));
  const drawNext = () => {
    const next = [...waiting].find((place) => !place.closest("details:not([open])")); // the others are drawn once they are opened
    if (!next) return;
    draw(next);
    idle(drawNext);
  };
  const begin = () => {
    if (words) Plotly.register(JSON.parse(words.textContent));
    const near = new IntersectionObserver((seen) => {
      for (const { target, isIntersecting } of seen) if (isIntersecting) draw(target);
    }, { rootMargin: "200px" });
    waiting.forEach((place) => near.observe(place));
    window.addEventListener("beforeprint", () => {
      for (const more of document.querySelectorAll("details.more")) more.open = true;
      waiting.forEach(draw);
    });
    idle(drawNext);
  };
  const load = () => {
    const script = document.createElement("script");
    script.src = library;
    script.onload = begin;
    document.head.append(script);
  };
  if (waiting.size && document.hidden) load();
  else if (waiting.size) requestAnimationFrame(() => setTimeout(load)); // once the frame has been painted

  let first = null;
  for (const place of waiting) if ((first = figureOf(place)) && isTrend(first)) break;
  if (first === null || !isTrend(first)) return;
  const days = first.data.find((one) => one.type === "bar").x;
  whole = [Date.parse(`${days[0]}T00:00Z`), Date.parse(`${days[days.length - 1]}T00:00Z`)];
  shown = whole;
  if (Number.isNaN(whole[0])) return;
  bar.hidden = false;
  bar.addEventListener("click", ({ target }) => {
    if (target.dataset.days) {
      const length = Number(target.dataset.days) * DAY_MS;
      show(...(length && length < whole[1] - whole[0] ? [whole[1] - length, whole[1]] : whole));
    } else if (target.dataset.step) {
      const length = shown[1] - shown[0];
      const first = Math.min(Math.max(shown[0] + Number(target.dataset.step) * length * 0.75, whole[0]), whole[1] - length);
      show(first, first + length);
    }
  });
  document.querySelector(".marks")?.addEventListener("click", ({ target }) => {
    if (!target.dataset.around) return;
    const at = Date.parse(`${target.dataset.around}T00:00Z`);
    show(Math.max(at - AROUND_MS, Math.min(whole[0], at)), Math.min(at + AROUND_MS, Math.max(whole[1], at)));
    document.querySelector(".charts").scrollIntoView();
  });
})();
