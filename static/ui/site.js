/* Comfort only: every page reads and works without this file. */
(function () {
  "use strict";
  var root = document.documentElement;
  root.classList.add("js");

  /* Reading settings take effect at once; the form post keeps them in a cookie. */
  document.addEventListener("change", function (event) {
    var field = event.target;
    if (!field.form || !field.form.matches("[data-display]")) { return; }
    var name = field.name === "size" ? "data-size" : "data-bs-theme";
    if (field.value) { root.setAttribute(name, field.value); } else { root.removeAttribute(name); }
    fetch(field.form.action, { method: "POST", body: new FormData(field.form), redirect: "manual" });
  });

  /* Escape closes what opened last and gives the focus back. */
  document.addEventListener("keydown", function (event) {
    if (event.key !== "Escape") { return; }
    document.querySelectorAll("details.menu[open], details.def[open]").forEach(function (box) {
      box.open = false;
      box.querySelector("summary").focus();
    });
  });

  /* The outline is open on wide screens and without scripts, folded on phones and in the simple view. */
  if (root.classList.contains("simple") || window.matchMedia("(max-width: 61.99rem)").matches) {
    document.querySelectorAll("details.outline-fold").forEach(function (box) { box.open = false; });
  }

  /* In a row of ways that slides, the current one is in sight. */
  var here = document.querySelector(".site-nav.one-row [aria-current]");
  if (here) { here.closest("ul").scrollLeft = here.getBoundingClientRect().right - root.clientWidth + 40; }

  /* An error summary takes the focus, so that it is read out. */
  var summary = document.querySelector(".summary-error");
  if (summary) { summary.focus(); }

  /* A form is sent once; the button says so. */
  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (event.defaultPrevented || form.method !== "post" || form.matches("[data-display]")) { return; }
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
    window.setTimeout(function () { delete form.dataset.sent; }, 8000);
  });
  window.addEventListener("pageshow", function () {
    document.querySelectorAll("form[data-sent]").forEach(function (form) { delete form.dataset.sent; });
  });

  /* Show and hide a password. */
  document.querySelectorAll("[data-reveal]").forEach(function (button) {
    var field = document.getElementById(button.dataset.reveal);
    button.addEventListener("click", function () {
      var show = field.type === "password";
      field.type = show ? "text" : "password";
      button.setAttribute("aria-pressed", String(show));
    });
  });

  /* On paper every fold is open. */
  window.addEventListener("beforeprint", function () {
    document.querySelectorAll("details.fold:not([open])").forEach(function (box) { box.open = true; box.dataset.shut = ""; });
  });
  window.addEventListener("afterprint", function () {
    document.querySelectorAll("details[data-shut]").forEach(function (box) { box.open = false; delete box.dataset.shut; });
  });

  document.querySelectorAll("[data-print]").forEach(function (button) {
    button.addEventListener("click", function () { window.print(); });
  });
})();
