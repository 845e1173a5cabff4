/* What must not be missed on whatever page is open: counts, the title, urgent alerts in words and, where somebody has
   switched it on, by sound. */
"use strict";
(() => {
  const title = document.title.replace(/^\(\d+\) /, "");
  const button = document.getElementById("sound"), says = document.getElementById("sound-says");
  const urgent = document.getElementById("urgent"), news = document.getElementById("news");
  const KEY = "surefoot-sound";
  const remembered = () => { try { return localStorage.getItem(KEY) === "on"; } catch { return false; } };
  const remember = (on) => { try { localStorage.setItem(KEY, on ? "on" : "off"); } catch { /* for this page only */ } };
  let on = remembered();
  let audio = null;
  let waiting = 0;
  let again = null;

  const play = () => {
    if (!on || !audio || audio.state !== "running") return;
    if (!navigator.locks) return ring();
    navigator.locks.request("surefoot-sound", { ifAvailable: true }, (mine) => { /* one tab is loud enough */
      if (mine) return new Promise((done) => { ring(); setTimeout(done, 1500); });
    });
  };
  const ring = () => {
    for (const [k, hz] of [880, 660, 880, 660].entries()) {
      const tone = audio.createOscillator(), loud = audio.createGain(), from_s = audio.currentTime + 0.25 * k;
      tone.frequency.value = hz;
      loud.gain.setValueAtTime(0.3, from_s);
      loud.gain.exponentialRampToValueAtTime(0.001, from_s + 0.22);
      tone.connect(loud).connect(audio.destination);
      tone.start(from_s);
      tone.stop(from_s + 0.24);
    }
    document.body.dataset.sounded = Number(document.body.dataset.sounded ?? 0) + 1;
  };
  const show = () => {
    button.hidden = !window.AudioContext;
    button.setAttribute("aria-pressed", String(on));
    const held = on && audio && audio.state !== "running";
    says.textContent = held ? says.dataset.held : "";
  };
  const begin = async () => {
    if (!on || !window.AudioContext) return show();
    audio ??= new AudioContext();
    audio.onstatechange = show;
    show();
    await audio.resume().catch(() => {});
    show();
  };
  const quiet = () => { clearInterval(again); again = null; };
  const sound = () => { /* once a minute, until somebody is there or it is answered */
    play();
    quiet();
    again = setInterval(() => (waiting ? play() : quiet()), 60_000);
  };
  for (const sign of ["pointerdown", "keydown"]) document.addEventListener(sign, () => { quiet(); begin(); });
  button.addEventListener("click", async () => {
    on = !on;
    remember(on);
    await begin();
    if (on) play(); // so that it is known to be heard
  });

  const link = (words) => {
    const to = document.createElement("a");
    to.href = "/alerts";
    to.textContent = words;
    return to;
  };
  const warn = (detail) => {
    const one = document.createElement("p");
    one.className = "banner";
    const { now, urgent: soon, to } = urgent.dataset;
    one.append(`${detail.raised[0] === "T4" ? now : soon} `, link(to));
    urgent.replaceChildren(one);
    sound();
  };
  const trouble = (troubles) => {
    const place = document.getElementById("troubles"), made = document.createElement("div");
    for (const [what, since, meaning] of troubles) {
      const one = document.createElement("p"), strong = document.createElement("strong");
      one.className = "banner";
      one.setAttribute("role", "alert");
      strong.textContent = what;
      one.append(strong, ` ${since} ${meaning}`);
      made.append(one);
    }
    if (place.textContent.replace(/\s+/g, " ").trim() !== made.textContent.replace(/\s+/g, " ").trim()) place.replaceChildren(...made.children);
  };

  document.addEventListener("surefoot:news", ({ detail }) => {
    waiting = detail.urgent;
    document.title = (waiting ? `(${waiting}) ` : "") + title;
    for (const [channel, many] of Object.entries(detail.open)) {
      for (const place of document.querySelectorAll(`[data-open=${channel}]`)) place.textContent = many;
    }
    trouble(detail.troubles);
    if (!waiting) urgent.replaceChildren();
    if (detail.raised.some((tier) => tier >= "T3")) warn(detail);
    else if (detail.raised.length) news.textContent = news.dataset.alert.replace("{tier}", detail.raised[0]);
  });
  document.addEventListener("surefoot:over", () => {
    document.getElementById("over").hidden = false;
    document.title = `(!) ${title}`;
    sound();
  });
  begin();
})();
