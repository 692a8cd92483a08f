import { describe, expect, test } from '@jest/globals';
import { parseDemand } from '../src/demand.ts';

const parse = (text: string) => parseDemand(text.split(' '), '/work');

describe('who must have signed', () => {
  test.each([
    ['keys/acme.pub', { kind: 'key', path: '/work/keys/acme.pub' }],
    ['key:acme.pub', { kind: 'key', path: '/work/acme.pub' }],
    ['cert:/etc/ca.pem', { kind: 'certificate', path: '/etc/ca.pem' }],
    [
      'keyless:dev@acme.com@https://accounts.example.com',
      { kind: 'keyless', identity: 'dev@acme.com', issuer: 'https://accounts.example.com' },
    ],
    [
      'keyless:https://github.com/acme/llm/.github/workflows/sign.yml@refs/heads/main@https://token.example.com',
      {
        kind: 'keyless',
        identity: 'https://github.com/acme/llm/.github/workflows/sign.yml@refs/heads/main',
        issuer: 'https://token.example.com',
      },
    ],
    [
      'keyless:https://github.com/acme/*@https://token.example.com',
      { kind: 'keyless', identity: 'https://github.com/acme/*', issuer: 'https://token.example.com' },
    ],
  ])('%s', (text, signer) => {
    expect(parse(text)).toEqual({ signer, signature: 'model.sig', trustedRoot: null });
  });

  test('signature and trusted root', () => {
    expect(parse('keyless:a@b.c@https://d trusted-root=root.json signature=sigs/m.sig')).toMatchObject({
      signature: 'sigs/m.sig',
      trustedRoot: '/work/root.json',
    });
  });
});

test.each([
  ['true', 'who must have signed'],
  ['key:', 'who must have signed'],
  ['signature=a.sig', 'who must have signed'],
  ['key:a key:b', 'names 2 signers'],
  ['keyless:dev@acme.com', 'no <identity>@<issuer'],
  ['keyless:*@https://d', 'stands at its end'],
  ['keyless:https://github.com/acme*@https://d', 'stands at its end'],
  ['key:a trusted-root=b', 'has a meaning for `keyless:` alone'],
  ['key:a signature=b signature=c', 'given twice'],
])('%s is refused', (text, why) => {
  expect(() => parse(text)).toThrow(why);
});
