/* Says in words what went wrong with a passkey: closed window, no key here, a device that cannot. */
(function () {
  "use strict";
  document.addEventListener("allauth.error", function (event) {
    event.preventDefault();
    document.querySelectorAll("[data-passkey-error]").forEach(function (note) { note.hidden = false; note.focus(); });
  });
})();
