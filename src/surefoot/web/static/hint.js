"use strict";
/* Asks now and then whether it is time for a hint to get up. Without an answer there is none. */
(() => {
  const line = document.getElementById("hint");
  const ask = () => fetch("/breaks/hint", { cache: "no-store" })
    .then((answer) => answer.json())
    .then(({ hint }) => { line.hidden = !hint; })
    .catch(() => { line.hidden = true; });
  setInterval(ask, 60000);
  ask();
})();
