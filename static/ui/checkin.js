/* The trainer's screen: a new code as soon as the old one is over. Without this file the page reloads itself. */
(function () {
  "use strict";
  var box = document.querySelector("[data-screen]");
  if (!box || !window.fetch) { return; }

  function wait() {
    var part = box.querySelector("[data-left]");
    var seconds = part ? Number(part.dataset.left) : 15;
    /* not longer than ten seconds, so that who is there is counted before everybody's eyes */
    window.setTimeout(renew, 1000 * Math.max(1, Math.min(seconds, 10)));
  }
  function renew() {
    fetch(location.pathname + "?part=1", { credentials: "same-origin" }).then(function (answer) {
      if (!answer.ok || answer.redirected) { throw new Error(String(answer.status)); }
      return answer.text();
    }).then(function (text) {
      var fresh = document.createElement("template");
      fresh.innerHTML = text;
      box.replaceChildren(fresh.content);
      wait();
    }).catch(function () { window.setTimeout(renew, 5000); });
  }
  wait();
})();
