// Tells how old the page is once it is older than two minutes: stale data must not look live.
"use strict";
(() => {
  const banner = document.getElementById("age");
  const oldest_s = 120;
  let made = Date.now(); // by the reader's own clock, which may differ from the clinic's
  const tell = () => {
    const age_s = Math.floor((Date.now() - made) / 1000);
    banner.hidden = age_s < oldest_s;
    if (banner.hidden) return;
    const { seconds, minutes } = banner.dataset;
    const age = age_s < 600 ? seconds.replace("{n}", age_s) : minutes.replace("{n}", Math.floor(age_s / 60));
    banner.textContent = `${age} `;
    const again = document.createElement("a");
    again.href = location.pathname;
    again.textContent = banner.dataset.again;
    banner.append(again);
  };
  setInterval(tell, 5000);
  document.addEventListener("visibilitychange", tell);
  document.addEventListener("surefoot:current", () => { /* lists.js: all that is known by now stands on it */
    made = Date.now();
    tell();
  });
})();
