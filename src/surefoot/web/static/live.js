/* One line to the clinic for all open tabs of this browser: a browser keeps but six to one server. Whoever holds the lock
   listens and passes on what comes; when that tab closes another one takes over. Each page is told as "surefoot:news". */
"use strict";
(() => {
  let at = document.querySelector("meta[name=edition]").content; // the news that this page holds
  let last = null; // what was heard, for a tab that is opened later
  let source = null;
  const channel = window.BroadcastChannel ? new BroadcastChannel("surefoot-live") : null;
  const says = document.getElementById("line");
  const tell = (what, detail) => document.dispatchEvent(new CustomEvent(`surefoot:${what}`, { detail }));
  const parts = (edition) => [edition.split(".")[0], Number(edition.split(".")[1])];
  const isBehind = (one, other) => parts(one)[0] !== parts(other)[0] || parts(one)[1] < parts(other)[1];
  const say = (words) => { if (says.textContent !== words) says.textContent = words; };

  const take = (news) => {
    if (news.over) {
      say(says.dataset.off);
      tell("over");
      return;
    }
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
  const open = () => {
    source = new EventSource(`/live?since=${encodeURIComponent(at)}`);
    source.onmessage = (event) => hear({ ...JSON.parse(event.data), id: event.lastEventId });
    source.addEventListener("over", () => { source.close(); hear({ over: true }); });
    source.onerror = () => {
      say(says.dataset.trying);
      if (source.readyState === EventSource.CLOSED) setTimeout(open, 5000); // the browser has given up; we do not
    };
  };

  if (channel && navigator.locks) {
    channel.onmessage = ({ data }) => {
      if (data.ask === undefined) take(data);
      else if (source && last) channel.postMessage(isBehind(data.ask, last.id ?? "") ? { ...last, everything: true } : last);
    };
    navigator.locks.request("surefoot-live", () => new Promise(open));
    channel.postMessage({ ask: at });
  } else open();
})();
