/** AWS's own published examples: the SigV4 test suite (service "service") and "Authenticating Requests" of S3. */
import { describe, expect, test } from '@jest/globals';
import { awsEncode, EMPTY_PAYLOAD, signV4 } from '@sluice/sources/aws-signature';

const SUITE = {
  credentials: {
    accessKeyId: 'AKIDEXAMPLE',
    secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  },
  region: 'us-east-1',
  service: 'service',
  date: new Date('2015-08-30T12:36:00Z'),
};
const S3 = {
  credentials: {
    accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
    secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  },
  region: 'us-east-1',
  service: 's3',
  date: new Date('2013-05-24T00:00:00Z'),
};

function signature(headers: Record<string, string>): string | undefined {
  return headers['authorization']?.split('Signature=')[1];
}

describe('AWS Signature Version 4', () => {
  test.each([
    ['get-vanilla', '/', '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
    [
      'get-vanilla-query-order-key-case',
      '/?Param2=value2&Param1=value1',
      'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
    ],
    ['get-utf8', '/%E1%88%B4', '8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85'],
    ['get-space', '/example%20space/', '652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741'],
  ])('%s', (_name, path, expected) => {
    const url = new URL(`http://example.amazonaws.com${path}`);
    const signed = signV4({ method: 'GET', url, headers: {}, payloadHash: EMPTY_PAYLOAD }, SUITE);
    expect(signature(signed)).toBe(expected);
  });

  test.each([
    [
      'GET Object with a range',
      '/test.txt',
      { range: 'bytes=0-9' },
      'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
    ],
    [
      'GET Bucket lifecycle',
      '/?lifecycle',
      {},
      'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
    ],
    [
      'List Objects',
      '/?max-keys=2&prefix=J',
      {},
      '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
    ],
  ])('S3: %s', (_name, path, headers: Record<string, string>, expected) => {
    const url = new URL(`https://examplebucket.s3.amazonaws.com${path}`);
    const signed = signV4({ method: 'GET', url, headers, payloadHash: EMPTY_PAYLOAD }, S3);
    expect(signature(signed)).toBe(expected);
    expect(signed['x-amz-content-sha256']).toBe(EMPTY_PAYLOAD);
  });

  test('a session token is sent and signed', () => {
    const url = new URL('https://b.s3.amazonaws.com/k');
    const scope = { ...S3, credentials: { ...S3.credentials, sessionToken: 'session' } };
    const signed = signV4({ method: 'GET', url, headers: {}, payloadHash: EMPTY_PAYLOAD }, scope);
    expect(signed['x-amz-security-token']).toBe('session');
    expect(signed['authorization']).toContain(';x-amz-security-token,');
  });

  test('names are written as AWS writes them', () => {
    expect(awsEncode("a b/c+d!'()*~é")).toBe('a%20b%2Fc%2Bd%21%27%28%29%2A~%C3%A9');
    expect(awsEncode('a/b c', true)).toBe('a/b%20c');
  });
});
