import { describe, expect, test } from '@jest/globals';
import { XMLParser } from 'fast-xml-parser';
import { escapeXml, renderJunit, type JunitCase } from '../src/junit.ts';

const one: JunitCase = { name: 'a', classname: 's', seconds: 0.5, status: 'passed' };
const render = (...cases: JunitCase[]): string =>
  renderJunit('inference-test', [
    { name: 's.yaml', timestamp: '2026-01-01T00:00:00Z', cases, properties: { engine: 'x@1' } },
  ]);

function parse(xml: string): { testsuites: { '@tests': string; testsuite: Record<string, unknown> } } {
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: '@',
    isArray: (name) => name === 'testcase',
  });
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- its successor is a package more
  return parser.parse(xml, true) as ReturnType<typeof parse>;
}

describe('JUnit', () => {
  test('counts and elements', () => {
    const xml = render(
      one,
      { ...one, name: 'b', status: 'failed', message: 'no', details: 'more' },
      { ...one, name: 'c', status: 'error', message: 'gone', seconds: null },
      { ...one, name: 'd', status: 'skipped' },
    );
    const { testsuites } = parse(xml);
    expect(testsuites.testsuite).toMatchObject({
      '@tests': '4',
      '@failures': '1',
      '@errors': '1',
      '@skipped': '1',
      '@time': '1.500',
    });
    expect(testsuites.testsuite['testcase']).toMatchObject([
      { '@name': 'a', '@time': '0.500' },
      { failure: { '@message': 'no', '#text': 'more' } },
      { error: { '@message': 'gone' } },
      { skipped: '' },
    ]);
  });

  test('hostile text stays text', () => {
    const evil = ']]></failure><testcase name="x"/>&lol;"\'\u0000\u001b[31m\ud800 \ufffe';
    const xml = render({
      name: evil,
      classname: evil,
      seconds: 0,
      status: 'failed',
      message: `${evil}\n::error::x`,
      details: evil,
    });
    const { testsuites } = parse(xml);
    expect(testsuites.testsuite).toMatchObject({ '@tests': '1' });
    expect((testsuites.testsuite['testcase'] as unknown[]).length).toBe(1);

    expect(xml).not.toMatch(/[\u0000-\u0008\u001b\ufffe]/);
    expect(xml.isWellFormed()).toBe(true);
    expect(xml.split('\n').some((line) => line.startsWith('::'))).toBe(false);
  });

  test('ordinary text of the world comes through', () => {
    const text = 'Zürich 東京 👨‍👩‍👧\tx';
    expect(escapeXml(text)).toBe(text);
  });

  test('no suites is a document too', () => {
    expect(parse(renderJunit('x', [])).testsuites['@tests']).toBe('0');
  });
});
