import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { InfraError } from '@sluice/runtime/errors';
import { describePathFault } from '@sluice/runtime/safe-path';
import { checkedFiles } from '@sluice/sources/safe-path';
import { createSourceHash } from '@sluice/sources/source-hash';
import type { SourceHash } from '@sluice/sources/source';

function digest(algorithm: SourceHash['algorithm'], bytes: Buffer, step = bytes.length || 1): string {
  const hash = createSourceHash(algorithm, bytes.length);
  for (let at = 0; at < bytes.length; at += step) hash.update(bytes.subarray(at, at + step));
  return hash.digest();
}

const md5 = (text: string | Buffer): string => createHash('md5').update(text).digest('hex');
const base64 = (hex: string): string => Buffer.from(hex, 'hex').toString('base64');

describe('hashes that sources name', () => {
  // The check values of the CRC catalogue, over "123456789".
  test.each([
    ['crc32c', base64('e3069283')],
    ['crc64nvme', base64('ae8b14860a799888')],
    ['md5', md5('123456789')],
    ['sha1-git', createHash('sha1').update('blob 9\x00123456789').digest('hex')],
    ['sha256', createHash('sha256').update('123456789').digest('hex')],
  ] as const)('%s', (algorithm, expected) => {
    expect(digest(algorithm, Buffer.from('123456789'))).toBe(expected);
  });

  test.each(['crc32c', 'crc64nvme', 'md5-dos2unix'] as const)(
    '%s is the same in pieces of any size',
    (algorithm) => {
      const bytes = Buffer.from(Array.from({ length: 5003 }, (_, i) => (i * 7919) & 0xff));
      const whole = digest(algorithm, bytes);
      for (const step of [1, 7, 8, 13, 4096]) expect(digest(algorithm, bytes, step)).toBe(whole);
    },
  );

  test('DVC 2 reads CRLF as LF in text, and leaves binaries alone', () => {
    expect(digest('md5-dos2unix', Buffer.from('a\r\nb\r\n'), 2)).toBe(md5('a\nb\n'));
    const binary = Buffer.from('\x00\r\n');
    expect(digest('md5-dos2unix', binary)).toBe(md5(binary));
    expect(digest('md5-dos2unix', Buffer.alloc(0))).toBe(md5(''));
    const odd = Buffer.concat([Buffer.alloc(31, 0xff), Buffer.alloc(67, 0x41), Buffer.from('\r\n')]);
    expect(digest('md5-dos2unix', odd)).toBe(md5(odd));
  });

  test('DVC 2 judges each MiB by itself', () => {
    const text = Buffer.alloc(1 << 20, 'ab\r\n');
    const bytes = Buffer.concat([text, Buffer.from('\x00\r\n')]);
    const expected = createHash('md5')
      .update('ab\n'.repeat(1 << 18))
      .update('\x00\r\n')
      .digest('hex');
    expect(digest('md5-dos2unix', bytes, 65_537)).toBe(expected);
  });
});

describe('names from outside', () => {
  test.each([
    '',
    '/etc/passwd',
    'C:/x',
    '..',
    'a/../b',
    './a',
    'a//b',
    'a/',
    'a\\b',
    'a\u0000',
    'a\nb',
    'a./b',
    'a /b',
    'x'.repeat(256),
    'a/'.repeat(600) + 'b',
  ])('%j is refused', (path) => {
    expect(describePathFault(path)).toEqual(expect.any(String));
  });

  test.each(['a', 'a/b.c', '.hidden', 'ü/模型.safetensors', 'a..b', '...x'])('%j may be', (path) => {
    expect(describePathFault(path)).toBeUndefined();
  });

  test('a list is sorted; a name twice, or as file and folder, is refused', () => {
    expect(checkedFiles([{ path: 'b' }, { path: 'a/c' }], 'x').map(({ path }) => path)).toEqual(['a/c', 'b']);
    for (const paths of [
      ['a', 'a'],
      ['a', 'a/b'],
      ['a/b/c', 'a-x', 'a/b'],
    ]) {
      expect(() =>
        checkedFiles(
          paths.map((path) => ({ path })),
          'x',
        ),
      ).toThrow(InfraError);
    }
  });
});
