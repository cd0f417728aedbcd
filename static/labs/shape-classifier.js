/* Dạy máy nhận hình: logistic regression on three numbers a leaf (shape, colour, size), trained in the page.
   The leaves are read from the tables of the reading version, the words from <template data-strings>. */
(function () {
  'use strict';

  /* ---- the machine (pure, tested in tests/js) ---------------------------------------- */

  /* leaf: {kind: 0 bàng | 1 tre, len, wid (cm), col (0 green .. 1 yellow)} -> three numbers from 0 to 1 */
  function features(leaf) {
    var ratio = Math.max(leaf.len, leaf.wid) / Math.min(leaf.len, leaf.wid);
    return [Math.min(1, (ratio - 1) / 9), leaf.col, Math.min(1, leaf.len / 30)];
  }

  function score(m, leaf) {
    var x = features(leaf), z = m.b;
    for (var i = 0; i < 3; i += 1) { z += m.w[i] * (x[i] - 0.5); }
    return 1 / (1 + Math.exp(-z)); // how much it believes in kind 1
  }

  /* plain gradient descent, always from zero: the same examples give the same machine */
  function train(examples) {
    var m = { w: [0, 0, 0], b: 0 }, n = examples.length;
    for (var e = 0; e < 600 && n; e += 1) {
      var g = [0, 0, 0], gb = 0;
      examples.forEach(function (leaf) {
        var x = features(leaf), miss = score(m, leaf) - leaf.kind;
        for (var i = 0; i < 3; i += 1) { g[i] += miss * (x[i] - 0.5); }
        gb += miss;
      });
      for (var i = 0; i < 3; i += 1) { m.w[i] -= g[i] / n + 0.003 * m.w[i]; }
      m.b -= gb / n;
    }
    return m;
  }

  /* how far each feature can pull the answer over the leaves of the tray; the three add up to 1 */
  function pull(m, tray) {
    var parts = m.w.map(function (w, i) {
      var v = tray.map(function (leaf) { return features(leaf)[i]; });
      return Math.abs(w) * (Math.max.apply(null, v) - Math.min.apply(null, v));
    });
    var sum = parts[0] + parts[1] + parts[2];
    return parts.map(function (p) { return sum ? p / sum : 0; });
  }

  /* length and width of a drawn outline: the turn of the paper in which it is longest */
  function measure(points) {
    var best = { len: 0, wid: 0 };
    for (var a = 0; a < 180; a += 5) {
      var c = Math.cos(a * Math.PI / 180), s = Math.sin(a * Math.PI / 180), box = [Infinity, -Infinity, Infinity, -Infinity];
      points.forEach(function (p) {
        var u = p[0] * c + p[1] * s, v = p[1] * c - p[0] * s;
        box = [Math.min(box[0], u), Math.max(box[1], u), Math.min(box[2], v), Math.max(box[3], v)];
      });
      if (box[1] - box[0] > best.len) { best = { len: box[1] - box[0], wid: box[3] - box[2] }; }
    }
    return best;
  }

  /* outline of a leaf lying along x, stalk left, centred on 0,0 */
  function outline(len, wid) {
    var t = Math.max(0, Math.min(1, (len / wid - 1.6) / 2)), l = len / 2, w = wid / 2;
    function f(n) { return Math.round(n * 100) / 100; }
    function side(k) { // from stalk to tip: broad near the tip for bàng, even for tre
      return 'C' + [f(-l * 0.5), f(k * w * (0.5 + 0.8 * t)), f(-l * 0.1 * (1 - t)), f(k * w * (1.15 + 0.15 * t)), f(l * (0.3 - 0.2 * t)), f(k * w * (1 - 0.06 * t))].join(' ') +
        'C' + [f(l * (0.7 - 0.25 * t)), f(k * w * (0.85 - 0.1 * t)), f(l * (0.95 - 0.2 * t)), f(k * w * (0.42 - 0.22 * t)), f(l), 0].join(' ');
    }
    return 'M' + f(-l) + ' 0' + side(-1) + 'M' + f(-l) + ' 0' + side(1);
  }

  function colour(c) {
    function mix(a, b) { return Math.round(a + (b - a) * c); }
    return 'rgb(' + mix(58, 240) + ',' + mix(140, 190) + ',' + mix(82, 62) + ')';
  }

  /* ---- the page ------------------------------------------------------------------------ */

  function setup(root) {
    if (root.dataset.ready) { return; }
    root.dataset.ready = '1';
    function $(s) { return root.querySelector(s); }
    function all(s) { return Array.from(root.querySelectorAll(s)); }
    function el(tag, text, cls) {
      var e = document.createElement(tag);
      if (text !== undefined) { e.textContent = text; }
      if (cls) { e.className = cls; }
      return e;
    }
    function svg(tag, attrs) {
      var e = document.createElementNS('http://www.w3.org/2000/svg', tag);
      Object.keys(attrs).forEach(function (k) { e.setAttribute(k, attrs[k]); });
      return e;
    }
    var strings = $('template[data-strings]').content;
    function t(key, values) {
      var s = strings.querySelector('[data-k="' + key + '"]').textContent;
      return s.replace(/\{(\w+)\}/g, function (whole, name) { return values && name in values ? values[name] : whole; });
    }
    function say(box, text) { $(box).textContent = text; }
    function num(x) { return x.toLocaleString('vi'); }
    function sure(p) { return Math.min(99, Math.round(100 * Math.max(p, 1 - p))) + '%'; }
    function name(kind) { return t('kind' + kind); }
    function icon(right) { return strings.querySelector(right ? '[data-right]' : '[data-wrong]').cloneNode(true); }

    function picture(leaf) {
      var s = svg('svg', { viewBox: '-32 -32 64 64', 'aria-hidden': 'true', 'class': 'lab-leaf' });
      var g = svg('g', { transform: 'rotate(-48)' }), l = leaf.len * 2.2;
      g.append(svg('path', { d: outline(l, leaf.wid * 2.2), fill: colour(leaf.col) }));
      g.append(svg('path', { d: 'M' + (-l / 2 - 5) + ' 0H' + l * 0.3 }));
      s.append(g);
      return s;
    }

    function leaves(row) {
      return Array.from(row.querySelectorAll('[data-leaf]'), function (e) {
        var v = e.dataset.leaf.split(' ').map(Number);
        return { kind: v[0], len: v[1], wid: v[2], col: v[3], label: row.querySelector('th').firstChild.textContent.trim() };
      });
    }

    var groups = all('[data-tray] tbody tr').map(leaves), tests = [], model = null, mine = { len: 18, wid: 12, col: 1 };
    all('[data-tests] tbody tr').forEach(function (r) { tests = tests.concat(leaves(r)); });
    var tray = [].concat.apply([], groups);

    function buildTray() {
      groups.forEach(function (g) {
        var box = el('div', undefined, 'lab-group'), row = el('div', undefined, 'lab-cards');
        g.title = el('p');
        g.title.id = root.id + '-g' + groups.indexOf(g);
        row.setAttribute('role', 'group');
        row.setAttribute('aria-labelledby', g.title.id);
        g.forEach(function (leaf) {
          leaf.button = el('button', undefined, 'lab-card');
          leaf.button.type = 'button';
          leaf.button.setAttribute('aria-label', t('leaf', { label: leaf.label, l: num(leaf.len), w: num(leaf.wid) }));
          leaf.button.append(picture(leaf), el('span', undefined, 'lab-tick'));
          leaf.button.addEventListener('click', function () { choose(leaf, !leaf.used); changed(); });
          row.append(leaf.button);
        });
        box.append(g.title, row);
        $('[data-tray-box]').append(box);
      });
    }

    function choose(leaf, on) {
      leaf.used = on;
      leaf.button.setAttribute('aria-pressed', String(on));
    }

    function preset(text) {
      var counts = text.split(' ').map(Number);
      groups.forEach(function (g, i) { g.forEach(function (leaf, j) { choose(leaf, j < counts[i]); }); });
    }

    function isPreset(text) {
      var counts = text.split(' ').map(Number);
      return groups.every(function (g, i) { return g.every(function (leaf, j) { return leaf.used === j < counts[i]; }); });
    }

    function used() { return tray.filter(function (leaf) { return leaf.used; }); }

    function changed() {
      groups.forEach(function (g) {
        g.title.textContent = t('group', { label: g[0].label, n: g.filter(function (x) { return x.used; }).length, all: g.length });
      });
      all('[data-set]').forEach(function (b) { b.setAttribute('aria-pressed', String(isPreset(b.dataset.set))); });
      say('[data-picked]', t(model ? 'changed' : 'picked', { n: used().length }));
      say('[data-picked-all]', '');
    }

    function bars(box, rows) {
      box.textContent = '';
      rows.forEach(function (r) {
        var li = el('li'), bar = el('span', undefined, 'bar'), fill = el('i');
        fill.style.width = 100 * r[1] + '%';
        bar.append(fill);
        li.append(el('span', r[0]), bar, el('span', Math.round(100 * r[1]) + '%'));
        box.append(li);
      });
    }

    function learn() {
      var ex = used(), kinds = [0, 1].filter(function (k) { return ex.some(function (x) { return x.kind === k; }); });
      if (!ex.length) { say('[data-picked]', t('none')); return; }
      model = train(ex);
      $('[data-result]').hidden = false;
      var p = pull(model, tray), top = p.indexOf(Math.max.apply(null, p)), right = 0, parts = {}, rule;
      if (kinds.length < 2) { rule = t('single', { kind: name(kinds[0]) }); }
      else { rule = t('lean', { what: t('feature' + top) }) + ' ' + t('rule' + top, { kind: name(model.w[top] > 0 ? 1 : 0) }); }
      $('[data-weights]').hidden = kinds.length < 2;
      bars($('[data-weights]'), p.map(function (x, i) { return [t('feature' + i), x]; }));
      say('[data-rule]', rule);
      var list = $('[data-test-box]');
      list.textContent = '';
      tests.forEach(function (leaf) {
        var s = score(model, leaf), says = s > 0.5 ? 1 : 0, ok = says === leaf.kind, li = el('li', undefined, ok ? 'right' : 'wrong');
        var text = el('div'), verdict = el('b', undefined, 'lab-verdict');
        verdict.append(icon(ok), t(ok ? 'right' : 'wrong', { sure: sure(s) }));
        text.append(el('strong', leaf.label), el('span', t('says', { kind: name(says) })), verdict);
        li.append(picture(leaf), text);
        list.append(li);
        parts[leaf.label] = parts[leaf.label] || [0, 0];
        parts[leaf.label][1] += 1;
        if (ok) { right += 1; parts[leaf.label][0] += 1; }
      });
      var result = t('score', { n: right, all: tests.length });
      say('[data-score]', result);
      var bad = Object.keys(parts).filter(function (k) { return parts[k][0] < parts[k][1]; });
      say('[data-split]', bad.length ? t('weak', { list: bad.map(function (k) { return t('part', { label: k.toLocaleLowerCase('vi'), n: parts[k][0], all: parts[k][1] }); }).join('; ') }) : t('strong'));
      say('[data-picked]', t('learned', { n: ex.length }));
      say('[data-picked-all]', result + '. ' + rule);
      guess(true);
    }

    /* ---- one's own leaf: draw, or three sliders ---- */
    var pad = $('[data-pad]'), shape = svg('path', { 'class': 'lab-own-leaf' }), stroke = null, scale = 10;
    pad.append(shape);

    function tone(c) { return t(c < 0.34 ? 'tone0' : c < 0.67 ? 'tone1' : 'tone2'); }

    function guess(aloud) {
      all('[data-slide]').forEach(function (r) {
        var k = r.dataset.slide, text = k === 'col' ? tone(mine.col) : t('cm', { n: num(mine[k]) });
        r.value = k === 'col' ? mine.col * 10 : mine[k];
        r.setAttribute('aria-valuetext', text);
        say('[data-value=' + k + ']', text);
      });
      shape.setAttribute('fill', colour(mine.col));
      var p = model ? score(model, mine) : 0.5;
      $('[data-mine-bars]').hidden = !model;
      bars($('[data-mine-bars]'), [[name(0), 1 - p], [name(1), p]]);
      if (aloud) { say('[data-mine]', model ? t('mine', { kind: name(p > 0.5 ? 1 : 0), sure: sure(p) }) : t('first')); }
    }

    function drawMine() { shape.setAttribute('d', outline(mine.len * scale, mine.wid * scale)); }

    function at(event) {
      var box = pad.getBoundingClientRect();
      return [(event.clientX - box.left) / box.width * 320 - 160, (event.clientY - box.top) / box.height * 220 - 110];
    }

    function path() { shape.setAttribute('d', 'M' + stroke.map(function (p) { return p[0].toFixed(1) + ' ' + p[1].toFixed(1); }).join('L') + 'Z'); }

    pad.addEventListener('pointerdown', function (event) {
      stroke = [at(event)];
      pad.setPointerCapture(event.pointerId);
      event.preventDefault();
    });
    pad.addEventListener('pointermove', function (event) { if (stroke) { stroke.push(at(event)); path(); } });
    function finish() {
      if (!stroke) { return; }
      var size = measure(stroke);
      stroke = null;
      if (size.len < 30 || size.wid < 5) { drawMine(); say('[data-mine]', t('small')); return; }
      mine.len = Math.min(30, Math.max(4, Math.round(size.len / scale)));
      mine.wid = Math.min(20, Math.max(1, Math.round(size.wid / scale * 2) / 2));
      guess(true);
    }
    pad.addEventListener('pointerup', finish);
    pad.addEventListener('pointercancel', finish);

    root.addEventListener('input', function (event) {
      var k = event.target.dataset.slide;
      if (!k) { return; }
      mine[k] = Number(event.target.value) / (k === 'col' ? 10 : 1);
      if (k !== 'col') { drawMine(); }
      guess(false);
    });
    root.addEventListener('change', function (event) {
      var d = event.target.dataset;
      if (d.slide) { guess(true); }
      if (d.feedback) {
        var note = $('[data-feedback-box]');
        note.textContent = '';
        note.append($('template[data-for="' + d.feedback + '"]').content.cloneNode(true));
      }
    });
    root.addEventListener('click', function (event) {
      var b = event.target.closest('button');
      if (!b) { return; }
      if ('set' in b.dataset) { preset(b.dataset.set); changed(); }
      else if ('learn' in b.dataset) { learn(); }
    });

    buildTray();
    preset($('[data-set]').dataset.set);
    changed();
    drawMine();
    guess(true);
    all('[data-app]').forEach(function (e) { e.hidden = false; });
    all('details[data-fold]').forEach(function (d) { d.open = false; });
  }

  if (typeof module !== 'undefined' && module.exports) {
    module.exports = { features: features, score: score, train: train, pull: pull, measure: measure, outline: outline, colour: colour };
    return;
  }
  function boot() { Array.prototype.forEach.call(document.querySelectorAll('[data-lab=shape-classifier]'), setup); }
  if (document.readyState === 'loading') { document.addEventListener('DOMContentLoaded', boot); } else { boot(); }
})();
