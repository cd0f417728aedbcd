/* A lesson page: feedback without a reload, a note of where to resume, text boxes kept on this device. */
(function () {
  "use strict";

  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (!form.matches("[data-practice]") || !window.fetch) { return; }
    event.preventDefault();
    var button = form.querySelector("button");
    button.disabled = true;
    fetch(form.action, {
      method: "POST", body: new FormData(form), credentials: "same-origin", headers: { "X-Requested-With": "fetch" }
    }).then(function (answer) {
      if (!answer.ok || answer.redirected) { throw new Error(String(answer.status)); }
      return answer.text();
    }).then(function (text) {
      var box = document.createElement("template");
      box.innerHTML = text;
      var fresh = box.content.querySelector("form");
      var status = fresh.querySelector(".feedback");
      var words = Array.prototype.slice.call(status.childNodes);
      status.textContent = "";
      form.replaceWith(fresh);
      /* put in after the swap, so that screen readers hear a change */
      window.setTimeout(function () {
        status.append.apply(status, words);
        fresh.querySelector("button").focus();
        /* in the simple view going on is the next step once there is an answer */
        var onward = document.querySelector("[data-onward]");
        if (onward && status.querySelector(".note") && fresh.querySelector(".opt.right,.opt.wrong")) {
          onward.classList.replace("btn-outline", "btn-primary");
        }
      }, 50);
    }).catch(function () {
      button.disabled = false;
      form.submit();
    });
  }, true);

  var page = document.querySelector("[data-opened]");
  if (page && window.fetch) {
    var token = document.querySelector("[name=csrfmiddlewaretoken]");
    fetch(page.dataset.opened, {
      method: "POST", credentials: "same-origin", keepalive: true,
      headers: token ? { "X-CSRFToken": token.value } : {}
    }).catch(function () { /* resuming is a comfort; the lesson is not lost */ });
  }

  /* The simple view: at which idea she stopped is kept on this device, and offered on the first screen. */
  var idea = document.querySelector("[data-idea]");
  if (idea) {
    var place = "hocai:y:" + location.pathname, heading = document.querySelector("h1");
    try {
      var stopped = localStorage.getItem(place), resume = idea.querySelector("[data-resume]");
      if (resume && stopped) {
        resume.href = "?y=" + stopped;
        resume.querySelector("[data-resume-place]").textContent = parseInt(stopped, 10);
        resume.hidden = false;
        idea.querySelector("[data-onward]").classList.replace("btn-primary", "btn-outline");
      } else if (idea.dataset.last !== undefined) { localStorage.removeItem(place); }
      else if (!resume) { localStorage.setItem(place, idea.dataset.idea + "#" + heading.id); }
    } catch (error) { /* a private window keeps nothing */ }
  }

  document.querySelectorAll("textarea[data-keep]").forEach(function (box) {
    var key = "hocai:" + location.pathname + ":" + box.id;
    try { box.value = localStorage.getItem(key) || ""; } catch (error) { return; }
    box.addEventListener("input", function () {
      try { localStorage.setItem(key, box.value); } catch (error) { /* a private window keeps nothing */ }
    });
  });
})();
