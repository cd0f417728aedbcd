'use strict';
const test = require('node:test');
const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');

const root = path.join(__dirname, '..', '..');
const lab = require(path.join(root, 'static/labs/shape-classifier.js'));
const template = fs.readFileSync(path.join(root, 'templates/blocks/lab_shape_classifier.html'), 'utf8');

const table = (name) => { const t = template.slice(template.indexOf('<table class="tbl" data-' + name)); return t.slice(0, t.indexOf('</table>')); };
const leaf = (s) => { const v = s.split(' ').map(Number); return { kind: v[0], len: v[1], wid: v[2], col: v[3] }; };
const leaves = (html) => [...html.matchAll(/data-leaf="([^"]+)"/g)].map((m) => leaf(m[1]));
const groups = table('tray').split('<tr>').map(leaves).filter((g) => g.length);
const tray = groups.flat();
const tests = leaves(table('tests'));
const preset = (...n) => groups.flatMap((g, i) => g.slice(0, n[i]));
const marks = (m) => tests.map((x) => (lab.score(m, x) > 0.5 ? 1 : 0) === x.kind);
const right = (m) => marks(m).filter(Boolean).length;

const biased = preset(4, 0, 0, 4);
const balanced = preset(2, 2, 2, 2);

test('sixteen examples, eight held out', () => {
  assert.strictEqual(tray.length, 16);
  assert.strictEqual(tests.length, 8);
  for (const t of tests) { assert.ok(!tray.some((x) => x.len === t.len && x.wid === t.wid)); }
});

test('biased examples: colour rules, half is wrong and the machine is sure of it', () => {
  const m = lab.train(biased);
  assert.deepStrictEqual(lab.pull(m, tray).map((p) => Math.round(100 * p)), [20, 79, 1]);
  assert.strictEqual(right(m), 4);
  for (const t of tests.filter((x) => x.kind === 0 && x.col > 0.5)) { assert.ok(lab.score(m, t) > 0.8); }
});

test('balanced examples: shape rules, all right', () => {
  const m = lab.train(balanced);
  assert.strictEqual(Math.round(100 * lab.pull(m, tray)[0]), 93);
  assert.strictEqual(right(m), 8);
});

test('the results told in the reading version are the machine’s', () => {
  const a = marks(lab.train(biased)), b = marks(lab.train(balanced));
  const told = [...table('tests').matchAll(/data-leaf.*?<\/th><td>\{% translate "(.*?)" %\}<\/td><td>\{% translate "(.*?)" %\}/g)];
  assert.strictEqual(told.length, 8);
  told.forEach((m, i) => {
    assert.strictEqual(m[1] === 'Đúng', a[i]);
    assert.strictEqual(m[2] === 'Đúng', b[i]);
    if (!a[i]) { assert.strictEqual(m[1], tests[i].kind ? 'Sai: nói lá bàng' : 'Sai: nói lá tre'); }
  });
});

test('the question: any one yellow bàng makes it 6, a green tre besides makes it 8', () => {
  for (const extra of groups[1]) {
    assert.strictEqual(right(lab.train([...biased, extra])), 6);
    for (const second of groups[2]) { assert.strictEqual(right(lab.train([...biased, extra, second])), 8); }
  }
});

test('one kind only: everything is that kind', () => {
  for (const g of groups) {
    const m = lab.train(g);
    for (const t of tests) { assert.strictEqual(lab.score(m, t) > 0.5 ? 1 : 0, g[0].kind); }
  }
});

test('a drawn outline is measured whatever its turn', () => {
  for (const turn of [0, 30, 75, 120]) {
    const c = Math.cos(turn * Math.PI / 180), s = Math.sin(turn * Math.PI / 180), points = [];
    for (let a = 0; a < 360; a += 5) {
      const x = 100 * Math.cos(a * Math.PI / 180), y = 30 * Math.sin(a * Math.PI / 180);
      points.push([x * c - y * s, x * s + y * c]);
    }
    const m = lab.measure(points);
    assert.ok(Math.abs(m.len - 200) < 2 && Math.abs(m.wid - 60) < 3, turn + ' ' + JSON.stringify(m));
  }
});

test('broken input is harmless', () => {
  assert.deepStrictEqual(lab.train([]).w, [0, 0, 0]);
  assert.deepStrictEqual(lab.measure([]), { len: 0, wid: 0 });
});
