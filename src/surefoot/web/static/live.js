/* One line to the clinic for all open tabs of this browser: a browser keeps but six to one server. Whoever holds the lock
   listens and passes on what comes; when that tab closes, or whoever it was opened for is not let in any more, another one
   takes over and asks for itself. Each page is told as "surefoot:news". */
"use strict";
(() => {
  let at = document.querySelector("meta[name=edition]").content; // the news that this page holds
  let last = null; // what was heard, for a tab that is opened later
  let source = null;
  let ended = false; // nobody is let in any more by whom this page was made for
  let leave = () => {}; // the line to the next tab
  const channel = window.BroadcastChannel ? new BroadcastChannel("surefoot-live") : null;
  const says = document.getElementById("line");
  const tell = (what, detail) => document.dispatchEvent(new CustomEvent(`surefoot:${what}`, { detail }));
  const parts = (edition) => [edition.split(".")[0], Number(edition.split(".")[1])];
  const isBehind = (one, other) => parts(one)[0] !== parts(other)[0] || parts(one)[1] < parts(other)[1];
  const say = (words) => { if (says.textContent !== words) says.textContent = words; };

  const end = () => {
    source.close();
    [source, last, ended] = [null, null, true];
    say(says.dataset.off);
    tell("over");
    leave();
  };
  const take = (news) => {
    if (ended) return;
    const missed = news.everything || isBehind(at, news.from);
    at = news.id;
    say(says.dataset.on);
    tell("news", { ...news, everything: missed });
  };
  const hear = (news) => {
    last = news;
    channel?.postMessage(news);
    take(news);
  };
  const isLetIn = async () => { // a line that is led to the login says no more than that it failed
    const stop = new AbortController();
    const answer = await fetch("/live", { redirect: "manual", signal: stop.signal }).catch(() => null);
    stop.abort();
    return answer?.type !== "opaqueredirect";
  };
  const open = () => {
    source = new EventSource(`/live?since=${encodeURIComponent(at)}`);
    source.onmessage = (event) => hear({ ...JSON.parse(event.data), id: event.lastEventId });
    source.addEventListener("over", end);
    source.onerror = async () => {
      say(says.dataset.trying);
      if (source.readyState !== EventSource.CLOSED) return;
      if (await isLetIn()) setTimeout(open, 5000); // the browser has given up; we do not
      else end();
    };
  };

  if (channel && navigator.locks) {
    channel.onmessage = ({ data }) => {
      if (data.ask === undefined) take(data);
      else if (source && last) channel.postMessage(isBehind(data.ask, last.id ?? "") ? { ...last, everything: true } : last);
    };
    navigator.locks.request("surefoot-live", () => (ended ? null : new Promise((free) => { leave = free; open(); })));
    channel.postMessage({ ask: at });
  } else open();
})();
