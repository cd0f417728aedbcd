/* Reading a page aloud. Only with a Vietnamese voice that lives on the device (localService): other voices would send
   what is read to somebody's server, and nothing leaves the device. Without such a voice the buttons stay hidden. */
(function () {
  "use strict";
  var speech = window.speechSynthesis, box = document.querySelector("[data-listen]"), text = document.querySelector("[data-spoken]");
  if (!speech || !window.SpeechSynthesisUtterance || !box || !text) { return; }
  var go = box.querySelector("[data-listen-go]"), stop = box.querySelector("[data-listen-stop]");
  var voice = null, queue = [], at = 0, turn = 0, state = "still";
  var BLOCKS = "h1,h2,h3,h4,p,li,dt,dd,th,td,legend,label,summary,figcaption";
  /* The picture's words stand in a hidden paragraph beside it and are read. */
  var SILENT = "[hidden],[data-silent],[data-listen],[aria-hidden=true],.reading,.actions,nav,.check,noscript,script,template,textarea,.lab";

  function find() {
    voice = speech.getVoices().filter(function (one) { return one.localService && /^vi([-_]|$)/i.test(one.lang); })[0] || null;
    box.hidden = !voice;
  }

  /* What stands on the page now, a few sentences at a time: some phones stop in the middle of a long piece. */
  function collect() {
    var found = [];
    text.querySelectorAll(BLOCKS).forEach(function (block) {
      if (block.closest(SILENT) || block.querySelector(BLOCKS)) { return; }
      var fold = block.closest("details:not([open])");
      if (fold && block.tagName !== "SUMMARY") { return; }
      var words = block.textContent.replace(/\s+/g, " ").trim();
      (words.match(/[^]+?(?:[.!?…]["”)]*(?=\s)|$)/g) || []).forEach(function (sentence) {
        var last = found[found.length - 1];
        if (last && last.block === block && last.words.length + sentence.length < 200) { last.words += sentence; }
        else { found.push({ block: block, words: sentence }); }
      });
    });
    return found;
  }

  function mark(block) {
    text.querySelectorAll(".aloud").forEach(function (one) { one.classList.remove("aloud"); });
    if (block) { block.classList.add("aloud"); }
  }

  function show(name) {
    state = name;
    go.querySelectorAll("[data-listen-when]").forEach(function (part) { part.hidden = part.dataset.listenWhen !== name; });
    stop.hidden = name === "still";
    if (name === "still") { mark(null); }
  }

  function say() {
    var mine = turn, piece = queue[at];
    if (!piece) { show("still"); return; }
    var words = new SpeechSynthesisUtterance(piece.words);
    words.voice = voice;
    words.lang = voice.lang;
    words.rate = 0.9;
    /* A cancelled piece ends as well; only the piece whose turn it is may go on. */
    words.onend = function () { if (mine === turn) { at += 1; say(); } };
    words.onerror = function () { if (mine === turn) { halt("still"); } };
    mark(piece.block);
    speech.speak(words);
  }

  /* Many phones know no pause: it is a stop that remembers the piece it stopped in. */
  function halt(name) { turn += 1; speech.cancel(); show(name); }

  go.addEventListener("click", function () {
    if (state === "aloud") { halt("held"); return; }
    if (state === "still") { queue = collect(); at = 0; }
    turn += 1;
    show("aloud");
    say();
  });
  stop.addEventListener("click", function () { halt("still"); go.focus(); });
  /* In a quiz the next question comes without a new page. */
  document.addEventListener("click", function (event) {
    if (state !== "still" && event.target.closest("[name=go]")) { halt("still"); }
  }, true);
  window.addEventListener("pagehide", function () { halt("still"); });

  speech.cancel();
  find();
  if (speech.addEventListener) { speech.addEventListener("voiceschanged", find); }
})();
