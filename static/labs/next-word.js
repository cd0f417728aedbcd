/* Máy đoán chữ: a real bigram/trigram counter over the verse printed in the page.
   Words for the reader live in the template (<template data-strings>). Nothing is sent or stored. */
(function () {
  'use strict';

  /* ---- the machine (pure, tested in tests/js) ---------------------------------------- */

  function words(text) {
    return text.normalize('NFC').match(/[\p{L}\p{M}\p{N}]+(-[\p{L}\p{M}\p{N}]+)*/gu) || [];
  }

  function low(word) { return word.toLocaleLowerCase('vi'); }

  function random(seed) { // mulberry32
    var a = seed >>> 0;
    return function () {
      a = (a + 0x6D2B79F5) | 0;
      var t = Math.imul(a ^ (a >>> 15), 1 | a);
      t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
      return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    };
  }

  /* lines: [{text, fresh}]; fresh = a new piece begins, so no pair reaches over it */
  function train(lines) {
    var m = { one: new Map(), two: new Map(), uni: new Map(), show: new Map(), form: new Map(), seqs: [], total: 0 };
    lines.forEach(function (line, number) {
      if (line.fresh || !m.seqs.length) { m.seqs.push([]); }
      var seq = m.seqs[m.seqs.length - 1], head = true;
      line.text.split(/[:.!?…]/).forEach(function (part) {
        words(part).forEach(function (raw, i, all) {
          var first = i === 0 && (head || part !== line.text), w = low(raw);
          head = false;
          var name = raw !== w && (!first || (all[i + 1] && all[i + 1] !== low(all[i + 1])));
          // a name keeps its capital unless the same word also occurs without one
          if (raw === w) { m.show.set(w, w); } else if (!m.show.has(w) && name) { m.show.set(w, raw); }
          var b = seq[seq.length - 1], a = seq[seq.length - 2];
          if (b && !first) { m.form.set(b.w + ' ' + w, raw); }
          add(m.uni, w);
          if (b) { add(sub(m.one, b.w), w); }
          if (a) { add(sub(m.two, a.w + ' ' + b.w), w); }
          seq.push({ w: w, line: number });
          m.total += 1;
        });
      });
    });
    m.pairs = 0;
    m.one.forEach(function (next) { m.pairs += next.size; });
    return m;
  }

  function add(map, key) { map.set(key, (map.get(key) || 0) + 1); }
  function sub(map, key) { if (!map.has(key)) { map.set(key, new Map()); } return map.get(key); }

  /* what may follow ctx (lower-case words); level says how many words back it could really look */
  function predict(m, ctx, order) {
    var b = ctx[ctx.length - 1], pair = ctx[ctx.length - 2] + ' ' + b, level = 0, next = m.uni, total = 0;
    if (order === 2 && m.two.has(pair)) { level = 2; next = m.two.get(pair); }
    else if (m.one.has(b)) { level = 1; next = m.one.get(b); }
    next.forEach(function (n) { total += n; });
    var list = Array.from(next, function (e) { return { w: e[0], n: e[1], p: e[1] / total }; });
    list.sort(function (x, y) { return y.n - x.n; });
    return { level: level, list: list, total: total };
  }

  function seen(m, prev, w) { return (m.one.has(prev) && m.one.get(prev).get(w)) || 0; }

  /* bold 0: nearly always the commonest; 1: by the counts; 2: flatter, and now and then any word at all */
  function pick(m, ctx, order, bold, rnd) {
    var list = predict(m, ctx, order).list, power = [4, 1, 0.5][bold];
    if (bold === 2 && rnd() < 0.3) { list = predict(m, [], 1).list; }
    var weights = list.map(function (g) { return Math.pow(g.n, power); });
    var r = rnd() * weights.reduce(function (s, x) { return s + x; }, 0);
    for (var i = 0; i < list.length - 1; i += 1) { r -= weights[i]; if (r < 0) { break; } }
    return list[i].w;
  }

  function write(m, ctx, count, order, bold, rnd) {
    var all = ctx.slice(), out = [];
    while (out.length < count && m.total) {
      var w = pick(m, all, order, bold, rnd);
      out.push({ w: w, seen: seen(m, all[all.length - 1], w) });
      all.push(w);
    }
    return out;
  }

  /* the longest stretch of ws that stands word for word in what was read */
  function longestCopy(m, ws) {
    var best = { len: 0, lines: [] };
    m.seqs.forEach(function (s) {
      for (var i = 0; i < s.length; i += 1) {
        for (var j = 0; j < ws.length; j += 1) {
          var k = 0;
          while (i + k < s.length && j + k < ws.length && s[i + k].w === ws[j + k]) { k += 1; }
          if (k > best.len) {
            best = { len: k, at: j, lines: [] };
            for (var x = i; x < i + k; x += 1) { if (best.lines.indexOf(s[x].line) < 0) { best.lines.push(s[x].line); } }
          }
        }
      }
    });
    return best;
  }

  function spell(m, prev, w) { return m.form.get(prev + ' ' + w) || m.show.get(w) || w; }

  /* ---- the page ------------------------------------------------------------------------ */

  function setup(root) {
    if (root.dataset.ready) { return; }
    root.dataset.ready = '1';
    function $(s) { return root.querySelector(s); }
    function each(s, fn) { Array.prototype.forEach.call(root.querySelectorAll(s), fn); }
    function el(tag, text, cls) {
      var e = document.createElement(tag);
      if (text !== undefined) { e.textContent = text; }
      if (cls) { e.className = cls; }
      return e;
    }
    var strings = $('template[data-strings]').content;
    function t(key, values) {
      var s = strings.querySelector('[data-k="' + key + '"]').textContent;
      return s.replace(/\{(\w+)\}/g, function (all, name) { return values && name in values ? values[name] : all; });
    }
    function say(box, text) { $(box).textContent = text; }
    function value(name) { return Number($('[data-pick=' + name + ']:checked').value); }

    var rnd = random(root.dataset.seed ? Number(root.dataset.seed) : Date.now());
    var m, ctx = [], guesses = [], lines, items;

    function read() {
      var limit = value('size');
      items = Array.from(root.querySelectorAll('[data-line]'));
      var used = items.filter(function (li, i) { return li.dataset.line === 'own' || i < limit; });
      items.forEach(function (li) {
        li.classList.toggle('off', used.indexOf(li) < 0);
        li.classList.remove('hit');
        delete li.dataset.end;
      });
      if (limit < items.length) { items[limit - 1].dataset.end = t('end'); }
      lines = used;
      m = train(used.map(function (li) { return { text: li.textContent, fresh: 'fresh' in li.dataset }; }));
      say('[data-read]', t('read', { lines: used.length, words: m.total.toLocaleString('vi'), pairs: m.pairs.toLocaleString('vi') }));
      say('[data-count]', t('count', { lines: used.length }));
      say('[data-wrote]', '');
      say('[data-answer-note]', '');
      $('[data-out]').hidden = $('[data-answer]').hidden = true;
    }

    function plain() { return ctx.map(function (c) { return c.w; }); }

    function push(w, shown) {
      var prev = ctx.length ? ctx[ctx.length - 1].w : '';
      ctx.push({ w: w, s: shown || spell(m, prev, w) });
    }

    function start(text) {
      ctx = [];
      words(text).forEach(function (raw) { push(low(raw), raw); });
    }

    function sentence(list) {
      var s = list.map(function (c) { return c.s; }).join(' ');
      return s.charAt(0).toLocaleUpperCase('vi') + s.slice(1);
    }

    function draw() {
      var g = predict(m, plain(), value('order')), top = g.list.slice(0, guesses.length), box = $('[data-sentence]');
      var last = ctx[ctx.length - 1].s, two = ctx.length > 1 ? ctx[ctx.length - 2].s + ' ' + last : last;
      var hadFocus = guesses.indexOf(document.activeElement);
      box.textContent = (ctx.length > 14 ? '… ' + ctx.slice(-14).map(function (c) { return c.s; }).join(' ') : sentence(ctx)) + ' ';
      box.append(el('mark', '?'));
      guesses.forEach(function (b, i) {
        var x = top[i];
        b.hidden = !x;
        if (!x) { return; }
        var pct = Math.round(100 * x.p) || '<1';
        b.dataset.word = x.w;
        b.children[0].textContent = spell(m, ctx[ctx.length - 1].w, x.w);
        b.children[1].firstChild.style.width = Math.max(1, 100 * x.p) + '%';
        b.children[2].textContent = pct + '% ';
        b.children[2].append(el('small', t('times', { n: x.n })));
      });
      if (hadFocus >= 0 && guesses[hadFocus].hidden) { guesses[0].focus(); }
      var text = g.level ? t(g.list.length === 1 ? 'said1' : 'said', { w: g.level === 2 ? two : last, n: g.total, kinds: g.list.length }) : t('said0', { w: last });
      if (g.level === 1 && value('order') === 2 && ctx.length > 1) { text = t('backoff', { two: two, w: last }) + ' ' + text; }
      say('[data-said]', text + ' ' + t('tap'));
      say('[data-said-all]', sentence(ctx) + '.');
      $('[data-undo]').disabled = ctx.length < 2;
    }

    function mark(run) {
      items.forEach(function (li) { li.classList.remove('hit'); });
      run.lines.forEach(function (n) { lines[n].classList.add('hit'); });
      var panel = $('[data-lines]'), first = lines[run.lines[0]];
      if (first) { panel.scrollTop = first.getBoundingClientRect().top - panel.getBoundingClientRect().top + panel.scrollTop - 24; }
    }

    function copyNote(run) {
      if (run.len < 2) { return t('nocopy'); }
      var nums = run.lines.map(function (n) { return items.indexOf(lines[n]) + 1; });
      return t('copy', { n: run.len, where: nums.length > 1 ? t('range', { a: nums[0], b: nums[nums.length - 1] }) : nums[0] });
    }

    function compose() {
      var out = write(m, plain(), 12, value('order'), value('bold'), rnd), box = $('[data-out]'), all = ctx.slice();
      box.textContent = '';
      if (ctx.length > 1) { box.append(el('li', sentence(ctx.slice(-6, -1)), 'from')); }
      box.append(el('li', ctx.length > 1 ? ctx[ctx.length - 1].s : sentence(ctx), 'from'));
      var known = 0, skip = box.children.length - 1;
      out.forEach(function (o) {
        var s = spell(m, all[all.length - 1].w, o.w), li = el('li', undefined, o.seen ? '' : 'new');
        li.append(el('b', s), ' ', el('small', o.seen ? t('times', { n: o.seen }) : t('never')));
        if (o.seen) { known += 1; }
        box.append(li);
        all.push({ w: o.w, s: s });
      });
      box.hidden = false;
      var run = longestCopy(m, all.slice(ctx.length - 1).map(function (c) { return c.w; }));
      for (var i = 0; i < run.len && run.len > 1; i += 1) { box.children[skip + run.at + i].classList.add('copied'); }
      mark(run);
      say('[data-wrote-all]', t('wrote', { text: sentence(all) }));
      say('[data-wrote]', t('known', { known: known, all: out.length }) + ' ' + copyNote(run));
    }

    function ask(prompt) {
      var raw = words(prompt), ws = raw.map(low);
      var out = write(m, ws, 8, value('order'), 1, rnd), box = $('[data-answer]'), prev = ws[ws.length - 1], tail = [];
      out.forEach(function (o) { tail.push(spell(m, prev, o.w)); prev = o.w; });
      box.textContent = prompt + ' ';
      box.append(el('mark', tail.join(' ')));
      box.hidden = false;
      var strange = raw.filter(function (w) { return !m.uni.has(low(w)); });
      var told = m.two.has(ws.slice(-2).join(' '));
      say('[data-answer-note]', (strange.length ? t('strange', { list: strange.map(function (w) { return '“' + w + '”'; }).join(', ') }) + ' ' : '') +
        t(told ? 'told' : 'nofact', { two: raw.slice(-2).join(' '), lines: lines.length }));
      say('[data-answer-all]', prompt + ' ' + tail.join(' ') + '.');
    }

    function own() {
      var list = $('[data-own-list]'), texts = $('[data-own]').value.split(/\n+/).map(function (s) { return s.trim(); })
        .filter(function (s) { return words(s).length; }).slice(0, 30);
      list.textContent = '';
      texts.forEach(function (s) {
        var li = el('li', s);
        li.dataset.line = 'own';
        li.dataset.fresh = '';
        list.append(li);
      });
      $('[data-own-box]').hidden = !texts.length;
      read();
      draw();
      say('[data-own-said]', t(texts.length ? 'owned' : 'ownnone', { n: texts.length }));
    }

    // build
    for (var i = 0; i < 5; i += 1) {
      var b = el('button', undefined, 'guess'), bar = el('span', undefined, 'bar');
      b.type = 'button';
      bar.append(el('i'));
      b.append(el('strong'), bar, el('span'));
      guesses.push(b);
      $('[data-guesses]').append(b);
    }
    each('[data-app]', function (e) { e.hidden = false; });
    each('details[data-fold]', function (d) { d.open = false; });
    read();
    start($('[data-start]').dataset.start);
    draw();

    root.addEventListener('click', function (event) {
      var b = event.target.closest('button');
      if (!b || !root.contains(b)) { return; }
      var d = b.dataset;
      if (b.classList.contains('guess')) { push(d.word); draw(); }
      else if ('start' in d) { start(d.start); draw(); }
      else if ('undo' in d) { ctx.pop(); draw(); if (b.disabled) { guesses[0].focus(); } }
      else if ('write' in d) { compose(); }
      else if ('fact' in d) { ask(d.fact); }
      else if ('feed' in d) { own(); }
    });
    root.addEventListener('change', function (event) {
      var d = event.target.dataset;
      if (d.pick === 'size') { read(); draw(); }
      else if (d.pick === 'order') { draw(); }
      else if (d.feedback) {
        var note = $('[data-feedback-box]');
        note.textContent = '';
        note.append($('template[data-for="' + d.feedback + '"]').content.cloneNode(true));
      }
    });
  }

  if (typeof module !== 'undefined' && module.exports) {
    module.exports = { words: words, random: random, train: train, predict: predict, pick: pick, write: write, longestCopy: longestCopy, spell: spell };
    return;
  }
  function boot() { Array.prototype.forEach.call(document.querySelectorAll('[data-lab=next-word]'), setup); }
  if (document.readyState === 'loading') { document.addEventListener('DOMContentLoaded', boot); } else { boot(); }
})();
