/** JUnit XML as test reporters read it: testsuites > testsuite > testcase with failure, error or skipped. */

export interface JunitCase {
  name: string;
  classname: string;
  /** Seconds; null when it wasn't measured. */
  seconds: number | null;
  status: 'passed' | 'failed' | 'error' | 'skipped';
  /** One line why. */
  message?: string;
  /** More of it: prompt, answer. */
  details?: string;
}

export interface JunitSuite {
  name: string;
  /** ISO 8601. */
  timestamp: string;
  cases: JunitCase[];
  properties?: Record<string, string>;
}

/** The whole document. All text in it is hostile and comes out inert. */
export function renderJunit(name: string, suites: readonly JunitSuite[]): string {
  const cases = suites.flatMap((suite) => suite.cases);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes({ name, ...totals(cases) })}>`,
    ...suites.flatMap(renderSuite),
    '</testsuites>',
    '',
  ].join('\n');
}

/** Text for XML 1.0: markup escaped; control characters, lone surrogates and non-characters replaced. */
export function escapeXml(text: string): string {
  return text
    .toWellFormed()

    .replace(
      /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u0084\u0086-\u009f\ufdd0-\ufdef\ufffe\uffff]/g,
      '\ufffd',
    )
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&apos;')
    .replaceAll('\r', '&#13;');
}

function renderSuite(suite: JunitSuite): string[] {
  const { name, timestamp, cases } = suite;
  const properties = Object.entries(suite.properties ?? {}).map(
    ([key, value]) => `      <property${attributes({ name: key, value })}/>`,
  );
  return [
    `  <testsuite${attributes({ name, timestamp, ...totals(cases) })}>`,
    ...(properties.length > 0 ? ['    <properties>', ...properties, '    </properties>'] : []),
    ...cases.flatMap(renderCase),
    '  </testsuite>',
  ];
}

const ELEMENTS = { failed: 'failure', error: 'error', skipped: 'skipped' } as const;

function renderCase({ name, classname, seconds, status, message, details }: JunitCase): string[] {
  const time = seconds === null ? {} : { time: seconds.toFixed(3) };
  const open = `    <testcase${attributes({ name, classname, ...time })}`;
  if (status === 'passed') return [`${open}/>`];
  const element = ELEMENTS[status];
  const head = attributes(message === undefined ? {} : { message });
  const body =
    details === undefined ? `<${element}${head}/>` : `<${element}${head}>${escapeXml(details)}</${element}>`;
  return [`${open}>`, `      ${body}`, '    </testcase>'];
}

function totals(cases: readonly JunitCase[]): Record<string, string> {
  const count = (status: JunitCase['status']): string =>
    String(cases.filter((test) => test.status === status).length);
  const seconds = cases.reduce((sum, test) => sum + (test.seconds ?? 0), 0);
  return {
    tests: String(cases.length),
    failures: count('failed'),
    errors: count('error'),
    skipped: count('skipped'),
    time: seconds.toFixed(3),
  };
}

/** Line breaks in attributes would be read as spaces: they are written as references. */
function attributes(values: Record<string, string>): string {
  return Object.entries(values)
    .map(
      ([name, value]) => ` ${name}="${escapeXml(value).replaceAll('\n', '&#10;').replaceAll('\t', '&#9;')}"`,
    )
    .join('');
}
