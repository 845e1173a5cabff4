"use strict";
/* At a yes to a red flag the care team is told in the background. What to do stands on the page by then, without this. */
const form = document.getElementById("check-in");
form.addEventListener("change", ({ target }) => {
  if (!target.classList.contains("yes")) return;
  fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), keepalive: true })
    .catch(() => {}); /* Send does it again */
});
