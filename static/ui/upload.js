/* Files of an answer are sent as soon as they are chosen; the answer then names them, and quiz.js saves it as any other.
   Without this file they go with the form. */
(function () {
  "use strict";
  var sending = 0;

  function token() {
    var cookie = /(?:^|; )csrftoken=([^;]+)/.exec(document.cookie);
    return cookie ? cookie[1] : document.querySelector("[name=csrfmiddlewaretoken]").value;
  }
  function say(box, text) { box.querySelector("[data-progress]").textContent = text; }
  function kept(box) { return box.querySelectorAll("[name=files]:checked").length; }

  function add(box, told) {
    var list = box.querySelector("[data-files]");
    var known = Array.prototype.filter.call(list.querySelectorAll("[name=files]"), function (one) { return one.value === told.id; })[0];
    if (known) { known.checked = true; return known; }
    var row = box.querySelector("template").content.firstElementChild.cloneNode(true);
    var tick = row.querySelector("input");
    tick.value = told.id;
    tick.id = "f-" + told.id;
    row.querySelector("label").htmlFor = tick.id;
    row.querySelector("label").textContent = told.name;
    row.querySelector("[data-size]").textContent = told.size;
    list.appendChild(row);
    box.querySelector("[data-keep]").hidden = false;
    return tick;
  }

  function send(box, file) {
    var form = box.closest("form"), line = box.querySelector("[data-progress]"), most = Number(box.dataset.most);
    /* Of one file the new one takes the place of the old. */
    if (most === 1) { box.querySelectorAll("[name=files]").forEach(function (one) { one.checked = false; }); }
    if (kept(box) >= most) { say(box, line.dataset.full); return Promise.resolve(); }
    if (file.size > 10 * 1024 * 1024) { say(box, line.dataset.big); return Promise.resolve(); }
    var data = new FormData();
    data.append("position", form.elements.position.value);
    data.append("upload", file);
    say(box, line.dataset.sending);
    sending += 1;
    return fetch(box.dataset.upload, {
      method: "POST", credentials: "same-origin", redirect: "error", headers: { "X-CSRFToken": token() }, body: data
    }).then(function (reply) {
      return reply.json().then(function (told) {
        if (reply.status === 200) {
          var tick = add(box, told);
          say(box, line.dataset.sent);
          tick.dispatchEvent(new Event("change", { bubbles: true }));
          return;
        }
        if (told.login) { window.location.href = told.login; return; }
        say(box, told.message || line.dataset.lost);
      });
    }).catch(function () { say(box, line.dataset.lost); }).then(function () { sending -= 1; });
  }

  document.addEventListener("change", function (event) {
    var box = event.target.type === "file" && event.target.closest("[data-upload]");
    if (!box) { return; }
    var files = Array.prototype.slice.call(event.target.files);
    event.target.value = "";
    files.reduce(function (before, file) { return before.then(function () { return send(box, file); }); }, Promise.resolve());
  });
  window.addEventListener("beforeunload", function (event) { if (sending) { event.preventDefault(); } });
})();
