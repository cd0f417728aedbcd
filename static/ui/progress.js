/* A bar that moves by itself and opens the page anew when the work is done. Without scripts the reader reloads. */
(function () {
  "use strict";
  var box = document.querySelector("[data-progress]");
  if (!box) { return; }
  var bar = box.querySelector("[role=progressbar]"), done = box.querySelector("[data-done]");
  function look() {
    fetch(box.dataset.progress, { headers: { Accept: "application/json" } }).then(function (answer) {
      return answer.ok ? answer.json() : null;
    }).then(function (state) {
      if (!state) { return; }
      if (!state.busy) { window.location.reload(); return; }
      bar.setAttribute("aria-valuenow", state.percent);
      bar.firstElementChild.style.width = state.percent + "%";
      if (done) { done.textContent = state.done; }
      window.setTimeout(look, 2000);
    }).catch(function () { window.setTimeout(look, 10000); });
  }
  window.setTimeout(look, 1500);
})();
