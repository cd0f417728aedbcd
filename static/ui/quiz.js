/* A quiz attempt: every change is saved by itself, kept on this device until the server has it, and sent again when
   the network is back. All questions are in the page, so that going on works without a network. The clock shown is
   the server's, told with every save; the server alone decides. Without this file the same forms do the same work. */
(function () {
  "use strict";
  var quiz = document.querySelector("[data-quiz]");
  if (!quiz || !window.fetch) { return; }
  var url = quiz.dataset.url;
  var prefix = "quiz:" + quiz.dataset.quiz + ":";
  var pending = {};      /* position → {fields, flagged, sequence, stamp} not yet acknowledged */
  var stuck = "";        /* "login", "conflict" or "closed": nothing more is sent until the reader has acted */
  var oneByOne = quiz.dataset.oneByOne !== undefined;
  var running = null, later = 0, pause = 0, stamp = 0;

  function all(selector, root) { return Array.prototype.slice.call((root || quiz).querySelectorAll(selector)); }
  function one(selector) { return quiz.querySelector(selector); }
  function form(position) { return document.getElementById("cau-" + position); }
  function positions() { return Object.keys(pending); }

  /* --- on this device ----------------------------------------------------------------------------------------- */

  function store(position) {
    try {
      if (pending[position]) { localStorage.setItem(prefix + position, JSON.stringify(pending[position])); }
      else { localStorage.removeItem(prefix + position); }
    } catch (error) { /* private mode or full: the page itself still holds it */ }
  }
  function stored() {
    var found = {};
    try {
      for (var place = 0; place < localStorage.length; place += 1) {
        var key = localStorage.key(place);
        if (key.indexOf(prefix) === 0) { found[key.slice(prefix.length)] = JSON.parse(localStorage.getItem(key)); }
      }
    } catch (error) { /* unreadable is as none */ }
    return found;
  }
  function forget() {
    Object.keys(stored()).forEach(function (position) { delete pending[position]; store(position); });
  }

  if (quiz.dataset.finished !== undefined) { forget(); return; }

  /* --- the forms ---------------------------------------------------------------------------------------------- */

  function answer(box) {
    var fields = {};
    new FormData(box).forEach(function (value, name) {
      if (!/^(answer|certainty|files|check|(pair|place|mark)-\d+|gap-[A-Za-z0-9]+)$/.test(name) || typeof value !== "string" || value === "") { return; }
      (fields[name] = fields[name] || []).push(value);
    });
    return fields;
  }
  function fill(box, entry) {
    all("input, select, textarea", box).forEach(function (field) {
      if (field.type === "file") { return; }
      var values = entry.fields[field.name] || [];
      if (field.name === "flagged") { field.checked = entry.flagged; }
      else if (field.type === "radio" || field.type === "checkbox") { field.checked = values.indexOf(field.value) >= 0; }
      else if (field.type !== "hidden") { field.value = values[0] || ""; }
    });
  }
  function flagged(box) { return Boolean(box.elements.flagged && box.elements.flagged.checked); }
  function words(box) {
    var field = box.querySelector("[data-words]"), text = field && field.querySelector("textarea").value.trim();
    if (!field) { return true; }
    var count = text ? text.split(/\s+/).length : 0, least = Number(field.dataset.least), most = Number(field.dataset.mostWords);
    field.querySelector("[data-count]").textContent = count;
    return count >= least && !(most && count > most);
  }
  function full(box) {
    if (box.dataset.kind === "practical") {
      var fields = answer(box);
      return Boolean(fields.answer || fields.files) && (fields.check || []).length === all("[name=check]", box).length;
    }
    if (!words(box)) { return false; }
    var parts = all("[role=group]", box);
    if (parts.length) { return parts.every(function (part) { return part.querySelector(":checked"); }); }
    var selects = all("select, .gap input", box).map(function (field) { return field.value.trim(); });
    if (!selects.length) { return Object.keys(answer(box)).some(function (name) { return name !== "certainty"; }); }
    var twice = box.dataset.kind === "ordering" && selects.some(function (value, place) {
      return value && selects.indexOf(value) !== place;
    });
    var note = box.querySelector("[data-twice]");
    if (note) { note.hidden = !twice; }
    return !twice && selects.every(Boolean);
  }
  function map(position) {
    var box = form(position), mark = all(".qmap button")[position - 1], done = full(box);
    if (!mark) { return; }
    mark.classList.toggle("done", done);
    mark.classList.toggle("flag", flagged(box));
    mark.querySelector("[data-yes]").hidden = !done;
    mark.querySelector("[data-no]").hidden = done;
    mark.querySelector("[data-flag]").hidden = !flagged(box);
    one("[data-done]").textContent = all(".qmap .done").length;
  }
  function here() { return all("form[data-question]").filter(function (box) { return !box.hidden; })[0]; }

  function show(position, push) {
    var box = form(position);
    if (!box) { return; }
    all("form[data-question]").forEach(function (other) { other.hidden = other !== box; });
    all(".qmap button").forEach(function (mark, place) {
      if (place + 1 === Number(position)) { mark.setAttribute("aria-current", "page"); } else { mark.removeAttribute("aria-current"); }
    });
    all("button[form]").forEach(function (button) { button.setAttribute("form", box.id); });
    one("[data-number]").textContent = position;
    document.title = document.title.replace(/\d+/, position);
    if (push) { history.pushState(null, "", url + "?cau=" + position); }
    window.scrollTo(0, 0);
    box.querySelector("legend").focus({ preventScroll: true });
  }

  /* --- saying how it stands ------------------------------------------------------------------------------------ */

  function status(name, time) {
    var line = one("[data-status]");
    if (!line) { return; }
    line.className = "save" + (name === "saved" ? "" : name === "off" || name === "stopped" ? " off" : " busy");
    all("[data-when]", line).forEach(function (part) { part.hidden = part.dataset.when !== name; });
    line.querySelector("[data-waiting]").textContent = positions().length;
    if (time) { line.querySelector("[data-saved-at]").textContent = time; }
  }
  function note(name, open) {
    var box = one('[data-note="' + name + '"]');
    if (box) { box.hidden = !open; }
  }
  function problem(position, text) {
    var line = form(position) && form(position).querySelector("[data-problem]");
    if (line) { line.textContent = text || ""; line.hidden = !text; }
  }

  /* --- sending ------------------------------------------------------------------------------------------------- */

  function token() {
    var cookie = /(?:^|; )csrftoken=([^;]+)/.exec(document.cookie);
    return cookie ? cookie[1] : document.querySelector("[name=csrfmiddlewaretoken]").value;
  }

  function changed(box, wait) {
    var position = box.dataset.question, known = pending[position];
    stamp += 1;
    pending[position] = {
      fields: answer(box), flagged: flagged(box), stamp: stamp,
      sequence: known ? known.sequence : Number(box.elements.sequence.value)
    };
    store(position);
    map(position);
    problem(position, "");
    if (!stuck) { soon(wait); }
  }
  function soon(wait) {
    window.clearTimeout(later);
    later = window.setTimeout(flush, wait);
  }

  /* Sends what waits, one after the other. Resolves to whether everything has arrived. */
  function flush() {
    window.clearTimeout(later);
    if (running) { return running.then(function () { return positions().length && !stuck ? flush() : !positions().length; }); }
    if (stuck || !positions().length) { return Promise.resolve(!positions().length); }
    status("saving");
    running = positions().reduce(function (before, position) {
      return before.then(function (well) { return well && !stuck && pending[position] ? send(position) : well; });
    }, Promise.resolve(true)).then(function (well) {
      running = null;
      if (well && !stuck && positions().length) { soon(300); }
      if (!well && !stuck) { pause = Math.min(30000, (pause || 2500) * 2); soon(pause); }
      return !positions().length;
    });
    return running;
  }

  function send(position) {
    var entry = pending[position], stop = new AbortController();
    var limit = window.setTimeout(function () { stop.abort(); }, 15000);
    return fetch(quiz.dataset.save, {
      method: "POST", credentials: "same-origin", keepalive: true, signal: stop.signal, redirect: "error",
      headers: { "Content-Type": "application/json", "X-CSRFToken": token() },
      body: JSON.stringify({ position: Number(position), sequence: entry.sequence, flagged: entry.flagged, fields: entry.fields })
    }).then(function (reply) {
      return reply.json().then(function (told) { return taken(position, entry, reply.status, told); });
    }).catch(function () {
      status("off");
      note("off", true);
      return false;
    }).then(function (well) { window.clearTimeout(limit); return well; });
  }

  function done(position, entry) {
    if (pending[position] && pending[position].stamp === entry.stamp) { delete pending[position]; }
    store(position);
  }

  function taken(position, entry, code, told) {
    var box = form(position);
    if (code === 200) {
      pause = 0;
      if (pending[position]) { pending[position].sequence = told.sequence; }
      if (box) { box.elements.sequence.value = told.sequence; }
      done(position, entry);
      note("off", false);
      resync(told.seconds_left);
      status(positions().length ? "saving" : "saved", told.saved_at);
      return true;
    }
    if (code === 422) {
      done(position, entry);
      status("stopped");
      if (box) {
        problem(position, told.message);
        if (box.hidden) { show(position, true); }
      }
      return false;
    }
    if (code === 401) { stuck = "login"; status("stopped"); note("off", false); note("login", true); note("waiting", true); return false; }
    if (code === 409 && told.error === "conflict") { conflict(position, told); return false; }
    if (code === 409 || code === 404) {
      stuck = "closed"; forget(); status("stopped"); note("off", false); note("closed", true);
      return false;
    }
    throw new Error(String(code));
  }

  function conflict(position, told) {
    stuck = "conflict";
    status("stopped");
    note("waiting", true);
    var box = one('[data-note="conflict"]');
    if (!box) { return; }
    box.querySelector("[data-which]").textContent = position;
    var other = box.querySelector("[data-other]");
    other.textContent = told.answer.join("; ") || other.dataset.empty;
    box.hidden = false;
    box.onclick = function (event) {
      var keep = event.target.dataset && event.target.dataset.keep;
      if (!keep) { return; }
      box.hidden = true;
      stuck = "";
      if (keep === "mine") { pending[position].sequence = told.sequence; store(position); flush(); return; }
      delete pending[position];
      store(position);
      window.location.href = url + "?cau=" + position;
    };
  }

  /* --- the clock: advisory -------------------------------------------------------------------------------------- */

  var end = null, warned = {}, asked = false;
  function resync(left) { if (left !== null && left !== undefined) { end = Date.now() + left * 1000; } }
  function tick() {
    if (end === null) { return; }
    var left = Math.max(0, Math.round((end - Date.now()) / 1000));
    one("[data-timer]").textContent = two(Math.floor(left / 60)) + ":" + two(left % 60);
    [[300, "five"], [60, "one"]].forEach(function (pair) {
      if (left <= pair[0] && left > pair[0] - 10 && !warned[pair[1]]) { warned[pair[1]] = true; one("[data-warn]").textContent = one("[data-warn]").dataset[pair[1]]; }
    });
    if (left === 0 && !asked) {
      asked = true;
      /* the server may know of more time: it then sends us back here */
      flush().then(function () {
        if (navigator.onLine === false || stuck === "login") { asked = false; end = Date.now() + 5000; return; }
        var last = one("[data-time-up]");
        last.elements.csrfmiddlewaretoken.value = token();
        last.submit();
      });
    }
  }
  function two(number) { return (number < 10 ? "0" : "") + number; }
  if (quiz.dataset.left !== undefined) { resync(Number(quiz.dataset.left)); window.setInterval(tick, 1000); }

  /* --- what the reader does -------------------------------------------------------------------------------------- */

  function typed(field) { return field.type === "text" || field.type === "textarea"; }
  quiz.addEventListener("change", function (event) {
    var box = event.target.form;
    if (event.target.type === "file") { return; }
    if (box && box.dataset.question) { changed(box, typed(event.target) ? 0 : 400); }
  });
  quiz.addEventListener("input", function (event) {
    var box = event.target.form;
    if (box && box.dataset.question && typed(event.target)) { changed(box, 1500); }
  });

  /* A place on a picture is one of the list below it. */
  quiz.addEventListener("click", function (event) {
    var name = event.target.getAttribute && event.target.getAttribute("data-area"), field = name && document.getElementById(name);
    if (field) { field.click(); }
  });
  function areas() {
    all("[data-area]").forEach(function (area) {
      area.classList.toggle("on", document.getElementById(area.getAttribute("data-area")).checked);
    });
  }
  quiz.addEventListener("change", areas);
  /* A radius is told in thousandths of the width; the box over the picture is as high as it is wide. */
  all(".hotspot img").forEach(function (picture) {
    function round() {
      all("ellipse", picture.parentNode).forEach(function (area) {
        area.setAttribute("ry", Math.round(area.getAttribute("rx") * picture.naturalWidth / picture.naturalHeight));
      });
    }
    if (picture.complete && picture.naturalHeight) { round(); } else { picture.addEventListener("load", round); }
  });

  quiz.addEventListener("submit", function (event) {
    var box = event.target;
    if (box.matches("[data-finish]")) {
      if (!positions().length) { return; }
      event.preventDefault();
      flush().then(function (well) { if (well) { forget(); box.submit(); } else if (!stuck) { note("off", true); } });
      return;
    }
    if (!box.dataset.question) { return; }
    event.preventDefault();
    if (oneByOne) { step(box, event.submitter); return; }
    var go = event.submitter ? event.submitter.value : String(Number(box.dataset.question) + 1);
    if (go !== "review") { show(go, true); flush(); return; }
    flush().then(function (well) {
      if (well && navigator.onLine !== false && !box.querySelector("[data-problem]:not([hidden])")) {
        window.location.href = url + "?cau=xem-lai";
        return;
      }
      if (navigator.onLine === false) { note("off", true); }
      window.scrollTo(0, 0);
    });
  });

  /* One by one: the next question comes from the server, once this one has arrived there. */
  function step(box, button) {
    flush().then(function (well) {
      if (!well) { if (!stuck) { note("off", true); window.scrollTo(0, 0); } return; }
      if (!box.querySelector("[data-problem]:not([hidden])")) {
        var go = document.createElement("input");
        go.type = "hidden"; go.name = "go"; go.value = button ? button.value : "next";
        box.appendChild(go);
        box.submit();
      }
    });
  }

  window.addEventListener("popstate", function () {
    var place = /[?&]cau=(\d+)/.exec(window.location.search);
    if (place && form(place[1])) { show(place[1], false); } else { window.location.reload(); }
  });
  window.addEventListener("online", function () { pause = 0; flush(); });
  window.addEventListener("offline", function () { if (positions().length) { status("off"); } note("off", true); });
  window.addEventListener("pagehide", function () { flush(); });
  document.addEventListener("visibilitychange", function () { if (document.hidden) { flush(); } else { tick(); } });

  /* What an earlier visit could not send is put back into its question and sent now. */
  pending = stored();
  positions().forEach(function (position) {
    var box = form(position);
    stamp = Math.max(stamp, pending[position].stamp);
    if (box) { fill(box, pending[position]); map(position); }
    /* one by one there is no way back to it: what was not sent before going on cannot count any more */
    else if (oneByOne) { delete pending[position]; store(position); }
  });
  areas();
  if (positions().length) { flush(); }
})();
