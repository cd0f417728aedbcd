/* Copies an address; without scripts the address stands there to be marked by hand. */
(function () {
  "use strict";
  document.querySelectorAll("[data-copy]").forEach(function (button) {
    var said = document.getElementById(button.getAttribute("aria-describedby"));
    button.addEventListener("click", function () {
      var done = function () { said.textContent = button.dataset.done; };
      var failed = function () { said.textContent = button.dataset.failed; };
      if (navigator.clipboard) {
        navigator.clipboard.writeText(button.dataset.copy).then(done, failed);
      } else {
        failed();
      }
    });
  });
})();
