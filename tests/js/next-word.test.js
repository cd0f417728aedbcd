'use strict';
const test = require('node:test');
const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');

const root = path.join(__dirname, '..', '..');
const lab = require(path.join(root, 'static/labs/next-word.js'));
const read = (file) => fs.readFileSync(path.join(root, file), 'utf8');
const template = read('templates/blocks/lab_next_word.html');

function corpus(file) {
  let fresh = true;
  const out = [];
  for (const line of read('content/corpora/' + file).split('\n')) {
    if (!line.trim()) { fresh = true; continue; }
    out.push({ text: line.trim(), fresh });
    fresh = false;
  }
  return out;
}
const verse = [...corpus('truyen-kieu.txt'), ...corpus('ca-dao.txt')];
const whole = lab.train(verse);

test('the page prints exactly the corpus files', () => {
  const printed = [...template.matchAll(/<li data-line( data-fresh)?>(.*?)<\/li>/g)].map((m) => ({ text: m[2], fresh: !!m[1] }));
  assert.deepStrictEqual(printed, verse);
  assert.match(template, new RegExp('Cả ' + verse.length + ' câu'));
  assert.match(template, new RegExp('<ol start="' + (corpus('truyen-kieu.txt').length + 1) + '">'));
  assert.match(template, new RegExp('<ol start="' + (verse.length + 1) + '" data-own-list>'));
});

test('counts are real counts', () => {
  const m = lab.train([{ text: 'tôi uống trà, tôi uống nước.' }, { text: 'tôi đi', fresh: true }]);
  const g = lab.predict(m, ['tôi'], 1);
  assert.deepStrictEqual(g.list.map((x) => [x.w, x.n]), [['uống', 2], ['đi', 1]]);
  assert.strictEqual(g.total, 3);
  assert.strictEqual(lab.predict(m, ['nước'], 1).level, 0, 'no pair reaches into a fresh piece');
});

test('two words back, then one, then any', () => {
  assert.strictEqual(lab.predict(whole, ['thân', 'em'], 2).level, 2);
  assert.strictEqual(lab.predict(whole, ['xyz', 'em'], 2).level, 1);
  assert.strictEqual(lab.predict(whole, ['xyz'], 2).level, 0);
  assert.strictEqual(lab.predict(whole, [], 1).level, 0);
});

test('the same seed writes the same words; shares add up to one', () => {
  const once = lab.write(whole, ['một'], 12, 1, 1, lab.random(7));
  assert.deepStrictEqual(once, lab.write(whole, ['một'], 12, 1, 1, lab.random(7)));
  assert.strictEqual(once.length, 12);
  const sum = lab.predict(whole, ['nước'], 1).list.reduce((s, x) => s + x.p, 0);
  assert.ok(Math.abs(sum - 1) < 1e-9);
});

test('the table of the reading version is what the machine counts after "em"', () => {
  const table = template.slice(template.indexOf('data-table="em"'));
  const rows = [...table.slice(0, table.indexOf('</table>')).matchAll(/row">(\S+)<\/th><td class="n">(\d+)<\/td><td class="n">(\d+)</g)].map((m) => [m[1], +m[2], +m[3]]);
  assert.deepStrictEqual(rows, lab.predict(whole, ['em'], 1).list.map((x) => [x.w, x.n, Math.round(100 * x.p)]));
});

test('what the reading version says about copying holds', () => {
  const average = (order) => {
    let sum = 0;
    for (let seed = 0; seed < 200; seed += 1) {
      const ws = ['một', ...lab.write(whole, ['một'], 12, order, 1, lab.random(seed)).map((x) => x.w)];
      sum += lab.longestCopy(whole, ws).len;
    }
    return sum / 200;
  };
  assert.strictEqual(Math.round(average(1)), 6);
  assert.strictEqual(Math.round(average(2)), 11);
});

test('no line answers the three questions, and the machine speaks all the same', () => {
  for (const [, prompt] of template.matchAll(/data-fact="([^"]+)"/g)) {
    const ws = lab.words(prompt).map((w) => w.toLocaleLowerCase('vi'));
    assert.ok(ws.some((w) => !whole.uni.has(w)), prompt);
    assert.ok(!whole.two.has(ws.slice(-2).join(' ')), prompt);
    assert.strictEqual(lab.write(whole, ws, 8, 1, 1, lab.random(1)).length, 8);
  }
});

test('names keep their capital where they had one', () => {
  assert.strictEqual(lab.spell(whole, 'năm', 'gia'), 'Gia');
  assert.strictEqual(lab.spell(whole, 'là', 'thúy'), 'Thúy');
  assert.strictEqual(lab.spell(whole, 'nho', 'gia'), 'gia');
  assert.strictEqual(lab.spell(whole, 'rằng', 'năm'), 'năm');
});

test('small enough', () => {
  for (const f of ['next-word.js', 'shape-classifier.js']) { assert.ok(fs.statSync(path.join(root, 'static/labs', f)).size <= 14000, f); }
});
