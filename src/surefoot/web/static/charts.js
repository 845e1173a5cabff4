// Draws each chart of the page from the data that stands beside it.
"use strict";
const words = document.getElementById("chart-words"); // months, days and marks of numbers; not there in English
if (words) Plotly.register(JSON.parse(words.textContent));
for (const place of document.querySelectorAll(".chart")) {
  const { data, layout } = JSON.parse(document.getElementById(place.dataset.figure).textContent);
  if (place.clientWidth < 500) {
    layout.margin = { ...layout.margin, l: 48, r: 4 };
    layout.font = { ...layout.font, size: 13 };
  }
  place.replaceChildren();
  Plotly.newPlot(place, data, layout, { displayModeBar: false, responsive: true, showTips: false, locale: words ? document.documentElement.lang : "en" });
}
