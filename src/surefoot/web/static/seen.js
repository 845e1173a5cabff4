"use strict";
/* Tells the clinic which open alerts were on a screen that somebody had before them. It changes nothing else. */
(() => {
  const tell = (entries, observer) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting || document.visibilityState !== "visible") continue;
      observer.unobserve(target);
      const csrf = document.querySelector("meta[name=csrf]").content;
      fetch("/seen", { method: "POST", headers: { "X-CSRF": csrf }, body: new URLSearchParams({ gateway: target.dataset.gateway, alert_id: target.dataset.alert }) })
        .catch(() => {}); /* the next page tells it */
    }
  };
  const observer = new IntersectionObserver(tell);
  const look = () => {
    if (document.visibilityState !== "visible") return;
    observer.disconnect();
    for (const one of document.querySelectorAll("[data-unseen]")) observer.observe(one);
  };
  document.addEventListener("visibilitychange", look);
  document.addEventListener("surefoot:changed", look);
  look();
})();
