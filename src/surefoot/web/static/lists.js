/* Brings a page up to date with what the clinic says has changed: it asks for itself, of those patients alone, and takes
   over what differs. What somebody is typing stays, and so does what they have opened. A page of a patient that does not
   follow (data-of without data-live: forms, a raw signal) is emptied as well when the patient is deleted. */
"use strict";
(() => {
  const main = document.getElementById("content");
  const mine = main.dataset.of; // the patient whose page this is
  const follows = main.dataset.live !== undefined;
  if (!follows && !mine) return;
  const MANY = 20; // so many at once: the whole page costs no more
  const wanted = new Set();
  const SETTLED_MS = 500;
  let busy = false;
  let moved = 0; // when rows last changed their places
  const tell = (what, detail) => document.dispatchEvent(new CustomEvent(`surefoot:${what}`, { detail }));
  const leave = (id) => { document.getElementById(id).hidden = false; };

  const keepTyped = (old, now) => {
    for (const field of old.querySelectorAll("input:not([type=hidden]), textarea, select")) {
      const twin = field.name && now.querySelector(`[name="${CSS.escape(field.name)}"]`);
      if (twin && field.value !== field.defaultValue) twin.value = field.value;
    }
    const opened = [...old.querySelectorAll("details")], twins = [...now.querySelectorAll("details")];
    for (const one of opened) {
      const twin = twins.find((other) => other.firstElementChild.textContent.split("(")[0] === one.firstElementChild.textContent.split("(")[0]);
      if (twin) twin.open = one.open;
    }
  };
  const focused = (old) => (old?.contains(document.activeElement) ? document.activeElement : null);
  const focusAgain = (had, now) => {
    if (!had) return;
    const same = had.name ? `[name="${CSS.escape(had.name)}"]:not([type=hidden])` : had.tagName;
    const twin = now.querySelector(same) ?? now.querySelector("a, button");
    twin?.focus();
    if (twin?.setSelectionRange && had.type === "text") twin.setSelectionRange(had.selectionStart, had.selectionEnd);
  };
  const tier = (row) => row.querySelector("[name=tier]")?.value;
  const seat = (list, one) => {
    const next = [...list.children].find((other) => other !== one && other.dataset.place > one.dataset.place);
    if (one.parentNode === list && one.nextElementSibling === (next ?? null)) return;
    list.insertBefore(one, next ?? null);
    moved = Date.now();
  };
  const shown = new Map(); // each row as it was made, whatever was opened or typed in it since
  const remember = () => { for (const row of main.querySelectorAll("[data-rows] > *")) if (!shown.has(row.id)) shown.set(row.id, row.outerHTML); };

  const takeOver = (page, of) => {
    for (const now of page.querySelectorAll("[data-fresh]")) {
      const old = document.getElementById(now.id);
      if (!old || old.outerHTML === now.outerHTML) continue;
      const fresh = document.importNode(now, true);
      keepTyped(old, fresh);
      old.replaceWith(fresh);
    }
    const arrived = new Map([...page.querySelectorAll("[data-rows] > *")].map((row) => [row.id, row]));
    for (const row of [...main.querySelectorAll("[data-rows] > *")]) {
      if ((of === null || of.includes(row.dataset.gateway)) && !arrived.has(row.id)) {
        shown.delete(row.id);
        row.remove();
        moved = Date.now();
      }
    }
    for (const [id, made] of arrived) {
      const list = document.getElementById(made.parentNode.id), old = document.getElementById(id);
      if (old && shown.get(id) === made.outerHTML && old.parentNode === list) continue;
      const now = document.importNode(made, true);
      shown.set(id, made.outerHTML);
      const had = focused(old);
      if (old) {
        keepTyped(old, now);
        old.replaceWith(now);
      }
      if (!old || tier(old) !== tier(now)) now.classList.add("fresh");
      seat(list, now);
      if (old && tier(old) === tier(now)) focusAgain(had, now); // what has become worse is to be read first
    }
    for (const now of page.querySelectorAll("[data-shown]")) document.getElementById(now.id).hidden = now.hidden;
    tell("changed");
  };

  const ask = async (of) => {
    const url = new URL(location.href);
    url.hash = "";
    url.searchParams.delete("told");
    for (const one of of ?? ["all"]) url.searchParams.append("of", one);
    const answer = await fetch(url);
    if (answer.redirected) return tell("over");
    if (answer.status === 404 && mine) {
      main.replaceChildren();
      return leave("gone");
    }
    if (!answer.ok) throw new Error(`${answer.status}`);
    if (!follows) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if ([...page.querySelectorAll("[data-rows]")].some((list) => !document.getElementById(list.id))) {
      location.reload(); // the first patient of all: there was no list to put them into
      return;
    }
    takeOver(page, of);
  };

  const work = async () => {
    if (busy) return;
    busy = true;
    while (wanted.size) {
      const of = wanted.has("all") || wanted.size > MANY ? null : [...wanted];
      wanted.clear();
      try {
        await ask(of);
      } catch {
        for (const one of of ?? ["all"]) wanted.add(one); // with the next news
        break;
      }
    }
    busy = false;
    if (follows && !wanted.size) tell("current");
  };

  main.addEventListener("submit", (event) => {
    if (Date.now() - moved >= SETTLED_MS) return;
    event.preventDefault(); // the button under the pointer may be another patient's by now
    const news = document.getElementById("news");
    news.textContent = news.dataset.moved;
  });
  remember();
  document.addEventListener("surefoot:news", ({ detail }) => {
    if (follows && mine && (detail.changed[mine] ?? []).includes("data")) leave("newer");
    for (const one of Object.keys(detail.changed)) if (!mine || one === mine) wanted.add(one);
    if (detail.everything) wanted.add(mine ?? "all");
    work();
  });
})();
