import { expect, test } from '@jest/globals';
import { isMarked, meantFor, splitCookie, UserCount, userOf } from '../src/arrangement.ts';

test('a mark is a header or a cookie of exactly this value', () => {
  expect(isMarked({ 'x-beta': 'yes' }, { header: 'X-Beta', value: 'yes' })).toBe(true);
  expect(isMarked({ 'x-beta': 'yesterday' }, { header: 'x-beta', value: 'yes' })).toBe(false);
  expect(isMarked({ cookie: 'a=1; beta=y%20s ;c' }, { cookie: 'beta', value: 'y s' })).toBe(true);
  expect(isMarked({ cookie: 'xbeta=yes' }, { cookie: 'beta', value: 'yes' })).toBe(false);
  expect(isMarked({ cookie: 'beta=%zz' }, { cookie: 'beta', value: '%zz' })).toBe(true);
});

test('a cookie of ours names version and split; an older split’s says nothing', () => {
  const cookie = splitCookie('r2', 'v 2;x').split(';')[0];
  const arrangement = { version: 'v 2;x', id: 'r2', sticky: { by: 'own-cookie' } } as const;
  const user = userOf({ cookie }, arrangement.sticky, 'r2');
  expect([user, meantFor({ cookie }, arrangement, user)]).toEqual([
    { version: 'v 2;x', isNew: false },
    'v 2;x',
  ]);
  expect(userOf({ cookie }, arrangement.sticky, 'r3')).toEqual({ isNew: true });
});

test('users told by a header lie evenly between 0 and 1, each always at the same place', () => {
  const sticky = { by: 'header', name: 'x-user' } as const;
  const points = Array.from(
    { length: 2_000 },
    (_, i) => userOf({ 'x-user': `user ${i}` }, sticky, 'r1').point ?? 2,
  );
  expect(points.filter((point) => point < 0.5).length).toBeGreaterThan(900);
  expect(points.filter((point) => point < 0.5).length).toBeLessThan(1_100);
  expect(userOf({ 'x-user': 'user 7' }, sticky, 'r1').point).toBe(points[7]);
  // Another split deals anew, else the same users would meet every experiment.
  expect(userOf({ 'x-user': 'user 7' }, sticky, 'r2').point).not.toBe(points[7]);
  expect(userOf({}, sticky, 'r1')).toEqual({ isNew: false });
});

test('users are counted once a split, requests of nobody not at all', () => {
  const count = new UserCount();
  const known = userOf({ 'x-user': 'a' }, { by: 'header', name: 'x-user' }, 'r1');
  for (const version of ['v1', 'v1']) count.answered('r1', version, known);
  count.answered('r1', 'v2', { isNew: true });
  count.answered('r1', 'v2', { isNew: false });
  expect(count.users).toEqual({ v1: 1, v2: 1 });
  count.answered('r2', 'v2', known);
  expect(count.users).toEqual({ v2: 1 });
});
