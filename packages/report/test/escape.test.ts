import { expect, test } from '@jest/globals';
import { html, page, rawHtml } from '../src/html.ts';
import { codeBlock, codeSpan, escapeMarkdown, raw, table } from '../src/markdown.ts';
import { lineChart } from '../src/svg.ts';

test('hostile text is inert Markdown', () => {
  const text = '<img src=x onerror=1> [a](http://evil) @team **b** `c` |\n# d';
  const escaped = escapeMarkdown(text);
  expect(escaped).not.toMatch(/<|[^\\]\[|[^\\]\*|[^\\]`|[^\\]\||\n|@team|http:\/\//);
  expect(table(['a'], [['x | y'], [raw('**ours**')]])).toBe('| a |\n| --- |\n| x \\| y |\n| **ours** |');
});

test('fences are longer than the text inside', () => {
  expect(codeSpan('a ``b`` c')).toBe('```a ``b`` c```');
  expect(codeBlock('```\nrm -rf\n```').split('\n')[0]).toBe('````');
  expect(codeSpan('')).toBe('` `');
});

test('html escapes holes and attributes; a page allows no script', () => {
  const text = '"><script>alert(1)</script>';
  expect(html`<b title="${text}">${text}</b>${rawHtml('<i></i>')}`.html).toBe(
    '<b title="&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;">&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;</b><i></i>',
  );
  expect(page('<t>', html`x`)).toContain('<title>&lt;t&gt;</title>');
});

test('a chart without points says so; with points it draws each series', () => {
  const empty = lineChart({ title: 'weights', xLabel: 's', yLabel: '%', series: [] });
  expect(empty.html).toContain('no data');
  const drawn = lineChart({
    title: 'weights',
    xLabel: 's',
    yLabel: '%',
    series: [
      {
        name: '<v1>',
        points: [
          { x: 0, y: 1 },
          { x: 1, y: null },
          { x: 2, y: 3 },
        ],
      },
    ],
  });
  expect(drawn.html.match(/M\d/g)).toHaveLength(2);
  expect(drawn.html).not.toContain('NaN');
});
