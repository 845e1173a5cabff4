// Tells how old the page is once it is older than two minutes: stale data must not look live.
"use strict";
(() => {
  const banner = document.getElementById("age");
  const made = Date.now(); // by the reader's own clock, which may differ from the clinic's
  const oldest_s = 120;
  const tell = () => {
    const age_s = Math.floor((Date.now() - made) / 1000);
    if (age_s < oldest_s) return;
    const { seconds, minutes } = banner.dataset;
    const age = age_s < 600 ? seconds.replace("{n}", age_s) : minutes.replace("{n}", Math.floor(age_s / 60));
    banner.textContent = `${age} `;
    const again = document.createElement("a");
    again.href = location.pathname;
    again.textContent = banner.dataset.again;
    banner.append(again);
    banner.hidden = false;
  };
  setInterval(tell, 5000);
  document.addEventListener("visibilitychange", tell);
})();
