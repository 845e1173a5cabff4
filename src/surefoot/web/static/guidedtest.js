"use strict";
/* Leads through a guided test: time to get ready, start, beat, end; then the page sends from when to when it was. */
(() => {
  const READY_S = 10, STILL_S = 2, AFTER_S = 4, LONGEST_S = 300, AHEAD_S = 0.3;
  const form = document.getElementById("test");
  const seconds = Number(form.dataset.seconds), beats = Number(form.dataset.beats);
  const [start, stop, cancel, phase, count, beat] = ["start", "stop", "cancel", "phase", "count", "beat"].map((id) => document.getElementById(id));
  const words = JSON.parse(form.dataset.words);
  const legs = document.getElementById("leg");
  let audio = null, timer = 0, began = 0, offset_s = 0, beaten = 0, lock = null;

  const now = () => performance.now() / 1000;
  /* A tone at a moment of `now`. Where there is no sound, what is seen says the same. */
  const tone = (at, hz, lasts = 0.08) => {
    if (!audio) return;
    const when = Math.max(audio.currentTime, audio.currentTime + at - now());
    const [one, loud] = [audio.createOscillator(), audio.createGain()];
    one.frequency.value = hz;
    loud.gain.setValueAtTime(0.4, when);
    loud.gain.exponentialRampToValueAtTime(0.001, when + lasts);
    one.connect(loud).connect(audio.destination);
    one.start(when);
    one.stop(when + lasts);
  };
  const say = (words) => { if (phase.textContent !== words) phase.textContent = words; };

  /* The clock of the computer that dates the readings, against this one's; the phone's own may be minutes off. */
  const compare = async () => {
    const before = now();
    const told = await (await fetch("/clock", { cache: "no-store" })).json();
    offset_s = told.now_s - (before + now()) / 2;
  };
  const over = () => {
    clearInterval(timer);
    lock?.release?.();
    audio?.close?.();
    document.body.classList.remove("testing");
  };
  const finish = (end) => {
    over();
    say(words.done);
    count.textContent = "";
    form.elements.start_s.value = String(began + offset_s);
    form.elements.end_s.value = String(end + offset_s);
    form.submit();
  };
  const look = () => {
    const t = now() - began; /* below zero: getting ready */
    if (t < 0) {
      say(words.ready);
      const left = Math.ceil(-t);
      if (count.textContent !== String(left)) {
        if (left <= 3 && count.textContent) tone(now(), 440);
        count.textContent = String(left);
      }
      return;
    }
    if (t < STILL_S) {
      say(words.still);
      count.textContent = "";
      stop.hidden = false;
      return;
    }
    const doing = t - STILL_S;
    if (phase.textContent === words.still) tone(now(), 880, 0.4);
    if (seconds && doing >= seconds) {
      if (phase.textContent !== words.stop) { tone(now(), 660, 0.3); tone(now() + 0.4, 660, 0.3); }
      say(words.stop);
      count.textContent = "";
      if (doing >= seconds + AFTER_S) finish(now());
      return;
    }
    say(words.go);
    count.textContent = seconds ? String(Math.ceil(seconds - doing)) : String(Math.floor(doing));
    if (beats) {
      const every = 60 / beats;
      while (beaten * every < doing + AHEAD_S) { tone(began + STILL_S + beaten * every, beaten % 2 ? 330 : 550); beaten += 1; }
      const k = Math.floor(doing / every);
      beat.hidden = false;
      beat.dataset.beat = String(k);
      beat.className = k % 2 ? "down" : "up";
      beat.textContent = k % 2 ? words.down : words.up;
    }
    if (doing > LONGEST_S) finish(now());
  };
  start.hidden = false;
  start.addEventListener("click", async () => {
    if (!form.reportValidity()) return;
    try {
      audio = window.AudioContext ? new AudioContext() : null; /* only a touch may switch sound on */
      await compare();
    } catch {
      say(words.lost);
      return;
    }
    navigator.wakeLock?.request("screen").then((one) => { lock = one; }).catch(() => {}); /* else the screen may go dark: the beat goes on */
    document.body.classList.add("testing");
    for (const one of [start, legs, document.getElementById("before")]) if (one) one.hidden = true;
    cancel.hidden = false;
    cancel.focus();
    began = now() + READY_S;
    timer = setInterval(look, 50);
    look();
  });
  stop.addEventListener("click", () => finish(now()));
  cancel.addEventListener("click", () => { over(); location.reload(); });
})();
